"""One command on the several databases of an env.py: its results, together."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from nbmigrate.commands.results import html
from nbmigrate.commands.results.result import Result, Row, TabularResult
from nbmigrate.commands.results.terminal import Terminal
from nbmigrate.errors import MigrateError
from nbmigrate.project import Project

if TYPE_CHECKING:
    import pandas as pd

    from nbmigrate.environment.migration_context import MigrationContext
    from nbmigrate.environment.offline_context import Offline

T = TypeVar("T")
R = TypeVar("R", bound=Result)


@dataclass(frozen=True, kw_only=True, repr=False)
class PerDatabase(TabularResult, Generic[R]):
    """The results of one command on several databases.

    It has the attributes of a single result: those in `summed` put together, of others those of the last database.

    Parameters
    ----------
    databases
        The place of each, its url with passwords masked and what distinguishes it from others at that url, and its
        result; in the order in which env.py came to them.
    """

    databases: tuple[tuple[str, R], ...]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name)
        values = [getattr(result, name) for _, result in self.databases]
        if name not in self._last.summed:
            return values[-1]
        return "\n\n".join(filter(None, values)) if name == "sql" else reduce(add, values)

    def rows(self) -> list[Row]:
        """Return the records of all, each with its database; None for what only another one has."""
        found = [{"database": place, **row} for place, result in self.databases for row in result.rows()]
        names = dict.fromkeys(name for row in found for name in row)
        return [{name: row.get(name) for name in names} for row in found]

    def to_frame(self) -> "pd.DataFrame":
        """Return the rows of all as one DataFrame, with their database in the first column."""
        import pandas as pd

        frames = [(place, result.to_frame()) for place, result in self.databases]
        if self._last.is_frame:
            from nbmigrate.commands.results.frames import joined_frame

            return joined_frame(frames, self.notes)
        names = dict.fromkeys(name for _, frame in frames for name in frame.columns)
        return pd.DataFrame.from_records(self.rows(), columns=["database", *names])

    def to_value(self) -> Any:
        """Return what a cell gets as its value, as a single result does."""
        return self.to_frame() if self._last.is_frame else self

    def to_terminal(self, terminal: Terminal) -> str:
        """Return the texts of all, each under its database."""
        return self._last.text_of_each(self.databases, terminal)

    def to_html(self) -> str:
        """Return the pages of all, each under its database."""
        return "".join(
            html.paragraph(f"<code>{html.lines(place)}</code>") + result.to_html()
            for place, result in self.databases
        )

    @property
    def page_notes(self) -> tuple[str, ...]:
        """The notes but for those that the page of a database shows otherwise."""
        shown = {
            f"{place}: {note}"
            for place, result in self.databases
            for note in result.notes
            if note not in result.page_notes
        }
        return tuple(note for note in self.notes if note not in shown)

    @property
    def _last(self) -> R:
        return self.databases[-1][1]


def per_database(
    found: Sequence[tuple[str, R]], notes: Sequence[str] = (), *, several: bool | None = None
) -> R:
    """Return the result of the only database, or a PerDatabase, which has the attributes of one.

    Parameters
    ----------
    found
        The place and the result of each; at least one.
    notes
        What applies to all of them; it comes after the notes of each.
    several
        Whether each names its database; whether there are two or more, if None.
    """
    last = found[-1][1]
    if not (len(found) > 1 if several is None else several):
        return replace(last, notes=(*last.notes, *notes))
    of_each = (f"{place}: {note}" for place, result in found for note in result.notes)
    is_partial = any(result.is_partial for _, result in found)
    together = PerDatabase(databases=tuple(found), notes=(*of_each, *notes), is_partial=is_partial)
    return cast(R, together)


@contextmanager
def about(place: str, *, several: bool) -> Iterator[None]:
    """Let an error that is raised in the block name the database, where there are several."""
    try:
        yield
    except MigrateError as error:
        if several:
            error.message = f"{place}: {error.message}"
        raise


def for_each(
    project: Project,
    action: "Callable[[MigrationContext], T]",
    *,
    target: str | None = None,
    tag: str | None = None,
    lock_timeout: float | None = None,
    offline: "Offline | None" = None,
) -> list[tuple[str, T]]:
    """Run env.py, and return each database that it migrates, and what the action returned for it.

    One database is its url alone. Several are told from one another: two may be tenants at one url. An error of one of
    several names it.
    """
    found: list[tuple[str, str, T]] = []

    def act(context: "MigrationContext") -> None:
        url, place = context.url, context.place
        several = bool(found) or place != url or len(project.config.databases) > 1
        with about(place, several=several):
            found.append((url, place, action(context)))

    # A server of one session lets nobody connect either, while another run is at work.
    with nullcontext() if lock_timeout is None else _connecting_within(lock_timeout):
        project.connect_each(act, target=target, tag=tag, offline=offline)
    return [(url if len(found) == 1 else place, result) for url, place, result in found]


def _connecting_within(seconds: float) -> AbstractContextManager[None]:
    # Help and lists of files do without SQLAlchemy.
    from nbmigrate.database.backends.timeouts import connecting_within

    return connecting_within(seconds)
