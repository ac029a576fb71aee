"""`upgrade` and `downgrade`: apply and undo revisions, or write the SQL for it."""

import os
from typing import TYPE_CHECKING

from nbmigrate.commands.database.run import RunOptions, RunResult, run, script
from nbmigrate.commands.database.sql_script import SqlResult, takes_sql
from nbmigrate.errors import UsageError
from nbmigrate.graph.plan import plan_downgrade, plan_upgrade
from nbmigrate.project import Project

if TYPE_CHECKING:
    from nbmigrate.database.events import Listener


def upgrade_sql(
    project: Project,
    revision: str,
    *,
    tag: str | None = None,
    dialect: str | None = None,
    output: str | os.PathLike[str] | None = None,
) -> SqlResult:
    """Write the SQL that `upgrade` would send, without a database.

    Parameters
    ----------
    revision
        As for `upgrade`; or `a:b`, from a to b, from nothing where a is not given.
    tag
        What env.py reads with `context.get_tag_argument()`.
    dialect
        The name of the dialect that the script is for, such as "postgresql"; the database's if not given.
    output
        A file that the script is written into.
    """
    return script(project, "upgrade", revision, plan_upgrade, tag=tag, dialect=dialect, output=output)


def downgrade_sql(
    project: Project,
    revision: str,
    *,
    tag: str | None = None,
    dialect: str | None = None,
    output: str | os.PathLike[str] | None = None,
) -> SqlResult:
    """Write the SQL that `downgrade` would send, without a database.

    Parameters
    ----------
    revision
        Always `a:b`: from a to b.
    tag, dialect, output
        As for `upgrade_sql`.
    """
    if not revision.partition(":")[1] or revision.startswith(":"):
        raise UsageError(
            "downgrade with --sql requires <fromrev>:<torev>, since it does not ask where the database stands.",
            f"Write --sql head:{revision.lstrip(':') or 'base'}, with the revision where it stands in place of head.",
        )
    return script(project, "downgrade", revision, plan_downgrade, tag=tag, dialect=dialect, output=output)


@takes_sql(upgrade_sql)
def upgrade(
    project: Project,
    revision: str,
    *,
    tag: str | None = None,
    listener: "Listener | None" = None,
    lock_timeout: float | None = None,
) -> RunResult:
    """Apply the revisions between where the database stands and `revision`.

    Parameters
    ----------
    revision
        `head`, `heads`, an id, the start of one, a label, `label@head`, or +N steps.
    tag
        What env.py reads with `context.get_tag_argument()`.
    listener
        Called with an event at every statement and step, and while another run is waited for.
    lock_timeout
        Seconds to wait for another run; what the option `lock_timeout` says, or 60, if not given.

    Raises
    ------
    DatabaseLockedError
        Another run went on for longer.
    MigrationFailedError
        A revision failed; it was undone, those before it are applied.
    TargetError
        `revision` does not say where to go from here.
    """
    return run(project, revision, plan_upgrade, RunOptions(tag, listener, lock_timeout))


@takes_sql(downgrade_sql)
def downgrade(
    project: Project,
    revision: str,
    *,
    tag: str | None = None,
    listener: "Listener | None" = None,
    lock_timeout: float | None = None,
) -> RunResult:
    """Undo the applied revisions that come after `revision`.

    Parameters
    ----------
    revision
        `base`, an id, the start of one, or -N steps.
    tag, listener, lock_timeout
        As for `upgrade`.

    Raises
    ------
    DatabaseLockedError
        Another run went on for longer.
    MigrationFailedError
        A revision failed; what its downgrade did was undone, those after it are downgraded.
    TargetError
        `revision` does not say where to go from here.
    """
    return run(project, revision, plan_downgrade, RunOptions(tag, listener, lock_timeout))
