"""A table of PostgreSQL with all that hangs on it, and the statements that rebuild it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.schema import AddConstraint, CreateColumn, CreateIndex, SetColumnComment, SetTableComment
from sqlalchemy.sql.compiler import DDLCompiler

from nbmigrate import operations as ops
from nbmigrate.dialects.ddl.columns import Elements, bare_table
from nbmigrate.dialects.ddl.elements import Alteration, Writer, doubled
from nbmigrate.dialects.ddl.literals import readable
from nbmigrate.errors import UnsupportedOperationError
from nbmigrate.schema import to_table

#: What the old table is called while its rows are copied, unless something has that name.
OLD = "_nbmigrate_old"


@dataclass(frozen=True, slots=True)
class StoredColumn:
    """A column: its definition as CREATE TABLE has it, with its name; whether its values are computed."""

    name: str
    definition: str
    is_computed: bool = False


@dataclass(frozen=True, slots=True)
class StoredPostgreSQLTable:
    """A table as the server itself writes what is on it: each text is a statement, or a part of CREATE TABLE.

    Parameters
    ----------
    name, old_name
        The new table and the old one, as statements name them.
    columns
        Its columns, in their order.
    first
        What is sent first; the old table has its other name afterwards.
    create, clauses, options
        How CREATE TABLE begins, what stands after its columns, and what stands at its end.
    before_rows, after_rows, at_end
        What is sent before the rows are copied, after that, and when the old table is gone.
    obstacles
        What is on the table, or depends on it, and would be lost.
    overriding
        Whether an identity column makes values while the rows are copied.
    """

    name: str
    old_name: str
    columns: tuple[StoredColumn, ...]
    first: tuple[str, ...]
    create: str = "CREATE TABLE"
    clauses: tuple[str, ...] = ()
    options: str = ""
    before_rows: tuple[str, ...] = ()
    after_rows: tuple[str, ...] = ()
    at_end: tuple[str, ...] = ()
    obstacles: tuple[str, ...] = ()
    overriding: bool = False


def is_remade(operation: ops.Operation) -> bool:
    """Whether a batch rebuilds its table."""
    return isinstance(operation, ops.AlterTable) and operation.recreate == "always"


def not_carried(table: str | None, obstacles: Sequence[str]) -> Iterator[UnsupportedOperationError]:
    """Yield an error where something would be lost with the old table."""
    if obstacles:
        yield UnsupportedOperationError(
            f"Table {table} cannot be rebuilt because of what is on it or depends on it: {'; '.join(obstacles)}.",
            "Drop that before the batch and create it again afterwards, or leave recreate='always' out with all that "
            "needs it: the table is altered then.",
        )


def remake(
    table: StoredPostgreSQLTable, order: Sequence[str], added: Mapping[str, Writer], dialect: sa.Dialect
) -> Elements:
    """Yield what rebuilds a table and copies its rows.

    Parameters
    ----------
    order
        All its columns, the new ones too, as they shall follow one another.
    added
        Writes the definition of each new column.
    """
    by_name = {column.name: column for column in table.columns}
    quote = dialect.identifier_preparer.quote
    copied = [quote(name) for name in order if name in by_name and not by_name[name].is_computed]
    names, overriding = ", ".join(copied), " OVERRIDING SYSTEM VALUE" if table.overriding else ""

    def create(ddl: DDLCompiler) -> str:
        parts = [
            doubled(by_name[name].definition, dialect) if name in by_name else added[name](ddl)
            for name in order
        ]
        parts += [doubled(clause, dialect) for clause in table.clauses]
        inside = ", ".join(parts)
        return f"{table.create} {doubled(table.name, dialect)} ({inside}){doubled(table.options, dialect)}"

    yield from _texts(table.first, dialect)
    yield Alteration(create)
    yield from _texts(table.before_rows, dialect)
    if copied:
        copy = f"INSERT INTO {table.name} ({names}){overriding} SELECT {names} FROM {table.old_name}"  # noqa: S608
    else:
        copy = f"INSERT INTO {table.name} SELECT FROM {table.old_name}"
    yield from _texts([copy, *table.after_rows, f"DROP TABLE {table.old_name}", *table.at_end], dialect)


def _texts(statements: Iterable[str], dialect: sa.Dialect) -> Elements:
    for text in statements:
        yield Alteration(lambda _, text=text: doubled(text, dialect))  # type: ignore[misc]


def described(operation: ops.AlterTable, dialect: sa.Dialect) -> StoredPostgreSQLTable:
    """Return the table of a batch as its `copy_from` describes it.

    Raises
    ------
    UnsupportedOperationError
        There is none.
    """
    if operation.copy_from is None:
        raise UnsupportedOperationError(
            f"recreate='always' rebuilds table {operation.table_name}, and --sql does not know what is on it.",
            "With a connection this works as it is. For --sql, pass what the table is: "
            f"`op.batch_alter_table({operation.table!r}, recreate='always', copy_from=sa.Table(...))`; "
            "or leave recreate='always' out.",
        )
    table = to_table(replace(operation.copy_from, name=operation.table, schema=operation.schema))
    preparer = dialect.identifier_preparer
    name = preparer.format_table(bare_table(operation.table, operation.schema))
    counted = [column.name for column in table.columns if _is_numbered(column, table)]
    sequences = [f"{operation.table}_{column}_seq" for column in counted]
    first = [f"ALTER TABLE {name} RENAME TO {OLD}"]
    for number, sequence in enumerate(sequences, 1):
        written = preparer.format_table(bare_table(sequence, operation.schema))
        first.append(f"ALTER SEQUENCE IF EXISTS {written} RENAME TO {OLD}_seq_{number}")
    compiler = dialect.ddl_compiler(dialect, None)  # type: ignore[arg-type]
    return StoredPostgreSQLTable(
        name,
        preparer.format_table(bare_table(OLD, operation.schema)),
        tuple(
            StoredColumn(
                column.name,
                readable(str(compiler.process(CreateColumn(column))), dialect),
                column.computed is not None,
            )
            for column in table.columns
        ),
        tuple(first),
        after_rows=tuple(_numbers(name, column, dialect) for column in counted),
        at_end=tuple(_parts(table, compiler, dialect)),
        overriding=any(column.identity is not None for column in table.columns),
    )


def _is_numbered(column: sa.Column[object], table: sa.Table) -> bool:
    return column.identity is not None or (
        column is table.autoincrement_column and column.server_default is None
    )


def _numbers(name: str, column: str, dialect: sa.Dialect) -> str:
    """Return what lets a new sequence go on after the rows that are there."""
    quoted = dialect.identifier_preparer.quote(column)
    literals = [text.replace("'", "''") for text in (name, column)]
    return (
        f"SELECT setval(pg_get_serial_sequence('{literals[0]}', '{literals[1]}'), coalesce(max({quoted}), 1), "  # noqa: S608
        f"max({quoted}) IS NOT NULL) FROM {name}"
    )


def _parts(table: sa.Table, compiler: DDLCompiler, dialect: sa.Dialect) -> Iterator[str]:
    """Yield the constraints, indexes and comments of a table as statements."""
    elements: list[sa.schema.ExecutableDDLElement] = []
    for constraint in table.constraints:
        applies = getattr(constraint, "_create_rule", None)
        if (applies is None or applies(compiler)) and (
            not isinstance(constraint, sa.PrimaryKeyConstraint) or constraint.columns
        ):
            elements.append(AddConstraint(constraint))
    ranks = {"primary_key_constraint": 0, "unique_constraint": 1, "foreign_key_constraint": 3}
    elements.sort(key=lambda each: ranks.get(getattr(each, "element").__visit_name__, 2))  # noqa: B009
    elements += [CreateIndex(index) for index in sorted(table.indexes, key=lambda each: str(each.name))]
    elements += [SetTableComment(table)] if table.comment else []
    elements += [SetColumnComment(column) for column in table.columns if column.comment]
    for element in elements:
        yield " ".join(readable(str(element.compile(dialect=dialect)), dialect).split("\n"))
