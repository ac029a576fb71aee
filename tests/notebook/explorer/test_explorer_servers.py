"""The explorer on PostgreSQL and MariaDB: stepping, what has changed, what is asked, and what goes wrong."""

import json
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import Project, commands
from nbmigrate.notebook.explorer.explorer import Explorer
from nbmigrate.notebook.state.model import own_tables

SERVERS = ("postgresql", "mariadb")
#: As it is, and as it stands in a url.
PASSWORD, ENCODED = "s3cr3t@/pass%word", "s3cr3t%40%2Fpass%25word"

CUSTOMER = """
def upgrade():
    op.create_table('customer', sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.String(80)))
    op.bulk_insert(
        sa.table('customer', sa.column('id'), sa.column('name')),
        [{'id': number, 'name': f'customer {number}'} for number in range(1, 13)],
    )


def downgrade():
    op.drop_table('customer')
"""
EMAIL = """
def upgrade():
    op.add_column('customer', sa.Column('email', sa.String(80)))
    op.execute("UPDATE customer SET name = 'Ann', email = 'ann@example.org' WHERE id = 2")
    op.execute("DELETE FROM customer WHERE id = 3")
    op.execute("INSERT INTO customer (id, name) VALUES (13, 'customer 13'), (14, '<b>14</b>')")


def downgrade():
    op.drop_column('customer', 'email')
"""
ORDERS = """
def upgrade():
    op.create_table(
        'orders',
        sa.Column('id', sa.Integer, primary_key=True),
        sa.Column('customer_id', sa.Integer, sa.ForeignKey('customer.id'), nullable=False),
        sa.Column('total', sa.Numeric(10, 2)),
    )
    op.execute("INSERT INTO orders VALUES (1, 2, 9.50), (2, 2, 20)")


def downgrade():
    op.drop_table('orders')
"""


class Database:
    """A database on a server with a project for it; its user has a password, and `admin` may do everything."""

    def __init__(self, server: str, url: str, user: str) -> None:
        self.server = server
        self.user = user
        self.url = sa.make_url(url).set(username=user, password=PASSWORD)
        self._engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)

    def do(self, *statements: str) -> None:
        """Change something as the administrator, behind the project's back."""
        with self._engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement.replace("%", "%%"))

    def ask(self, query: str) -> list[Any]:
        """Return the first column of what a query finds."""
        with self._engine.connect() as connection:
            return [row[0] for row in connection.exec_driver_sql(query)]

    def heads(self) -> list[str]:
        """Where the database stands, asked without any of our code."""
        return self.ask("SELECT version_num FROM alembic_version ORDER BY 1")

    def lock(self, table: str) -> sa.Connection:
        """Return a connection that has a table to itself until it is closed."""
        connection = self._engine.execution_options(isolation_level="READ COMMITTED").connect()
        how = "LOCK TABLE {} IN ACCESS EXCLUSIVE MODE" if self.is_postgresql else "LOCK TABLES {} WRITE"
        connection.exec_driver_sql(how.format(table))
        return connection

    @property
    def is_postgresql(self) -> bool:
        return self.server == "postgresql"

    def end_connections(self) -> int:
        """End the connections of the project's user, as an administrator does; how many there were."""
        users = (
            f"SELECT pid FROM pg_stat_activity WHERE usename = '{self.user}'"
            if self.is_postgresql
            else f"SELECT id FROM information_schema.processlist WHERE user = '{self.user}'"
        )
        found = self.ask(users)
        for number in found:
            self.do(f"SELECT pg_terminate_backend({number})" if self.is_postgresql else f"KILL {number}")
        return len(found)


