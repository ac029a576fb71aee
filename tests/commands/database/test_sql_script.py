"""`--sql`: scripts run by the databases' own shells, and compared with a run and with alembic's."""

import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import Project, commands
from nbmigrate.cli import main
from nbmigrate.commands.database.sql_script import SqlResult
from nbmigrate.errors import (
    ConfigError,
    MigrateError,
    OperationError,
    RevisionNotFoundError,
    ScriptError,
    TargetError,
    UsageError,
)
from tests.conftest import alembic_environment

RunScript = Callable[[str, str], None]

TABLES = """
def upgrade():
    op.create_table(
        'customer',
        sa.Column('id', sa.Integer, primary_key=True),
        sa.Column('first name', sa.String(150), nullable=False, server_default="O'Neil"),
        sa.Column('lastname', sa.String(150), index=True),
        sa.Column('path', sa.String(50), server_default='C:\\\\dir'),
        sa.Column('points', sa.Integer, server_default=sa.text('0')),
        sa.UniqueConstraint('lastname', name='uq_lastname'),
        sa.CheckConstraint("points >= 0", name='ck_points'),
    )
    op.create_table(
        'orders',
        sa.Column('id', sa.Integer, primary_key=True),
        sa.Column('customer_id', sa.Integer,
                  sa.ForeignKey('customer.id', name='fk_customer', ondelete='CASCADE')),
        sa.Column('pieces', sa.Integer),
    )
    op.create_index('ix_pieces', 'orders', ['pieces', 'customer_id'])
    op.bulk_insert(sa.table('customer', sa.column('id'), sa.column('first name'), sa.column('lastname')), [
        {'id': 1, 'first name': "D'Arcy; --", 'lastname': 'x'},
        {'id': 2, 'first name': 'Zoë :a %s 100% $$', 'lastname': None},
    ])
    op.execute(r"UPDATE customer SET path = 'a\\:b' WHERE id = 1 -- the first")
    op.execute("INSERT INTO orders VALUES (1, 1, 500);")
    op.execute("  INSERT INTO orders VALUES (2, 2, NULL) ;  ")


def downgrade():
    op.drop_index('ix_pieces', table_name='orders')
    op.drop_table('orders')
    op.drop_table('customer')
"""

VALUES = """
import datetime
import decimal
import enum
import uuid


class Words(sa.TypeDecorator):
    impl = sa.String(50)
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else ' '.join(value)


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


def table():
    return [
        sa.Column('id', sa.Integer, primary_key=True, autoincrement=False),
        sa.Column('text', sa.Text),
        sa.Column('bytes', sa.LargeBinary),
        sa.Column('day', sa.Date),
        sa.Column('moment', sa.DateTime),
        sa.Column('time', sa.Time),
        sa.Column('price', sa.Numeric(20, 5)),
        sa.Column('ratio', sa.Double),
        sa.Column('flag', sa.Boolean),
        sa.Column('uuid', sa.Uuid),
        sa.Column('json', sa.JSON),
        sa.Column('colour', sa.Enum(Colour, name='colour')),
        sa.Column('big', sa.BigInteger),
        sa.Column('span', sa.Interval),
        sa.Column('pickled', sa.PickleType),
        sa.Column('words', Words),
        sa.Column('made', sa.Integer, default=lambda: 7),
        sa.Column('kind', sa.String(20), default='plain'),
    ]


TEXTS = [
    '', "it's", 'back\\\\slash \\\\n', 'two\\nlines\\n', 'dos\\r\\nlines\\r', '100% %s %(x)s', ':name ::x', '"double"',
    '`tick`', ';', '-- no comment', '/* no */', '$$ $1', 'tab\\tend ', 'ünï ☃ 🎲', "'", "\\\\'", 'GO', '\\n.tables\\n',
    '\\n\\\\q\\n', 'DELIMITER //', '#',
]


def upgrade():
    everything = op.create_table('everything', *table())
    op.bulk_insert(everything, [{'id': number, 'text': text} for number, text in enumerate(TEXTS)])
    op.bulk_insert(everything, [{
        'id': 100, 'text': 'all', 'bytes': bytes(range(256)), 'day': datetime.date(1815, 12, 10),
        'moment': datetime.datetime(2021, 6, 20, 3, 58, 6), 'time': datetime.time(3, 58, 6),
        'price': decimal.Decimal('-1234567.12345'), 'ratio': 0.1, 'flag': True, 'uuid': uuid.UUID(int=5),
        'json': {'a': ["b'\\\\\\n", None, 1.5, True], 'ü': 'é'}, 'colour': Colour.BLUE, 'big': -2**63,
        'span': datetime.timedelta(days=2, seconds=3), 'pickled': {'x': (1, 2)}, 'words': ['a', "b'c"],
        'made': 1, 'kind': 'special',
    }])
    op.bulk_insert(everything, [{name: None for name in everything.c.keys()} | {'id': 101}])
    op.bulk_insert(everything, [
        {'id': 200 + number, 'ratio': ratio, 'price': decimal.Decimal(10) ** -number}
        for number, ratio in enumerate([1e16, 5e-324, 1.7976931348623157e308, -0.0, 1 / 3, 123456789.123456789])
    ], multiinsert=False)
    op.bulk_insert(everything, [{'id': 300, 'big': sa.text('40 + 2'), 'text': sa.func.lower('ABC')}])
    rows = sa.table('everything', sa.column('id'), sa.column('text'), sa.column('bytes'), sa.column('moment'))
    op.execute(everything.insert().values(id=400, text='made'))
    op.execute(rows.insert().values([{'id': 401, 'text': "a'"}, {'id': 402, 'text': 'b:c'}]))
    op.execute(rows.update().where(rows.c.id.in_([1, 2])).values(moment=datetime.datetime(2020, 1, 1)))
    op.execute(rows.delete().where(rows.c.text == ';'))
    op.execute(sa.text('UPDATE everything SET bytes = :b, big = :n WHERE id = 401')
               .bindparams(b=b'\\x00\\xff', n=5))
    op.execute(rows.update().where(rows.c.id == 402).values(text=op.inline_literal("in'line")))


def downgrade():
    op.execute('DELETE FROM everything')
    op.drop_table('everything')
    DROP_TYPE
"""

