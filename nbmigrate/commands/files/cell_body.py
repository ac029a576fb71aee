"""The body of a revision cell, completed: a downgrade that is not written is derived where that is possible."""

from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nbmigrate.errors import BodyError, IrreversibleError, MigrateError, OperationError
from nbmigrate.scripts.writing.body import Body, parse_body

if TYPE_CHECKING:
    from nbmigrate.operations import Operation
    from nbmigrate.project import Project

#: Tells the naming convention of a project; asked where it matters alone.
Convention = Callable[[], Mapping[str, Any] | None]


def convention_for(project: "Project") -> Convention:
    """Return what asks env.py for the naming convention of its target_metadata, without the database where it can.

    Parameters
    ----------
    project
        The project.
    """

    def read_convention() -> Mapping[str, Any] | None:
        from nbmigrate.environment.offline_context import Offline
        from nbmigrate.schema import convention_of

        for offline in (Offline(), None):
            # Not every env.py can do without a connection.
            with suppress(MigrateError) if offline is not None else nullcontext():
                return project.connect(
                    lambda context: convention_of(context.opts.get("target_metadata")), offline=offline
                )
        return None

    return read_convention


def complete_body(source: str, convention: Convention) -> Body:
    """Return a cell's body with an upgrade and a downgrade.

    Parameters
    ----------
    source
        The body; for a cell, with an empty line in the place of its `%%migrate` line.
    convention
        Asked where the upgrade leaves a name to it that the downgrade must say.

    Raises
    ------
    BodyError
        The body does not parse, or does not run without a database.
    IrreversibleError
        No downgrade is written, and an operation of the upgrade is not reversible.
    """
    body = parse_body(source)
    if body.downgrade is not None:
        return body
    from nbmigrate.operations.reverse import render_body, reverse_all

    hint = "Write `def upgrade():` and `def downgrade():` in the body."
    try:
        rendered = render_body(reverse_all(_recorded(source, convention)))
    except IrreversibleError as error:
        raise IrreversibleError(error.message, hint) from error
    except OperationError as error:
        raise BodyError(f"No downgrade can be generated: {error.message}", hint) from error
    return replace(
        body, downgrade=rendered.text, imports=tuple(dict.fromkeys((*body.imports, *rendered.imports)))
    )


def _recorded(source: str, convention: Convention) -> "tuple[Operation, ...]":
    from nbmigrate.environment.effects.recording import record
    from nbmigrate.operations.reverse import leaves_names_open

    operations = record(source, "<body>")
    if leaves_names_open(operations) and (names := convention()):
        return record(source, "<body>", names)
    return operations