@pytest.fixture(params=SERVERS)
def database(
    request: pytest.FixtureRequest,
    new_database: Callable[[str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Database]:
    """A project of three revisions in the current folder; its database stands at b2."""
    url = new_database(request.param)
    name = sa.make_url(url).database
    found = Database(request.param, url, f"u_{name}")
    if found.is_postgresql:
        made = [f"CREATE ROLE {found.user} LOGIN PASSWORD '{PASSWORD}'"]
        made += [f"GRANT ALL ON SCHEMA public TO {found.user}"]
        gone = [f"DROP OWNED BY {found.user} CASCADE", f"DROP ROLE {found.user}"]
    else:
        made = [f"CREATE USER {found.user}@'%' IDENTIFIED BY '{PASSWORD}'"]
        made += [f"GRANT ALL ON {name}.* TO {found.user}@'%'"]
        gone = [f"DROP USER {found.user}@'%'"]
    found.do(*made)
    monkeypatch.chdir(tmp_path)
    try:
        commands.init("practice", url=found.url.render_as_string(hide_password=False))
        project = Project.open()
        for rev_id, message, body in (
            ("a1", "customers", CUSTOMER),
            ("b2", "an email", EMAIL),
            ("c3", "orders", ORDERS),
        ):
            commands.revision(project, message, body=body, rev_id=rev_id)
        commands.upgrade(project, "b2")
        yield found
    finally:
        found.end_connections()
        found.do(*gone)


@pytest.fixture
def explorer(database: Database) -> Explorer:
    """An explorer of that project."""
    return Explorer(Project.open())


def shown(explorer: Explorer, title: str, table: str | None = None) -> str:
    """Open a tab and return all the html that is in it; in Tables, of a table."""
    titles = list(explorer.panels.tabs.titles)
    explorer.panels.tabs.selected_index = titles.index(title)
    if table is not None:
        explorer.panels.tables.widget.chosen = table
    return html_of(explorer.panels.tabs.children[titles.index(title)])


def html_of(widget: Any) -> str:
    found = (getattr(widget, name, None) for name in ("value", "page", "svg", "listing", "label"))
    parts = [text for text in found if isinstance(text, str)]
    return "\n".join([*parts, *(html_of(child) for child in getattr(widget, "children", ()))])


def everything(explorer: Explorer) -> Iterator[str]:
    """Yield all that somebody could read of an explorer: its traits, its pages, its error, what is kept of it."""
    for title in explorer.panels.tabs.titles:
        shown(explorer, title)
    widgets: list[Any] = [explorer.widget]
    for widget in widgets:
        yield json.dumps(widget.get_state(), default=str)
        widgets += getattr(widget, "children", ())
    yield json.dumps(explorer._repr_mimebundle_(), default=str)
    explorer.save_html("page.html")
    yield Path("page.html").read_text(encoding="utf-8")
    yield f"{explorer!r} {explorer.model!r} {explorer.model.url}"
    yield str(explorer.last_error)


def where_the_password_is(explorer: Explorer) -> list[str]:
    """Return what of an explorer has the password in it."""
    return [
        text[max(place - 200, 0) : place + 50]
        for text in everything(explorer)
        if (place := text.find(PASSWORD.partition("@")[0])) >= 0
    ]


def enabled(explorer: Explorer) -> list[str]:
    return [item["name"] for item in explorer.row.buttons if item["enabled"]]


def options(explorer: Explorer) -> list[str]:
    shown(explorer, "Tables")
    return [f"{table['name']}: {table['note']}" for table in explorer.panels.tables.widget.tables]


def edit(explorer: Explorer, statements: Sequence[str]) -> None:
    """Let c3 run these statements, and the explorer see it."""
    lines = "".join(f"    op.execute({statement!r})\n" for statement in statements)
    body = f"def upgrade():\n{lines}\n\ndef downgrade():\n    pass\n"
    commands.edit(explorer.model.project, "c3", body)
    explorer.press("refresh")


def test_steps(explorer: Explorer, database: Database) -> None:
    assert explorer.row.status == "at b2 an email, 2 of 3"
    assert enabled(explorer) == ["base", "down", "up", "head", "refresh"]
    explorer.press("up")
    assert (database.heads(), explorer.row.status) == (["c3"], "at c3 orders, 3 of 3")
    assert explorer.row.notice == "Applied c3: orders: new, 2 rows."
    assert explorer.graph.states == {"c3": "current", "b2": "applied", "a1": "applied"}
    assert enabled(explorer) == ["base", "down", "refresh"]
    explorer.select("a1")
    explorer.press("selected")
    explorer.press("yes")
    assert (database.heads(), explorer.row.status) == (["a1"], "at a1 customers, 1 of 3")
    assert (
        explorer.row.notice == "Undone c3, b2: customer: column email gone; orders: gone, it had 2 rows."
    ), explorer.row.notice


def test_what_a_step_has_changed(explorer: Explorer) -> None:
    assert options(explorer) == ["customer: 13"]
    explorer.press("down")
    explorer.press("yes")
    # What the downgrade does not undo is still there.
    assert options(explorer) == ["customer: 13, changed"]
    explorer.press("base")
    explorer.press("yes")
    assert options(explorer) == ["customer: gone"]
    explorer.press("up")
    assert options(explorer) == ["customer: 12, new"]
    # It deletes rows, and how many cannot be said.
    explorer.press("up")
    explorer.press("yes")
    assert explorer.row.notice == (
        "Applied b2: customer: column email new, 2 rows new, 1 row gone, 1 row changed."
    )
    page = shown(explorer, "Tables", "customer")
    assert "12 → 13 rows, 2 new, 1 gone, 1 changed" in page
    assert "<del>customer 2</del> <ins>Ann</ins>" in page
    assert "&lt;b&gt;14&lt;/b&gt;" in page
    assert "ann@example.org" in page
    explorer.press("up")
    assert options(explorer) == ["customer: 13", "orders: 2, new"]
    assert "9.50" in shown(explorer, "Tables", "orders")
    schema = shown(explorer, "Schema")
    assert "Tables: customer, orders" in schema
    assert "orders (new)" in schema
    assert schema.count('class="edge"') == 1


def test_it_asks_before_rows_are_lost(explorer: Explorer, database: Database) -> None:
    explorer.press("down")
    assert explorer.row.question["lines"] == ["1 value of column email of table customer will be lost."]
    explorer.press("no")
    explorer.press("base")
    assert explorer.row.question == {
        "title": "Undo 2 revisions: b2, a1? Data would be lost.",
        "lines": [
            "1 value of column email of table customer will be lost.",
            "13 rows of table customer will be lost.",
        ],
        "yes": "Undo anyway",
        "drops": True,
    }
    assert database.heads() == ["b2"]
    explorer.press("yes")
    assert (database.heads(), explorer.row.status) == ([], "at base: nothing is applied, 0 of 3")


def test_sql_is_that_of_the_server(explorer: Explorer, database: Database) -> None:
    explorer.select("c3")
    page = shown(explorer, "SQL")
    assert "SERIAL" in page if database.is_postgresql else "AUTO_INCREMENT" in page


def test_an_error_is_shown_with_its_statement(explorer: Explorer, database: Database) -> None:
    edit(explorer, ["CREATE TABLE one (id INTEGER)", "INSERT INTO nowhere VALUES (1)"])
    explorer.press("up")
    alert = explorer._alert.value
    assert "<strong>Upgrade of revision c3 (orders) failed: " in alert
    assert "INSERT INTO nowhere VALUES (1)" in alert
    assert "The database stands at b2" in alert
    assert (database.heads(), explorer.row.status) == (["b2"], "at b2 an email, 2 of 3")
    # MariaDB has kept the table that was made before, which must be said, and be seen.
    kept = [] if database.is_postgresql else ["one: 0, new"]
    assert options(explorer) == ["customer: 13", *kept]
    assert ("CREATE TABLE one" in alert.partition("Traceback")[0]) == bool(kept), alert
    explorer.press("refresh")
    assert explorer._alert.value == ""


def test_somebody_else_moves_the_database(explorer: Explorer, database: Database) -> None:
    database.do("UPDATE alembic_version SET version_num = 'a1'", "DELETE FROM customer WHERE id IN (1, 2)")
    explorer.press("up")
    assert "have changed since this was drawn" in explorer._alert.value
    assert (database.heads(), explorer.row.status) == (["a1"], "at a1 customers, 1 of 3")
    explorer.press("refresh")
    assert options(explorer)[0].startswith("customer: 11")


def test_a_table_that_somebody_has_locked(explorer: Explorer, database: Database) -> None:
    explorer.press("up")
    with database.lock("orders"):
        explorer.press("refresh")
        # The others are read, and why this one is not is said.
        assert explorer.row.status == "at c3 orders, 3 of 3"
        assert "customer: 13" in options(explorer)
        assert "ann@example.org" in shown(explorer, "Tables", "customer")
        page = shown(explorer, "Tables", "orders")
        why = (
            "Another connection has locked the table"
            if database.is_postgresql
            else "max_statement_time exceeded"
        )
        assert why in page
        assert "nbm-gone" not in page
        # What would be lost cannot be said, so nothing is done, and nobody waits.
        explorer.press("down")
        assert "nbm-alert" in explorer._alert.value
        assert (database.heads(), explorer.row.question) == (["c3"], {})
    explorer.press("refresh")
    assert options(explorer) == ["customer: 13", "orders: 2"]


def test_a_step_that_waits_for_a_lock_is_ended_by_the_administrator(
    explorer: Explorer, database: Database
) -> None:
    edit(explorer, ["ALTER TABLE customer ADD COLUMN phone VARCHAR(80)"])

    def end_it() -> None:
        # The look at the tables before the step is let through, or given up, by itself.
        end = time.monotonic() + 20
        while time.monotonic() < end:
            if any("ADD COLUMN phone" in (text or "") for text in database.ask(running)):
                database.end_connections()
                return
            time.sleep(0.05)

    running = (
        "SELECT query FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        if database.is_postgresql
        else "SELECT info FROM information_schema.processlist WHERE command = 'Query'"
    )
    with database.lock("customer"):
        ending = threading.Thread(target=end_it, daemon=True)
        ending.start()
        explorer.press("up")
        ending.join(10)
    alert = explorer._alert.value
    assert "Upgrade of revision c3 (orders) failed" in alert
    assert "ALTER TABLE customer ADD COLUMN phone" in alert
    assert (database.heads(), explorer.row.status) == (["b2"], "at b2 an email, 2 of 3")
    explorer.press("refresh")
    assert (explorer._alert.value, explorer.row.status) == ("", "at b2 an email, 2 of 3")
    explorer.press("up")
    assert (database.heads(), explorer.row.notice) == (["c3"], "Applied c3: customer: column phone new.")


def test_the_database_vanishes_and_is_back(explorer: Explorer, database: Database) -> None:
    name = database.url.database
    if database.is_postgresql:
        gone, back = f"ALTER ROLE {database.user} NOLOGIN", f"ALTER ROLE {database.user} LOGIN"
    else:
        gone, back = (
            f"{verb} ON {name}.* {to} {database.user}@'%'"
            for verb, to in (("REVOKE ALL", "FROM"), ("GRANT ALL", "TO"))
        )
    database.do(gone)
    explorer.press("up")
    assert explorer.row.status == "position not known"
    assert "The database cannot be reached" in explorer._alert.value, explorer._alert.value
    assert enabled(explorer) == ["refresh"]
    assert own_tables(explorer.model) == ()
    assert where_the_password_is(explorer) == []
    assert explorer.last_error is not None
    assert PASSWORD not in "".join(traceback.format_exception(explorer.last_error))
    database.do(back)
    explorer.press("refresh")
    assert (explorer.row.status, explorer._alert.value) == ("at b2 an email, 2 of 3", "")


def test_the_password_is_nowhere(explorer: Explorer, database: Database) -> None:
    assert ENCODED.replace("%", "%%") in Path("nbmigrate.ini").read_text(encoding="utf-8")
    assert explorer.row.aside.count("***") == 1
    assert where_the_password_is(explorer) == []
    # A server tells a statement back to whom has sent it, and Python the line of the file.
    edit(explorer, [f"SELECT nothing('{PASSWORD}')"])
    explorer.press("up")
    assert "failed" in explorer._alert.value
    explorer.select("b2")
    assert where_the_password_is(explorer) == []
