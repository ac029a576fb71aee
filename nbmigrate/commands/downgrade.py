"""`downgrade`: undo revisions."""

from typing import TYPE_CHECKING

from nbmigrate.commands.migrate import RunResult, run
from nbmigrate.graph.plan import plan_downgrade
from nbmigrate.project import Project

if TYPE_CHECKING:
    from nbmigrate.database.events import Listener


def downgrade(project: Project, revision: str, *, listener: "Listener | None" = None) -> RunResult:
    """Undo the applied revisions that come after `revision`.

    Parameters
    ----------
    revision
        `base`, an id, the start of one, or -N steps.
    listener
        Called with an event at every statement and step.

    Raises
    ------
    MigrationFailedError
        A revision failed; what its downgrade did was undone, those after it are downgraded.
    TargetError
        `revision` does not say where to go from here.
    """
    return run(project, "downgrade", revision, plan_downgrade, listener)
