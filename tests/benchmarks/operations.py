"""How long operations take, beside the bare driver and beside alembic in the same run.

    python tests/benchmarks/operations.py --peer alembic

Each figure is the least of several, in processor time of the process concerned, so that what else the machine does
counts for little. Rebuilds and revisions are real upgrades of a project; of `bulk_insert` the call alone is measured,
inside of its revision.

Revisions are measured on a memory disk where there is one, ours and alembic's alike: a disk that waits for each of
thousands of commits takes another time in every round. They are measured twice. Cold, nothing is kept of the files:
no headers and no code of ours, no .pyc of alembic's. Warm, Python may write bytecode and both have run before: ours
has its cache, alembic its .pyc files. By the clock they are measured on the disk, where a step of ours commits once and
one of alembic's twice. What stays in both engines' time although SQLite spends it: between two
statements of a migration Python pushes SQLite's pages out of the processor's cache, and of those of the bare replay
nobody does.
"""

import argparse
import compileall
import json
import os
import shutil
import sqlite3
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.graph import ALEMBIC, alembic_python, show
from tests.benchmarks.histories import ENV, INI, REVISION, ROOT, History

SERVERS = {"PostgreSQL": "NBMIGRATE_TEST_POSTGRESQL", "MariaDB": "NBMIGRATE_TEST_MARIADB"}
URL = "sqlite:///%(here)s/database.db"

#: Where files are written without waiting for a disk; None where the system has no such place.
MEMORY_DISK = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None

#: A revision that makes a table and nothing else.
CREATES = "\n".join(line for line in REVISION.splitlines() if "_index(" not in line) + "\n"
COLUMNS = {
    "quantity": "INTEGER",
    "name": "VARCHAR(50)",
    "price": "FLOAT",
    "note": "TEXT",
    "code": "INTEGER",
    "tag": "VARCHAR(20)",
    "cost": "NUMERIC(10, 2)",
    "active": "BOOLEAN",
    "day": "DATE",
}
KEYS = {"INTEGER PRIMARY KEY": "INTEGER PRIMARY KEY", "no key": "INTEGER NOT NULL"}
REBUILDS = """
revision, down_revision, branch_labels, depends_on = "a1", None, None, None
import sqlalchemy as sa
from alembic import op
def upgrade():
    with op.batch_alter_table("big") as batch_op:
        batch_op.alter_column("name", type_=sa.String(60), existing_type=sa.String(50))
def downgrade():
    pass
"""
INSERTS = """
revision, down_revision, branch_labels, depends_on = "a1", None, None, None
import time, tracemalloc
from alembic import op
from many_rows import found, rows, table
def upgrade():
    started = time.process_time()
    op.bulk_insert(table, rows)
    found["inserted"] = min(found["inserted"], time.process_time() - started)
    found["peak"] = tracemalloc.get_traced_memory()[1] if tracemalloc.is_tracing() else 0
def downgrade():
    pass
"""
MANY_ROWS = """
import sqlalchemy as sa
rows = [
    {"id": number, "name": f"name {number}", "price": number * 1.5, "note": None, "flag": number % 2}
    for number in range(SIZE)
]
types = {"id": sa.Integer, "name": sa.String(50), "price": sa.Float, "note": sa.Text, "flag": sa.Integer}
table = sa.table("many_rows", *(sa.column(name, type_) for name, type_ in types.items()))
found = {"inserted": 1e9}
def made(engine, anew=True):
    columns = [sa.Column(name, type_) for name, type_ in types.items()]
    metadata = sa.MetaData()
    sa.Table("many_rows", metadata, *columns)
    sa.Table("alembic_version", metadata)
    metadata.drop_all(engine)
    if anew:
        metadata.tables["many_rows"].create(engine)
"""

