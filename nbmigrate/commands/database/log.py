"""`log`: what ran on this database, and who ran it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from nbmigrate.commands.database.changed_code import (
    changed_html,
    changed_notes,
    find_changed,
    without_differences,
)
from nbmigrate.commands.history.position import named
from nbmigrate.commands.results import html
from nbmigrate.commands.results.per_database import for_each, per_database
from nbmigrate.commands.results.result import Row, TabularResult
from nbmigrate.commands.results.terminal import Terminal
from nbmigrate.errors import RevisionNotFoundError, UsageError
from nbmigrate.project import Project

if TYPE_CHECKING:
    import pandas as pd

    from nbmigrate.database.bookkeeping.changed_code import ChangedCode
    from nbmigrate.database.bookkeeping.run_log import LoggedStep
    from nbmigrate.environment.migration_context import MigrationContext

#: How many steps are shown where nothing else is said.
DEFAULT_LIMIT = 20


@dataclass(frozen=True, kw_only=True, repr=False)
class LogResult(TabularResult):
    """Steps that ran, failed or were interrupted, and stamps; newest first.

    Parameters
    ----------
    steps
        The rows of the table of runs.
    changed
        The requested revision, where its code is not what ran; the notes have it too.
    """

    summed: ClassVar[tuple[str, ...]] = ("steps", "changed")
    #: What each record of `rows` has.
    columns: ClassVar[tuple[str, ...]] = (
        "when",
        "who",
        "pid",
        "run",
        "direction",
        "revision",
        "from",
        "to",
        "seconds",
        "result",
        "error",
        "code",
    )

    steps: "tuple[LoggedStep, ...]"
    changed: "tuple[ChangedCode, ...]" = ()

    def rows(self) -> list[Row]:
        """Return one record per step; `when` is in UTC, `code` the hash of what ran."""
        return [dict(zip(self.columns, _values(step), strict=True)) for step in self.steps]

    def to_frame(self) -> "pd.DataFrame":
        """Return the rows as a pandas DataFrame, which has its columns even where there are none."""
        import pandas as pd

        return pd.DataFrame.from_records(self.rows(), columns=list(self.columns))

    def to_terminal(self, terminal: Terminal) -> str:
        """Return the steps as aligned columns."""
        return terminal.table(self._shown())

    def to_html(self) -> str:
        """Return the steps as a table, and how the code has changed."""
        return html.table(self._shown(), code=("revision", "from", "to")) + changed_html(self.changed)

    def _shown(self) -> list[Row]:
        """Return what a person reads of each: no hash, no number of a process, and nothing that all leave empty."""
        rows = [
            {
                "when (UTC)": f"{row['when']:%Y-%m-%d %H:%M:%S}",
                **{key: row[key] for key in ("who", "direction", "revision", "from", "to")},
                "seconds": round(row["seconds"], 3),
                "result": row["result"],
                "error": row["error"],
            }
            for row in self.rows()
        ]
        if not any(row["error"] for row in rows):
            return [{key: value for key, value in row.items() if key != "error"} for row in rows]
        return rows

    @property
    def page_notes(self) -> tuple[str, ...]:
        """The notes but for the differences, which the page shows otherwise."""
        return without_differences(self.notes, self.changed)


def _values(step: "LoggedStep") -> tuple[Any, ...]:
    return (
        *(step.ended_at, step.who, step.pid, step.run, step.direction, step.revision),
        *(step.source, step.destination, step.seconds, step.result, step.error, step.code_hash),
    )


def log(project: Project, revision: str | None = None, *, limit: int = DEFAULT_LIMIT) -> LogResult:
    """Return what ran on the database, newest first, where `record_runs = true` has it recorded; writes nothing.

    Parameters
    ----------
    revision
        The steps of this revision alone, and how its code has changed since it ran; it may be one that no file has.
    limit
        How many steps at the most.

    Raises
    ------
    AmbiguousRevisionError, UsageError
        `revision` may stand for several.
    RevisionNotFoundError
        It stands for none, and none of that name has run here.
    """
    if limit < 0:
        raise UsageError("-n is counted from 0.", "Leave the minus out.")

    id_, unknown = (None, None) if revision is None else _id_of(project, revision)
    counts: list[int] = []

    def read(context: "MigrationContext") -> LogResult:
        with context.reading():
            recorded = context.run_log()
            if not recorded.exists():
                return LogResult(steps=(), notes=(_NO_TABLE.format(recorded.name),))
            steps, count = recorded.steps(limit, id_), recorded.count(id_)
            is_newer = recorded.is_newer()
        counts.append(count)
        found = find_changed(context, context.get_current_heads()) if id_ else ()
        changed = tuple(each for each in found if each.revision.id == id_)
        notes = _notes(recorded.name, id_, len(steps), count)
        notes += (_NEWER.format(recorded.name),) if is_newer else ()
        return LogResult(steps=steps, changed=changed, notes=(*notes, *changed_notes(changed)))

    found = for_each(project, read)
    if unknown is not None and counts and not any(counts):
        raise unknown
    return per_database(found)


_NEWER = "{} has rows of a newer version of nbmigrate; shown is what this version knows of them."
_NO_TABLE = (
    "No runs are recorded: there is no table {}. "
    "`config record_runs true` lets every upgrade, downgrade and stamp be recorded from then on."
)


def _notes(table: str, revision: str | None, shown: int, count: int) -> tuple[str, ...]:
    if not count:
        of = f" of {revision}" if revision else ""
        return (f"Nothing{of} is recorded in {table} yet.",)
    if shown == count:
        return ()
    words = f"log {revision}" if revision else "log"
    return (f"{shown:,} of {count:,} are shown; all: {words} -n {count}",)


def _id_of(project: Project, revision: str) -> tuple[str, RevisionNotFoundError | None]:
    """Return the id of a revision; with the error, what no file has as it is: it may have run long ago."""
    try:
        found = named(project, revision)
    except RevisionNotFoundError as error:
        return revision, error
    if len(found) > 1:
        ids = ", ".join(each.id for each in found)
        raise UsageError(f"{revision} stands for {ids}.", "Name one of them.")
    return found[0].id, None
