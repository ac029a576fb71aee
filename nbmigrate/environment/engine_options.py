"""The error of an option of the ini that `engine_from_config()` cannot use: it names the option's line, not env.py."""

import re
import traceback
from collections.abc import Iterator

from nbmigrate.config import Config
from nbmigrate.config.masking import mask_option
from nbmigrate.config.options import ENGINE_PREFIX, nearest_key
from nbmigrate.errors import ConfigError

_UNKNOWN = re.compile(r"Invalid argument\(s\) (.+) sent to create_engine\(\)")


def engine_option_error(error: BaseException, settings: Config) -> ConfigError | None:
    """Return the error for an option of the ini that SQLAlchemy's engine does not take, or not with its value.

    Parameters
    ----------
    error
        What env.py raised.
    settings
        The project's.
    """
    if not isinstance(error, TypeError | ValueError) or not _is_of_engine(error):
        return None
    found = _UNKNOWN.search(str(error))
    names = re.findall(r"'(\w+)'", found[1]) if found else []
    for key, section, value in _options(settings):
        place = settings.place_in(section, key)
        remove = f"`config --unset {key}` removes the line."
        if key.removeprefix(ENGINE_PREFIX) in names:
            near = nearest_key(key)
            meant = f"Did you mean {near}? " if near and near != key else ""
            return ConfigError(
                f"{place}: create_engine() takes no {key.removeprefix(ENGINE_PREFIX)!r} for this database "
                "and this env.py.",
                f"{meant}{remove}",
            )
        if not found and value and repr(value) in str(error):
            return ConfigError(
                f"{place}: {key} = {mask_option(key, value)} is not valid.", f"Correct it, or {remove}"
            )
    return None


def _is_of_engine(error: BaseException) -> bool:
    """Whether SQLAlchemy raised it while it made an engine."""
    files = [frame.filename.replace("\\", "/") for frame in traceback.extract_tb(error.__traceback__)]
    return any(file.endswith("sqlalchemy/engine/create.py") for file in files)


def _options(settings: Config) -> Iterator[tuple[str, str, str]]:
    """Yield the options that env.py may have given to the engine, each with its section and value."""
    for section in (settings.section, *settings.databases):
        for key, value in settings.section_items(section).items():
            if key.startswith(ENGINE_PREFIX) and key != f"{ENGINE_PREFIX}url":
                yield key, section, value
