"""`--sql`: what a command would send to the database, as a script."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from nbmigrate.commands import html
from nbmigrate.commands.result import Result, Row
from nbmigrate.errors import UsageError
from nbmigrate.graph.revision import ID_WIDTH
from nbmigrate.project import Project

if TYPE_CHECKING:
    from nbmigrate.environment.migration_context import MigrationContext

T = TypeVar("T")

#: A notebook shows no more characters of a script than this; all of it is in `sql`.
SHOWN = 100_000


@dataclass(frozen=True, kw_only=True, repr=False)
class SqlResult(Result):
    """A script; nothing was sent to a database.

    Parameters
    ----------
    sql
        The script, for the database's own shell.
    steps
        A record for each step in it.
    """

    sql: str
    steps: tuple[Row, ...] = ()

    def rows(self) -> list[Row]:
        """Return one record per step."""
        return list(self.steps)

    def to_text(self) -> str:
        """Return the script; printed with a line break after it, it is to the letter what `sql` holds."""
        return self.sql.removesuffix("\n")

    def to_html(self) -> str:
        """Return the script, highlighted, and of a very long one its beginning."""
        return html.code(self._shown, "sql") if self.sql else ""

    def __repr__(self) -> str:
        return self._shown or super().__repr__()

    @property
    def _shown(self) -> str:
        text = self.sql.rstrip("\n")
        if len(text) <= SHOWN:
            return text
        more = len(text) - SHOWN
        return f"{text[:SHOWN]}\n-- and {more:,} more characters, which are in .sql of this result"


def split_range(text: str) -> tuple[str | None, str]:
    """Return the start and the end of "a:b"; no start for "b" alone, and none for ":b".

    Raises
    ------
    UsageError
        It has no end.
    """
    starting, _, destination = text.rpartition(":") if text.count(":") == 1 else ("", "", text)
    if not destination:
        raise UsageError(
            f"{text!r} says where to start from, and not where to go.",
            "Write a target after the colon, such as head or base.",
        )
    return starting or None, destination


def refuse_range(texts: Sequence[str]) -> None:
    """Raise UsageError for "a:b" where no script is asked for."""
    for text in texts:
        if ":" in text:
            raise UsageError(
                f"Range revision not allowed: {text!r} is for --sql, which does not ask where the database stands.",
                f"Without --sql write {text.rpartition(':')[2] or 'head'!r} alone.",
            )


def write_sql(
    project: Project,
    action: "Callable[[MigrationContext], T]",
    *,
    starting: str | None = None,
    target: str | None = None,
    tag: str | None = None,
) -> tuple[str, T, list[str]]:
    """Run env.py offline and return the script, what the action returned, and notes.

    Parameters
    ----------
    action
        Writes into the context that it is given.
    starting
        Where the database is said to stand.
    target, tag
        What env.py is told.
    """
    from nbmigrate.environment.offline import Offline

    offline = Offline(starting)
    dialects: list[str] = []

    def act(context: "MigrationContext") -> T:
        is_mariadb = getattr(context.dialect, "is_mariadb", False)
        dialects.append("mariadb" if is_mariadb else context.dialect.name)
        return action(context)

    done = project.connect(act, target=target, tag=tag, offline=offline)
    text = offline.output.getvalue()
    notes = []
    if "sqlite" in dialects and text:
        notes.append("Run it with `sqlite3 -bail FILE`: without -bail sqlite3 goes on after an error.")
    if "mysql" in dialects and text:
        notes.append("This is MySQL's SQL; for MariaDB let the url begin with mariadb+pymysql://.")
    return text, done, notes


def width_notes(ids: Sequence[str], *, is_new: bool) -> list[str]:
    """Return what must be known of ids that do not fit the usual column, where the script does not make the table."""
    longest = max(ids, key=len, default="")
    if is_new or len(longest) <= ID_WIDTH:
        return []
    width = len(longest)
    note = f"Revision {longest!r} has {width} characters: see that version_num is VARCHAR({width}) or more."
    return [note]
