"""What a run that failed prints: what it had applied, what went wrong, and what to do about it."""

from pathlib import Path

import pytest

from nbmigrate import Project, commands
from nbmigrate.cli import main
from nbmigrate.commands.database.run import RunResult
from nbmigrate.commands.results.per_database import PerDatabase
from nbmigrate.errors import InterruptedRunError, MigrationFailedError, OperationError, ScriptError

JSON = """INSERT INTO note VALUES ('{"open":true, "from":null}')"""
VALUE = "Give it one with sa.text(...).bindparams(true=...), or write \\: for a colon that is none."


def revision(project: Project, body: str, rev_id: str = "b2") -> None:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    whole = f"def upgrade():\n{lines}\n\n\ndef downgrade():\n    pass\n"
    commands.revision(project, "x", rev_id=rev_id, body=whole)


def failed(project: Project) -> MigrationFailedError:
    with pytest.raises(MigrationFailedError) as caught:
        commands.upgrade(project, "head")
    return caught.value


@pytest.fixture
def noted(empty: Project) -> Project:
    """A project whose first revision makes the table `note`."""
    revision(empty, "op.create_table('note', sa.Column('text', sa.Text))", "a1")
    return empty


def test_a_colon_that_is_no_parameter(noted: Project) -> None:
    revision(noted, f"op.execute('''{JSON}''')")
    said = f"Execute: {JSON}: the parameter :true has no value."

    (preview,) = commands.preview(noted, "upgrade", "head").steps[1:]
    with pytest.raises(OperationError) as written:
        commands.upgrade_sql(noted, "head")
    error = failed(noted)

    assert preview.problem == f"{said}\n{VALUE}"
    assert said in written.value.message
    assert written.value.hint == VALUE
    title, place, statement = error.message.splitlines()
    assert title == f"Upgrade of revision b2 (x) failed: {said}"
    assert place.startswith("  in practice/versions/b2_x.py, line ")
    assert statement == f"  {JSON}"
    assert error.hint.startswith(f"{VALUE}\n")
    assert error.statement == JSON


@pytest.mark.parametrize(
    ("statement", "name", "shown"),
    [
        ("sa.text('SELECT :a, :b').bindparams(a=1)", "b", "SELECT :a, :b"),
        ("sa.select(sa.bindparam('c'))", "c", "SELECT :c AS anon_1"),
        ("'SELECT \\'\\\\:x\\', :y'", "y", "SELECT '\\:x', :y"),
    ],
)
def test_a_parameter_without_a_value(noted: Project, statement: str, name: str, shown: str) -> None:
    revision(noted, f"op.execute({statement})")

    error = failed(noted)

    assert f": the parameter :{name} has no value.\n" in error.message
    assert f"bindparams({name}=...)" in error.hint
    assert error.statement == shown


def test_values_that_are_none_and_colons_that_are_written_as_such(noted: Project) -> None:
    revision(
        noted,
        "op.execute(sa.text('INSERT INTO note VALUES (:a)').bindparams(a=None))\n"
        "op.execute(\"INSERT INTO note VALUES ('12:30'), ('a::b'), ('\\\\:c')\")",
    )

    commands.upgrade(noted, "head")

    assert [row["text"] for row in commands.table(noted, "note").rows()] == [None, "12:30", "a::b", ":c"]


def test_a_statement_that_the_revision_sends_itself(noted: Project) -> None:
    revision(noted, f"op.get_bind().execute(sa.text('''{JSON}'''))")

    error = failed(noted)

    assert ": InvalidRequestError: A value is required for bind parameter 'true'\n" in error.message
    assert error.hint.startswith(f"{VALUE}\n")


def test_the_kind_of_an_exception_of_sqlalchemy(noted: Project) -> None:
    revision(noted, "sa.Table('flowstyle', sa.MetaData(), autoload_with=op.get_bind())")

    assert failed(noted).message.startswith(
        "Upgrade of revision b2 (x) failed: NoSuchTableError: flowstyle\n"
    )


FAILING = "op.execute('INSERT INTO nowhere VALUES (1)')"


def three(project: Project, last: str) -> None:
    revision(project, "op.create_table('other', sa.Column('id', sa.Integer))", "b2")
    revision(project, last, "c3")


