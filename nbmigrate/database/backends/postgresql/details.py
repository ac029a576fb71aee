"""EXCLUDE constraints of PostgreSQL: SQLAlchemy finds only the index of one."""

from collections import defaultdict
from collections.abc import Collection, Mapping

import sqlalchemy as sa

from nbmigrate.database.backends.details import Details, OtherConstraint, TableDetails

_EXCLUDE = """
SELECT c.relname, x.conname, pg_get_constraintdef(x.oid),
       ARRAY(SELECT a.attname::text FROM unnest(x.conkey) WITH ORDINALITY AS k (number, place)
             JOIN pg_attribute a ON a.attrelid = x.conrelid AND a.attnum = k.number ORDER BY k.place)
FROM pg_constraint x JOIN pg_class c ON c.oid = x.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE x.contype = 'x' AND c.relname IN :tables
  AND (n.nspname = :schema OR :schema IS NULL AND pg_table_is_visible(c.oid))
ORDER BY x.conname
"""


class PostgreSQLDetails(Details):
    """What PostgreSQL's catalog has besides."""

    def of_tables(
        self, connection: sa.Connection, schema: str | None, tables: Collection[str]
    ) -> Mapping[str, TableDetails]:
        """Return the EXCLUDE constraints of tables."""
        found: dict[str, TableDetails] = defaultdict(TableDetails)
        query = sa.text(_EXCLUDE).bindparams(
            sa.bindparam("tables", expanding=True), sa.bindparam("schema", type_=sa.String)
        )
        for table, name, text, columns in connection.execute(query, {"tables": [*tables], "schema": schema}):
            what = text.removeprefix("EXCLUDE ")
            found[table].constraints.append(OtherConstraint("exclude", name, tuple(columns), what))
        return found
