"""A table of DuckDB as its catalog has it, and the statements that rebuild it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import sqlalchemy as sa
from sqlalchemy.schema import SetColumnComment, SetTableComment

from nbmigrate.dialects.ddl.columns import Elements, bare_table
from nbmigrate.dialects.ddl.elements import Alteration, Writer, doubled
from nbmigrate.dialects.sqlite.existing import StoredObject
from nbmigrate.errors import UnsupportedOperationError

#: What holds the rows while the table is rebuilt: a temporary table, so that nothing of the project has its name.
COPY = "temp._nbmigrate_copy"


@dataclass(frozen=True, slots=True)
class StoredIndex:
    """An index that is no part of a key; `parts` are its columns and expressions, as SQL."""

    name: str
    parts: tuple[str, ...]
    unique: bool = False


@dataclass(frozen=True, slots=True)
class StoredConstraint:
    """A constraint: its kind and its name are DuckDB's own, `text` is as in the text of the table."""

    kind: str
    name: str
    columns: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return f"{self.name}, which is {self.text}"


@dataclass(frozen=True, slots=True)
class StoredDuckDBTable:
    """A table, and what a change of it has to know.

    Parameters
    ----------
    name, schema
        Which; None is the schema in use.
    sql
        The CREATE TABLE that DuckDB makes of its catalog.
    columns, types
        Its columns, in their order, and the type of each as the text has it.
    is_indexed
        Whether an index is in the way of a change: also one that this transaction has dropped, which DuckDB keeps
        until the commit.
    indexes
        Its indexes, without those of keys.
    constraints
        Its constraints, but for NOT NULL. DuckDB gives them names of its own, whatever they were called.
    referrers
        The tables whose foreign keys refer to it.
    views
        The views of its database, whatever they read.
    comment, comments
        The comment of the table, and those of columns by name.
    """

    name: str
    sql: str
    schema: str | None = None
    columns: tuple[str, ...] = ()
    types: Mapping[str, str] = field(default_factory=dict)
    is_indexed: bool = False
    indexes: tuple[StoredIndex, ...] = ()
    constraints: tuple[StoredConstraint, ...] = ()
    referrers: tuple[str, ...] = ()
    views: tuple[StoredObject, ...] = ()
    comment: str | None = None
    comments: Mapping[str, str] = field(default_factory=dict)

    def without(self, constraint: StoredConstraint) -> "StoredDuckDBTable | None":
        """Return the table without a constraint; None where that is written inside of a column."""
        head, tail, found = self.sql.rstrip().removesuffix(";").removesuffix(")"), "", False
        # Constraints of the table stand at its end.
        while last := next((each for each in self.constraints if head.endswith(f", {each.text}")), None):
            head = head.removesuffix(f", {last.text}")
            if last.text == constraint.text and not found:
                found = True
            else:
                tail = f", {last.text}{tail}"
        return replace(self, sql=f"{head}{tail});") if found else None

    def bound_column(self, name: str) -> str | None:
        """Return a column, as the table has its name, whose type a constraint keeps DuckDB from changing."""
        bound = {column for constraint in self.constraints for column in constraint.columns}
        return next(
            (column for column in self.types if column in bound and column.lower() == name.lower()), None
        )

    def retyped(self, types: Mapping[str, str]) -> "StoredDuckDBTable | None":
        """Return the table with other types of some columns; None where its text does not show them plainly."""
        sql = self.sql
        for column, type_ in types.items():
            quoted = '"{}"'.format(column.replace('"', '""'))
            names = f"{re.escape(column)}|{re.escape(quoted)}"
            parts = re.split(rf"([(,] ?(?:{names}) ){re.escape(self.types[column])}(?=[ ,)])", sql)
            if len(parts) != 3:
                return None
            sql = f"{parts[0]}{parts[1]}{type_}{parts[2]}"
        return replace(self, sql=sql)

    def sequences(self) -> tuple[str, ...]:
        """Return the sequences that number its rows and are named as those that come with a table."""
        used = re.findall(r"nextval\('((?:[^']|'')+)'\)", self.sql)
        own = {sequence_name(self.name, column) for column in self.columns}
        names = (_last_name(name.replace("''", "'")) for name in used)
        return tuple(dict.fromkeys(name for name in names if name in own))


def _last_name(text: str) -> str:
    """Return the last of names that dots join, which may be quoted."""
    last: str = re.findall(r'"(?:[^"]|"")+"|[^".]+', text)[-1]
    return last.strip('"').replace('""', '"')


