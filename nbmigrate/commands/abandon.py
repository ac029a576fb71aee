"""`abandon`: forget what stands half-way."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbmigrate.commands import html
from nbmigrate.commands.halfway import statement_rows
from nbmigrate.commands.result import Result, Row, text_table
from nbmigrate.commands.waiting import LockNotes
from nbmigrate.errors import UsageError
from nbmigrate.project import Project

if TYPE_CHECKING:
    from nbmigrate.database.events import Listener
    from nbmigrate.database.journal_table import OpenStep
    from nbmigrate.environment.migration_context import MigrationContext


@dataclass(frozen=True, kw_only=True, repr=False)
class AbandonResult(Result):
    """What is forgotten, and stays in effect all the same.

    Parameters
    ----------
    given_up
        What stood half-way; on several databases where env.py configures several.
    """

    given_up: "tuple[OpenStep, ...]"

    def rows(self) -> list[Row]:
        """Return one record per statement that stays in effect, or may be."""
        return [row for step in self.given_up for row in statement_rows(step) if row["state"] != "failed"]

    @property
    def _sentences(self) -> list[str]:
        return [
            f"Forgotten: the {step.direction} of revision {step.revision}. The version rows are as they were: "
            f"{', '.join(step.heads) or 'base'}."
            for step in self.given_up
        ]

    def to_text(self) -> str:
        """Return what is forgotten, and what stays in effect."""
        return "\n".join([*self._sentences, text_table(self.rows())])

    def to_html(self) -> str:
        """Return what is forgotten, and a table of what stays in effect."""
        said = "".join(html.paragraph(html.lines(sentence)) for sentence in self._sentences)
        return said + html.table(self.rows(), code=("sql",))


def abandon(
    project: Project, *, listener: "Listener | None" = None, lock_timeout: float | None = None
) -> AbandonResult:
    """Forget what stands half-way: the schema and the version rows stay as they are.

    Parameters
    ----------
    listener
        Called with an event while another run is waited for.
    lock_timeout
        Seconds to wait for another run; what the option `lock_timeout` says, or 60, if not given.

    Raises
    ------
    UsageError
        Nothing stands half-way.
    """
    told = LockNotes(listener)
    given_up: list[OpenStep] = []

    def forget(context: "MigrationContext") -> None:
        step = context.abandon(listener=told, lock_timeout=lock_timeout)
        if step is not None:
            given_up.append(step)

    project.connect(forget)
    if not given_up:
        raise UsageError("No revision stands half-way.", "`current` says where the database stands.")
    return AbandonResult(
        given_up=tuple(given_up),
        notes=(
            *told.notes,
            "What is listed stays in effect. Undo or finish it by hand; `stamp` says where that leaves the database.",
        ),
    )
