"""Revisions that mix DDL, rows and ends of transactions at random, as source, with what is to come of them."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

#: How a revision ends, or is ended: by an error that is mended by taking its line out or not, by an interrupt, by kill.
ENDINGS = ("well", "well", "error", "error", "error", "database", "interrupt", "kill")
#: Whose transaction a run is in; with "caller", its revisions end one that is not theirs.
MODES = ("each", "each", "each", "autocommit", "whole", "caller")

COMMITS = ("COMMIT", "commit ;", "/* end it */ COMMIT", "-- now\\nCOMMIT", "COMMIT WORK", "Commit\\n")
ROLLBACKS = ("ROLLBACK", "rollback;", "/* */ ROLLBACK", "ROLLBACK WORK")
MORE = {
    "sqlite": (("END", "COMMIT TRANSACTION", "end transaction"), ("ROLLBACK TRANSACTION",)),
    "postgresql": (
        (
            "END",
            "COMMIT AND CHAIN",
            "END WORK",
            "DO $$ BEGIN COMMIT; END $$",
            "SELECT 1; COMMIT",
            "COMMIT; BEGIN",
        ),
        ("ABORT", "ROLLBACK AND CHAIN", "DO $$ BEGIN ROLLBACK; END $$", "SELECT 1; ABORT"),
    ),
    "mariadb": (
        (
            "COMMIT AND CHAIN",
            "/*!40000 COMMIT */",
            "EXECUTE IMMEDIATE 'COMMIT'",
            "SET autocommit = 1",
            "SET STATEMENT max_statement_time = 9 FOR COMMIT",
            "BEGIN",
            "LOCK TABLES log WRITE",
            "CREATE OR REPLACE VIEW seen AS SELECT n FROM log",
        ),
        ("ROLLBACK AND CHAIN", "EXECUTE IMMEDIATE 'ROLLBACK'", "/*M! ROLLBACK */"),
    ),
}
#: The same without SQL.
COMMITTING = (
    "bind.commit()",
    "bind.commit()",
    "bind.get_transaction().commit()",
    "bind.connection.commit()",
    "bind.connection.driver_connection.commit()",
)
ROLLING_BACK = (
    "bind.rollback()",
    "bind.rollback()",
    "bind.get_transaction().rollback()",
    "bind.connection.rollback()",
    "bind.invalidate()",
    "bind.close()",
)
BEGINS = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "BEGIN", "mariadb": "START TRANSACTION"}
FAIL = "fail()"

HEAD = """import sqlalchemy as sa
from sqlalchemy.orm import Session

from nbmigrate import op

LOG = sa.table("log", sa.column("n", sa.Integer))


def upgrade():
    bind = op.get_bind()
