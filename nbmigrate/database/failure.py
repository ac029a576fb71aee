"""The error of a step that failed: for the person who wrote the revision."""

import inspect
import re
import sqlite3
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import sqlalchemy as sa

from nbmigrate.database.errors import masked, words
from nbmigrate.database.version_table import heads_text
from nbmigrate.errors import InterruptedRunError, MigrateError, MigrationFailedError
from nbmigrate.graph.plan import Step
from nbmigrate.scripts.headers import shown

#: What commits, where DDL commits: as the manuals of MySQL and MariaDB list it, temporary tables apart.
DDL = re.compile(r"\s*(ALTER|CREATE|DROP|RENAME|TRUNCATE|GRANT|REVOKE)\b(?!\s+TEMPORARY\b)", re.IGNORECASE)

#: How each dialect's name is written for people.
NAMES = {"mysql": "MySQL", "mariadb": "MariaDB", "oracle": "Oracle"}


def name_of(dialect: sa.Dialect) -> str:
    """Return the name of a database as its makers write it."""
    name = "mariadb" if getattr(dialect, "is_mariadb", False) else dialect.name
    return NAMES.get(name, name)


def committed(statements: Sequence[str], failed: str) -> tuple[str, ...]:
    """Return the statements that stay where DDL commits what was before it, and itself."""
    if DDL.match(failed):
        return tuple(statements)
    last = max((number for number, text in enumerate(statements, 1) if DDL.match(text)), default=0)
    return tuple(statements[:last])


@dataclass(frozen=True, slots=True)
class Aftermath:
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
        Statements of the step that stay in effect.
    why_left
        Why they stay.
    url
        The url in use, for its password.
    """

    step: Step
    position: tuple[str, ...]
    statement: str = ""
    left: tuple[str, ...] = ()
    why_left: str = ""
    url: str | None = None
    #: What the database has that is nearest to a name that it does not know.
    nearest: str = ""

    @property
    def _title(self) -> str:
        revision = self.step.revision
        message = f" ({revision.message})" if revision.message else ""
        return f"{self.step.direction.capitalize()} of revision {revision.id}{message}"

    def _standing(self, what_next: str) -> str:
        now = f"The database stands at {heads_text(self.position)}"
        if not self.left:
            return f"It was rolled back: nothing of it remains. {now}. {what_next}"
        kept = "\n".join(
            f"  {text.splitlines()[0]}{' ...' if len(text.splitlines()) > 1 else ''}" for text in self.left
        )
        return (
            f"{self.why_left}, so this stays in effect:\n{kept}\n"
            f"{now}. Undo that by hand, or make the revision skip it, before you run it again."
        )

    def failed(self, error: BaseException) -> MigrationFailedError:
        """Return the error for a step whose revision or statement raised."""
        said = error.message if isinstance(error, MigrateError) else words(error)
        if not isinstance(error, MigrateError) and not is_from_database(error):
            said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        statement = self.statement if is_from_database(error) else ""
        path = self.step.revision.path
        lines = [f"{self._title} failed: {said}"]
        if path is not None:
            number = line_in(error, path)
            lines.append(f"  in {shown(path)}" + (f", line {number}" if number else ""))
        if statement:
            lines.append("  " + statement.replace("\n", "\n  "))
        own_hint = error.hint if isinstance(error, MigrateError) else self.nearest
        hint = (f"{own_hint}\n" if own_hint else "") + self._standing(
            "Correct the file, then run the same command again."
        )
        return MigrationFailedError(
            masked("\n".join(lines), self.url),
            masked(hint, self.url),
            revision=self.step.revision.id,
            statement=masked(statement, self.url),
            position=self.position,
        )

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


def is_from_database(error: BaseException) -> bool:
    """Whether an error is SQLAlchemy's or a driver's."""
    return isinstance(error, sa.exc.SQLAlchemyError | sqlite3.Error)


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
