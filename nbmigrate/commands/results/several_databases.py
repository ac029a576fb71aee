"""Results of an env.py that migrates several databases: what was done to each, together."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from nbmigrate.commands.results import html
from nbmigrate.commands.results.result import Result, Row, TabularResult
from nbmigrate.commands.results.terminal import Terminal
from nbmigrate.errors import MigrateError
from nbmigrate.project import Project

if TYPE_CHECKING:
    from nbmigrate.environment.migration_context import MigrationContext
    from nbmigrate.environment.offline_context import Offline

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, repr=False)
class EachDatabase(TabularResult):
    """The results for several databases; what else it has is that of the last one.

    Parameters
    ----------
    databases
        The place of each, its url with passwords masked and what tells it from others at that url, and its result; in
        the order in which env.py came to them.
    """

    databases: tuple[tuple[str, Result], ...]

    def rows(self) -> list[Row]:
        """Return the records of all, each with its database."""
        return [{"database": url, **row} for url, result in self.databases for row in result.rows()]

    def to_terminal(self, terminal: Terminal) -> str:
        """Return the texts of all, each under its database."""
        return "\n\n".join(
            f"{url}\n{result.to_terminal(terminal)}".rstrip() for url, result in self.databases
        )

    def to_html(self) -> str:
        """Return the pages of all, each under its database."""
        return "".join(
            html.paragraph(f"<code>{html.lines(url)}</code>") + result.to_html()
            for url, result in self.databases
        )


def told_of_each(found: Sequence[tuple[str, Result]]) -> tuple[str, ...]:
    """Return the notes of the results for several databases, each with the database that it is about."""
    return tuple(f"{url}: {note}" for url, result in found for note in result.notes)


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
