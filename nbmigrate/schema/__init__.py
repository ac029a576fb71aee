"""Tables, columns, indexes and constraints as values that compare with `==`."""

from nbmigrate.schema.column import (
    Column,
    ColumnCheck,
    Computed,
    Identity,
    Reference,
    ServerDefault,
    from_column,
    server_default,
    to_column,
)
from nbmigrate.schema.constraint import (
    Check,
    Constraint,
    Exclude,
    ForeignKey,
    Index,
    PrimaryKey,
    Unique,
    from_constraint,
    from_index,
)
from nbmigrate.schema.expression import Expression
from nbmigrate.schema.naming import BARE, convention_of, doubled_name_hint, name_to_drop, named
from nbmigrate.schema.options import Options
from nbmigrate.schema.source import Source, call, literal, merge_imports
from nbmigrate.schema.sqltype import SqlType
from nbmigrate.schema.table import Table, from_table, scratch_table, table_of, to_table

__all__ = [
    "BARE",
    "Check",
    "Column",
    "ColumnCheck",
    "Computed",
    "Constraint",
    "Exclude",
    "Expression",
    "ForeignKey",
    "Identity",
    "Index",
    "Options",
    "PrimaryKey",
    "Reference",
    "ServerDefault",
    "Source",
    "SqlType",
    "Table",
    "Unique",
    "call",
    "convention_of",
    "doubled_name_hint",
    "from_column",
    "from_constraint",
    "from_index",
    "from_table",
    "literal",
    "merge_imports",
    "name_to_drop",
    "named",
    "scratch_table",
    "server_default",
    "table_of",
    "to_column",
    "to_table",
]
