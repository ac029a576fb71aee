"""Revisions that tell on themselves: what a model knows of their files, and what they leave in a database of SQLite.

Each makes a table of its own, writes a row of a ledger, and counts on: done twice, lost, or done in another order, it
shows. The ledger is there before the first revision and is no part of the migrations.
"""

import re
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MODULUS = 1_000_003
Entry = tuple[str, str, int]

BODY = """
import sys

{loading}  # loading

def upgrade():
    {up_start}  # up_start
    op.create_table('t_{id}', sa.Column('id', sa.Integer, primary_key=True))
    {up_middle}  # up_middle
    op.execute("INSERT INTO ledger VALUES ('{id}', 'upgrade', {value})")
    op.execute("UPDATE total SET value = (value * 31 + {value}) % 1000003")
    {up_end}  # up_end

def downgrade():
    {down_start}  # down_start
    op.execute("UPDATE total SET value = (value * 37 + {value}) % 1000003")
    op.execute("INSERT INTO ledger VALUES ('{id}', 'downgrade', {value})")
    {down_middle}  # down_middle
    op.drop_table('t_{id}')
    {down_end}  # down_end
"""

#: How a revision fails.
FAILURES = {
    "raises": "raise RuntimeError('as planned')",
    "refused": "op.execute('SELECT * FROM nowhere')",
    "after a rebuild": "op.alter_column('ledger', 'value', nullable=False); op.execute('SELECT nothing')",
    "exits": "sys.exit(3)",
    "a key twice": "op.execute('CREATE TABLE k (id INTEGER UNIQUE)'); "
    "op.execute('INSERT INTO k VALUES (1), (1)')",
}
PLACES = ("up_start", "up_middle", "up_end", "down_start", "down_middle", "down_end", "loading")


@dataclass
class Rev:
    """One revision file, as the model knows it."""

    id: str
    parents: tuple[str, ...]
    depends_on: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    value: int = 1
    #: Where it fails, and how.
    fault: tuple[str, str] | None = None
    path: Path = Path()

    @property
    def below(self) -> tuple[str, ...]:
        """What must be applied before it."""
        return self.parents + self.depends_on

    def body(self) -> str:
        """Return what its functions do."""
        return BODY.format(id=self.id, value=self.value, **self._lines())

    def _lines(self) -> dict[str, str]:
        lines = dict.fromkeys(PLACES, "pass")
        if self.fault is not None:
            place, kind = self.fault
            lines[place] = "raise RuntimeError('at once')" if place == "loading" else FAILURES[kind]
        return lines

    def write(self) -> None:
        """Put the fault into the file, or take it out, as people do it: by hand."""
        text = self.path.read_text()
        for place, line in self._lines().items():
            text, times = re.subn(rf"^( *).*  # {place}$", rf"\1{line}  # {place}", text, flags=re.MULTILINE)
            assert times == 1, text
        self.path.write_text(text)

    def fails(self, direction: str) -> bool:
        """Whether going in this direction fails."""
        return self.fault is not None and self.fault[0].startswith((direction.removesuffix("grade"), "load"))


@dataclass(frozen=True)
class Stand:
    """What a database has in it."""

    rows: frozenset[str]
    tables: frozenset[str]
    ledger: tuple[Entry, ...]
    total: int


def make_ledger(path: Path) -> None:
    """Make the database, with an empty ledger."""
    connection = sqlite3.connect(path)
    connection.executescript(
        "CREATE TABLE ledger (revision TEXT, direction TEXT, value INTEGER);"
        "CREATE TABLE total (value INTEGER); INSERT INTO total VALUES (1)"
    )
    connection.close()


def read_stand(path: Path) -> Stand:
    """Return what a database has in it, not asking nbmigrate."""
    connection = sqlite3.connect(path, timeout=0)
    try:
        names = {
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        rows: list[str] = []
        if "alembic_version" in names:
            rows = [row for (row,) in connection.execute("SELECT version_num FROM alembic_version")]
        assert len(rows) == len(set(rows)), rows
        ledger = tuple(connection.execute("SELECT revision, direction, value FROM ledger ORDER BY rowid"))
        ((total,),) = connection.execute("SELECT value FROM total")
    finally:
        connection.close()
    names -= {"ledger", "total", "alembic_version"}
    return Stand(frozenset(rows), frozenset(names), ledger, total)


def total_of(ledger: Iterable[Entry]) -> int:
    """Return what the total is after the entries of a ledger."""
    total = 1
    for _, direction, value in ledger:
        total = (total * (31 if direction == "upgrade" else 37) + value) % MODULUS
    return total


def closure(files: Mapping[str, Rev], ids: Iterable[str]) -> frozenset[str]:
    """Return revisions and all that must be applied before them."""
    found: set[str] = set()
    waiting = list(ids)
    while waiting:
        id_ = waiting.pop()
        if id_ not in found:
            found.add(id_)
            waiting += files[id_].below
    return frozenset(found)


def above(files: Mapping[str, Rev], ids: Iterable[str]) -> frozenset[str]:
    """Return revisions and all that needs them."""
    found = set(ids)
    while True:
        more = {id_ for id_, rev in files.items() if id_ not in found and found.intersection(rev.below)}
        if not more:
            return frozenset(found)
        found |= more


def tops(files: Mapping[str, Rev], applied: Collection[str]) -> frozenset[str]:
    """Return those of the applied that no other applied one needs: the rows of the version table."""
    needed = {below for id_ in applied for below in files[id_].below}
    return frozenset(applied) - needed


def in_order(files: Mapping[str, Rev], direction: str, ids: Sequence[str], start: Collection[str]) -> bool:
    """Whether revisions may be done in this order, from what is applied."""
    applied = set(start)
    for id_ in ids:
        if direction == "upgrade":
            if id_ in applied or not applied.issuperset(files[id_].below):
                return False
            applied.add(id_)
        else:
            if id_ not in applied or any(id_ in files[other].below for other in applied):
                return False
            applied.remove(id_)
    return True
