"""The rows in the panel, sorted, searched, turned over and followed by the database itself, on each database."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import Project, commands
from nbmigrate.notebook.explorer.explorer import Explorer

EMAIL = "op.add_column('customer', sa.Column('email', sa.Text))"
PHONE = "op.add_column('customer', sa.Column('phone', sa.Text))"
CUSTOMER = """
def upgrade():
    customer = op.create_table(
        'customer', sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.String(80))
    )
    op.bulk_insert(customer, [{'id': n, 'name': f'customer {n}'} for n in range(1, 1201)])


def downgrade():
    op.drop_table('customer')
"""
ORDERS = """
CREATE TABLE place (country VARCHAR(2), town VARCHAR(20), note VARCHAR(20), PRIMARY KEY (country, town));
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, country VARCHAR(2), town VARCHAR(20),
  FOREIGN KEY (customer_id) REFERENCES customer (id),
  FOREIGN KEY (country, town) REFERENCES place (country, town));
INSERT INTO place VALUES ('IE', 'Cork', 'a'), ('US', 'Cork', 'b');
INSERT INTO orders VALUES (1, 777, 'US', 'Cork'), (2, NULL, NULL, NULL)
"""


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def url(request: pytest.FixtureRequest, new_database: Callable[[str], str]) -> str:
    """Each database in turn."""
    return "sqlite:///db_file.db" if request.param == "sqlite" else new_database(request.param)


@pytest.fixture
def explorer(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Explorer:
    """An explorer of a project of three revisions, with 1,200 rows; the database stands at the second."""
    monkeypatch.chdir(tmp_path)
    commands.init("practice", url=url)
    project = Project.open()
    for rev_id, body in (("a1", CUSTOMER), ("b2", EMAIL), ("c3", PHONE)):
        commands.revision(project, rev_id, body=body, rev_id=rev_id)
    commands.upgrade(project, "b2")
    return Explorer(Project.open())


def tables_of(explorer: Explorer) -> Any:
    """Open the tab of the tables and return what shows them, under a note."""
    index = list(explorer.panels.tabs.titles).index("Tables")
    explorer.panels.tabs.selected_index = index
    return explorer.panels.tabs.children[index].children[1]


def behind_its_back(url: str, statements: str) -> None:
    """Change the database without the panel."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for statement in statements.split(";"):
            connection.exec_driver_sql(statement)


def rows_of(tables: Any) -> list[list[str]]:
    """The rows that a page shows, as text."""
    body = tables.page.partition("<tbody>")[2].partition("</tbody>")[0]
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in body.split("</tr>")]
    return [[re.sub("<[^>]+>", "", cell) for cell in row] for row in cells if row]


def act(tables: Any, event: str, **content: Any) -> None:
    """Do what somebody does on the page."""
    tables._handle_custom_msg({"event": event, **content}, [])


def test_rows_are_sorted_searched_and_turned_over_by_the_database(explorer: Explorer) -> None:
    tables = tables_of(explorer)
    assert [row[0] for row in rows_of(tables)][:2] == ["1", "2"]
    act(tables, "turn", step=1)
    assert (rows_of(tables)[0][0], tables.view["place"]) == ("51", "51 to 100 of 1,200 rows")
    act(tables, "sort", column="name")
    # All rows are sorted, not those that were read: "customer 999" is not among the first 200.
    act(tables, "sort", column="name")
    assert rows_of(tables)[0][1] == "customer 999"
    assert 'aria-sort="descending"' in tables.page
    act(tables, "search", text="customer 119")
    assert (rows_of(tables)[0][1], tables.view["place"]) == ("customer 1199", "12 rows")
    act(tables, "search", text="id > 1198")
    assert [row[0] for row in rows_of(tables)] == ["1200", "1199"]
    frame = explorer.to_frame()
    assert sorted(frame["id"]) == [1199, 1200]
    act(tables, "search", text="nobody")
    assert (rows_of(tables), tables.view["place"]) == ([], "No rows")
    # Everything is found that could be taken for a pattern, or for SQL.
    act(tables, "search", text="%_' OR 1=1 --")
    assert tables.view["place"] == "No rows"


