"""Alembic's `op`, run by the Python of its own environment: JSON lines in, JSON lines out.

A request is {"url": ..., "code": ..., "batched": ...}, and the answer {"error": ...}, with an empty text where there
was none. What is batched has every change of a table in a batch of its own.
"""

import json
import sys
import warnings
from typing import Any

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations


class Batched:
    """`op`, with a batch around each change that SQLite has no statement for."""

    def __init__(self, op: Operations) -> None:
        self._op = op

    def alter_column(self, table: str, column: str, **options: Any) -> None:
        with self._op.batch_alter_table(table) as batch_op:
            batch_op.alter_column(column, **options)

    def create_table_comment(self, table: str, comment: str) -> None:
        with self._op.batch_alter_table(table) as batch_op:
            batch_op.create_table_comment(comment)

    def drop_table_comment(self, table: str, **options: Any) -> None:
        with self._op.batch_alter_table(table) as batch_op:
            batch_op.drop_table_comment(**options)

    def __getattr__(self, name: str) -> Any:
        if "constraint" not in name and "key" not in name:
            return getattr(self._op, name)

        def change(constraint: str, table: str, *arguments: Any, **options: Any) -> None:
            with self._op.batch_alter_table(table) as batch_op:
                getattr(batch_op, name)(constraint, *arguments, **options)

        return change


def run(url: str, code: str, batched: bool) -> str:
    """Run a piece of code in one transaction; return what it raised."""
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    try:
        with engine.begin() as connection:
            op = Operations(MigrationContext.configure(connection))
            exec(code, {"op": Batched(op) if batched else op, "sa": sa})
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps({"error": run(request["url"], request["code"], request["batched"])}), flush=True)
