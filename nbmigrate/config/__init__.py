"""Where a project's settings come from."""

from nbmigrate.config.config import Config, HookSetting
from nbmigrate.config.edit import Change, set_option, set_urls, unset_option
from nbmigrate.config.files import reason, replace_file
from nbmigrate.config.finding import INI_NAMES
from nbmigrate.config.masking import is_secret, is_secret_value, mask_url
from nbmigrate.config.options import Setting
from nbmigrate.config.source import double_percent

__all__ = [
    "INI_NAMES",
    "Change",
    "Config",
    "HookSetting",
    "Setting",
    "double_percent",
    "is_secret",
    "is_secret_value",
    "mask_url",
    "reason",
    "replace_file",
    "set_option",
    "set_urls",
    "unset_option",
]