def test_a_view_stays_through_a_step_and_ends_with_its_column(explorer: Explorer) -> None:
    tables = tables_of(explorer)
    act(tables, "sort", column="email")
    act(tables, "search", text="customer 12")
    explorer.press("up")
    assert (tables.view["search"], tables.view["place"]) == ("customer 12", "33 rows")
    assert "column phone new" in re.sub("<[^>]*>", "", tables.page)
    explorer.press("down")
    explorer.press("down")
    explorer.press("yes")
    assert (tables.view["search"], explorer.model.heads) == ("", ("a1",))
    assert "email" not in tables.page.partition("<tbody>")[0].replace("<del>email</del>", "")


def test_a_foreign_key_leads_to_the_row_that_it_means(explorer: Explorer, url: str) -> None:
    behind_its_back(url, ORDERS)
    explorer.press("refresh")
    tables = tables_of(explorer)
    tables.chosen = "orders"
    assert tables.page.count('class="nbm-link"') == 3
    act(tables, "follow", row=0, column="customer_id")
    assert (tables.chosen, tables.view["match"]) == ("customer", "id = 777")
    assert [row[1] for row in rows_of(tables)] == ["customer 777"]
    act(tables, "back")
    assert (tables.chosen, tables.view["back"]) == ("orders", False)
    # All columns of a key count.
    act(tables, "follow", row=0, column="town")
    assert [row[2] for row in rows_of(tables)] == ["b"]
    act(tables, "all")
    assert (len(rows_of(tables)), tables.view["match"]) == (2, "")
    # What no page can send is passed over.
    for wrong in ({"row": 7, "column": "town"}, {"row": "0", "column": "x"}, {}):
        act(tables, "follow", **wrong)
    assert tables.chosen == "place"


def test_what_cannot_be_read_is_said_and_the_rows_stay(explorer: Explorer) -> None:
    tables = tables_of(explorer)
    before = tables.page
    act(tables, "sort", column="no column")
    assert "There is no column in customer: &#x27;no column&#x27;." in explorer._alert.value
    assert tables.page == before
    act(tables, "sort", column="name")
    assert explorer._alert.value == ""


def test_numbers_dates_and_odd_texts_are_compared_as_such(explorer: Explorer, url: str) -> None:
    behind_its_back(
        url, "CREATE TABLE bill (id INTEGER PRIMARY KEY, total NUMERIC(10, 2), paid DATE, note VARCHAR(30))"
    )
    bill = sa.table("bill", *map(sa.column, ("id", "total", "paid", "note")))
    rows = [
        (1, 9.5, "2021-06-20", "50% off"),
        (2, 10, "2021-10-01", r"C:\new_x"),
        (3, 100.25, None, "it's É"),
    ]
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for id_, total, paid, note in rows:
            date = sa.cast(paid, sa.String) if engine.name == "sqlite" else sa.cast(paid, sa.Date)
            connection.execute(bill.insert().values(id=id_, total=total, paid=date, note=note))
    explorer.press("refresh")
    tables = tables_of(explorer)
    tables.chosen = "bill"

    def found(text: str) -> list[str]:
        act(tables, "search", text=text)
        assert explorer._alert.value == ""
        return [row[0] for row in rows_of(tables)]

    # By their texts 100.25 would come before 9.5.
    assert [found("total > 9.50"), found("total <= 10"), found("total = 100.25")] == [
        ["2", "3"],
        ["1", "2"],
        ["3"],
    ]
    assert [found("paid > 2021-06-30"), found("paid = NULL"), found("paid != NULL")] == [
        ["2"],
        ["3"],
        ["1", "2"],
    ]
    assert [found("50%"), found(r"\new"), found("_x"), found("it's"), found("0% OFF")] == [
        *(["1"], ["2"], ["2"], ["3"], ["1"])
    ]
    act(tables, "search", text="")
    act(tables, "sort", column="total")
    act(tables, "sort", column="total")
    assert [row[0] for row in rows_of(tables)] == ["3", "2", "1"]
