"""DDL that SQLAlchemy has no element for, ALTER TABLE above all."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql.compiler import DDLCompiler

from nbmigrate.dialects.ddl.literals import doubles_percents

#: Writes the statement, with the compiler of the database it is for.
Writer = Callable[[DDLCompiler], str]


class Alteration(ExecutableDDLElement):
    """A DDL statement that `write` writes when it is compiled."""

    inherit_cache = False

    def __init__(self, write: Writer) -> None:
        self.write = write


class RenameTable(Alteration):
    """ALTER TABLE ... RENAME TO, with the names that Alembic's element has, for which a plug-in may have a compiler."""

    def __init__(self, table_name: str, new_table_name: str, schema: str | None, write: Writer) -> None:
        super().__init__(write)
        self.table_name = table_name
        self.new_table_name = new_table_name
        self.schema = schema


def as_compiled(compiled: str) -> Alteration:
    """Return a statement that is compiled: what else a connection compiles, as with other schemas, it is not."""
    return Alteration(lambda _: compiled)


@compiles(Alteration)
def _compile(element: Alteration, compiler: DDLCompiler, **_: Any) -> str:
    return element.write(compiler)


def doubled(text: str, dialect: sa.Dialect) -> str:
    """Return SQL as compiled SQL is: drivers that format with `%` want every one of them doubled."""
    return text.replace("%", "%%") if doubles_percents(dialect) else text


def references(ddl: DDLCompiler, key: sa.ForeignKeyConstraint) -> str:
    """Return a foreign key of one column as it is written inside of the column."""
    preparer = ddl.preparer
    named = f"CONSTRAINT {preparer.format_constraint(key)} " if key.name else ""
    target = key.elements[0].column
    table = ddl.define_constraint_remote_table(key, target.table, preparer)  # type: ignore[no-untyped-call]
    return (
        f"{named}REFERENCES {table} ({preparer.quote(target.name)}){ddl.define_constraint_match(key)}"
        f"{ddl.define_constraint_cascades(key)}{ddl.define_constraint_deferrability(key)}"
    )
