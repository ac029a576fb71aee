"""The project, its database and its files, and what a model knows of them; what is done to the files."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from nbmigrate import Project, commands
from nbmigrate.commands.files.revision_file import RevisionResult
from nbmigrate.errors import MigrateError, RevisionAppliedError
from tests.reliability.ledger import (
    FAILURES,
    PLACES,
    Rev,
    Stand,
    above,
    closure,
    in_order,
    make_ledger,
    read_stand,
    tops,
    total_of,
)

#: How env.py comes to its connection; in the last two its transaction is the user's, so that a run is all or nothing;
#: the one before has `transaction = whole-run`.
CONNECTIONS = {
    "template": "    with connectable.connect() as connection:",
    "autocommit": "    with connectable.connect().execution_options(isolation_level='AUTOCOMMIT') as connection:",
    "used before": "    with connectable.connect() as connection:\n"
    "        connection.exec_driver_sql('SELECT 1')\n        connection.commit()",
    "whole-run": "    with connectable.connect() as connection:",
    "engine.begin": "    with connectable.begin() as connection:",
    "connection.begin": "    with connectable.connect() as connection, connection.begin():",
}
USERS = ("engine.begin", "connection.begin")

indexes = st.integers(0, 1000)
places = st.integers(0, 40)
directions = st.sampled_from(["upgrade", "downgrade"])
aims = st.sampled_from(["all", "all", "one", "label", "head"])
parents = st.sampled_from(["head", "any", "base", "needing"])


class ProjectMachine(RuleBasedStateMachine):
    """A project and its database, and what they must be."""

    #: How often each thing was done, over all examples.
    counted: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        ram = Path("/dev/shm")
        self.folder = Path(tempfile.mkdtemp(prefix="nbmigrate-model-", dir=ram if ram.is_dir() else None))
        self.database = self.folder / "test.db"
        make_ledger(self.database)
        commands.init(
            self.folder / "practice",
            url=f"sqlite:///{self.database}?timeout=0.05",
            ini=self.folder / "nbmigrate.ini",
        )
        self.projects = [Project.open(self.folder / "nbmigrate.ini") for _ in range(2)]
        self.files: dict[str, Rev] = {}
        self.lost: dict[str, tuple[Rev, bytes]] = {}
        self.stand = read_stand(self.database)
        self.applied: frozenset[str] = frozenset()
        self.whole = self.users = False
        self.number = 0

    @initialize(
        connection=st.sampled_from(sorted(CONNECTIONS)), parents=st.lists(parents, min_size=1, max_size=6)
    )
    def begin(self, connection: str, parents: list[str]) -> None:
        path = self.folder / "practice" / "env.py"
        before = path.read_text()
        path.write_text(before.replace(CONNECTIONS["template"], CONNECTIONS[connection]))
        assert connection in ("template", "whole-run") or path.read_text() != before
        if connection == "whole-run":
            ini = self.folder / "nbmigrate.ini"
            ini.write_text(f"{ini.read_text()}\ntransaction = whole-run\n")
            for project in self.projects:
                project.reload()
        self.users = connection in USERS
        self.whole = self.users or connection == "whole-run"
        for number, parent in enumerate(parents):
            self.grow(number, number // 2, parent, label=number == 1)

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    # What the model knows.

    @property
    def whole_graph(self) -> bool:
        """Whether every file that another needs is there."""
        return all(below in self.files for rev in self.files.values() for below in rev.below)

    @property
    def sound(self) -> bool:
        """Whether every file that another needs, or the database names, is there."""
        return self.whole_graph and self.applied <= self.files.keys()

    def pick(self, index: int, among: "list[str] | None" = None) -> str:
        ids = sorted(self.files if among is None else among)
        return ids[index % len(ids)]

    def planned(self, direction: str, target: str) -> frozenset[str] | None:
        """Return what a run does; None for a target that is refused."""
        files = self.files
        heads = [id_ for id_ in files if not any(id_ in rev.parents for rev in files.values())]
        if direction == "upgrade":
            if target == "head":
                if len(heads) > 1:
                    return None
                return closure(files, heads) - self.applied
            ids = heads if target == "heads" else [self.named(target)]
            return closure(files, ids) - self.applied
        if target == "base":
            return self.applied
        if self.named(target) not in self.applied:
            return None
        children = [id_ for id_, rev in files.items() if self.named(target) in rev.parents]
        return above(files, children) & self.applied

    def named(self, target: str) -> str:
        return next((id_ for id_, rev in self.files.items() if target in rev.labels), target)

    def failing(self, direction: str, planned: frozenset[str]) -> frozenset[str]:
        there = {name.removeprefix("t_") for name in self.stand.tables}
        collide = planned & there if direction == "upgrade" else planned - there
        return collide | {id_ for id_ in planned if self.files[id_].fails(direction)}

    # What is looked at after everything.

    @invariant()
    def as_expected(self) -> None:
        assert read_stand(self.database) == self.stand
        found = set((self.folder / "practice" / "versions").iterdir())
        assert found == {rev.path for rev in self.files.values()}
        others = {path.name for path in self.folder.iterdir()}
        assert others == {"practice", "nbmigrate.ini", "test.db"}
        if self.sound and not self.stand.rows - self.files.keys():
            assert self.stand.rows == tops(self.files, self.applied)

    def moved(self, direction: str, planned: frozenset[str]) -> frozenset[str]:
        """Take over where a run has brought the database, if it may have; return what it has done."""
        now = read_stand(self.database)
        new = now.ledger[len(self.stand.ledger) :]
        ids = [id_ for id_, _, _ in new]
        assert now.ledger[: len(self.stand.ledger)] == self.stand.ledger
        assert set(ids) <= planned and len(set(ids)) == len(ids)
        assert [(way, value) for _, way, value in new] == [(direction, self.files[id_].value) for id_ in ids]
        assert in_order(self.files, direction, ids, self.applied), ids
        tables = {f"t_{id_}" for id_ in ids}
        if direction == "upgrade":
            applied, there = self.applied.union(ids), self.stand.tables | tables
        else:
            applied, there = self.applied.difference(ids), self.stand.tables - tables
        rows = tops(self.files, applied) if ids else self.stand.rows
        assert now == Stand(rows, there, now.ledger, total_of(now.ledger))
        self.stand, self.applied = now, applied
        self.counted[f"revision {direction}d"] += len(ids)
        return frozenset(ids)

    @contextmanager
    def refused(self, kind: type[MigrateError] = MigrateError) -> Iterator[None]:
        """Nothing of what is done in the block remains."""
        try:
            yield
        except kind as error:
            assert error.message
        else:
            raise AssertionError("not refused")
        self.as_expected()

    def project(self, index: int) -> Project:
        return self.projects[index % 2]

    # Files.

    @precondition(lambda self: len(self.files) < 12)
    @rule(index=indexes, other=indexes, parent=parents, label=st.booleans())
    def new_revision(self, index: int, other: int, parent: str, label: bool) -> None:
        if self.whole_graph:
            self.grow(index, other, parent, label=label)
        else:
            with self.refused():
                commands.revision(self.project(index), "more", head="base", rev_id="more")

    def grow(self, index: int, other: int, parent: str, *, label: bool) -> None:
        self.number += 1
        id_ = f"{self.number:04d}"
        heads = [i for i in self.files if not any(i in rev.parents for rev in self.files.values())]
        head = "base"
        if self.files and parent != "base":
            head = self.pick(index, heads if parent == "head" else None)
        needs = [] if parent != "needing" or not self.files else [self.pick(other)]
        needs = [need for need in needs if need != head]
        rev = Rev(
            id_,
            () if head == "base" else (head,),
            tuple(needs),
            (f"label{id_}",) if label else (),
            value=index,
        )
        made = commands.revision(
            self.project(index),
            f"revision {id_}",
            head=head,
            splice=True,
            rev_id=id_,
            body=rev.body(),
            branch_label=rev.labels,
            depends_on=rev.depends_on,
        )
        rev.path = path_of(made)
        self.files[id_] = rev
        self.counted["new revision"] += 1

    @precondition(lambda self: self.sound and 1 < len(self.files) < 12)
    @rule(index=indexes, other=indexes)
    def merge(self, index: int, other: int) -> None:
        heads = [i for i in self.files if not any(i in rev.parents for rev in self.files.values())]
        one, two = self.pick(index, heads), self.pick(other, heads)
        if one == two:
            with self.refused():
                commands.merge(self.project(index), [one, two], rev_id="merged")
            return
        self.number += 1
        rev = Rev(f"{self.number:04d}", (one, two), value=other)
        rev.path = path_of(commands.merge(self.project(other), [one, two], "both", rev_id=rev.id))
        commands.edit(self.project(index), rev.id, rev.body())
        self.files[rev.id] = rev
        self.counted["merge"] += 1

    @precondition(lambda self: self.sound and self.files)
    @rule(index=indexes, value=indexes)
    def edit(self, index: int, value: int) -> None:
        rev = self.files[self.pick(index)]
        before, rev.value = rev.value, value
        if rev.id in self.applied and value != before:
            rev.value = before
            text = rev.path.read_bytes()
            with self.refused(RevisionAppliedError):
                commands.edit(self.project(value), rev.id, "op.create_table('more')")
            assert rev.path.read_bytes() == text
            return
        commands.edit(self.project(value), rev.id, rev.body())
        self.counted["edit"] += 1

    @precondition(lambda self: self.files)
    @rule(index=indexes, place=st.sampled_from(PLACES), kind=st.sampled_from(sorted(FAILURES)))
    def break_revision(self, index: int, place: str, kind: str) -> None:
        rev = self.files[self.pick(index)]
        rev.fault = (place, kind)
        rev.write()

    @precondition(lambda self: any(rev.fault for rev in self.files.values()))
    @rule(index=indexes)
    def mend_revision(self, index: int) -> None:
        rev = self.files[self.pick(index, [id_ for id_, rev in self.files.items() if rev.fault])]
        rev.fault = None
        rev.write()

    @precondition(lambda self: self.files)
    @rule(index=indexes)
    def lose_file(self, index: int) -> None:
        rev = self.files.pop(self.pick(index))
        self.lost[rev.id] = rev, rev.path.read_bytes()
        rev.path.unlink()

    @precondition(lambda self: self.lost)
    @rule(index=indexes)
    def find_file(self, index: int) -> None:
        rev, content = self.lost.pop(self.pick(index, list(self.lost)))
        rev.path.write_bytes(content)
        self.files[rev.id] = rev


def path_of(made: RevisionResult) -> Path:
    assert made.revision.path is not None
    return made.revision.path
