"""Projects in Alembic's layout, which both packages run; their data says if a statement ran once, twice or never."""

from collections.abc import Iterable
from pathlib import Path
from textwrap import dedent, indent
from typing import NamedTuple

ENV = '''\
"""Gives the revisions a connection, as Alembic's template does."""
from alembic import context
from sqlalchemy import create_engine, pool

engine = create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
'''
#: `tick`: done twice, not at all, or in another order, it gives another value.
HEAD = '''\
import os
import time

import sqlalchemy as sa
from alembic import op

revision = {id!r}
down_revision = {parents!r}


def tick(number):
    """Return what changes the total in a way that shows."""
    return f"UPDATE total SET value = (value * 31 + {{number}}) % 1000003"
'''


class Script(NamedTuple):
    """A revision file; `upgrade` and `downgrade` are what the functions do."""

    id: str
    parents: tuple[str, ...]
    upgrade: str
    downgrade: str = "pass"

    @property
    def source(self) -> str:
        """The file."""
        parents = self.parents[0] if len(self.parents) == 1 else self.parents or None
        bodies = (
            f"\n\ndef {name}():\n{indent(dedent(body).strip(), '    ')}\n"
            for name, body in (("upgrade", self.upgrade), ("downgrade", self.downgrade))
        )
        return HEAD.format(id=self.id, parents=parents) + "".join(bodies)


def write(folder: Path, url: str, scripts: Iterable[Script], **settings: str) -> None:
    """Write a project into a folder."""
    versions = folder / "scripts" / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    lines = ["[alembic]", "script_location = scripts", f"sqlalchemy.url = {url.replace('%', '%%')}"]
    lines += [f"{key} = {value}" for key, value in settings.items()]
    (folder / "alembic.ini").write_text("\n".join(lines) + "\n")
    (folder / "scripts" / "env.py").write_text(ENV)
    for script in scripts:
        (versions / f"{script.id}.py").write_text(script.source)