CHANGES = """
def upgrade():
    op.add_column('orders', sa.Column('note', sa.String(20), nullable=False, server_default="it's 5%"))
    op.alter_column('orders', 'pieces', new_column_name='items', existing_type=sa.Integer())
    op.rename_table('orders', 'purchase')
    op.drop_index('ix_pieces', table_name='purchase')
    op.create_index('ix_items', 'purchase', ['items'], unique=True)
    MORE_UP
    op.execute('CREATE VIEW dear AS SELECT id FROM purchase WHERE items > 100')


def downgrade():
    op.execute('DROP VIEW dear')
    MORE_DOWN
    op.drop_index('ix_items', table_name='purchase')
    op.create_index('ix_pieces', 'purchase', ['items', 'customer_id'])
    op.rename_table('purchase', 'orders')
    op.alter_column('orders', 'items', new_column_name='pieces', existing_type=sa.Integer())
    op.drop_column('orders', 'note')
"""

#: What SQLite does not do without copying the table.
MORE_UP = """
op.create_unique_constraint('uq_items', 'purchase', ['items', 'note'])
op.create_check_constraint('ck_items', 'purchase', sa.column('items') > -5)
op.drop_constraint('fk_customer', 'purchase', type_='foreignkey')
op.create_foreign_key('fk_other', 'purchase', 'customer', ['customer_id'], ['id'], ondelete='SET NULL')
op.alter_column('purchase', 'note', type_=sa.String(40), existing_type=sa.String(20), existing_nullable=False,
                nullable=True, server_default='x', existing_server_default="it's 5%", comment="what's \\\\ said")
op.create_table_comment('purchase', "all that's bought; 100%")
op.create_table('keyless', sa.Column('a', sa.Integer, nullable=False), sa.Column('b', sa.Integer, nullable=False))
op.create_primary_key('pk_keyless', 'keyless', ['a', 'b'])
"""
MORE_DOWN = """
op.drop_table('keyless')
op.drop_table_comment('purchase', existing_comment="all that's bought; 100%")
op.alter_column('purchase', 'note', type_=sa.String(20), existing_type=sa.String(40), existing_nullable=True,
                nullable=False, server_default="it's 5%", existing_server_default='x', comment=None,
                existing_comment="what's \\\\ said")
op.drop_constraint('fk_other', 'purchase', type_='foreignkey')
op.create_foreign_key('fk_customer', 'purchase', 'customer', ['customer_id'], ['id'], ondelete='CASCADE')
op.drop_constraint('ck_items', 'purchase', type_='check')
op.drop_constraint('uq_items', 'purchase', type_='unique')
"""

