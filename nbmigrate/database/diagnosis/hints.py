"""What a database has to do with the failure of a step, asked once the step is rolled back."""

import re
from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from nbmigrate import operations as ops
from nbmigrate.database.backends.inspector import Inspector, inspect, is_translated
from nbmigrate.database.backends.offending_rows import offending_rows
from nbmigrate.database.bookkeeping.version_table import journal_name
from nbmigrate.database.errors import words
from nbmigrate.dialects.ddl.compile_errors import unbound_hint
from nbmigrate.errors import nearest
from nbmigrate.operations import Operation
from nbmigrate.schema import ForeignKey, doubled_name_hint

_BLOCK = (
    "Put it into a block that is no part of the transaction: with op.get_context().autocommit_block(): ..."
)
#: What SQLAlchemy says of a statement that a revision sends itself.
_UNBOUND = re.compile(r"A value is required for bind parameter '(.*?)'")
#: What PostgreSQL says, and what does what it asks for.
_ADVICE = (
    (r"cannot run inside a transaction block", _BLOCK),
    (r"unsafe use of new value .* of enum type", f"{_BLOCK} The value may be used after the block."),
    (
        r"default for column .* cannot be cast automatically",
        "Set the default as well: server_default=None removes it; another one needs postgresql_using=.",
    ),
    (
        r"column .* cannot be cast automatically to type",
        'Add how its values are converted: postgresql_using="...::the_type".',
    ),
)


def _words(error: BaseException) -> str:
    return words(error) if isinstance(error, sa.exc.DBAPIError) else ""


def hint_for(connection: sa.Connection, done: Sequence[Operation], error: BaseException) -> str:
    """Return a hint: how to ask for it, the name that was meant, or the rows that are in the way; else nothing.

    Parameters
    ----------
    connection
        The database, after the failed step was rolled back; left outside a transaction.
    done
        The operations of the step, the failed one last.
    error
        What was raised.
    """
    unbound = _UNBOUND.search(str(error)) if isinstance(error, sa.exc.StatementError) else None
    if unbound is not None:
        return unbound_hint(unbound[1])
    if (advice := next((hint for text, hint in _ADVICE if re.search(text, _words(error))), "")) or not done:
        return advice
    try:
        return suggest_name(connection, done, error) or offending_rows(connection, done, error)
    except (sa.exc.SQLAlchemyError, NotImplementedError):
        # The connection is of no use any more, or there is no such table.
        return ""
    finally:
        if connection.in_transaction() and not connection.in_nested_transaction():
            connection.rollback()


#: SQLite, PostgreSQL, then MariaDB and MySQL, each in its own words.
_MISSING = re.compile(
    r"""no\ such\ (?P<lite>table|column|index):\ "?(?P<lite_name>[^"]+)
    |\b(?P<post>relation|table|column|constraint|index)\ "(?P<post_name>.+?)"\ .*?does\ not\ exist
    |(?P<my>Table|Unknown\ table|Unknown\ column|Key\ column)\ '(?P<my_name>[^']+)'
    |Can't\ DROP\ (?P<drop>COLUMN|INDEX|CONSTRAINT|FOREIGN\ KEY)\ `(?P<drop_name>[^`]+)`""",
    re.VERBOSE,
)

#: What writes rows, or is a text: operations whose tables SQLAlchemy may have sent under the names that they have.
_WRITTEN = (ops.BulkInsert, ops.ExecuteSQL)
_NOT_MAPPED = (
    "schema_translate_map changes the schema of a sa.Table, such as op.create_table() returns; not that of sa.table(), "
    "nor of a statement that is a text."
)


def suggest_name(connection: sa.Connection, done: Sequence[ops.Operation], error: BaseException) -> str:
    """Return a hint on the name that a database does not know; see `hint_for`, which calls this."""
    found = _MISSING.search(words(error)) if isinstance(error, sa.exc.DBAPIError) else None
    if found is None:
        return ""
    kind, name = (text for text in found.groups() if text is not None)
    return _hint(connection, done, kind.lower(), name.strip())


def _hint(connection: sa.Connection, done: Sequence[ops.Operation], kind: str, name: str) -> str:
    last = done[-1]
    schema = getattr(last, "schema", None)
    if kind in ("table", "unknown table", "relation"):
        made = [each.table.name for each in done if isinstance(each, ops.CreateTable)]
        existing = inspect(connection).get_table_names(schema=schema)
        choices = [*(each for each in existing if not _is_journal(each, existing)), *made]
        hint = _suggestion(name.rpartition(".")[2], choices, "The tables at that point")
        return (
            f"{hint}\n{_NOT_MAPPED}".lstrip()
            if isinstance(last, _WRITTEN) and is_translated(connection)
            else hint
        )
    table = getattr(last, "table", None)
    if not isinstance(table, str):
        return ""
    if "column" in kind:
        schema, table = _referent(last, name) or (schema, table)
        added = [each.column.name for each in done if isinstance(each, ops.AddColumn) and each.table == table]
        columns = [str(each["name"]) for each in inspect(connection).get_columns(table, schema=schema)]
        return _suggestion(name, [*columns, *added], f"Table {table} has")
    return _suggestion(name, sorted(_constraints(inspect(connection), table, schema)), f"Table {table} has")


def _is_journal(name: str, names: Sequence[str]) -> bool:
    return name in map(journal_name, names)


def _referent(last: ops.Operation, column: str) -> tuple[str | None, str] | None:
    """Return the schema and the table whose column a foreign key is to refer to."""
    for change in last.changes if isinstance(last, ops.AlterTable) else (last,):
        if isinstance(change, ops.AddConstraint) and isinstance(change.constraint, ForeignKey):
            keys = [] if column in change.constraint.columns else [change.constraint]
        elif isinstance(change, ops.AddColumn):
            keys = [ForeignKey((), (reference.target,)) for reference in change.column.references]
        else:
            continue
        for key in keys:
            if column in key.target_columns:
                return key.target_schema, key.target_name
    return None


def _constraints(inspector: Inspector, table: str, schema: str | None) -> Iterator[str]:
    """Yield the names of all constraints and indexes of a table."""
    several = (
        inspector.get_unique_constraints(table, schema=schema),
        inspector.get_foreign_keys(table, schema=schema),
        inspector.get_check_constraints(table, schema=schema),
        inspector.get_indexes(table, schema=schema),
        [inspector.get_pk_constraint(table, schema=schema)],
    )
    yield from {str(each["name"]) for found in several for each in found if each["name"]}


def _suggestion(name: str, choices: Sequence[str], heading: str) -> str:
    shown = list(dict.fromkeys(choices))
    if name in shown or not shown:
        # It is another one of this name that is missing.
        return ""
    if doubled := doubled_name_hint(name, shown):
        return doubled
    meant = nearest(name, shown)
    listed = ", ".join(shown[:20]) + (", ..." if len(shown) > 20 else "")
    return (f"Did you mean {meant}? " if meant else "") + f"{heading}: {listed}."
