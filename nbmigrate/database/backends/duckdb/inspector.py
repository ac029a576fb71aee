"""An inspector of DuckDB databases, for SQLAlchemy and for us."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.engine.reflection import Inspector
from sqlalchemy.ext.compiler import compiles

from nbmigrate.database.backends.duckdb.catalog import Catalog, column_names

#: SQLAlchemy's types by DuckDB's names for them; those that are not here stay as they are written.
TYPES: dict[str, Callable[[], sa.types.TypeEngine[Any]]] = {
    "BIGINT": sa.BigInteger,
    "BLOB": sa.LargeBinary,
    "BOOLEAN": sa.Boolean,
    "DATE": sa.Date,
    "DOUBLE": sa.Double,
    "FLOAT": sa.REAL,
    "INTEGER": sa.Integer,
    "INTERVAL": sa.Interval,
    "JSON": sa.JSON,
    "SMALLINT": sa.SmallInteger,
    "TIME": sa.Time,
    "TIMESTAMP": sa.DateTime,
    "TIMESTAMP WITH TIME ZONE": lambda: sa.DateTime(timezone=True),
    "VARCHAR": sa.String,
}


class OwnType(sa.types.UserDefinedType[Any]):
    """A type that SQLAlchemy has no word for, as DuckDB writes it."""

    cache_ok = True

    def __init__(self, text: str) -> None:
        self.text = text

    def get_col_spec(self, **_: Any) -> str:
        """Return the type as SQL."""
        return self.text


class OwnInteger(sa.Integer):
    """An integer of a size that SQLAlchemy has no word for."""

    def __init__(self, text: str) -> None:
        self.text = text


@compiles(OwnInteger)
def _own_integer(element: OwnInteger, compiler: Any, **_: Any) -> str:
    return element.text


def type_of(text: str) -> sa.types.TypeEngine[Any]:
    """Return the type that DuckDB says a column has."""
    if text in TYPES:
        return TYPES[text]()
    if number := re.fullmatch(r"DECIMAL\((\d+),\s*(\d+)\)", text):
        return sa.Numeric(int(number[1]), int(number[2]))
    if re.fullmatch(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?", text):
        return OwnInteger(text)
    return OwnType(text)


class _Reflecting(DefaultDialect):
    """A dialect that only reflects, from DuckDB's own catalog; it writes names and types as another one does."""

    def __init__(self, other: sa.Dialect) -> None:
        super().__init__()
        self.name = other.name
        self.identifier_preparer = other.identifier_preparer
        self.default_schema_name = other.default_schema_name

    def get_schema_names(self, connection: sa.Connection, **_: Any) -> list[str]:
        query = "SELECT schema_name FROM duckdb_schemas() WHERE database_name = current_database()"
        return sorted(
            {row[0] for row in connection.exec_driver_sql(query)} - {"information_schema", "pg_catalog"}
        )

    def get_table_names(self, connection: sa.Connection, schema: str | None = None, **_: Any) -> list[str]:
        return Catalog(connection, schema).tables()

    def get_view_names(self, connection: sa.Connection, schema: str | None = None, **_: Any) -> list[str]:
        return Catalog(connection, schema).views()

    def has_table(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **_: Any
    ) -> bool:
        catalog = Catalog(connection, schema)
        return table_name.lower() in {name.lower() for name in (*catalog.tables(), *catalog.views())}

    def get_columns(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **keywords: Any
    ) -> Any:
        found = self._catalog(connection, schema, keywords).columns(table_name)
        if not found:
            raise sa.exc.NoSuchTableError(table_name)
        return [
            {
                "name": name,
                "type": type_of(type_),
                "nullable": nullable,
                "default": default,
                "comment": comment,
            }
            for name, type_, nullable, default, comment, _ in found
        ]

    def get_pk_constraint(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **keywords: Any
    ) -> Any:
        for row in self._constraints(connection, table_name, schema, "PRIMARY KEY", keywords):
            return {"name": row[1], "constrained_columns": list(row[2])}
        return {"name": None, "constrained_columns": []}

    def get_unique_constraints(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **keywords: Any
    ) -> Any:
        found = self._constraints(connection, table_name, schema, "UNIQUE", keywords)
        return [{"name": row[1], "column_names": list(row[2])} for row in found]

    def get_check_constraints(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **keywords: Any
    ) -> Any:
        found = self._constraints(connection, table_name, schema, "CHECK", keywords)
        return [{"name": row[1], "sqltext": row[3]} for row in found]

    def get_foreign_keys(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **keywords: Any
    ) -> Any:
        return [
            {
                "name": row[1],
                "constrained_columns": list(row[2]),
                # Tables of other schemas cannot be referred to.
                "referred_schema": schema,
                "referred_table": row[4],
                "referred_columns": list(row[5]),
                "options": {},
            }
            for row in self._constraints(connection, table_name, schema, "FOREIGN KEY", keywords)
        ]

    def get_indexes(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **keywords: Any
    ) -> Any:
        found = []
        for index in self._catalog(connection, schema, keywords).indexes(table_name):
            names = column_names(index)
            item: dict[str, Any] = {"name": index.name, "column_names": names, "unique": index.unique}
            if None in names:
                parts = zip(names, index.parts, strict=True)
                item["expressions"] = [part if name is None else name for name, part in parts]
            found.append(item)
        return found

    def get_table_comment(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **_: Any
    ) -> Any:
        found = Catalog(connection, schema).select("comment", "duckdb_tables", table_name=table_name)
        return {"text": found[0][0] if found else None}

    def _constraints(
        self,
        connection: sa.Connection,
        table: str,
        schema: str | None,
        kind: str,
        keywords: Mapping[str, Any],
    ) -> list[Any]:
        found = self._catalog(connection, schema, keywords).constraints(table)
        return [row for row in found if row[0] == kind]

    def _catalog(self, connection: sa.Connection, schema: str | None, keywords: Mapping[str, Any]) -> Catalog:
        # An inspector answers from what it once was told, until clear_cache().
        cache = keywords.get("info_cache")
        cache = {} if cache is None else cache
        found: Catalog = cache.setdefault(("nbmigrate", schema), Catalog(connection, schema))
        return found


class DuckDBInspector(Inspector):
    """What `sa.inspect()` returns for a connection to DuckDB once `inspecting.inspect` was asked for one."""

    @property
    def dialect(self) -> sa.Dialect:
        """What answers."""
        return self._reflecting

    @dialect.setter
    def dialect(self, value: sa.Dialect) -> None:
        self._reflecting: sa.Dialect = _Reflecting(value)