"""


@dataclass
class Model:
    """The tables `t1`, `t2` ... that there are, and how often each number is in the table `log`."""

    tables: set[int] = field(default_factory=set)
    rows: Counter[int] = field(default_factory=Counter)

    def copy(self) -> "Model":
        return Model(set(self.tables), Counter(self.rows))


@dataclass
class Revision:
    """Lines of `upgrade()`, and what is there in the end if nothing goes wrong."""

    id: str
    lines: list[str]
    end: Model

    def source(self, *, mended: bool) -> str:
        """Return the file; mended, the line that fails is out."""
        lines = [line for line in self.lines if not mended or line.strip() != FAIL]
        return HEAD + "".join(f"    {line}\n" for line in lines)


@dataclass
class Example:
    """A history in a line, how it is run, and how that ends."""

    database: str
    mode: str
    ending: str
    #: Whether the file is changed to mend it; otherwise what it meets is.
    changes: bool
    revisions: list[Revision]
    #: Whether the ends of the revisions are known.
    is_certain: bool = True

    def __str__(self) -> str:
        files = "\n".join(f"# {each.id}\n{each.source(mended=False)}" for each in self.revisions)
        return f"{self.database}, {self.mode}, {self.ending}{', file changed' * self.changes}\n{files}"


class Writer:
    """Writes one example, of numbers that are drawn."""

    def __init__(self, database: str, chance: random.Random, modes: Sequence[str] = MODES) -> None:
        self.database = database
        self._modes = modes
        self.chance = chance
        self.model = Model()
        self._number = 0
        self._mine: set[int] = set()
        self._savepoints = 0
        self._is_certain = True

    def example(self) -> Example:
        chance = self.chance
        ending = chance.choice(ENDINGS)
        revisions = [self._revision(f"r{number}") for number in range(1, chance.choice((2, 3, 3, 4)))]
        failing = chance.choice(revisions)
        if ending not in ("well", "kill"):
            tops = [place for place, line in enumerate(failing.lines) if not line.startswith((" ", "except"))]
            place = chance.choice([*tops, len(failing.lines)])
            # Within a block as well.
            within = place + 1 < len(failing.lines) and failing.lines[place].startswith(("with", "try"))
            failing.lines.insert(place + within, f"{'    ' * within}{FAIL}")
        changes = ending in ("error", "database") and chance.random() < 0.5
        return Example(
            self.database, chance.choice(self._modes), ending, changes, revisions, self._is_certain
        )

    def _revision(self, id_: str) -> Revision:
        self._mine = set()
        lines = [line for _ in range(self.chance.randint(1, 6)) for line in self._action()]
        return Revision(id_, lines, self.model.copy())

    def _action(self) -> list[str]:
        kinds: list[tuple[Callable[[], list[str]], int]] = [
            (self._statement, 10),
            (self._commit, 5),
            (self._rollback, 1),
            (self._nested, 2),
            (self._savepoint, 2),
            (self._block, 2),
            (self._session, 1),
            (self._caught, 1),
            (self._begin, 1),
            (self._several, 2 if self.database == "postgresql" else 0),
        ]
        made, weights = zip(*kinds, strict=True)
        found: Callable[[], list[str]] = self.chance.choices(made, weights)[0]
        return found()

    def _next(self) -> int:
        self._number += 1
        self._mine.add(self._number)
        return self._number

    def _statement(self) -> list[str]:
        drop = sorted(self.model.tables & self._mine)
        delete = sorted(set(self.model.rows) & self._mine)
        if drop and self.chance.random() < 0.1:
            number = self.chance.choice(drop)
            self.model.tables.remove(number)
            return [
                self.chance.choice((f"op.drop_table('t{number}')", f"op.execute('DROP TABLE t{number}')"))
            ]
        if delete and self.chance.random() < 0.1:
            number = self.chance.choice(delete)
            del self.model.rows[number]
            return [f"op.execute('DELETE FROM log WHERE n = {number}')"]
        number = self._next()
        if self.chance.random() < 0.4:
            self.model.tables.add(number)
            text = f"CREATE TABLE t{number} (id INTEGER)"
            own = f"op.create_table('t{number}', sa.Column('id', sa.Integer))"
        else:
            self.model.rows[number] += 1
            text = f"INSERT INTO log VALUES ({number})"
            own = f"op.bulk_insert(LOG, [{{'n': {number}}}])"
        ways = (
            f"op.execute('{text}')",
            own,
            f"bind.execute(sa.text('{text}'))",
            f"bind.exec_driver_sql('{text}')",
        )
        return [self.chance.choice(ways)]

    def _sql(self, text: str) -> str:
        ways = ('op.execute("{}")', 'bind.exec_driver_sql("{}")', 'bind.execute(sa.text("{}"))')
        if self.chance.random() < 0.1:
            return f'bind.connection.cursor().execute("{text}")'
        return self.chance.choice(ways).format(text)

    def _commit(self) -> list[str]:
        if self.chance.random() < 0.4:
            return [self.chance.choice(COMMITTING)]
        lines = [self._sql(self.chance.choice(COMMITS + MORE[self.database][0]))]
        if self.chance.random() < 0.2:
            lines.append(self._sql(BEGINS[self.database]))
        return lines

    def _rollback(self) -> list[str]:
        if self.chance.random() < 0.4:
            return [self.chance.choice(ROLLING_BACK)]
        return [self._sql(self.chance.choice(ROLLBACKS + MORE[self.database][1]))]

    def _body(self, *, undone: bool = False) -> Iterator[str]:
        for _ in range(self.chance.randint(1, 3)):
            yield from (f"    {line}" for line in self._statement())
        if self.chance.random() < 0.1:
            yield from (f"    {line}" for line in self._commit())
            # A commit keeps what was to be rolled back.
            self._is_certain = self._is_certain and not undone

    def _undone(self) -> list[str]:
        """Return the lines of a body that is rolled back."""
        before = self.model.copy()
        lines = list(self._body(undone=True))
        self.model = before
        return lines

    def _nested(self) -> list[str]:
        if self.chance.random() < 0.5:
            return ["with bind.begin_nested():", *self._body()]
        raised = [f"    {line}" for line in (*self._undone(), "    raise LookupError")]
        return ["try:", "    with bind.begin_nested():", *raised, "except LookupError:", "    pass"]

    def _savepoint(self) -> list[str]:
        self._savepoints += 1
        name = f"s{self._savepoints}"
        begin = f"op.execute('SAVEPOINT {name}')"
        if self.chance.random() < 0.5:
            body = [line.strip() for line in self._undone()]
            return [begin, *body, f"op.execute('ROLLBACK TO SAVEPOINT {name}')"]
        return [begin, *(line.strip() for line in self._body()), f"op.execute('RELEASE SAVEPOINT {name}')"]

    def _block(self) -> list[str]:
        return ["with op.get_context().autocommit_block():", *self._body()]

    def _session(self) -> list[str]:
        number = self._next()
        self.model.rows[number] += 1
        insert = f"session.execute(sa.text('INSERT INTO log VALUES ({number})'))"
        return ["with Session(bind) as session:", f"    {insert}", "    session.commit()"]

    def _caught(self) -> list[str]:
        return ["try:", "    op.execute('INSERT INTO nowhere VALUES (1)')", "except Exception:", "    pass"]

    def _begin(self) -> list[str]:
        return ["bind.commit()", "with bind.begin():", *self._body()]

    def _several(self) -> list[str]:
        first, second = self._next(), self._next()
        self.model.tables.add(first)
        self.model.rows[second] += 1
        texts = [f"CREATE TABLE t{first} (id INTEGER)", f"INSERT INTO log VALUES ({second})"]
        texts.insert(self.chance.randint(0, 2), self.chance.choice(("COMMIT", "commit", "END", ";COMMIT")))
        # What a driver is given beside SQLAlchemy is not heard of.
        return [f'op.execute("{"; ".join(texts)}")']