#: What is measured inside of a process; `upgrade` is made by OURS or THEIRS.
COMMON = """
import io, json, os, resource, shutil, sqlite3, sys, time, tracemalloc
import sqlalchemy as sa
rounds = int(sys.argv[1])
def seconds(call, prepare=lambda: None):
    best = 1e9
    for _ in range(rounds):
        prepare()
        started = time.process_time()
        call()
        best = min(best, time.process_time() - started)
    return best
def fresh():
    if os.path.exists("database.db"):
        os.unlink("database.db")
    if sys.dont_write_bytecode:
        shutil.rmtree(os.environ["NBMIGRATE_CACHE_DIR"], ignore_errors=True)
    if os.path.exists("base.db"):
        shutil.copy("base.db", "database.db")
def bare(statements):
    database = sqlite3.connect("database.db", isolation_level=None)
    for statement in statements:
        database.execute(statement)
    database.close()
"""
OURS = """
from nbmigrate import Project, commands
upgrade = lambda: commands.upgrade(Project.open(), "head")
"""
THEIRS = """
sys.path.append(sys.argv[2])
from alembic import command
from alembic.config import Config
upgrade = lambda: command.upgrade(Config("alembic.ini", stdout=io.StringIO()), "head")
"""
REVISIONS = """
sent = []
listen = lambda connection, _: connection.set_trace_callback(sent.append)
sa.event.listen(sa.engine.Engine, "connect", listen)
fresh()
upgrade()
sa.event.remove(sa.engine.Engine, "connect", listen)
total = seconds(upgrade, fresh)
# What asks is no part of the migrations: it counts for the engine.
sent = [statement for statement in sent if not statement.startswith(("SELECT", "PRAGMA"))]
replayed = seconds(lambda: bare(sent), fresh)
print(json.dumps({"total": total, "replayed": replayed, "engine": total - replayed, "statements": len(sent)}))
"""
WALL = """
wall = 1e9
upgrade()
for _ in range(rounds):
    fresh()
    started = time.perf_counter()
    upgrade()
    wall = min(wall, time.perf_counter() - started)
print(json.dumps({"wall": wall}))
"""
#: What every engine does that runs revision files as they are and makes tables by SQLAlchemy; no more than that.
LEAST = """
from pathlib import Path
files = sorted(Path("scripts/versions").glob("*.py"))
engine = sa.create_engine("sqlite:///database.db", poolclass=sa.NullPool)
class op:
    def create_table(name, *items):
        connection.execute(sa.schema.CreateTable(sa.Table(name, sa.MetaData(), *items)))
def upgrade():
    global connection
    last = ""
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('')")
        connection.commit()
        for path in files:
            names = {}
            source = path.read_text().replace("from alembic import op", "")
            exec(compile(source, str(path), "exec"), names)
            names["op"] = op
            with connection.begin():
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                names["upgrade"]()
                moved = "UPDATE alembic_version SET version_num = ? WHERE version_num = ?"
                connection.exec_driver_sql(moved, (names["revision"], last))
                last = names["revision"]
"""
REBUILD = """
found = {"upgraded": seconds(upgrade, fresh), "resident": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}
if os.path.exists("bare.json"):
    # Behind each other, so that a machine that is now quicker and now slower is so for all.
    for name, statements in json.load(open("bare.json")).items():
        found[name] = seconds(lambda: bare(statements), fresh)
    found["upgraded"] = min(found["upgraded"], seconds(upgrade, fresh))
print(json.dumps(found))
"""
CONNECT = """
import configparser
ini = configparser.ConfigParser({"here": os.getcwd()})
ini.read("alembic.ini")
engine = sa.create_engine(ini["alembic"]["sqlalchemy.url"], poolclass=sa.NullPool)
"""
ON_SERVER = """
def empty():
    with engine.begin() as connection:
        for name in sa.inspect(connection).get_table_names():
            if name.startswith(("table_", "alembic_version")):
                connection.exec_driver_sql(f"DROP TABLE {name}")
wall = 1e9
for _ in range(rounds):
    empty()
    started = time.perf_counter()
    upgrade()
    wall = min(wall, time.perf_counter() - started)
empty()
print(json.dumps({"wall": wall}))
"""
INSERT = """
import many_rows
for _ in range(rounds):
    many_rows.made(engine)
    upgrade()
found = dict(many_rows.found)
named = ":{0}" if engine.dialect.name == "sqlite" else "%({0})s"
def executemany(rows, mark):
    best = 1e9
    names = list(many_rows.types)
    values = ", ".join(mark.format(name) for name in names)
    text = f"INSERT INTO many_rows ({', '.join(names)}) VALUES ({values})"
    for _ in range(rounds):
        many_rows.made(engine)
        with engine.connect() as connection:
            cursor = connection.connection.cursor()
            started = time.process_time()
            cursor.executemany(text, rows)
            best = min(best, time.process_time() - started)
            connection.connection.commit()
    return best
found["bare"] = executemany(many_rows.rows, named)
tuples = [tuple(row.values()) for row in many_rows.rows]
found["tuples"] = executemany(tuples, "?" if engine.dialect.name == "sqlite" else "%s")
del tuples
many_rows.made(engine)
tracemalloc.start()
upgrade()
found["per row"] = many_rows.found["peak"] / len(many_rows.rows)
many_rows.made(engine, anew=False)
print(json.dumps(found))
"""


class Line(NamedTuple):
    """A line of the comparison: ours must be at most `goal` times what it is compared with."""

    what: str
    other: float
    ours: float
    goal: float | None = None
    unit: str = "s"

    def cells(self) -> tuple[str, ...]:
        """Return it as text."""
        ratio = self.ours / self.other
        goal, met = "", ""
        if self.goal is not None:
            goal, met = f"{self.goal:.2f}", "met" if ratio <= self.goal else "not met"
        shown = (f"{self.other:,.3f} {self.unit}", f"{self.ours:,.3f} {self.unit}")
        return self.what, *shown, f"{ratio:.2f}", goal, met


