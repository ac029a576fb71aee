"""The names that a directive is given."""

from typing import Any

from nbmigrate.errors import OperationError


def require_names(directive: str, **given: Any) -> None:
    """Refuse what is no name: SQLAlchemy would stumble over it much later, and say nothing of it.

    Raises
    ------
    OperationError
        Something is no string.
    """
    for what, name in given.items():
        if not isinstance(name, str):
            raise OperationError(
                f"op.{directive}() is given {what}={name!r}, which is no name.", "A name is a string."
            )