#: A statement with statements in it, as each database writes it.
TRIGGERS = {
    "sqlite": "CREATE TRIGGER t AFTER INSERT ON customer BEGIN\n"
    "    UPDATE customer SET points = 1 WHERE id = NEW.id;\n    UPDATE orders SET pieces = 0 WHERE id = 1;\nEND",
    "postgresql": "CREATE FUNCTION one() RETURNS integer AS $$\nBEGIN\n\tRETURN 1; \nEND\n$$ LANGUAGE plpgsql",
    "mariadb": "CREATE TRIGGER t BEFORE INSERT ON customer FOR EACH ROW BEGIN\n"
    "    SET NEW.points = 1;\n    SET NEW.path = '\\';';\nEND",
}
UNDONE = {
    "sqlite": "DROP TRIGGER t",
    "postgresql": "DROP FUNCTION one()",
    "mariadb": "DROP TRIGGER t",
}

OWN = """
def upgrade():
    op.execute({up!r})
    with op.get_context().autocommit_block():
        op.execute('UPDATE customer SET points = 9')
    op.execute(sa.table('customer', sa.column('id')).insert().values(id=sa.literal(70) + 7))


def downgrade():
    op.execute({down!r})
    op.execute('DELETE FROM customer WHERE id = 77')
"""


