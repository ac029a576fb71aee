"""The error of a step that failed: for the person who wrote the revision."""

import inspect
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import TracebackType

import sqlalchemy as sa

from nbmigrate.database.bookkeeping.version_table import heads_text
from nbmigrate.database.errors import is_from_driver, is_lost, lost_text, masked, words
from nbmigrate.database.remedies import FAULTS_OF_REVISIONS, remedy
from nbmigrate.dialects.ddl.inserts import ROWS_SHOWN
from nbmigrate.errors import BookkeepingError, InterruptedRunError, MigrateError, MigrationFailedError
from nbmigrate.graph.plan import Step
from nbmigrate.scripts.reading.headers import shown

#: So many lines of a statement are shown with its error: an INSERT of many rows is shown as it was shortened.
LINES = ROWS_SHOWN + 2

#: What is said of a step, and of a run that is one transaction, of which nothing stays.
UNDONE = "It was rolled back: nothing of it remains."
WHOLE_UNDONE = "The whole run is one transaction and was rolled back: nothing of it remains."
DONE = "Everything was done already."
PARTLY_UNDONE = "What the run did after its last commit was rolled back."
#: The answer to a commit did not come, and the database cannot be asked.
UNKNOWN = "Whether that took effect is unknown: the database does not answer."
#: Why another run does not just go on after what stays in effect.
INCOMPARABLE = (
    "Another run cannot go on after those: undo them by hand, `abandon`, and run it again; or finish the revision by "
    "hand, and `stamp` it."
)
IN_FLIGHT = (
    "Whether all of the last one was done is unknown: check the database, then run `resume --applied` or "
    "`resume --not-applied`."
)
#: What to do about a lock that was not to be had.
LATER = "Run the same command again when that has ended."
#: What to do about a table of our own.
OURS = "Correct what the error names, then run the same command again."


@dataclass(frozen=True, slots=True)
class Remains:
    """What a rollback leaves in effect.

    Parameters
    ----------
    statements
        The statements of the step.
    why
        Why they stay.
    resumable
        The revision whose journal has them, so that another run goes on after them; empty if none has.
    obstacle
        Why another run does not just go on after them, and the ways out; empty if it does.
    is_certain
        Whether they are known to be in effect.
    """

    statements: tuple[str, ...] = ()
    why: str = ""
    resumable: str = ""
    obstacle: str = ""
    is_certain: bool = True


