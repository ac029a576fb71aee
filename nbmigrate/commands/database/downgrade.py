"""`downgrade`: undo revisions."""

from typing import TYPE_CHECKING, Literal, overload

from nbmigrate.commands.database.run import RunResult, run, script
from nbmigrate.commands.database.sql_script import SqlResult, check_script_options
from nbmigrate.errors import UsageError
from nbmigrate.graph.plan import plan_downgrade
from nbmigrate.project import Project

if TYPE_CHECKING:
    import os

    from nbmigrate.database.events import Listener


@overload
def downgrade(
    project: Project,
    revision: str,
    *,
    sql: Literal[False] = False,
    tag: str | None = None,
    listener: "Listener | None" = None,
    lock_timeout: float | None = None,
) -> RunResult: ...
@overload
def downgrade(
    project: Project,
    revision: str,
    *,
    sql: bool,
    tag: str | None = None,
    listener: "Listener | None" = None,
    lock_timeout: float | None = None,
    dialect: str | None = None,
    output: "str | os.PathLike[str] | None" = None,
) -> RunResult | SqlResult: ...
def downgrade(
    project: Project,
    revision: str,
    *,
    sql: bool = False,
    tag: str | None = None,
    listener: "Listener | None" = None,
    lock_timeout: float | None = None,
    dialect: str | None = None,
    output: "str | os.PathLike[str] | None" = None,
) -> RunResult | SqlResult:
    """Undo the applied revisions that come after `revision`.

    Parameters
    ----------
    revision
        `base`, an id, the start of one, or -N steps.
        With `sql` always `a:b`: from a to b.
    sql
        Write the statements as a script instead, without a database.
    tag
        What env.py reads with `context.get_tag_argument()`.
    listener
        Called with an event at every statement and step, and while another run is waited for.
    lock_timeout
        Seconds to wait for another run; what the option `lock_timeout` says, or 60, if not given.
    dialect
        With `sql`, the name of the dialect that the script is for, such as "postgresql"; the database's if not given.
    output
        With `sql`, a file that the script is written into.

    Raises
    ------
    DatabaseLockedError
        Another run went on for longer.
    MigrationFailedError
        A revision failed; what its downgrade did was undone, those after it are downgraded.
    TargetError
        `revision` does not say where to go from here.
    """
    if not sql:
        check_script_options(sql=sql, dialect=dialect, output=output)
        return run(project, revision, plan_downgrade, listener, tag, lock_timeout)
    if not revision.partition(":")[1] or revision.startswith(":"):
        raise UsageError(
            "downgrade with --sql requires <fromrev>:<torev>, since it does not ask where the database stands.",
            f"Write --sql head:{revision.lstrip(':') or 'base'}, with the revision where it stands in place of head.",
        )
    return script(project, "downgrade", revision, plan_downgrade, tag, dialect=dialect, output=output)
