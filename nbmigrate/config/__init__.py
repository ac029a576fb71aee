"""Where a project's settings come from."""

from nbmigrate.config.config import INI_NAMES, Config, Setting
from nbmigrate.config.edit import Change, set_option
from nbmigrate.config.files import reason, replace_file
from nbmigrate.config.hooks import HookSetting
from nbmigrate.config.masking import mask_url
from nbmigrate.config.source import double_percent

__all__ = [
    "INI_NAMES",
    "Change",
    "Config",
    "HookSetting",
    "Setting",
    "double_percent",
    "mask_url",
    "reason",
    "replace_file",
    "set_option",
]