def sequence_name(table: str, column: str) -> str:
    """Return the name of the sequence that numbers a column, as PostgreSQL names it."""
    return f"{table}_{column}_seq"


def remake(
    stored: StoredDuckDBTable, clauses: Sequence[Writer], values: Mapping[str, str], dialect: sa.Dialect
) -> Elements:
    """Yield what rebuilds a table, without its indexes and with more constraints.

    Parameters
    ----------
    values
        By column, the SQL for the values that are not copied as they are.

    Rows are copied twice, since a table that is renamed leaves its old name in the foreign keys that it has.

    Raises
    ------
    UnsupportedOperationError
        DuckDB does not let the table go, or its rows cannot be copied as they are.
    """
    if stored.referrers:
        raise UnsupportedOperationError(
            f"DuckDB cannot change table {stored.name} like this while foreign keys refer to it: those of "
            f"{', '.join(stored.referrers)}.",
            "Rebuild those tables without the foreign keys first, or make a new table beside this one.",
        )
    if re.search(r"\bGENERATED ALWAYS AS\b", stored.sql):
        raise UnsupportedOperationError(
            f"DuckDB must rebuild table {stored.name} for this, and it has computed columns.",
            "Drop them first, and its indexes in a revision before.",
        )
    table = bare_table(stored.name, stored.schema)

    def written(before: str, after: str = "") -> Alteration:
        return Alteration(lambda ddl: f"{before}{ddl.preparer.format_table(table)}{after}")

    def create(*, head: str) -> Alteration:
        return Alteration(lambda ddl: ", ".join([head, *(write(ddl) for write in clauses)]) + ")")

    yield written(f"CREATE TEMPORARY TABLE {COPY.partition('.')[2]} AS FROM ")
    yield written("DROP TABLE ")
    yield create(head=doubled(stored.sql.rstrip().rstrip(";").removesuffix(")"), dialect))
    quote = dialect.identifier_preparer.quote
    changed = ", ".join(f"{value} AS {quote(column)}" for column, value in values.items())
    rows = f"* REPLACE ({doubled(changed, dialect)})" if changed else "*"
    yield written("INSERT INTO ", f" SELECT {rows} FROM {COPY}")  # noqa: S608 - of columns, and what was asked for
    yield Alteration(lambda _: f"DROP TABLE {COPY}")
    yield from _comments(stored)


def _comments(stored: StoredDuckDBTable) -> Elements:
    columns: list[sa.Column[object]] = [
        sa.Column(name, comment=text) for name, text in stored.comments.items()
    ]
    table = sa.Table(stored.name, sa.MetaData(), *columns, schema=stored.schema, comment=stored.comment)
    if stored.comment is not None:
        yield SetTableComment(table)
    for column in columns:
        yield SetColumnComment(column)


def create_again(
    index: StoredIndex, table: str, schema: str | None, renamed: Mapping[str, str], dropped: Sequence[str]
) -> Iterator[Alteration]:
    """Yield CREATE INDEX for a table that was rebuilt; none for an index of a column that is gone.

    Raises
    ------
    UnsupportedOperationError
        An expression of the index uses a column that has another name now.
    """
    if any(_uses(part, column) for part in index.parts for column in dropped):
        return
    parts = []
    for part in index.parts:
        name = plain_name(part)
        if name is None and any(_uses(part, column) for column in renamed):
            raise UnsupportedOperationError(
                f"Index {index.name} of table {table} is over the expression {part}, whose column gets another name.",
                "Drop the index before, and make it again with the new name.",
            )
        parts.append((name, renamed.get(name, name) if name is not None else part))
    target = bare_table(table, schema)
    unique = "UNIQUE " if index.unique else ""

    def write(ddl: sa.sql.compiler.DDLCompiler) -> str:
        quote, preparer = ddl.preparer.quote, ddl.preparer
        over = ", ".join(doubled(text, ddl.dialect) if name is None else quote(text) for name, text in parts)
        return f"CREATE {unique}INDEX {quote(index.name)} ON {preparer.format_table(target)} ({over})"

    yield Alteration(write)


def plain_name(part: str) -> str | None:
    """Return the name of the column that a part of an index is; None for an expression."""
    if re.fullmatch(r"\w+", part):
        return part
    if re.fullmatch(r'"(?:[^"]|"")+"', part):
        return part[1:-1].replace('""', '"')
    return None


def _uses(part: str, column: str) -> bool:
    name = plain_name(part)
    if name is not None:
        return name.lower() == column.lower()
    return re.search(rf"(?<!\w){re.escape(column)}(?!\w)", part, re.IGNORECASE) is not None
