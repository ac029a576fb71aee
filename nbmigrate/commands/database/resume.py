"""`resume`: finish the revision that stands half-way."""

from typing import TYPE_CHECKING

from nbmigrate.commands.database.run import RunResult, told_of_runs
from nbmigrate.commands.results.run_notes import LockNotes
from nbmigrate.commands.results.several_databases import for_each
from nbmigrate.errors import UsageError
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.plan import Plan, plan_step
from nbmigrate.project import Project

if TYPE_CHECKING:
    from nbmigrate.database.events import Listener
    from nbmigrate.database.journal.table import OpenStep
    from nbmigrate.database.report import RunReport
    from nbmigrate.environment.migration_context import MigrationContext


def resume(
    project: Project,
    *,
    applied: bool | None = None,
    tag: str | None = None,
    listener: "Listener | None" = None,
    lock_timeout: float | None = None,
) -> RunResult:
    """Finish the revision that stands half-way, and no other: what is in effect is not done again.

    Parameters
    ----------
    applied
        Whether the statement that was under way is in effect, where the schema does not show it.
    tag
        What env.py reads with `context.get_tag_argument()`.
    listener
        Called with an event at every statement and step, and while another run is waited for.
    lock_timeout
        Seconds to wait for another run; what the option `lock_timeout` says, or 60, if not given.

    Raises
    ------
    UsageError
        Nothing stands half-way; or `applied` is given, and no statement was under way.
    HalfwayError
        The file does not agree with what was done, or nobody can tell what was.
    MigrationFailedError
        The revision failed again.
    """
    graph = project.graph
    graph.check()
    told = LockNotes(listener)

    def finish(context: "MigrationContext") -> "RunReport | None":
        step = context.open_step()
        if step is None:
            # Where env.py configures several databases, another one may have what stands half-way.
            return None
        context.settled = applied
        return context.migrate(
            lambda rows: _plan(graph, rows, step),
            listener=told,
            clock=project.clock,
            lock_timeout=lock_timeout,
        )

    found = for_each(project, finish, tag=tag, lock_timeout=lock_timeout)
    reports = [(url, done) for url, done in found if done is not None]
    if not reports:
        raise UsageError("No revision stands half-way.", "`current` says where the database stands.")
    return told_of_runs(reports, graph, told.notes, several=len(found) > 1)


def _plan(graph: RevisionGraph, rows: tuple[str, ...], step: "OpenStep") -> Plan:
    if step.revision not in graph:
        raise UsageError(
            f"The {step.direction} of revision {step.revision} stands half-way, and no revision file has it.",
            "Put its file back; or `abandon` it, which leaves everything as it is.",
        )
    return plan_step(graph, rows, "upgrade" if step.direction == "upgrade" else "downgrade", step.revision)
