"""Types and columns as DuckDB writes them, where SQLAlchemy writes those of PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import DDLCompiler

from nbmigrate.schema import Computed


class InlineEnum(sa.types.UserDefinedType[str]):
    """An ENUM that is written out, so that no type has to be made before the column."""

    cache_ok = True

    def __init__(self, labels: Sequence[str]) -> None:
        self.labels = tuple(labels)

    def get_col_spec(self, **_: Any) -> str:
        """Return the type as SQL."""
        shown = ", ".join("'" + label.replace("'", "''") + "'" for label in self.labels)
        return f"ENUM({shown})"


def written_type(type_: Any) -> Any:
    """Return the type that a column is written with."""
    if isinstance(type_, sa.Enum) and type_.native_enum:
        return InlineEnum(type_.enums)
    return type_


class VirtualColumn(sa.Computed):
    """GENERATED ALWAYS AS without STORED, which DuckDB does not have."""

    inherit_cache = True


@compiles(VirtualColumn)
def _virtual(element: VirtualColumn, compiler: DDLCompiler, **_: Any) -> str:
    text = compiler.sql_compiler.process(element.sqltext, include_table=False, literal_binds=True)
    return f"GENERATED ALWAYS AS ({text})"


@dataclass(frozen=True, slots=True)
class Virtual(Computed):
    """A column that DuckDB computes when it is read."""

    def build(self) -> sa.Computed:
        """Return a new `sa.Computed`."""
        return VirtualColumn(self.expression.clause)  # type: ignore[arg-type]