def applied(result: object) -> list[str]:
    assert isinstance(result, RunResult)
    return [row["to"] for row in result.rows()]


def test_what_was_applied_before_it_failed(noted: Project, capsys: pytest.CaptureFixture[str]) -> None:
    three(noted, FAILING)

    assert main(["upgrade", "head"]) == 1

    out, err = capsys.readouterr()
    first, second, last = out.splitlines()
    assert first.startswith("Running upgrade  -> a1, x  (3 statements, ")
    assert second.startswith("Running upgrade a1 -> b2, x  (2 statements, ")
    assert last == "2 of 3 revisions are done."
    assert err.startswith("FAILED: Upgrade of revision c3 (x) failed: no such table: nowhere\n")
    assert main(["upgrade", "head"]) == 1
    assert capsys.readouterr().out == ""


def test_quietly(noted: Project, capsys: pytest.CaptureFixture[str]) -> None:
    three(noted, FAILING)
    assert main(["-q", "upgrade", "head"]) == 1
    assert capsys.readouterr().out == ""


def test_a_file_that_cannot_be_loaded(noted: Project) -> None:
    three(noted, "pass")
    path = next(noted.config.directory.glob("**/c3_x.py"))
    path.write_text(f"{path.read_text()}\nraise KeyError\n")
    with pytest.raises(ScriptError) as caught:
        commands.upgrade(noted, "head")
    assert applied(caught.value.result) == ["a1", "b2"]


def test_an_interrupt(noted: Project) -> None:
    three(noted, "raise KeyboardInterrupt")
    with pytest.raises(InterruptedRunError) as caught:
        commands.upgrade(noted, "head")
    assert applied(caught.value.result) == ["a1", "b2"]


@pytest.mark.parametrize(
    ("second", "left"),
    [("pass", []), ("with op.get_context().autocommit_block(): op.execute('SELECT 1')", ["a1"])],
)
def test_a_run_that_is_one_transaction(noted: Project, second: str, left: list[str]) -> None:
    revision(noted, second, "b2")
    revision(noted, FAILING, "c3")
    env = next(noted.config.directory.glob("**/env.py"))
    env.write_text(
        env.read_text().replace("context.configure(", "context.configure(transaction_per_migration=False, ")
    )

    error = failed(noted)

    assert error.position == tuple(left[-1:])
    assert (applied(error.result) if error.result is not None else []) == left


@pytest.fixture
def both(empty: Project) -> Project:
    """A project with two databases, whose second revision fails on the second one."""
    commands.init("both", template="multidb", ini=Path("both.ini"))
    for name in ("engine1", "engine2"):
        assert main(["-c", "both.ini", "-n", name, "config", "sqlalchemy.url", f"sqlite:///{name}.db"]) == 0
    project = Project.open("both.ini")
    names = ("upgrade_engine1", "downgrade_engine1", "downgrade_engine2", "upgrade_engine2")
    body = "\n".join(f"def {name}():\n    {'{}' if name is names[-1] else 'pass'}" for name in names)
    commands.revision(project, "x", rev_id="a1", body=body.format("pass"))
    commands.revision(project, "x", rev_id="b2", body=body.format(FAILING))
    return project


def test_several_databases_in_transactions_of_their_env(both: Project) -> None:
    assert failed(both).result is None
    assert commands.current(both).to_text() == "sqlite:///engine1.db: base\nsqlite:///engine2.db: base"


def test_several_databases(both: Project) -> None:
    env = Path("both/env.py")
    env.write_text(
        env.read_text()
        .replace("begin())", "begin() if 0 else nullcontext())")
        .replace("import ", "from contextlib import nullcontext\nimport ", 1)
        .replace("transaction.commit()", "pass")
        .replace("transaction.rollback()", "pass")
    )

    error = failed(both)

    assert isinstance(error.result, PerDatabase)
    assert [(row["database"], row["to"]) for row in error.result.rows()] == [
        ("sqlite:///engine1.db", "a1"),
        ("sqlite:///engine1.db", "b2"),
        ("sqlite:///engine2.db", "a1"),
    ]
    first, second = str(error.result).split("\n\n")
    assert first.endswith("\nNow at b2 (head).")
    assert second.endswith("\n1 of 2 revisions is done.")
    assert failed(both).result is None