@dataclass(frozen=True, slots=True)
class FailedStep:
    """What stands after a step did not end well.

    Parameters
    ----------
    step
        The step.
    position
        The heads the database stands at, or will when the user's own transaction is undone.
    statement
        The statement that failed, or that was running.
    left
        What stays in effect.
    url
        The url in use, for its password.
    """

    step: Step
    position: tuple[str, ...]
    statement: str = ""
    left: Remains = Remains()
    url: str | None = None
    #: What is known besides: the name that is nearest to one that the database does not know, the limit that was over.
    advice: str = ""
    #: What was undone.
    undone: str = UNDONE
    #: What to do about it, where that is not known from the error.
    cure: str = ""
    #: Whether it is the commit of the whole run that failed, after its last step.
    at_end: bool = False
    #: Whether it was env.py's `on_version_apply` that failed, after the revision.
    in_callback: bool = False

    @property
    def _title(self) -> str:
        if self.at_end:
            return "The end of the run"
        revision = self.step.revision
        message = f" ({revision.message})" if revision.message else ""
        return f"{self.step.direction.capitalize()} of revision {revision.id}{message}"

    def _standing(self, what_next: str) -> str:
        now = f"The database stands at {heads_text(self.position)}"
        if self.undone == UNKNOWN:
            now = f"{UNKNOWN} It stood at {heads_text(self.position)} before"
        elif not self.left.statements:
            now = f"{self.undone} {now}"
        if not self.left.statements:
            return f"{now}. {what_next}"
        kept = "\n".join(
            f"  {text.splitlines()[0]}{' ...' if len(text.splitlines()) > 1 else ''}"
            for text in self.left.statements
        )
        stays_in = "stays in effect" if self.left.is_certain else "may be in effect"
        stays = f"{self.left.why}, so this {stays_in}:\n{kept}\n{now}"
        if self.left.obstacle:
            return f"{stays}, with revision {self.left.resumable} interrupted. {self.left.obstacle}"
        if self.left.resumable:
            again = what_next.removesuffix(".").removesuffix(" to go on")
            return (
                f"{stays}, with revision {self.left.resumable} interrupted. {again}: it goes on after those."
            )
        return f"{stays}. Undo that by hand, or make the revision skip it, before you run it again."

    def failed(self, error: BaseException) -> MigrationFailedError:
        """Return the error for a step whose revision or statement raised."""
        message = error.message if isinstance(error, MigrateError) else words(error)
        if not isinstance(error, MigrateError) and not is_from_database(error):
            message = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        # It may have been met again, as an invalid transaction.
        lost = (
            next((link for link in chain(error) if is_lost(link)), None) if is_from_database(error) else None
        )
        if lost is not None:
            message = lost_text(lost)
        statement = self.statement if is_from_database(error) else getattr(error, "statement", "")
        # What is wrong with our own tables is not to be looked for in the file.
        ours = isinstance(error, BookkeepingError)
        lines = [f"{self._title} failed{' in on_version_apply' if self.in_callback else ''}: {message}"]
        lines += [] if ours else self._place(error)
        if statement:
            lines.append("  " + brief(statement).replace("\n", "\n  "))
        own_hint = (error.hint if isinstance(error, MigrateError) else "") or self.advice
        cure = remedy(lost or error)
        if self.in_callback and cure in FAULTS_OF_REVISIONS:
            cure = "Correct env.py"
        again = OURS if ours else f"{cure}, then run the same command again."
        hint = (f"{own_hint}\n" if own_hint else "") + self._standing(self.cure or again)
        return MigrationFailedError(
            masked("\n".join(lines), self.url),
            masked(hint, self.url),
            revision=self.step.revision.id,
            statement=masked(statement, self.url),
            position=self.position,
        )

    def _place(self, error: BaseException) -> Iterator[str]:
        """Yield the line of the revision's file, or of the callback, in which it failed."""
        path = self.step.revision.path
        if self.in_callback:
            frames = traceback.extract_tb(error.__traceback__)
            called = [after for frame, after in pairwise(frames) if frame.name == "applied"]
            yield from (f"  in {shown(Path(frame.filename))}, line {frame.lineno}" for frame in called[-1:])
        elif path is not None:
            number = line_in(error, path)
            yield f"  in {shown(path)}" + (f", line {number}" if number else "")

    def interrupted(self) -> InterruptedRunError:
        """Return the error for a step that the keyboard stopped."""
        during = f" during\n  {self.statement}" if self.statement else "."
        return InterruptedRunError(
            masked(f"{self._title} was interrupted{during}".replace("\n", "\n  "), self.url),
            masked(self._standing("Run the same command again to go on."), self.url),
            revision=self.step.revision.id,
            statement=masked(self.statement, self.url),
            position=self.position,
        )


def chain(error: BaseException) -> Iterator[BaseException]:
    """Return an error and those that it was raised from, or while handling."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def brief(statement: str) -> str:
    """Return the first lines of a statement: of a table of 2,000 columns no more is read."""
    lines = statement.splitlines()
    more = len(lines) - LINES
    if more <= 0:
        return statement
    # Its last line may be about rows that have no line of their own.
    count = "" if lines[-1].startswith("-- and ") else f"{more:,} "
    return "\n".join([*lines[:LINES], f"-- and {count}more lines"])


def is_from_database(error: BaseException) -> bool:
    """Whether an error is SQLAlchemy's or a driver's; one of ours that is both, where a statement failed."""
    if isinstance(error, MigrateError):
        return isinstance(error, sa.exc.DBAPIError)
    return isinstance(error, sa.exc.SQLAlchemyError) or is_from_driver(error)


def line_in(error: BaseException, path: Path) -> int | None:
    """Return the line of a file that an error passed last, or None."""
    for link in chain(error):
        frames = traceback.extract_tb(link.__traceback__)
        numbers = [frame.lineno for frame in frames if frame.lineno and Path(frame.filename) == path]
        if numbers:
            return numbers[-1]
    return None


def place_in(path: Path | None) -> TracebackType | None:
    """Return the line of a file that is running now, as a traceback of that line alone."""
    frame = inspect.currentframe()
    while frame is not None and (path is None or Path(frame.f_code.co_filename) != path):
        frame = frame.f_back
    return None if frame is None else TracebackType(None, frame, frame.f_lasti, frame.f_lineno)
