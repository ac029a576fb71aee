"""Tables made and dropped while everything listens: run by alembic and by us, it prints what was called and sent.

python events_program.py alembic|nbmigrate.compat
"""

import importlib
import io
import sys
from typing import Any

import sqlalchemy as sa

OURS = "nbmigrate.compat"
MigrationContext = importlib.import_module(
    OURS if sys.argv[1] == OURS else "alembic.migration"
).MigrationContext
Operations = importlib.import_module(OURS if sys.argv[1] == OURS else "alembic.operations").Operations
EVENTS = ("before_create", "after_create", "before_drop", "after_drop")


class Money(sa.types.SchemaType, sa.types.UserDefinedType[Any]):
    """A type of a project's own, that makes something with its table."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "money"

    def _on_table_create(self, target: Any, bind: Any, **_: Any) -> None:
        print(f"the type is called with {target.name}")

    def _on_table_drop(self, target: Any, bind: Any, **_: Any) -> None:
        print(f"the type is called without {target.name}")

    _on_metadata_create = _on_metadata_drop = _on_table_drop


def tell(level: str, event: str, target: Any, bind: Any, options: dict[str, Any]) -> None:
    columns = [column.name for column in getattr(target, "columns", ())]
    print(f"{event} on {level}: {target} {columns}, checkfirst={options['checkfirst']}, {bind.dialect.name}")
    if level == "class":
        bind.execute(sa.text(f"INSERT INTO seen (what) VALUES ('{event} {target}')"))


def listen(target: Any, level: str) -> None:
    for event in EVENTS:

        def called(item: Any, bind: Any, *, _event: str = event, **options: Any) -> None:
            tell(level, _event, item, bind, options)

        sa.event.listen(target, event, called)


def attached(table: sa.Table, _: sa.MetaData) -> None:
    listen(table, "table")
    sa.event.listen(table, "after_create", sa.DDL("INSERT INTO seen (what) VALUES ('100%% of %(table)s')"))  # type: ignore[no-untyped-call]


def migrate(op: Any) -> None:
    op.create_table("plain", sa.Column("id", sa.Integer, primary_key=True))
    made = op.create_table("rich", sa.Column("n", sa.Integer, index=True), sa.Column("price", Money()))
    print(f"returned {type(made).__name__} {sorted(made.columns.keys())}")
    op.drop_table("plain")
    op.drop_table("rich")


engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
sa.event.listen(engine, "before_cursor_execute", lambda *given: print("> " + " ".join(given[2].split())))
with engine.begin() as connection:
    connection.exec_driver_sql("CREATE TABLE seen (what TEXT)")
    listen(sa.Table, "class")
    listen(sa.MetaData, "metadata")
    sa.event.listen(sa.Table, "after_parent_attach", attached)
    migrate(Operations(MigrationContext.configure(connection)))
    print(connection.exec_driver_sql("SELECT what FROM seen").scalars().all())
script = io.StringIO()
context = MigrationContext.configure(
    dialect_name="sqlite", opts={"as_sql": True, "output_buffer": script, "literal_binds": True}
)
migrate(Operations(context))
print(" ".join(script.getvalue().split()))
