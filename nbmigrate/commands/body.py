"""The body of a revision cell, completed: a downgrade that is not written is derived where that is possible."""

from dataclasses import replace

from nbmigrate.errors import BodyError, IrreversibleError, OperationError
from nbmigrate.scripts.body import Body, parse_body


def complete_body(source: str) -> Body:
    """Return a cell's body with an upgrade and a downgrade.

    Parameters
    ----------
    source
        The body; for a cell, with an empty line in the place of its `%%migrate` line.

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
    from nbmigrate.environment.recording import record
    from nbmigrate.operations.reverse import render_body, reverse_all

    way_out = "Write `def upgrade():` and `def downgrade():` in the body."
    try:
        operations = record(source, "<body>")
        rendered = render_body(reverse_all(operations))
    except IrreversibleError as error:
        raise IrreversibleError(f"The downgrade cannot be derived: {error.message}", way_out) from error
    except OperationError as error:
        raise BodyError(f"The downgrade cannot be derived: {error.message}", way_out) from error
    return replace(
        body, downgrade=rendered.text, imports=tuple(dict.fromkeys((*body.imports, *rendered.imports)))
    )
