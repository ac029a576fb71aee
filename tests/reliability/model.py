"""`python -m tests.reliability.model --examples 5000`: random runs against a model of what the database must hold.

A history grows, runs go up and down it, fail, are interrupted and meet others, and after each the database is read
without nbmigrate: its rows, tables and ledger, and the files on disk, are those that the model expects.
"""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import rule, run_state_machine_as_test

from nbmigrate import commands
from nbmigrate.errors import MigrateError, MigrationFailedError
from tests.reliability.ledger import Stand, above, closure, tops
from tests.reliability.model_files import aims, directions, indexes, places
from tests.reliability.model_happenings import HappeningMachine

Happening = Callable[[int, str, str, frozenset[str], int], None]


class Histories(HappeningMachine):
    """Random histories: files, runs and what happens to them, stamps and looks."""

    @rule(index=indexes, direction=directions, aim=aims)
    def go(self, index: int, direction: str, aim: str) -> None:
        self.run(self.runs, index, direction, aim)

    @rule(index=indexes)
    def go_up(self, index: int) -> None:
        self.run(self.runs, index, "upgrade", "all")

    @rule(index=indexes)
    def go_down(self, index: int) -> None:
        self.run(self.runs, index, "downgrade", "all")

    @rule(index=indexes, direction=directions, at=st.integers(1, 4000))
    def interrupt_anywhere(self, index: int, direction: str, at: int) -> None:
        self.run(self.interrupted_anywhere, index, direction, "all", at)

    @rule(index=indexes, direction=directions, aim=aims, at=places)
    def interrupt(self, index: int, direction: str, aim: str, at: int) -> None:
        self.run(self.interrupted, index, direction, aim, at)

    @rule(index=indexes, direction=directions, aim=aims, at=places)
    def meet_another(self, index: int, direction: str, aim: str, at: int) -> None:
        self.run(self.with_another_inside, index, direction, aim, at)

    @rule(index=indexes, direction=directions, at=places)
    def meet_a_stranger(self, index: int, direction: str, at: int) -> None:
        self.run(self.moved_by_a_stranger, index, direction, "all", at)

    @rule(index=indexes, direction=directions)
    def meet_a_writer(self, index: int, direction: str) -> None:
        self.run(self.locked_by_a_stranger, index, direction, "all")

    @rule(index=indexes, direction=directions)
    def wait_for_another(self, index: int, direction: str) -> None:
        self.run(self.behind_another, index, direction, "all")

    def run(self, happening: Happening, index: int, direction: str, aim: str, at: int = 0) -> None:
        """Begin a run to somewhere, and let something happen to it."""
        target = self.target(index, direction, aim)
        if target is None:
            return
        planned = self.planned(direction, target) if self.sound else None
        if planned is None:
            with self.refused():
                self.start(index, direction, target)
            return
        happening(index, direction, target, planned, at)

    def target(self, index: int, direction: str, aim: str) -> str | None:
        if aim == "head" and direction == "upgrade":
            return "head" if self.files else None
        if aim in ("all", "head") or not self.files:
            return "heads" if direction == "upgrade" else "base"
        rev = self.files[self.pick(index)]
        return rev.labels[0] if aim == "label" and rev.labels else rev.id

    def runs(self, index: int, direction: str, target: str, planned: frozenset[str], at: int) -> None:
        failing = self.failing(direction, planned)
        try:
            self.start(index, direction, target)
        except MigrationFailedError as error:
            done = self.moved(direction, planned)
            assert error.revision in failing - done
            assert not failing & done
            assert not (self.whole and done)
            assert set(error.position) == self.stand.rows
            self.counted["run failed"] += 1
        except MigrateError:
            # What fails while it is loaded is no step that began.
            done = self.moved(direction, planned)
            faults = [rev.fault for id_, rev in self.files.items() if id_ in planned - done]
            assert any(fault and fault[0] == "loading" for fault in faults)
            assert not failing & done
        else:
            assert not failing
            assert self.moved(direction, planned) == planned

    @rule(index=indexes, aim=st.sampled_from(["base", "heads", "one", "one"]))
    def stamp(self, index: int, aim: str) -> None:
        if index % 3 or (not self.files and aim != "base"):
            # Not too often: what tables there are has nothing to do with the rows then.
            return
        name = self.pick(index // 3) if aim == "one" else aim
        if not self.sound:
            with self.refused():
                commands.stamp(self.project(index), name)
            return
        if name == "base":
            applied: frozenset[str] = frozenset()
        elif name == "heads":
            applied = frozenset(self.files)
        else:
            related = closure(self.files, [name]) | above(self.files, [name])
            applied = closure(self.files, (self.stand.rows - related) | {name})
        commands.stamp(self.project(index), name)
        self.applied = applied
        before = self.stand
        self.stand = Stand(tops(self.files, applied), before.tables, before.ledger, before.total)
        self.counted["stamp"] += 1

    @rule(index=indexes)
    def look(self, index: int) -> None:
        """What only reads changes nothing, and says what is."""
        project = self.project(index)
        if not self.sound:
            return
        shown = {str(row["revision"]) for row in commands.current(project).rows()}
        # What is applied because another needs it may be shown too, as alembic does.
        assert shown >= self.stand.rows and closure(self.files, shown) == self.applied
        assert {row["revision"] for row in commands.history(project).rows()} == set(self.files)
        commands.preview(project, "upgrade", "heads")


def machine(examples: int, *, steps: int = 30, seed_: int | None = None) -> None:
    """Run the model so often."""
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        # Not `explain`, which watches every line.
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    made = type("Histories", (Histories,), {})
    run_state_machine_as_test(made if seed_ is None else seed(seed_)(made), settings=chosen)


def told(counted: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counted.items()))


def main() -> int:
    """Run the model at length, and print what was done."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.model", description=__doc__)
    parser.add_argument("--examples", type=int, default=2000, help="how many histories")
    parser.add_argument("--steps", type=int, default=40, help="how much is done to each")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    machine(options.examples, steps=options.steps, seed_=options.seed)
    print(told(Histories.counted))
    return 0


if __name__ == "__main__":
    sys.exit(main())
