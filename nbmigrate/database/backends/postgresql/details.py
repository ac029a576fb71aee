"""Constraints of PostgreSQL that SQLAlchemy does not find, or not whole: EXCLUDE, WITHOUT OVERLAPS, NOT ENFORCED."""

from collections import defaultdict
from collections.abc import Collection, Mapping

import sqlalchemy as sa

from nbmigrate.database.backends.details import OtherConstraint, TableDetails

#: By the letter in the catalog: the kind, and the words that the server's text of one begins with.
_KINDS = {
    "c": ("check", "CHECK "),
    "p": ("primary key", "PRIMARY KEY "),
    "u": ("unique", "UNIQUE "),
    "x": ("exclude", "EXCLUDE "),
}
#: Columns of the catalog that came with PostgreSQL 18 are asked for as JSON, which an older one has no key for.
_CONSTRAINTS = """
SELECT c.relname, x.contype::text, x.conname, pg_get_constraintdef(x.oid, true),
       ARRAY(SELECT a.attname::text FROM unnest(x.conkey) WITH ORDINALITY AS k (number, place)
             JOIN pg_attribute a ON a.attrelid = x.conrelid AND a.attnum = k.number ORDER BY k.place)
FROM pg_constraint x JOIN pg_class c ON c.oid = x.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE (x.contype = 'x' OR x.contype IN ('p', 'u') AND to_jsonb(x) ->> 'conperiod' = 'true'
       OR x.contype = 'c' AND to_jsonb(x) ->> 'conenforced' = 'false')
  AND c.relname IN :tables
  AND (n.nspname = :schema OR :schema IS NULL AND pg_table_is_visible(c.oid))
ORDER BY x.conname
"""


def table_details(
    connection: sa.Connection, schema: str | None, tables: Collection[str]
) -> Mapping[str, TableDetails]:
    """Return those constraints, as the server writes them."""
    found: dict[str, TableDetails] = defaultdict(TableDetails)
    query = sa.text(_CONSTRAINTS).bindparams(
        sa.bindparam("tables", expanding=True), sa.bindparam("schema", type_=sa.String)
    )
    for table, letter, name, text, columns in connection.execute(
        query, {"tables": [*tables], "schema": schema}
    ):
        kind, words = _KINDS[letter]
        found[table].constraints.append(OtherConstraint(kind, name, tuple(columns), text.removeprefix(words)))
    return found
