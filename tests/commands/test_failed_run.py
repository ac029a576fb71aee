"""What a run that failed prints: what it had applied, what went wrong, and what to do about it."""

import pytest

from nbmigrate import Project, commands
from nbmigrate.errors import MigrationFailedError, OperationError

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
        commands.upgrade(noted, "head", sql=True)
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

    assert list(commands.table(noted, "note").to_frame()["text"]) == [None, "12:30", "a::b", ":c"]


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
