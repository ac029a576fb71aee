"""`upgrade`: apply revisions."""

from typing import TYPE_CHECKING

from nbmigrate.commands.migrate import RunResult, run
from nbmigrate.graph.plan import plan_upgrade
from nbmigrate.project import Project

if TYPE_CHECKING:
    from nbmigrate.database.events import Listener


def upgrade(project: Project, revision: str, *, listener: "Listener | None" = None) -> RunResult:
    """Apply the revisions between where the database stands and `revision`.

    Parameters
    ----------
    revision
        `head`, `heads`, an id, the start of one, a label, `label@head`, or +N steps.
    listener
        Called with an event at every statement and step.

    Raises
    ------
    MigrationFailedError
        A revision failed; it was undone, those before it are applied.
    TargetError
        `revision` does not say where to go from here.
    """
    return run(project, "upgrade", revision, plan_upgrade, listener)