def story() -> list[Script]:
    """Return a history with something of everything: DDL, data, branches, a rebuild, a block that commits by itself."""
    return [
        Script(
            "0001",
            (),
            """
            account = op.create_table(
                "account",
                sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
                sa.Column("name", sa.String(40), nullable=False),
                sa.Column("balance", sa.Integer, nullable=False),
            )
            op.create_table("total", sa.Column("value", sa.BigInteger, nullable=False))
            op.execute("INSERT INTO total VALUES (1)")
            op.bulk_insert(account, [{"id": n, "name": f"{n} of many", "balance": 10 * n} for n in (1, 2, 3)])
            op.execute(tick(1))
            """,
            """
            op.execute(tick(101))
            op.drop_table("total")
            op.drop_table("account")
            """,
        ),
        # What is read decides what is written, a row at a time.
        Script(
            "0002",
            ("0001",),
            """
            op.add_column("account", sa.Column("initial", sa.String(1)))
            connection = op.get_bind()
            connection.execute(sa.text("UPDATE account SET balance = balance + 1"))
            for id_, name in connection.execute(sa.text("SELECT id, name FROM account ORDER BY id")).all():
                connection.execute(
                    sa.text("UPDATE account SET initial = :initial WHERE id = :id"), {"initial": name[0], "id": id_}
                )
            with op.batch_alter_table("account") as batch:
                batch.alter_column("initial", existing_type=sa.String(1), nullable=False)
                batch.create_check_constraint("balanced", sa.text("balance > 0"))
            op.execute(tick(2))
            """,
            """
            op.execute(tick(102))
            with op.batch_alter_table("account") as batch:
                batch.drop_constraint("balanced", type_="check")
                batch.drop_column("initial")
            op.execute("UPDATE account SET balance = balance - 1")
            """,
        ),
        Script(
            "003a",
            ("0002",),
            """
            op.create_table(
                "purchase",
                sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
                sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id", name="buyer"), nullable=False),
                sa.Column("state", sa.Enum("new", "paid", name="purchase_state"), nullable=False),
            )
            op.create_index("ix_purchase_state", "purchase", ["state"])
            purchase = sa.table("purchase", sa.column("id"), sa.column("account_id"), sa.column("state", sa.String))
            rows = [{"id": n, "account_id": n % 3 + 1} for n in range(5)]
            cast = sa.cast("new", sa.Enum("new", "paid", name="purchase_state"))
            new = cast if op.get_bind().dialect.name == "postgresql" else sa.literal("new")
            op.get_bind().execute(sa.insert(purchase).values(state=new), rows)
            op.execute(tick(3))
            """,
            """
            op.execute(tick(103))
            op.drop_table("purchase")
            sa.Enum(name="purchase_state").drop(op.get_bind(), checkfirst=True)
            """,
        ),
        Script(
            "003b",
            ("0002",),
            """
            op.execute("UPDATE account SET balance = balance * 2")
            op.create_index("ix_account_balance", "account", ["balance", "id"])
            op.execute(tick(4))
            """,
            """
            op.drop_index("ix_account_balance", "account")
            op.execute(tick(104))
            op.execute("UPDATE account SET balance = balance / 2")
            """,
        ),
        Script("0004", ("003a", "003b"), "op.execute(tick(5))", "op.execute(tick(105))"),
        Script(
            "0005",
            ("0004",),
            """
            op.execute(tick(6))
            with op.get_context().autocommit_block():
                op.execute(tick(7))
                op.create_index("ix_account_name", "account", ["name"], postgresql_concurrently=True)
                op.execute("INSERT INTO purchase VALUES (10, 1, 'paid')")
            op.execute(tick(8))
            """,
            """
            op.execute(tick(106))
            with op.get_context().autocommit_block():
                op.drop_index("ix_account_name", "account", postgresql_concurrently=True)
                op.execute(tick(107))
            op.execute("DELETE FROM purchase WHERE id = 10")
            """,
        ),
        Script(
            "0006",
            ("0005",),
            """
            op.execute("CREATE VIEW rich AS SELECT id, name FROM account WHERE balance > 40")
            op.rename_table("purchase", "sale")
            op.get_bind().exec_driver_sql("UPDATE total SET value = value + 1")
            with op.batch_alter_table("sale") as batch:
                batch.add_column(sa.Column("note", sa.Text))
            op.execute("INSERT INTO sale (id, account_id, state, note) VALUES (11, 2, 'new', 'last')")
            op.execute(tick(9))
            """,
            """
            op.execute(tick(108))
            op.execute("DELETE FROM sale WHERE id = 11")
            with op.batch_alter_table("sale") as batch:
                batch.drop_column("note")
            op.rename_table("sale", "purchase")
            op.execute("DROP VIEW rich")
            """,
        ),
    ]


#: The revisions of `ledger`.
REVISIONS = 20
_FIRST = """
op.create_table("ledger", sa.Column("step", sa.Integer), sa.Column("pid", sa.Integer))
op.create_table("total", sa.Column("value", sa.BigInteger))
op.execute("INSERT INTO total VALUES (1)")
"""
_INDEX = """
with op.get_context().autocommit_block():
    op.create_index("i{number}", "ledger", ["step"], postgresql_concurrently=True)
"""
_TABLE = """
op.create_table("t{number}", sa.Column("id", sa.Integer, primary_key=True))
"""
#: The pause lets those who do not wait for each other meet.
_STEP = """
op.execute(tick({number}))
time.sleep(0.005)
op.execute(f"INSERT INTO ledger VALUES ({number}, {os.getpid()})")
"""


def ledger(*, ddl: bool = True, concurrently: bool = False) -> list[Script]:
    """Return a history that writes down which process ran which revision.

    Parameters
    ----------
    ddl
        Whether each makes a table too.
    concurrently
        Whether every fourth makes an index in a block that commits by itself.
    """
    scripts: list[Script] = []
    for number in range(1, REVISIONS + 1):
        body = _FIRST if number == 1 else ""
        body += _INDEX if concurrently and number % 4 == 0 else ""
        body = (body + (_TABLE if ddl else "") + _STEP).replace("{number}", str(number))
        scripts.append(Script(f"{number:04d}", tuple(script.id for script in scripts[-1:]), body))
    return scripts


def total() -> int:
    """Return the total when every revision of `ledger` has run once, in order."""
    value = 1
    for number in range(1, REVISIONS + 1):
        value = (value * 31 + number) % 1000003
    return value
