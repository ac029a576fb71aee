"""A project on one driver, from `init` to `downgrade base`: run by the Python that has the driver, prints JSON.

    python walk.py FOLDER URL [OPTION]

Each item of the list is a command line, its exit code and what it printed, without numbers of
statements and times. OPTION is what env.py gives to `create_engine()` beside the url, as Python; or "async".
"""

import contextlib
import io
import json
import os
import re
import sys
import time
from pathlib import Path

from nbmigrate.cli import main

HEAD = '''"""{id}"""
import sqlalchemy as sa
from nbmigrate import op
revision, down_revision = "{id}", {down!r}
'''
#: Each revision: what its upgrade and its downgrade do.
REVISIONS = {
    "a1": (
        """
op.create_table(
    "author",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(20), server_default="nobody"),
)
op.create_table(
    "book",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("author_id", sa.Integer, sa.ForeignKey("author.id", name="fk_author")),
    sa.Column("price", sa.Numeric(8, 2)),
)
authors = sa.table("author", sa.column("id", sa.Integer), sa.column("name", sa.String))
op.bulk_insert(authors, [{"id": 1, "name": "Zoë"}, {"id": 2, "name": None}])
books = sa.table("book", sa.column("id"), sa.column("author_id"), sa.column("price"))
op.bulk_insert(books, [{"id": 7, "author_id": 1, "price": 1.5}])
op.execute(sa.update(authors).where(authors.c.id == 2).values(name="x: 100%"))
""",
        """
op.drop_table("book")
op.drop_table("author")
""",
    ),
    "a2": (
        """
op.add_column("author", sa.Column("born", sa.Date()))
op.create_index("ix_name", "author", ["name"], unique=True)
with op.get_context().autocommit_block():
    op.execute("UPDATE author SET born = '1900-01-01' WHERE id = 1")
""",
        """
op.drop_index("ix_name", "author")
op.drop_column("author", "born")
""",
    ),
    "a3": (
        """
op.alter_column("author", "name", nullable=False, type_=sa.String(40),
                existing_type=sa.String(20), existing_server_default="nobody")
with op.batch_alter_table("book") as batch:
    batch.drop_constraint("fk_author", type_="foreignkey")
    batch.create_foreign_key("fk_author", "author", ["author_id"], ["id"], ondelete="CASCADE")
    batch.create_check_constraint("ck_price", "price > 0")
""",
        """
with op.batch_alter_table("book") as batch:
    batch.drop_constraint("ck_price", type_="check")
    batch.drop_constraint("fk_author", type_="foreignkey")
    batch.create_foreign_key("fk_author", "author", ["author_id"], ["id"])
op.alter_column("author", "name", nullable=True, type_=sa.String(20),
                existing_type=sa.String(40), existing_server_default="nobody")
""",
    ),
    #: What fails, after a table is made.
    "a4": (
        """
op.create_table("made", sa.Column("id", sa.Integer, primary_key=True))
op.execute("INSERT INTO author (id, name) VALUES (3, 'Zoë')")
""",
        "pass",
    ),
    #: What commits, and fails then.
    "a5": (
        """
op.execute("CREATE TABLE kept (id INTEGER)")
op.execute("INSERT INTO kept VALUES (1)")
op.execute("/* x */ COMMIT")
op.execute("CREATE TABLE lost (id INTEGER)")
raise ValueError("planned")
""",
        "pass",
    ),
}
ASYNC = """
import asyncio
from sqlalchemy import pool
from sqlalchemy.ext.asyncio import async_engine_from_config
from nbmigrate import context

def run(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()

async def connect():
    section = context.config.get_section(context.config.config_ini_section)
    engine = async_engine_from_config(section, prefix="sqlalchemy.", poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)

asyncio.run(connect())
"""
#: What is read of a database.
LOOKS = ("current", "tables", "table author", "table book", "schema author", "schema book", "doctor")


def write(id_: str) -> None:
    """Write a revision's file."""
    ids = list(REVISIONS)
    number = ids.index(id_)
    upgrade, downgrade = (text.strip().replace("\n", "\n    ") for text in REVISIONS[id_])
    head = HEAD.format(id=id_, down=ids[min(number, 3) - 1] if number else None)
    body = f"def upgrade():\n    {upgrade}\n\ndef downgrade():\n    {downgrade}\n"
    Path(f"p/versions/{id_}_{id_}.py").write_text(f"{head}\n{body}", encoding="utf-8")


def ours(words: str, told: list[tuple[str, int, str]]) -> None:
    """Run a command of nbmigrate."""
    for _ in range(50):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            try:
                code = main(words.split())
            except Exception as error:
                code, _ = 2, printed.write(f"{type(error).__module__}.{type(error).__name__}: {error}")
        if "the only connection that the server takes" not in printed.getvalue():
            break
        # Such a server takes a moment to see that the command before has closed its connection.
        time.sleep(0.2)
    told.append((words, code, re.sub(r" \(\d+ statements, [\d.]+ m?s\)", "", printed.getvalue())))


def walk(url: str, option: str = "") -> list[tuple[str, int, str]]:
    """Go up and down, with revisions that fail in between."""
    told: list[tuple[str, int, str]] = []
    ours(f"init p --url {url}", told)
    env = Path("p/env.py")
    plain = env.read_text().replace("pool.NullPool,", f"pool.NullPool,\n        {option}")
    env.write_text(ASYNC if option == "async" else plain)
    ours("revision -m a1 --rev-id a1", told)
    for id_ in ("a1", "a2", "a3"):
        write(id_)
        ours("upgrade head", told)
    for words in (*LOOKS, "preview downgrade base"):
        ours(words, told)
    for id_ in ("a4", "a5"):
        write(id_)
        for words in ("upgrade head", "tables", "abandon"):
            ours(words, told)
        Path(f"p/versions/{id_}_{id_}.py").unlink()
    for words in ("downgrade -1", *LOOKS[-3:-1], "downgrade base", "tables", "upgrade head", "stamp a2"):
        ours(words, told)
    return told


if __name__ == "__main__":
    folder, *given = sys.argv[1:]
    os.chdir(folder)
    result = walk(*given)
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    print(json.dumps(result))
