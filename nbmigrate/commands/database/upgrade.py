"""`upgrade`: apply revisions."""

from typing import TYPE_CHECKING, Literal, overload

from nbmigrate.commands.database.run import RunResult, run, script
from nbmigrate.commands.database.sql_script import SqlResult, check_script_options
from nbmigrate.graph.plan import plan_upgrade
from nbmigrate.project import Project

if TYPE_CHECKING:
    import os

    from nbmigrate.database.events import Listener


@overload
def upgrade(
    project: Project,
    revision: str,
    *,
    sql: Literal[False] = False,
    tag: str | None = None,
    listener: "Listener | None" = None,
    lock_timeout: float | None = None,
) -> RunResult: ...
@overload
def upgrade(
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
def upgrade(
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
    """Apply the revisions between where the database stands and `revision`.

    Parameters
    ----------
    revision
        `head`, `heads`, an id, the start of one, a label, `label@head`, or +N steps.
        With `sql` also `a:b`: from a to b, from nothing where a is not given.
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
        A revision failed; it was undone, those before it are applied.
    TargetError
        `revision` does not say where to go from here.
    """
    if sql:
        return script(project, "upgrade", revision, plan_upgrade, tag, dialect=dialect, output=output)
    check_script_options(sql=sql, dialect=dialect, output=output)
    return run(project, revision, plan_upgrade, listener, tag, lock_timeout)