def servers() -> dict[str, str]:
    """Return the urls of the servers that are in the environment."""
    urls = {name: os.environ.get(variable) for name, variable in SERVERS.items()}
    return {name: url for name, url in urls.items() if url}


class Measured(NamedTuple):
    """What is asked for on the command line, and where it is done."""

    home: Path
    peer: str | None
    rounds: int

    def project(self, name: str, revision: str, url: str = URL) -> History:
        """Write a project with one revision."""
        folder = self.home / name
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "scripts" / "versions").mkdir(parents=True)
        (folder / "alembic.ini").write_text(INI.replace(URL, url.replace("%", "%%") if url != URL else url))
        (folder / "scripts" / "env.py").write_text(ENV)
        (folder / "scripts" / "versions" / "a1_.py").write_text(revision)
        return History(folder, self.home / "caches")

    def ours(self, history: History, program: str, *, warm: bool = False) -> dict[str, float]:
        """Run a program with our `upgrade`; where it is `warm`, what is kept between runs is kept."""
        return history.inside(sys.executable, COMMON + OURS + program, self.rounds, compiles=warm)

    def theirs(self, history: History, program: str, *, warm: bool = False) -> dict[str, float] | None:
        """Run a program with alembic's, if it is asked for; where it is `warm`, Python keeps .pyc files."""
        if self.peer is None:
            return None
        # The drivers of servers are those installed here.
        packages = sysconfig.get_path("purelib")
        return history.inside(self.peer, COMMON + THEIRS + program, self.rounds, packages, compiles=warm)


def revisions(measured: Measured, size: int) -> Iterator[Line]:
    """Compare the upgrade of thousands of revisions."""
    with tempfile.TemporaryDirectory(dir=MEMORY_DISK) as home:
        history = History.make(Path(home), "linear", size, CREATES)
        what = f"{size:,} revisions"
        least = history.inside(sys.executable, COMMON + LEAST + REVISIONS, measured.rounds)
        for state in ("cold", "warm"):
            warm = state == "warm"
            mine = measured.ours(history, REVISIONS, warm=warm)
            other = measured.theirs(history, REVISIONS, warm=warm)
            if other is not None:
                yield Line(f"{what}, {state}, engine time: alembic's", other["engine"], mine["engine"])
                yield Line(f"{what}, {state}, whole: alembic's", other["total"], mine["total"])
                yield Line(f"{what}, {state}, replayed: alembic's", other["replayed"], mine["replayed"])
            if not warm:
                alone = f"{what}, {state}, engine time: files, CreateTable, UPDATE alone"
                yield Line(alone, least["engine"], mine["engine"])
    with tempfile.TemporaryDirectory() as home:
        history = History.make(Path(home), "linear", size, CREATES)
        (history.folder / "database.db").unlink()
        mine, other = measured.ours(history, WALL, warm=True), measured.theirs(history, WALL, warm=True)
        if other is not None:
            yield Line(f"{what}, warm, wall: alembic's", other["wall"], mine["wall"], 0.90)


def revisions_on_servers(measured: Measured, size: int) -> Iterator[Line]:
    """Compare what a revision takes on servers, by the clock: most of it is waiting.

    With this env.py alembic commits on PostgreSQL once, after the last, and ours after each.
    """
    for database, url in servers().items():
        with tempfile.TemporaryDirectory(dir=MEMORY_DISK) as home:
            history = History.make(Path(home), "linear", size, CREATES)
            (history.folder / "alembic.ini").write_text(INI.replace(URL, url.replace("%", "%%")))
            program = CONNECT + ON_SERVER
            mine, other = measured.ours(history, program), measured.theirs(history, program)
        if other is not None:
            what = f"{size:,} revisions on {database}, wall, each: alembic's"
            yield Line(what, other["wall"] / size * 1e3, mine["wall"] / size * 1e3, None, "ms")


