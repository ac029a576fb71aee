"""`python -m tests.reliability.transactions --examples 10000`: revisions that end their transactions, at random.

They mix DDL, rows, COMMIT and ROLLBACK in many spellings, savepoints and autocommit blocks; they end well, with an
error, interrupted or killed, in transactions of several kinds. After each run the database is read without nbmigrate:
what the message says remains is what remains, and a rerun ends where an undisturbed run ends. The servers are those
of NBMIGRATE_TEST_POSTGRESQL and NBMIGRATE_TEST_MARIADB.
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg  # noqa: F401 - so that not every process imports it
import pymysql  # noqa: F401

from nbmigrate.database.events import Event, RunReport, StepDone
from nbmigrate.database.execution import stamp
from nbmigrate.database.execution.executor import run
from nbmigrate.database.execution.options import RunOptions
from nbmigrate.errors import InterruptedRevisionError, MigrateError
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.plan import plan_upgrade
from nbmigrate.graph.revision import Revision
from tests.reliability.points import Points
from tests.reliability.transaction_claims import Heads, State, UnjudgedError, holds, untrue
from tests.reliability.transaction_examples import MODES, Example, Model, Writer
from tests.reliability.transaction_places import Place, place_for

#: What a run may be killed by in this many seconds, if it hangs.
PATIENCE = 60
_IN_FLIGHT = re.compile(r"in flight when the run stopped, was applied:\n  (.*)")
#: With these another run is not promised.
_NO_RERUN = ("Another run cannot go on", "Undo that by hand", "no run can go on after it")


class UntrueError(Exception):
    """Something is not as it was said, or a rerun ends elsewhere."""


class Context(SimpleNamespace):
    """What `op.get_context()` returns."""

    running: Any = None
    opts: Mapping[str, Any] = {}

    def applied(self, step: Any) -> None:
        """Nobody is told."""

    def autocommit_block(self) -> Any:
        return self.running.autocommit_block()


@dataclass
class Course:
    """One example on a database: its undisturbed run, the disturbed one, and the reruns."""

    place: Place
    folder: Path
    example: Example
    chance: random.Random
    counted: Counter[str]

    def __post_init__(self) -> None:
        self.failing = False
        self.mended = self._hears = True
        self.bases: dict[Heads, Model] = {(): Model()}

    def run(self) -> None:
        """Run it all.

        Raises
        ------
        UntrueError
            Something is wrong.
        """
        end = self._undisturbed()
        if self.example.ending == "well":
            return
        self.place.empty()
        self.mended, self.failing = False, True
        if self.example.ending == "kill":
            self._kill()
            error = None
        else:
            error = self._attempt()
        self.failing, self.mended = False, self.example.changes or self.example.ending == "kill"
        if self._is_promised(error):
            self._rerun(end)

    def _is_promised(self, error: MigrateError | None) -> bool:
        """Whether another run may go on after an error, or after a process that was killed."""
        if error is None or not any(words in str(error) for words in _NO_RERUN):
            return True
        self.counted["runs that another cannot go on after"] += 1
        return False

    def _undisturbed(self) -> State | None:
        """Run it undisturbed, and return where it ends; None if it is refused."""
        if self.example.mode in ("whole", "caller"):
            self._note_positions()
        error = self._attempt()
        if error is not None:
            self.counted["refused"] += 1
            if self._is_promised(error):
                # The same again, and nothing twice.
                self._attempt()
            return None
        state = self.place.state()
        expected = self.example.revisions[-1].end
        if self.example.is_certain and state.model != expected:
            raise UntrueError(f"the run counts as done; {expected} was asked for, {state.model} is there")
        self.counted["done"] += 1
        return state

    def _note_positions(self) -> None:
        """Find out what there is at each position, by a run of one transaction each."""
        mode, self.example = self.example, replace(self.example, mode="each")
        self._attempt()
        self.example = mode
        self.place.empty()

    def _attempt(self) -> MigrateError | None:
        """Run it once, and hold what its error says against the database."""
        before = self.place.state()
        try:
            self._go()
        except MigrateError as error:
            after = self.place.state()
            try:
                wrong = untrue(error, after, before, self.bases)
            except UnjudgedError:
                self.counted["not judged"] += 1
                return error
            if wrong:
                raise UntrueError(f"{error}\n=> {wrong}") from error
            self.counted["messages that are true"] += 1
            return error
        return None

    def _rerun(self, end: State | None) -> None:
        error = self._attempt()
        tries = 0
        while (
            isinstance(error, InterruptedRevisionError)
            and (found := _IN_FLIGHT.search(error.message))
            and tries < 3
        ):
            # It is only to be seen in the rows: whoever looks can say.
            self.counted["statements in flight that were looked for"] += 1
            applied = holds(self.place.state().model, found[1])
            with self.place.engine("each").connect() as connection:
                stamp.resolve_in_flight(connection, applied)
            error, tries = self._attempt(), tries + 1
        if end is None or (error is not None and not self._is_promised(error)):
            return
        if error is not None:
            raise UntrueError(f"the rerun fails, and an undisturbed run does not: {error}")
        if (found_ := self.place.state()) != end:
            raise UntrueError(f"the rerun ends at {found_}, an undisturbed run at {end}")
        self.counted["reruns that end right"] += 1

    # Runs

    def _go(self) -> RunReport:
        mode, engine = self.example.mode, self.place.engine(self.example.mode)

        def hear(event: Event) -> None:
            # In other modes a step is committed with those after it.
            if isinstance(event, StepDone) and mode in ("each", "autocommit"):
                self.bases[event.step.heads_after] = self.place.state().model

        with engine.begin() if mode == "caller" else engine.connect() as connection:
            return run(
                connection,
                lambda heads: plan_upgrade(RevisionGraph(self._revisions()), heads, "heads"),
                self._load,
                context=Context(),
                options=RunOptions(whole=mode == "whole"),
                listener=hear if self._hears else None,
            )

    def _revisions(self) -> Iterator[Revision]:
        below: tuple[str, ...] = ()
        for each in self.example.revisions:
            path = self.folder / f"{each.id}.py"
            path.write_text(each.source(mended=self.mended))
            yield Revision(each.id, below, path=path)
            below = (each.id,)

    def _load(self, revision: Revision) -> Any:
        assert revision.path is not None
        namespace: dict[str, Any] = {"fail": self._fail}
        exec(compile(revision.path.read_text(), str(revision.path), "exec"), namespace)
        return SimpleNamespace(upgrade=namespace["upgrade"], downgrade=None)

    def _fail(self) -> None:
        if not self.failing:
            return
        if self.example.ending == "interrupt":
            raise KeyboardInterrupt
        if self.example.ending == "database":
            from nbmigrate import op

            op.execute("INSERT INTO nowhere VALUES (1)")
        raise RuntimeError("as the example says")

    # Killed

    def _kill(self) -> None:
        """Kill a run somewhere."""
        self.mended = True
        number = len(self._forked(None))
        self.place.alone()
        self.place.empty()
        self._forked(self.chance.randint(1, number))
        self.place.alone()
        self.counted["killed"] += 1

    def _forked(self, at: int | None) -> list[str]:
        """Run it in a process of its own, kill that at a point, and return the points that it came to."""
        reading, writing = os.pipe()
        pid = os.fork()
        if not pid:
            signal.alarm(PATIENCE)
            os.close(reading)
            # The connection of whoever looks is the other process's.
            self._hears = False
            points = Points(at)
            points.install()
            try:
                self._go()
                points.end()
            finally:
                os.write(writing, json.dumps(points.labels).encode())
                os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as answer:
            said = answer.read()
        os.waitpid(pid, 0)
        labels: list[str] = json.loads(said or "[]")
        return labels


@contextmanager
def folder_in_memory() -> Iterator[Path]:
    ram = Path("/dev/shm")
    made = Path(tempfile.mkdtemp(prefix="nbmigrate-transactions-", dir=ram if ram.is_dir() else None))
    try:
        yield made
    finally:
        shutil.rmtree(made)


def search(
    database: str, examples: int, seed: int, *, first: int = 0, modes: Sequence[str] = MODES
) -> tuple[Counter[str], int]:
    """Try examples on a database and print what is wrong; return what was counted, and how many were wrong."""
    counted: Counter[str] = Counter()
    wrong = 0
    with folder_in_memory() as folder, place_for(database, folder) as place:
        for number in range(first, first + examples):
            chance = random.Random(f"{seed} {number} {database}")
            example = Writer(database, chance, modes).example()
            place.empty()
            try:
                Course(place, folder, example, chance, counted).run()
            except (UntrueError, Exception) as error:
                wrong += 1
                kind = "" if isinstance(error, UntrueError) else f"{type(error).__name__}: "
                print(f"--- example {number} of seed {seed}: {example}\n=> {kind}{error}\n")
    return counted, wrong


def main() -> int:
    """Print what was tried, and what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.transactions", description=__doc__)
    parser.add_argument("--examples", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0, help="the number of the first, to try one again")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--database", default="sqlite", choices=["sqlite", "postgresql", "mariadb"])
    parser.add_argument("--modes", default=",".join(MODES), help="whose transactions the runs are in")
    options = parser.parse_args()
    given = {"first": options.first, "modes": options.modes.split(",")}
    counted, wrong = search(options.database, options.examples, options.seed, **given)
    told = ", ".join(f"{count} {name}" for name, count in sorted(counted.items()))
    print(f"{options.database}: {options.examples} examples (seed {options.seed}), {wrong} untrue: {told}")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