def bodies(server: str) -> list[tuple[str, str]]:
    """Return the revisions for a database: ids, and what they do."""
    few = server == "sqlite"
    changes = CHANGES.replace("    MORE_UP\n", "" if few else textwrap.indent(MORE_UP, "    "))
    changes = changes.replace("    MORE_DOWN\n", "" if few else textwrap.indent(MORE_DOWN, "    "))
    drop_type = "op.execute('DROP TYPE colour')" if server == "postgresql" else "pass"
    own = OWN.format(up=TRIGGERS[server].replace(":", "\\:"), down=UNDONE[server])
    values = VALUES.replace("DROP_TYPE", drop_type)
    if server == "mariadb":
        # Whether a server has a type for them is known only when it is asked for its version.
        values = values.replace("sa.Uuid", "sa.Uuid(native_uuid=False)")
    return [
        ("a1", TABLES),
        ("b2", values),
        ("c3", own),
        ("d4", changes),
    ]


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def server(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def two_urls(server: str, tmp_path: Path, new_database: Callable[[str], str]) -> tuple[str, str]:
    """Two empty databases of one kind: one for a run, one for the scripts."""
    if server == "sqlite":
        return f"sqlite:///{tmp_path}/run.db", f"sqlite:///{tmp_path}/script.db"
    # A script for MariaDB is not quite one for MySQL.
    first, second = (new_database(server).replace("mysql+", "mariadb+") for _ in range(2))
    return first, second


@pytest.fixture
def history(
    server: str, two_urls: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Project:
    monkeypatch.chdir(tmp_path)
    commands.init("practice", url=two_urls[0])
    project = Project.open()
    for rev_id, body in bodies(server):
        commands.revision(project, rev_id, body=body, rev_id=rev_id)
    return project


def test_scripts_do_what_a_run_does(
    history: Project, server: str, two_urls: tuple[str, str], run_script: RunScript
) -> None:
    by_run, by_script = two_urls
    moves: list[tuple[str, str, str]] = [
        ("upgrade", "b2", "b2"),
        ("upgrade", "head", "b2:head"),
        ("downgrade", "b2", "d4:b2"),
        ("upgrade", "+1", "b2:+1"),
        ("downgrade", "-1", "c3:-1"),
        ("upgrade", "heads", "b2:heads"),
        ("downgrade", "base", "heads:base"),
    ]
    for direction, target, with_start in moves:
        verb: Any = commands.upgrade if direction == "upgrade" else commands.downgrade
        write: Any = commands.upgrade_sql if direction == "upgrade" else commands.downgrade_sql
        verb(history, target)
        script = write(history, with_start)
        run_script(by_script, script.sql)
        expected, found = contents(by_run), contents(by_script)
        for part in expected:
            assert found.get(part) == expected[part], f"{direction} {with_start}: {part}"
        assert found.keys() == expected.keys()
        assert ("everything" in found) is (target != "base")


def contents(url: str) -> dict[str, Any]:
    """Return everything in a database: the rows by table, those of the version table too, and the schema."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        inspector = sa.inspect(connection)
        names = sorted(inspector.get_table_names())
        # As the driver gives them, to the byte.
        rows = {
            name: sorted(map(repr, connection.exec_driver_sql(f"SELECT * FROM {name}").all()))
            for name in names
        }
        backend = connection.dialect.name
        if backend == "sqlite":
            sql = connection.exec_driver_sql("SELECT sql FROM sqlite_master ORDER BY type, name").scalars()
            schema: Any = [" ".join(text.split()) for text in sql if text]
        elif backend == "mariadb":
            views = inspector.get_view_names()
            database = str(sa.make_url(url).database)
            schema = [
                connection.exec_driver_sql(f"SHOW CREATE TABLE {name}").all()[0][1].replace(database, "")
                for name in [*names, *views]
            ]
            triggers = connection.exec_driver_sql(
                "SELECT action_statement FROM information_schema.triggers "
                f"WHERE trigger_schema = '{database}'"
            )
            schema += [list(triggers.scalars())]
        else:
            schema = postgresql_dump(url)
    return {"schema": schema, **rows}


def postgresql_dump(url: str) -> str:
    plain = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    done = subprocess.run(
        ["pg_dump", "--schema-only", "--no-owner", plain], capture_output=True, text=True, check=True
    )
    return re.sub(r"\\(un)?restrict .*", "", done.stdout)


PLAIN = {
    "a1": """
def upgrade():
    account = op.create_table(
        'account',
        sa.Column('id', sa.Integer, primary_key=True),
        sa.Column('name', sa.String(50), nullable=False, server_default="it's"),
        sa.Column('day', sa.Date),
        sa.UniqueConstraint('name', name='uq_name'),
    )
    op.bulk_insert(account, [{'id': 1, 'name': "O'Neil", 'day': None}, {'id': 2, 'name': '50%', 'day': None}])
    op.execute("UPDATE account SET name = 'x' WHERE id = 2")


def downgrade():
    op.drop_table('account')
""",
    "b2": """
def upgrade():
    op.create_index('ix_day', 'account', ['day'])
    with op.get_context().autocommit_block():
        op.execute('SELECT 1')
    table = sa.table('account', sa.column('id', sa.Integer), sa.column('name', sa.String))
    op.execute(table.update().where(table.c.id == 1).values(name='back\\\\slash'))


def downgrade():
    op.drop_index('ix_day', table_name='account')
""",
    "c3": """
def upgrade():
    op.add_column('account', sa.Column('n', sa.Integer))


def downgrade():
    op.drop_column('account', 'n')
""",
    "d4": "def upgrade():\n    pass\n\n\ndef downgrade():\n    pass\n",
}
PARENTS = {"a1": None, "b2": "a1", "c3": "a1", "d4": ("b2", "c3")}

MakeBranched = Callable[..., Project]


@pytest.fixture
def branched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeBranched:
    """Make a project that the alembic command runs too: two branches and their merge."""
    monkeypatch.chdir(tmp_path)

    def make(url: str) -> Project:
        commands.init("practice", template="alembic", url=url)
        for rev_id, body in PLAIN.items():
            header = f"revision = {rev_id!r}\ndown_revision = {PARENTS[rev_id]!r}\n"
            header += "branch_labels = None\ndepends_on = None\n"
            source = (
                f'"""the {rev_id}"""\n\nfrom alembic import op\nimport sqlalchemy as sa\n\n{header}{body}'
            )
            (tmp_path / "practice" / "versions" / f"{rev_id}.py").write_text(source, encoding="utf-8")
        return Project.open("alembic.ini")

    return make


#: What alembic's script has and ours has not, by dialect, each with its reason.
NOT_OURS = {
    # SQLAlchemy 2.1 asks for the new key of the version row, which nobody reads.
    "RETURNING": (r"(?m) RETURNING (alembic_version\.)?version_num( INTO :ret_0)?(?=;|$)", ""),
    "OUTPUT": (r" OUTPUT inserted\.version_num", ""),
    # Tabs and trailing spaces are SQLAlchemy's.
    "white space": (r"[ \t]+(?=\n)", ""),
}


WORDS = """
upgrade head
upgrade heads
upgrade +1
upgrade b2
upgrade a1:b2
upgrade b2:a1
upgrade d4:d4
downgrade b2:base
downgrade b2:-1
downgrade d4:base
stamp head
stamp a1:b2
stamp b2:a1
stamp b2 c3
stamp a1:base
stamp base
ensure_version
"""

#: No driver of these need be there.
URLS = [
    "sqlite:///x.db",
    "postgresql+psycopg://u:p@h/db",
    "mysql+pymysql://u:p@h/db",
    "mariadb+pymysql://u@h/db",
    "mssql+pyodbc://u:p@h/db",
    "oracle+oracledb://u:p@h/db",
]

#: Runs alembic as often as there are lines, in one process, and prints what each prints.
ALEMBIC_LOOP = """
import io, json, sys
real, sys.stdout = sys.stdout, io.StringIO()
from alembic.config import main
printed = []
for url, line in json.load(sys.stdin):
    with open('alembic.ini') as file:
        text = file.read()
    with open('one.ini', 'w') as file:
        file.write(text.replace('sqlite:///db_file.db', url))
    main(['-c', 'one.ini', *line.split(), '--sql'])
    printed.append(sys.stdout.getvalue())
    sys.stdout.seek(0)
    sys.stdout.truncate()
json.dump(printed, real)
"""


def test_the_text_is_alembics(
    branched: MakeBranched, alembic_executable: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    branched("sqlite:///db_file.db")
    cases = [(url, line) for url in URLS for line in WORDS.strip().splitlines()]
    python = alembic_executable.with_name("python")
    done = subprocess.run(
        [python, "-c", ALEMBIC_LOOP],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=False,
        env=alembic_environment(),
    )
    assert done.returncode == 0, done.stderr
    ini = Path("alembic.ini").read_text(encoding="utf-8")
    for (url, line), printed in zip(cases, json.loads(done.stdout), strict=True):
        Path("one.ini").write_text(ini.replace("sqlite:///db_file.db", url), encoding="utf-8")
        assert main(["-c", "one.ini", *line.split(), "--sql"]) == 0
        found = same(capsys.readouterr().out)
        if url.startswith("sqlite"):
            # A script for SQLite is one transaction, as a run of ours is: half a script does nothing.
            found = re.sub(r"(?m)^(BEGIN|COMMIT);\n\n", "", found)
        # Which branch goes first, and which of two rows becomes the merge's, is chance in alembic.
        assert either_branch(found) == either_branch(same(printed)), f"{line} on {url}"


def same(script: str) -> str:
    for pattern, instead in NOT_OURS.values():
        script = re.sub(pattern, instead, script)
    return script


def either_branch(script: str) -> list[str]:
    return sorted(re.sub(r"'(b2|c3|a1)'", "'?'", script).split("\n\n"))


@pytest.mark.parametrize("url", ["mssql+pyodbc://u:p@h/db", "oracle+oracledb://u:p@h/db"])
def test_databases_whose_driver_is_not_installed(branched: MakeBranched, url: str) -> None:
    script = commands.upgrade_sql(branched(url), "b2").sql
    if url.startswith("mssql"):
        assert script.startswith("BEGIN TRANSACTION;\n\nCREATE TABLE alembic_version (\n")
        assert script.endswith("WHERE alembic_version.version_num = 'a1';\n\nGO\n\nCOMMIT;\n\nGO\n\n")
        assert "SET IDENTITY_INSERT account ON;\n\nGO\n\nINSERT INTO account (id, name, day) VALUES" in script
        assert "COMMIT;\n\nGO\n\nSELECT 1;\n\nGO\n\nBEGIN TRANSACTION;\n\nUPDATE account" in script
    else:
        assert "BEGIN" not in script
        assert "INSERT INTO alembic_version (version_num) VALUES ('a1')\n\n/\n\n" in script
        assert ";" not in script


def test_the_command_prints_the_script_and_nothing_else(
    branched: MakeBranched, capfd: pytest.CaptureFixture[str]
) -> None:
    project = branched("postgresql+psycopg://u:secret@h/db")
    script = commands.upgrade_sql(project, "head")
    assert main(["upgrade", "head", "--sql"]) == 0
    assert capfd.readouterr() == (script.sql, "")
    assert script.sql.endswith("\n\nCOMMIT;\n\n")
    assert "secret" not in script.sql
    assert sorted((row["from"], row["to"], row["message"]) for row in script.rows()) == [
        ("", "a1", "the a1"),
        ("a1", "b2", "the b2"),
        ("a1", "c3", "the c3"),
        ("b2, c3", "d4", "the d4"),
    ]
    shown = script._repr_mimebundle_()
    assert '<span class="nbm-keyword">CREATE' in shown["text/html"]
    assert shown["text/plain"] == script.sql.strip()
    assert main(["upgrade", "d4:head", "--sql"]) == 0
    assert capfd.readouterr() == ("BEGIN;\n\nCOMMIT;\n\n", "Nothing to upgrade from d4 to head.\n")


def test_a_script_is_written_quietly_and_whatever_the_terminal_knows(branched: MakeBranched) -> None:
    branched("postgresql+psycopg://u@h/db")
    path = Path("practice/versions/b2.py")
    path.write_text(path.read_text(encoding="utf-8").replace("SELECT 1", 'SELECT "ü─☃"'), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "nbmigrate", "--quiet", "upgrade", "a1:b2", "--sql"],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert 'SELECT "ü─☃";\n\nBEGIN;\n\nUPDATE' in done.stdout.decode()


def test_a_long_script_is_shown_in_part_and_kept_whole(branched: MakeBranched) -> None:
    project = branched("postgresql+psycopg://u@h/db")
    many = (
        "op.bulk_insert(sa.table('account', sa.column('id')), [{'id': number} for number in range(20_000)])"
    )
    commands.revision(
        project, "many", body=f"def upgrade():\n    {many}\n\n\ndef downgrade():\n    pass\n", rev_id="e5"
    )
    script = commands.upgrade_sql(project, "d4:e5")
    assert script.sql.count("INSERT INTO account") == 20_000
    assert re.search(r"\n-- and [\d,]+ more characters, which are in \.sql of this result$", repr(script))
    assert len(script._repr_mimebundle_()["text/html"]) < 200_000
    assert str(script) == script.sql.removesuffix("\n")


@pytest.mark.parametrize(
    ("kind", "words", "said"),
    [
        (UsageError, "upgrade a1:b2", "Range revision not allowed: 'a1:b2' is for --sql"),
        (UsageError, "downgrade b2:a1", "Range revision not allowed"),
        (UsageError, "stamp a1:b2", "Range revision not allowed"),
        (UsageError, "downgrade base --sql", "downgrade with --sql requires <fromrev>:<torev>"),
        (UsageError, "downgrade :base --sql", "downgrade with --sql requires <fromrev>:<torev>"),
        (UsageError, "upgrade a1: --sql", "'a1:' says where to start from, and not where to go"),
        (UsageError, "stamp a1:b2 b2:d4 --sql", "only supports a single starting revision at a time"),
        (UsageError, "stamp head --sql --purge", "Can't use --purge with --sql mode"),
        (RevisionNotFoundError, "upgrade nope:b2 --sql", "Can't locate revision identified by 'nope'"),
        (RevisionNotFoundError, "upgrade a1:nope --sql", "Can't locate revision identified by 'nope'"),
        (TargetError, "upgrade a1:b2:d4 --sql", "Range revision not allowed: 'a1:b2:d4'"),
        (TargetError, "downgrade b2:c3 --sql", "not a valid downgrade target"),
    ],
)
def test_ranges_that_do_not_say_what_is_meant(
    branched: MakeBranched,
    kind: type[MigrateError],
    words: str,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    project = branched("postgresql+psycopg://u@h/db")
    assert main(words.split()) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("FAILED: ")
    assert said in err
    verb, *rest = words.split()
    targets = [word for word in rest if not word.startswith("--")]
    options = {word.removeprefix("--"): True for word in rest if word.startswith("--")}
    name = f"{verb}_sql" if options.pop("sql", False) else verb
    with pytest.raises(kind, match=re.escape(said)):
        getattr(commands, name)(project, targets if verb == "stamp" else targets[0], **options)


def test_several_starting_points_and_none(branched: MakeBranched) -> None:
    project = branched("postgresql+psycopg://u@h/db")
    merge = commands.upgrade_sql(project, "b2,c3:d4")
    assert merge.sql.split("\n\n")[1:4] == [
        "-- Running upgrade b2, c3 -> d4",
        "DELETE FROM alembic_version WHERE alembic_version.version_num = 'b2';",
        "UPDATE alembic_version SET version_num='d4' WHERE alembic_version.version_num = 'c3';",
    ]
    assert commands.upgrade_sql(project, ":a1") == commands.upgrade_sql(project, "a1")
    assert (
        commands.downgrade_sql(project, "heads:base").steps
        == commands.downgrade_sql(project, "d4:base").steps
    )


CANNOT = [
    (
        "op.bulk_insert(sa.table('t', sa.column('x')), [{'x': [1, 2]}])",
        "Insert 1 row into table t: [1, 2] has no literal form",
    ),
    (
        "op.execute(sa.text('SELECT :x').bindparams(x=float('nan')))",
        "Execute: SELECT nan: mysql has no literal for NaN",
    ),
    (
        "op.execute(\"UPDATE t SET x = 'at :bad'\")",
        "Execute: UPDATE t SET x = 'at :bad': the parameter :bad has no value",
    ),
    (
        "op.bulk_insert(sa.table('t', sa.column('x', sa.String)), [{'x': '\\ud800'}])",
        "holds half a character, which UTF-8 cannot write",
    ),
    (
        "print([row.x for row in op.get_bind().execute(sa.text('SELECT x FROM t'))])",
        "This reads from the database what 'SELECT x FROM t' gives, and --sql has no database to read from",
    ),
    (
        "op.get_bind().execute(sa.text('SELECT 1')).scalar()",
        "This reads from the database what 'SELECT 1' gives",
    ),
    (
        "op.get_bind().scalar(sa.text('SELECT 1'))",
        "op.get_bind().scalar needs the database, and --sql has none",
    ),
    ("sa.inspect(op.get_bind())", "it inspects the database, and --sql has none"),
    ("op.get_bind().exec_driver_sql('SELECT %s', (1,))", "exec_driver_sql() is given parameters"),
    ("op.get_bind().execute('SELECT 1')", "'SELECT 1' is no statement"),
]


@pytest.mark.parametrize(("statement", "said"), CANNOT, ids=[statement for statement, _ in CANNOT])
def test_what_cannot_be_written(branched: MakeBranched, statement: str, said: str) -> None:
    project = branched("mysql+pymysql://u:secret@h/db")
    body = f"def upgrade():\n    {statement}\n\n\ndef downgrade():\n    pass\n"
    commands.revision(project, "bad", body=body, rev_id="e5")
    with pytest.raises(OperationError) as caught:
        commands.upgrade_sql(project, "d4:head")
    assert caught.value.message.startswith("Upgrade of revision e5 cannot be written as SQL: ")
    assert caught.value.message.count("cannot be written as SQL") == 1
    assert said in caught.value.message
    assert re.search(r"\n  in practice/versions/e5_bad\.py, line \d+$", caught.value.message)
    assert caught.value.hint


def test_a_revision_that_fails_by_itself(branched: MakeBranched) -> None:
    project = branched("mysql+pymysql://u:secret@h/db")
    path = Path("practice/versions/b2.py")
    path.write_text(
        path.read_text(encoding="utf-8").replace("op.create_index(", "{}['secret'], ("), encoding="utf-8"
    )
    with pytest.raises(ScriptError) as caught:
        commands.upgrade_sql(project, "a1:b2")
    assert caught.value.message == (
        "Upgrade of revision b2 cannot be written as SQL: KeyError: '***'\n"
        f"  in practice/versions/b2.py, line {caught.value.line}"
    )


def test_statements_through_the_bind_are_written(branched: MakeBranched) -> None:
    project = branched("postgresql+psycopg://u@h/db")
    body = """
def upgrade():
    bind = op.get_bind()
    assert bind.dialect.name == bind.engine.name == 'postgresql'
    assert op.get_context().as_sql
    table = sa.Table('account', sa.MetaData(), sa.Column('id', sa.Integer), sa.Column('name', sa.String))
    bind.execute(table.insert(), [{'id': 5, 'name': 'five'}, {'id': 6, 'name': "six's"}])
    bind.execute(sa.text('UPDATE account SET name = :name WHERE id = :id'), {'name': 'x:y', 'id': 5})
    bind.execute(table.update().where(table.c.id == sa.bindparam('b_id')), {'name': 'z', 'b_id': 6})
    bind.execute(sa.text("SELECT setval('account_id_seq', 7)"))
    bind.exec_driver_sql('SELECT 100 % 7')
    other = sa.Table('other', table.metadata, sa.Column('id', sa.Integer))
    other.create(bind)


def downgrade():
    pass
"""
    commands.revision(project, "by bind", body=body, rev_id="e5")
    script = commands.upgrade_sql(project, "d4:e5").sql
    assert script.split("\n\n")[2:-2] == [
        "INSERT INTO account (id, name) VALUES (5, 'five');",
        "INSERT INTO account (id, name) VALUES (6, 'six''s');",
        "UPDATE account SET name = 'x:y' WHERE id = 5;",
        "UPDATE account SET name='z' WHERE account.id = 6;",
        "SELECT setval('account_id_seq', 7);",
        "SELECT 100 % 7;",
        "CREATE TABLE other (\n    id INTEGER\n);",
        "UPDATE alembic_version SET version_num='e5' WHERE alembic_version.version_num = 'd4';",
    ]


def test_an_env_that_only_connects(branched: MakeBranched) -> None:
    project = branched("postgresql+psycopg://u:secret@127.0.0.1:1/db")
    env = Path("practice/env.py")
    source = env.read_text(encoding="utf-8").replace("context.is_offline_mode()", "False")
    env.write_text(source, encoding="utf-8")
    said = r"connects to the database, and --sql writes a script without a database\.\nLet env\.py do this `if context"
    with pytest.raises(ConfigError, match=said):
        commands.upgrade_sql(project, "head")
    commands.config(project, "sqlalchemy.url", "sqlite://")
    project.reload()
    assert "CREATE TABLE account" in commands.upgrade_sql(project, "head").sql


def test_a_long_id_makes_the_column_wide(branched: MakeBranched) -> None:
    project = branched("postgresql+psycopg://u@h/db")
    long = "e" * 50
    source = Path("practice/versions/d4.py").read_text(encoding="utf-8").replace("'b2', 'c3'", "'d4'")
    path = Path("practice/versions/e5.py")
    path.write_text(source.replace("revision = 'd4'", f"revision = {long!r}"), encoding="utf-8")
    whole = commands.upgrade_sql(project, "head")
    assert "version_num VARCHAR(50) NOT NULL" in whole.sql
    assert whole.notes == ()
    part = commands.upgrade_sql(project, "d4:head")
    assert part.notes == (
        f"Revision {long!r} has 50 characters: see that version_num is VARCHAR(50) or more.",
    )


def test_results_of_scripts(branched: MakeBranched) -> None:
    project = branched("sqlite:///x.db")
    script = commands.stamp_sql(project, ["a1:b2", "c3"])
    assert isinstance(script, SqlResult)
    assert [(row["from"], row["to"]) for row in script.rows()] == [("a1", "b2"), ("", "c3")]
    assert script.notes == (
        "Run it with `sqlite3 -bail FILE`: without -bail sqlite3 goes on after an error.",
    )
    assert not Path("x.db").exists()
    empty = commands.stamp_sql(project, "a1:a1")
    assert empty.notes == ("Nothing to stamp from a1 to a1.",)


@pytest.mark.parametrize(("name", "target"), [("upgrade", "a1"), ("downgrade", "b2:a1"), ("stamp", "a1")])
def test_sql_as_an_option(branched: MakeBranched, name: str, target: str) -> None:
    project, verb = branched("sqlite:///x.db"), getattr(commands, name)
    with pytest.warns(DeprecationWarning, match=rf"^{name}\(sql=True\) is {name}_sql\(\) now\.$"):
        script = verb(project, target, sql=True, tag="x", lock_timeout=1)
    assert script == getattr(commands, f"{name}_sql")(project, target, tag="x")
    with pytest.raises(UsageError, match="--dialect is for a script of SQL"):
        verb(project, target, dialect="postgresql")


def test_the_script_for_another_database(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}

    found = commands.upgrade_sql(project, "head", dialect="postgresql")
    assert isinstance(found, SqlResult)
    assert found.sql.startswith("BEGIN;")
    assert "SERIAL" in found.sql
    assert main(["upgrade", "head", "--sql", "--dialect", "postgresql"]) == 0
    assert capsys.readouterr().out == found.sql.removesuffix("\n") + "\n"
    assert main(["stamp", "head", "--sql", "--dialect", "mssql"]) == 0
    assert "\nGO\n" in capsys.readouterr().out
    assert main(["ensure_version", "--sql", "--dialect", "oracle"]) == 0
    assert "VARCHAR2" in capsys.readouterr().out
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == files


def test_a_script_in_a_file(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = commands.upgrade_sql(project, "head")
    (tmp_path / "old.sql").write_text("an older script")

    assert main(["upgrade", "head", "--sql", "-o", "old.sql"]) == 0

    assert (tmp_path / "old.sql").read_bytes().decode() == found.sql
    printed = capsys.readouterr()
    assert printed.out == "The script is in old.sql.\n"
    assert "sqlite3 -bail" in printed.err
    assert main(["downgrade", "head:base", "--sql", "-o", "no/such/folder.sql"]) == 1
    assert "no/such/folder.sql cannot be written: " in capsys.readouterr().err
    assert main(["upgrade", "head", "-o", "old.sql"]) == 1
    assert "-o is for a script of SQL.\nWrite --sql -o old.sql." in capsys.readouterr().err
    assert commands.current(project).entries == ()


def test_a_script_that_env_writes_itself_is_not_written_into_a_file(project: Project, tmp_path: Path) -> None:
    env = project.scripts.location / "env.py"
    env.write_text(
        env.read_text().replace(
            "literal_binds=True,", "literal_binds=True, output_buffer=__import__('io').StringIO(),"
        )
    )

    found = commands.upgrade_sql(project, "head", output=tmp_path / "mine.sql")

    assert isinstance(found, SqlResult)
    assert found.notes[-1].startswith("env.py writes the script to a place of its own (output_buffer), so ")
    assert not (tmp_path / "mine.sql").exists()
