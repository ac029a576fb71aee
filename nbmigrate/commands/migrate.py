"""What `upgrade` and `downgrade` share: running a plan and telling what ran."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbmigrate.commands import html
from nbmigrate.commands.entries import Entry, entries
from nbmigrate.commands.result import Result, Row
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.plan import Plan
from nbmigrate.project import Project

if TYPE_CHECKING:
    from nbmigrate.database.events import Listener
    from nbmigrate.database.executor import StepReport


@dataclass(frozen=True, kw_only=True, repr=False)
class RunResult(Result):
    """The steps that a run did, what each sent to the database, and where the database stands now."""

    direction: str
    steps: "tuple[StepReport, ...]"
    position: tuple[Entry, ...]

    def rows(self) -> list[Row]:
        """Return one record per step."""
        return [
            {
                "step": number,
                "from": ", ".join(report.step.source),
                "to": ", ".join(report.step.destination),
                "message": report.step.revision.message,
                "statements": len(report.statements),
                "seconds": round(report.seconds, 4),
            }
            for number, report in enumerate(self.steps, 1)
        ]

    @property
    def sql(self) -> str:
        """Every statement that ran, in order."""
        return "\n\n".join(_sql(report) for report in self.steps)

    def to_text(self) -> str:
        """Return a line per step, as Alembic logs them, and the position."""
        lines = [
            f"Running {self.direction} {row['from']} -> {row['to']}, {row['message']}  "
            f"({_count(row['statements'], 'statement')}, {_seconds(row['seconds'])})"
            for row in self.rows()
        ]
        return "\n".join([*lines, self.standing])

    @property
    def standing(self) -> str:
        """Where the database stands, in a sentence."""
        now = "Now" if self.steps else f"Nothing to {self.direction}: the database is"
        return f"{now} at {', '.join(entry.line() for entry in self.position) or 'base'}."

    def to_html(self) -> str:
        """Return a table of the steps, with the SQL of each folded under its message."""
        records = []
        for row, report in zip(self.rows(), self.steps, strict=True):
            source, destination = row["from"] or "base", row["to"] or "base"
            sql = html.details(
                f"SQL: {_count(row['statements'], 'statement')}", html.code(_sql(report), "sql")
            )
            records.append(
                {
                    "from": source,
                    "to": destination,
                    "what": html.lines(row["message"]) + (sql if report.statements else ""),
                    "time": _seconds(row["seconds"]),
                }
            )
        return html.table(records, code=("from", "to"), raw=("what",)) + html.paragraph(
            html.lines(self.standing)
        )


def _sql(report: "StepReport") -> str:
    return "\n".join(f"{statement.text};" for statement in report.statements)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 0.1 else f"{seconds * 1000:.0f} ms"


def run(
    project: Project,
    direction: str,
    target: str,
    make_plan: Callable[[RevisionGraph, Sequence[str], str], Plan],
    listener: "Listener | None",
) -> RunResult:
    """Plan from where the database stands, run the plan, and tell what ran."""
    graph = project.graph
    graph.check()
    report = project.connect(
        lambda context: context.migrate(
            lambda heads: make_plan(graph, heads, target), listener=listener, clock=project.clock
        ),
        target=target,
    )
    return RunResult(direction=direction, steps=report.steps, position=entries(graph, report.position))
