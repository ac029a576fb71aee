"""The small functions of `alembic.util` that env.py files and plug-ins import."""

import uuid
from collections.abc import Callable, Iterable
from typing import Any, NoReturn, TypeVar

from sqlalchemy import make_url
from sqlalchemy.util import asbool, immutabledict, to_list

from nbmigrate.config import mask_url
from nbmigrate.errors import MigrateError

__all__ = [
    "asbool",
    "err",
    "format_as_comma",
    "immutabledict",
    "msg",
    "obfuscate_url_pw",
    "register",
    "rev_id",
    "status",
    "to_list",
    "to_tuple",
    "warn",
]

F = TypeVar("F", bound=Callable[..., Any])


def to_tuple(value: Any, default: Any = None) -> Any:
    """Return a tuple of one value, or of several; `default` for None."""
    if value is None:
        return default
    return (value,) if isinstance(value, str) or not isinstance(value, Iterable) else tuple(value)


def format_as_comma(value: str | Iterable[str] | None) -> str:
    """Return names with commas between them."""
    return value if isinstance(value, str) else ", ".join(value or ())


def rev_id() -> str:
    """Return a new revision id."""
    return uuid.uuid4().hex[-12:]


def obfuscate_url_pw(url: Any) -> str:
    """Return a url without its password."""
    return mask_url(make_url(url).render_as_string(hide_password=True))


def err(message: str) -> NoReturn:
    """Raise MigrateError, which ends the command."""
    raise MigrateError(message)


def warn(message: str, stacklevel: int = 2) -> None:
    """Warn."""
    import warnings

    warnings.warn(message, UserWarning, stacklevel=stacklevel + 1)


def msg(message: str, newline: bool = True, flush: bool = False, quiet: bool = False) -> None:
    """Print a line, unless `quiet`."""
    import sys

    if not quiet:
        sys.stdout.write(message + ("\n" if newline else ""))


class status:  # noqa: N801 - Alembic's name for it
    """Print what is being done, and whether it was."""

    def __init__(self, message: str, newline: bool = False, quiet: bool = False) -> None:
        self._quiet = quiet
        msg(f"{message} ... ", newline, quiet=quiet)

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Say how it ended."""
        msg("FAILED" if kind else " done", quiet=self._quiet)


def register(name: str) -> Callable[[F], F]:
    """Let a function be a post-write hook for Alembic; for nbmigrate a hook is a program, and others are refused."""
    del name
    return lambda function: function
