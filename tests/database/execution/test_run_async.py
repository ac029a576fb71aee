"""op.run_async(): an async function with the connection of the migration."""

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from nbmigrate import op
from nbmigrate.errors import MigrationFailedError
from tests.database.conftest import History


async def fill(connection: AsyncConnection, table: str, *, rows: int) -> int:
    for number in range(rows):
        await connection.execute(sa.text(f"INSERT INTO {table} VALUES (:n)"), {"n": number})
    return int((await connection.execute(sa.text(f"SELECT count(*) FROM {table}"))).scalar_one())


def test_it_runs_in_the_transaction_of_the_migration(postgresql_url: str) -> None:
    counts: list[int] = []

    def upgrade() -> None:
        op.create_table("t", sa.Column("a", sa.Integer))
        counts.append(op.run_async(fill, "t", rows=3))
        if len(counts) == 1:
            raise ValueError("the first time")

    history = History()
    history.add("r", upgrade)

    async def migrate() -> Any:
        engine = create_async_engine(postgresql_url, poolclass=sa.NullPool)
        async with engine.connect() as connection:
            return await connection.run_sync(lambda each: history.upgrade(each))

    with pytest.raises(MigrationFailedError, match="the first time"):
        asyncio.run(migrate())
    report = asyncio.run(migrate())
    # The table and the rows of the first time are gone with its transaction.
    assert counts == [3, 3]
    assert sum("INSERT INTO t" in statement.text for statement in report.steps[0].statements) == 3


def test_a_connection_that_is_not_async_says_so(sqlite: sa.Connection) -> None:
    history = History()

    def upgrade() -> None:
        op.run_async(fill, "t", rows=1)

    history.add("r", upgrade)
    with pytest.raises(MigrationFailedError) as caught:
        history.upgrade(sqlite)
    assert (
        "op.run_async() needs the connection of an async engine, and this one is not." in caught.value.message
    )
    assert "async_engine_from_config" in caught.value.hint
