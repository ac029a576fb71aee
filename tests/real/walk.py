"""Whole histories, up, down and up again, by alembic, by us, and by both in turn, and what differs on the way."""

import difflib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from nbmigrate.scripts.directory import ScriptDirectory
from tests.real.databases import Snapshot, new_database, take
from tests.real.differences import accepted, settled
from tests.real.filling import fill, fill_again
from tests.real.histories import History
from tests.real.installing import site_packages
from tests.real.sides import Side, begin, side


@dataclass
class Outcome:
    """What a walk has found.

    Attributes
    ----------
    revisions
        How many the history has.
    stops
        How often the databases were compared.
    rows
        How many rows were put into the tables on the way.
    theirs, ours
        Seconds that alembic and we took for all runs, first wall time and then processor time.
    differences
        What no accepted difference explains.
    accepted
        The names of the accepted differences that were met.
    """

    revisions: int = 0
    stops: int = 0
    rows: int = 0
    theirs: tuple[float, float] = (0.0, 0.0)
    ours: tuple[float, float] = (0.0, 0.0)
    differences: list[str] = field(default_factory=list)
    accepted: set[str] = field(default_factory=set)


class Walk:
    """A history on three databases: alembic's, ours, and one that both migrate in turn."""

    def __init__(self, history: History, database: str, tell: Callable[[str], None]) -> None:
        self.history = history
        self.database = database
        self.tell = tell
        self.outcome = Outcome()

    def run(self, python: Path, server: sa.URL | None) -> Outcome:
        """Walk it.

        Parameters
        ----------
        python
            The Python of the history's environment.
        server
            Where databases are made; None for SQLite.
        """
        stops = self._stops(site_packages(python))
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            self.urls = [stack.enter_context(new_database(self.database, server, folder)) for _ in range(3)]
            for url in self.urls:
                begin(self.history, python, url)
            driver = self.history.databases[self.database]
            urls = [url.set(drivername=driver) for url in self.urls]
            both = ("alembic", urls[0]), ("nbmigrate", urls[1]), ("alembic", urls[2]), ("nbmigrate", urls[2])
            self.theirs, self.ours, *self.turns = (
                stack.enter_context(side(which, self.history, python, url, folder)) for which, url in both
            )
            self._go(stops)
        self.outcome.theirs = self.theirs.seconds, self.theirs.processor
        self.outcome.ours = self.ours.seconds, self.ours.processor
        return self.outcome

    def _stops(self, packages: Path) -> list[str]:
        folder = self.history.folder(packages, self.database)
        graph = ScriptDirectory(packages / self.history.location, [folder]).graph()
        ids = [revision.id for revision in reversed(list(graph))]
        self.outcome.revisions = len(ids)
        stride = self.history.stride
        stops = [*ids[stride - 1 : -1 : stride], ids[-1]]
        self._floor = self.history.floors.get(self.database, "base")
        self._above = (
            stops
            if self._floor == "base"
            else [each for each in stops if each in ids[ids.index(self._floor) + 1 :]]
        )
        return stops

    def _go(self, stops: Sequence[str]) -> None:
        self._same_text("history", "-v")
        for number, stop in enumerate(stops):
            if not self._move("upgrade", stop, number):
                return
            self._fill(stop, number)
        self._same_text("current", "-v")
        for number, stop in enumerate([*reversed(self._above[:-1]), self._floor]):
            if not self._move("downgrade", stop, number):
                return
        for number, stop in enumerate(self._above):
            if not self._move("upgrade", stop, number + 1):
                return
        self._same_text("current")
        if self._floor != "base" and self.theirs.run("downgrade", "base").code == 0:
            self._differ(f"downgrade base: alembic can, and was known to fail below {self._floor}")

    def _move(self, verb: str, target: str, number: int) -> bool:
        """Move all three databases, and compare them; whether that was possible."""
        turn: Side = self.turns[number % 2]
        codes = []
        for each in (self.theirs, self.ours, turn):
            answer = each.run(verb, target)
            codes.append(answer.code)
            if answer.code:
                said = answer.err.strip()[:800]
                self._differ(
                    f"{verb} {target}: {each.which}{' in turn' if each is turn else ''} failed\n{said}"
                )
        self.outcome.stops += 1
        if any(codes):
            return False
        found = [settled(take(url)) for url in self.urls]
        for name, other in (("ours", found[1]), (f"in turn, the last by {turn.which}", found[2])):
            self._compare(f"{verb} {target}, {name}", found[0], other)
        self.tell(f"{verb} {target}: {len(self.outcome.differences)} differences")
        return True

    def _fill(self, stop: str, number: int) -> None:
        # Ours is the stricter one, where alembic makes a column of MariaDB nullable by the way.
        fillings = fill(self.urls[1], number, self.history)
        self.outcome.rows += len(fillings)
        for url in (self.urls[0], self.urls[2]):
            refused = fill_again(url, fillings)
            if refused:
                self._differ(f"at {stop}: {refused} rows that our database takes are refused")

    def _same_text(self, *words: str) -> None:
        theirs, ours = self.theirs.run(*words), self.ours.run(*words)
        one, other = (self._without_urls(answer.out) for answer in (theirs, ours))
        if (theirs.code, one) != (ours.code, other):
            text = "\n".join(_changed(one, other)) or f"{theirs.err}\n{ours.err}"
            self._differ(f"{' '.join(words)}: not the same text\n{text}")

    def _without_urls(self, text: str) -> str:
        for url in self.urls:
            text = text.replace(str(url.database), "DATABASE")
        return text.strip()

    def _compare(self, where: str, theirs: Snapshot, ours: Snapshot) -> None:
        for kind in ("schema", "rows"):
            before, after = getattr(theirs, kind), getattr(ours, kind)
            for name in sorted({*before, *after}):
                one, other = before.get(name, ""), after.get(name, "")
                if one == other:
                    continue
                why = accepted(self.database, kind, name, one, other)
                if why:
                    self.outcome.accepted.add(why)
                    continue
                self._differ(f"{where}: {kind} of {name}\n" + "\n".join(_changed(one, other)))

    def _differ(self, text: str) -> None:
        self.outcome.differences.append(text)
        self.tell(text)


def _changed(one: str | Sequence[str], other: str | Sequence[str]) -> Iterator[str]:
    before, after = (text.splitlines() if isinstance(text, str) else list(text) for text in (one, other))
    lines = difflib.unified_diff(before, after, "alembic", "ours", lineterm="", n=0)
    return (line for line in lines if not line.startswith("@@"))
