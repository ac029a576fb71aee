"""Dialects that are not in the package."""

import inspect
import textwrap
import threading
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect as SQLAlchemyDialect

from nbmigrate import operations as ops
from nbmigrate.database.dry_run.script_writer import ScriptWriter
from nbmigrate.database.transaction import Transaction
from nbmigrate.dialects import Alteration, DefaultDialect, register_dialect, statements
from nbmigrate.dialects.ddl.columns import Elements
from nbmigrate.errors import UnsupportedOperationError, UsageError


class Shouting(DefaultDialect):
    """A database with a word of its own for DROP TABLE."""

    word = "DESTROY"

    def drop_table(self, operation: ops.DropTable) -> Elements:
        yield Alteration(lambda _: f"{self.word} {operation.name}")


class Whispering(Shouting):
    word = "forget"


def sent(name: str) -> list[str]:
    dialect: sa.Dialect = SQLAlchemyDialect()
    dialect.name = name
    return [statement.text for statement in statements(ops.DropTable("t"), dialect)]


def test_a_class_is_asked_once_it_is_registered() -> None:
    assert sent("shouting") == ["DROP TABLE t"]
    register_dialect("shouting", Shouting)
    assert sent("shouting") == ["DESTROY t"]
    assert sent("another") == ["DROP TABLE t"]


def test_a_driver_after_a_point_does_not_count() -> None:
    """sqlalchemy-firebird calls its dialect "firebird.firebird"."""
    register_dialect("pointed", Shouting)
    assert sent("pointed.driver") == ["DESTROY t"]
    register_dialect("pointed.driver", Whispering)
    assert sent("pointed") == sent("pointed.other") == ["forget t"]


def test_the_example_in_the_docstring() -> None:
    example = (inspect.getdoc(register_dialect) or "").partition("::\n\n")[2]
    exec(textwrap.dedent(example), {})

    class InterBase(SQLAlchemyDialect):
        name = "interbase"

    def sent(operation: ops.Operation) -> list[str]:
        return [statement.text for statement in statements(operation, InterBase())]

    recorder = ops.Recorder()
    op = ops.Operations(recorder)
    op.add_column("T", sa.Column("n", sa.Integer, nullable=False))
    op.alter_column("T", "n", new_column_name="number", nullable=True)
    op.drop_column("T", "number")
    op.rename_table("T", "u")
    *done, refused = recorder.operations
    assert [sent(operation) for operation in done] == [
        ['ALTER TABLE "T" ADD n INTEGER NOT NULL'],
        ['ALTER TABLE "T" ALTER COLUMN n DROP NOT NULL', 'ALTER TABLE "T" ALTER n TO number'],
        ['ALTER TABLE "T" DROP number'],
    ]
    with pytest.raises(UnsupportedOperationError, match="InterBase renames no table"):
        sent(refused)


class Hasty(DefaultDialect):
    """A database that commits by itself before and after every statement of DDL."""

    ddl_commits = True


@pytest.mark.parametrize(("kind", "atomic"), [(Hasty, False), (Shouting, True)])
def test_a_class_says_whether_a_migration_is_undone_whole(kind: type[DefaultDialect], atomic: bool) -> None:
    """A run and offline SQL go by it."""
    register_dialect("committing", kind)
    engine = sa.create_engine("sqlite://")
    engine.dialect.name = "committing"
    with engine.connect() as connection:
        assert Transaction(connection).atomic == atomic
    assert ScriptWriter(engine.dialect, print).transactional == atomic
    engine.dispose()


def test_a_cell_that_is_run_again_registers_its_new_class() -> None:
    register_dialect("again", Shouting)
    register_dialect("again", Whispering)
    assert sent("again") == ["forget t"]


@pytest.mark.parametrize(
    ("name", "dialect", "said"),
    [
        ("good", Shouting(SQLAlchemyDialect()), "no subclass"),
        ("good", str, "no subclass"),
        ("", Shouting, "not the name of a dialect"),
        (".driver", Shouting, "not the name of a dialect"),
        ("oracle+oracledb", Shouting, "not the name of a dialect"),
    ],
)
def test_what_is_no_dialect_is_refused(name: str, dialect: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        register_dialect(name, dialect)
    assert sent("good") == ["DROP TABLE t"]


def test_threads_register_and_ask_at_once() -> None:
    """Each sees its own dialect at all times, and the one it asks for whole."""
    wrong: list[str] = []

    def register_and_ask(number: int) -> None:
        kind = type(f"Own{number}", (Shouting,), {"word": f"WORD{number}"})
        for turn in range(50):
            name = f"own{number}x{turn}"
            register_dialect(name, kind)
            found = sent(name)
            if found != [f"WORD{number} t"]:
                wrong.extend(found)

    threads = [threading.Thread(target=register_and_ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
