"""What is wrong where an asynchronous driver and env.py do not fit together, or greenlet is missing."""

import re

import sqlalchemy as sa

from nbmigrate.errors import ConfigError, DriverMissingError, MigrateError

#: SQLAlchemy 2.0 raises a ValueError when it is used, 2.1 an ImportError when it is imported.
_NO_GREENLET = re.compile(r"greenlet'? library is (?:required|installed)")


def async_error(error: BaseException) -> MigrateError | None:
    """Return the error of an asynchronous driver that is not used as it must be, or None."""
    if isinstance(error, ImportError | ValueError) and _NO_GREENLET.search(str(error)):
        return DriverMissingError(
            "The Python package 'greenlet', which SQLAlchemy needs for asynchronous drivers, is not installed.",
            "Install it: %pip install greenlet",
        )
    if isinstance(error, sa.exc.MissingGreenlet):
        return ConfigError(
            "The url names an asynchronous driver, and env.py connects without asyncio.",
            "Name a driver that is not asynchronous, as in sqlite:// or postgresql+psycopg://, or take the env.py "
            "that `init --template async` makes.",
        )
    if isinstance(error, sa.exc.InvalidRequestError) and "requires an async driver" in str(error):
        return ConfigError(
            "env.py connects with asyncio, and the url names a driver that is not asynchronous.",
            "Name one that is, as in sqlite+aiosqlite:// or postgresql+asyncpg://, or take the env.py that "
            "`init --template generic` makes.",
        )
    return None