def rebuilds(measured: Measured, size: int) -> Iterator[Line]:
    """Compare the rebuild of a table, as `batch_alter_table` of an upgrade, with the statements alone."""
    for key, first in KEYS.items():
        history = measured.project("rebuild", REBUILDS)
        _fill(history.folder / "base.db", first, size)
        (history.folder / "bare.json").write_text(json.dumps(_bare_rebuilds(first)))
        mine, other = measured.ours(history, REBUILD), measured.theirs(history, REBUILD)
        what = f"rebuild of {size:,} rows, {key}"
        for name in _bare_rebuilds(first):
            # Where rowids are not the key, SELECT * makes them anew without asking whether they stay the same.
            is_fair = first.endswith("KEY") or "*" not in name
            yield Line(f"{what}: {name}", mine[name], mine["upgraded"], 1.1 if is_fair else None)
        if other is not None:
            yield Line(f"{what}: alembic's batch", other["upgraded"], mine["upgraded"], 1.0)
    (history.folder / "bare.json").unlink()
    large = measured.ours(history, REBUILD)["resident"]
    _fill(history.folder / "base.db", KEYS["no key"], size // 10)
    small = measured.ours(history, REBUILD)["resident"]
    what = f"resident memory, rebuild of {size:,} rows: of {size // 10:,} rows"
    yield Line(what, small / 1024, large / 1024, 1.1, "MB")
    shutil.rmtree(history.folder)


def _fill(path: Path, first: str, size: int) -> None:
    path.unlink(missing_ok=True)
    database = sqlite3.connect(path)
    columns = ", ".join(f"{name} {type_}" for name, type_ in COLUMNS.items())
    database.execute(f"CREATE TABLE big (id {first}, {columns})")
    rows: Iterator[tuple[Any, ...]] = (
        (
            n,
            n * 7,
            f"name of {n}",
            n / 3,
            f"some text {n}",
            n % 100,
            "x" * (n % 20),
            n * 1.25,
            n % 2,
            "2020-01-01",
        )
        for n in range(size)
    )
    database.executemany(f"INSERT INTO big VALUES ({', '.join('?' * 10)})", rows)
    database.commit()
    database.close()


def _bare_rebuilds(first: str) -> dict[str, list[str]]:
    columns = ", ".join(f"{name} {type_}" for name, type_ in COLUMNS.items()).replace("(50)", "(60)")
    names = ", ".join(["id", *COLUMNS])
    copies = {
        "bare, columns named": f"INSERT INTO new ({names}) SELECT {names} FROM big",
        "bare, SELECT *": "INSERT INTO new SELECT * FROM big",
    }
    if not first.endswith("KEY"):
        copies["bare, with rowid"] = f"INSERT INTO new (rowid, {names}) SELECT rowid, {names} FROM big"
    return {
        name: [
            "BEGIN IMMEDIATE",
            f"CREATE TABLE new (id {first}, {columns})",
            copy,
            "DROP TABLE big",
            "ALTER TABLE new RENAME TO big",
            "COMMIT",
        ]
        for name, copy in copies.items()
    }


def inserts(measured: Measured, size: int) -> Iterator[Line]:
    """Compare `bulk_insert` with `executemany` of the driver, given the same dictionaries."""
    for database, url in {"SQLite": URL, **servers()}.items():
        history = measured.project("inserts", INSERTS, url)
        (history.folder / "many_rows.py").write_text(MANY_ROWS.replace("SIZE", str(size)))
        mine, other = measured.ours(history, CONNECT + INSERT), measured.theirs(history, CONNECT + INSERT)
        what = f"bulk_insert of {size:,} rows, {database}"
        yield Line(f"{what}: executemany of the same rows", mine["bare"], mine["inserted"], 1.2)
        yield Line(f"{what}: executemany of tuples made before", mine["tuples"], mine["inserted"])
        if other is not None:
            yield Line(f"{what}: alembic's", other["inserted"], mine["inserted"], 1.0)
            per_row = f"memory beside the rows given, {database}: alembic's, per row"
            yield Line(per_row, other["per row"], mine["per row"], None, "bytes")
        shutil.rmtree(history.folder)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--peer", choices=["alembic"], help="compare with it too")
    parser.add_argument("--alembic-python", help=f"a Python with {ALEMBIC}; one is made if not given")
    parser.add_argument("--quick", action="store_true", help="few rows and revisions, to see that it works")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured")
    parser.add_argument("--only", choices=["revisions", "rebuilds", "inserts"], help="one part of it")
    options = parser.parse_args()
    few = options.quick
    # As it is where it is installed.
    compileall.compile_dir(ROOT / "nbmigrate", quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        peer = (options.alembic_python or alembic_python(home / "venv")) if options.peer else None
        measured = Measured(home, peer, 1 if few else options.rounds)
        parts = {
            "rebuilds": rebuilds(measured, 2_000 if few else 1_000_000),
            "inserts": inserts(measured, 1_000 if few else 200_000),
            "revisions": chain(
                revisions(measured, 60 if few else 5_000), revisions_on_servers(measured, 60 if few else 300)
            ),
        }
        print(
            f"Python {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}, {ALEMBIC if peer else 'no peer'}\n"
        )
        lines: list[tuple[str, ...]] = [("what: compared with", "that", "ours", "ratio", "at most", "")]
        for name, found in parts.items():
            lines += [line.cells() for line in found] if options.only in (None, name) else []
        show(lines)


if __name__ == "__main__":
    main()
