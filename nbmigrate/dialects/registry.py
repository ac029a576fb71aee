"""Which class writes the statements of which database."""

from importlib import import_module

from nbmigrate.dialects.base import DefaultDialect
from nbmigrate.errors import UsageError

#: The module and the class in it for each dialect, by the name that SQLAlchemy has for it; loaded for a database of it.
_HOMES = {
    "duckdb": ("duckdb.dialect", "DuckDBDialect"),
    "firebird": ("firebird.dialect", "FirebirdDialect"),
    "mariadb": ("mysql.dialect", "MySQLDialect"),
    "mssql": ("mssql", "MSSQLDialect"),
    "mysql": ("mysql.dialect", "MySQLDialect"),
    "oracle": ("oracle", "OracleDialect"),
    "postgresql": ("postgresql.dialect", "PostgreSQLDialect"),
    "sqlite": ("sqlite.dialect", "SQLiteDialect"),
    "bigquery": ("warehouses", "BigQueryDialect"),
    "clickhousedb": ("warehouses", "ClickHouseDialect"),
    "redshift": ("warehouses", "RedshiftDialect"),
    # Known to want RENAME COLUMN, and written as most databases understand it otherwise.
    **dict.fromkeys(
        ("databricks", "db2", "exasol", "presto", "snowflake", "trino"), ("warehouses", "RenamesColumns")
    ),
}
#: Those that were registered. The one state that all projects of a process share, as they share SQLAlchemy's own
#: dialects: what a database understands is the same for all of them. An entry is only ever put in whole, and is asked
#: for once per operation, so that no thread sees half of a change.
_REGISTERED: dict[str, type[DefaultDialect]] = {}


def register_dialect(name: str, dialect: type[DefaultDialect]) -> None:
    """Let a class write the statements for a database; called again, the newer class does.

    Parameters
    ----------
    name
        What SQLAlchemy calls the dialect: `engine.dialect.name`. Of a name with a point, as `firebird.firebird`, what
        stands after the point is a driver's and does not count.
    dialect
        A subclass of `DefaultDialect` that overrides what the database does otherwise.

    Raises
    ------
    UsageError
        It is no such class, or the name is none of a dialect.

    Examples
    --------
    In `env.py`, or in a module that it imports. `ddl_commits` says that DDL is committed statement by statement: a
    revision that fails is not undone whole, and is resumed::

        from dataclasses import replace

        from nbmigrate.dialects import Alteration, DefaultDialect, register_dialect
        from nbmigrate.errors import UnsupportedOperationError


        def alter(op, change):
            '''Return ALTER TABLE; `change` is given what quotes a name.'''
            return Alteration(lambda ddl: f"ALTER TABLE {ddl.preparer.quote(op.table)} {change(ddl.preparer.quote)}")


        class InterBaseDialect(DefaultDialect):
            '''ADD and DROP without COLUMN, ALTER ... TO for the new name of a column, and none for that of a table.'''

            add_words = "ADD"
            ddl_commits = True  # what is made can be used after a COMMIT, not before

            def drop_column(self, operation):
                yield alter(operation, lambda quote: f"DROP {quote(operation.column)}")

            def alter_column(self, operation):
                yield from super().alter_column(replace(operation, new_name=None))
                if new := operation.new_name:
                    yield alter(operation, lambda quote: f"ALTER {quote(operation.column)} TO {quote(new)}")

            def rename_table(self, operation):
                raise UnsupportedOperationError("InterBase renames no table.", "Make a new one and copy the rows.")


        register_dialect("interbase", InterBaseDialect)
    """
    if not isinstance(dialect, type) or not issubclass(dialect, DefaultDialect):
        raise UsageError(
            f"register_dialect({name!r}, {dialect!r}): this is no subclass of nbmigrate.dialects.DefaultDialect.",
            "Derive the class from it, and give the class, not an object of it.",
        )
    if not isinstance(name, str) or not _database(name).isidentifier():
        raise UsageError(
            f"register_dialect({name!r}, ...): this is not the name of a dialect.",
            'It is what stands before "://" and before any "+": postgresql of postgresql+psycopg://...',
        )
    _REGISTERED[_database(name)] = dialect


def dialect_of(name: str) -> type[DefaultDialect]:
    """Return the class for a dialect; what most databases understand for one that nobody has registered."""
    database = _database(name)
    if database in _REGISTERED or database not in _HOMES:
        return _REGISTERED.get(database, DefaultDialect)
    module, class_ = _HOMES[database]
    found: type[DefaultDialect] = getattr(import_module(f"nbmigrate.dialects.{module}"), class_)
    return found


def _database(name: str) -> str:
    """Return the part of a dialect's name that means the database; some packages add a driver after a point."""
    return name.partition(".")[0]
