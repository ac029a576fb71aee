"""Names that are longer than a database takes.

SQLAlchemy, and alembic with it, refuses the name of an index or a constraint that has more characters than PostgreSQL
takes bytes, 63, and cuts one that a naming convention or `op.f()` gives, with four digits of a hash at its end. All
other names it sends as they are: of tables, columns, types and schemas, and those of 63 characters that are more bytes.

- PostgreSQL cuts them, and says so in a NOTICE that no driver shows. Histories with such names run by alembic, where
  every statement about them is cut alike and so finds what it means: they run here too, and the statement tells what
  the name becomes. What is refused is two names in one table that would become one.
- MariaDB and MySQL refuse what has more than 64 characters. They do so when the statements before it are committed
  already, so it is refused before the operation is begun.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.types import SchemaType

from nbmigrate import operations as ops
from nbmigrate.dialects.ddl.unsupported import Refusals
from nbmigrate.errors import UnsupportedOperationError
from nbmigrate.schema import SqlType, Table


class Name(NamedTuple):
    """A name, and what kind of thing is called so."""

    kind: str
    text: str


def names(operation: ops.Operation) -> list[Name]:
    """Return the names that an operation says, each once."""
    found: list[tuple[str, Any]] = [("schema", getattr(operation, "schema", None))]
    match operation:
        case ops.CreateTable():
            found += [("schema", operation.table.schema), *_of_table(operation.table)]
        case ops.DropTable():
            found.append(("table", operation.name))
        case ops.RenameTable():
            found += [("table", operation.name), ("table", operation.new_name)]
        case ops.AlterTable():
            found += [name for change in operation.changes for name in names(change)]
        case ops.AddColumn():
            found += [("table", operation.table), *_of_table(Table("", (operation.column,)))[1:]]
        case ops.AlterColumn():
            found += [
                ("table", operation.table),
                ("column", operation.column),
                ("column", operation.new_name),
            ]
            found += _of_type(operation.type)
        case ops.DropColumn():
            found += [("table", operation.table), ("column", operation.column)]
        case ops.CreateIndex():
            found += [("table", operation.table), ("index", operation.index.name)]
        case ops.DropIndex():
            found += [("table", operation.table), ("index", operation.name)]
        case ops.AddConstraint():
            found += [("table", operation.table), ("constraint", operation.constraint.name)]
        case ops.DropConstraint():
            found += [("table", operation.table), ("constraint", operation.name)]
        case ops.CreateTableComment() | ops.DropTableComment():
            found.append(("table", operation.table))
    return list(dict.fromkeys(Name(kind, text) for kind, text in found if text is not None))


def _of_table(table: Table) -> list[tuple[str, Any]]:
    found: list[tuple[str, str | None]] = [("table", table.name)]
    for column in table.columns:
        found += [("column", column.name), *_of_type(column.type)]
        found += [("constraint", reference.name) for reference in column.references]
        found += [("constraint", check.name) for check in column.checks]
    for constraint in table.constraints:
        found.append(("constraint", constraint.name))
    return found + [("index", each.name) for each in table.indexes]


def _of_type(type_: SqlType | None) -> Iterator[tuple[str, Any]]:
    # The name of a Boolean is that of its CHECK.
    named: Any = None if type_ is None else type_.type_
    if isinstance(named, SchemaType) and not isinstance(named, sa.Boolean):
        yield "type", named.name


def cut_name(name: str, limit: int) -> str:
    """Return what PostgreSQL makes of a name: no more than so many bytes of it, all of them of whole characters."""
    return name if len(name) * 4 <= limit else name.encode(errors="replace")[:limit].decode(errors="ignore")


def cut_names(operation: ops.Operation, limit: int) -> Iterator[str]:
    """Yield a sentence for each name of an operation that PostgreSQL cuts to so many bytes."""
    for kind, text in names(operation):
        kept = cut_name(text, limit)
        if kept != text and not _is_cut_before(text, limit):
            size = len(text.encode(errors="replace"))
            yield f"PostgreSQL cuts the name of {kind} {text} ({size} bytes) to {limit} bytes: {kept}"


def _is_cut_before(name: str, limit: int) -> bool:
    """Whether SQLAlchemy cuts a name, with a hash that keeps it from being the same as another one's."""
    return isinstance(name, sa.schema.conv) and len(name) > limit


def colliding_names(operation: ops.Operation, limit: int) -> Refusals:
    """Yield an error for names in one table that would become the same, cut to so many bytes."""
    if not isinstance(operation, ops.CreateTable):
        return
    alike: defaultdict[Name, list[str]] = defaultdict(list)
    for kind, text in names(operation):
        if not _is_cut_before(text, limit):
            alike[Name(kind, cut_name(text, limit))].append(text)
    for (kind, kept), several in alike.items():
        if len(several) > 1:
            yield UnsupportedOperationError(
                f"PostgreSQL keeps {limit} bytes of a name, so that in table {operation.table_name} the names of "
                f"{kind} {' and '.join(several)} would both become {kept}.",
                "Make them shorter, so that they differ within that length.",
            )


def too_long_names(operation: ops.Operation, name: str, limit: int) -> Refusals:
    """Yield an error for each name of more characters than a database takes."""
    if getattr(operation, "if_exists", None):
        # It is not there, and that is all that is asked.
        return
    for kind, text in names(operation):
        # An enum has no name there, and a name of a convention is cut by SQLAlchemy.
        if len(text) > limit and kind != "type" and not _is_cut_before(text, limit):
            yield too_long(operation, name, text, limit)


def too_long(operation: ops.Operation, database: str, name: str, limit: int) -> UnsupportedOperationError:
    """Return the error for a name with too many characters."""
    naming = next((each for each in names(operation) if each.text == name), Name("a part", name))
    hint = "Make it shorter"
    if naming.kind in ("index", "constraint"):
        hint += (
            ", or write op.f('...') around it: it is then cut, here and wherever else op.f() says it whole"
        )
    return UnsupportedOperationError(
        f"{database} takes names of at most {limit} characters, and that of {naming.kind} {name} has {len(name)}.",
        f"{hint}.",
    )
