"""The tables of a database drawn with their keys: an entity-relationship diagram by Graphviz, or a list without it."""

import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from nbmigrate.commands import html
from nbmigrate.database.description import ConstraintDescription, TableSchema
from nbmigrate.database.snapshot import TableChange
from nbmigrate.graph.layout import text_width
from nbmigrate.graph.marks import one_line
from nbmigrate.notebook.layout import quiet_stderr

# The stylesheet gives each of these the theme's colour; where there is no stylesheet they stand as they are.
INK, SOFT, GROUND, LINE, HEAD = "#1f2328", "#59636e", "#fdfdfd", "#7d8590", "#dbe9fb"
NEW, GONE, CHANGED = "#d3f3da", "#f9d5d8", "#fbeab8"

#: What a drawing is read for; beyond that it is a carpet.
MOST_TABLES = 40
MOST_COLUMNS = 25
_LONGEST = 36
_TEXT = 12.0


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key: a column of a table and the column that it refers to."""

    table: str
    column: str
    to_table: str
    to_column: str


def entity_drawing(tables: Sequence[TableSchema], changes: Sequence[TableChange] = ()) -> str:
    """Return the tables as html: a drawing, or a list where there is no Graphviz; everything in it is escaped.

    Parameters
    ----------
    tables
        The tables.
    changes
        What the last step changed, which is marked.
    """
    by_name = {change.name: change for change in changes}
    gone = [change.name for change in by_name.values() if change.kind == "gone"]
    if not tables and not gone:
        return html.paragraph("The database has no tables.")
    shown = _chosen(tables, by_name)
    source = _source(shown, gone[:MOST_TABLES], by_name)
    svg = _svg(source)
    names = [table.name for table in shown] + gone[:MOST_TABLES]
    drawn = _framed(svg, names) if svg else _listed(shown, gone, by_name)
    capped = len(shown) < len(tables)
    note = f"{len(shown)} of {len(tables):,} tables are drawn: what has changed, and its neighbours, first."
    return drawn + (html.paragraph(note) if capped else "")


def references(tables: Sequence[TableSchema]) -> tuple[Reference, ...]:
    """Return the foreign keys among these tables, one for each column."""
    names = sorted((table.name for table in tables), key=len, reverse=True)
    return tuple(
        reference
        for table in tables
        for constraint in table.constraints
        if constraint.kind == "foreign key"
        for reference in _references(table.name, constraint, names)
    )


def _references(table: str, key: ConstraintDescription, names: Sequence[str]) -> Iterable[Reference]:
    # A name may hold any character, so what follows the arrow is one that is known, and not what a pattern finds.
    rest = key.what.removeprefix(f"({', '.join(key.columns)}) -> ")
    target = next((name for name in names if rest.startswith(f"{name} (")), None)
    if target is None:
        return
    columns = rest.removeprefix(f"{target} (")
    for number, column in enumerate(key.columns):
        referred = re.split(r", |\)", columns)[number : number + 1]
        yield Reference(table, column, target, "".join(referred))


def _chosen(tables: Sequence[TableSchema], changes: dict[str, TableChange]) -> list[TableSchema]:
    if len(tables) <= MOST_TABLES:
        return list(tables)
    changed = {name for name, change in changes.items() if change.kind != "same"}
    near = {
        name
        for reference in references(tables)
        if {reference.table, reference.to_table} & changed
        for name in (reference.table, reference.to_table)
    }
    ranked = sorted(tables, key=lambda table: (table.name not in changed, table.name not in near))
    kept = {table.name for table in ranked[:MOST_TABLES]}
    return [table for table in tables if table.name in kept]


def _source(tables: Sequence[TableSchema], gone: Sequence[str], changes: dict[str, TableChange]) -> str:
    import graphviz

    dot = graphviz.Digraph(
        "tables", graph_attr={"rankdir": "LR", "bgcolor": "transparent", "ranksep": "0.7", "nodesep": "0.3"}
    )
    dot.attr("node", shape="plain", fontname="Helvetica", fontsize=f"{_TEXT:g}", fontcolor=INK)
    dot.attr("edge", color=LINE, arrowhead="crow", arrowsize="0.8")
    links = references(tables)
    numbers = {table.name: number for number, table in enumerate(tables)}
    ports: dict[tuple[str, str], str] = {}
    for table in tables:
        keys = {link.column for link in links if link.table == table.name}
        referred = {link.to_column for link in links if link.to_table == table.name}
        label, shown = _card(table, keys, keys | referred, changes.get(table.name))
        ports |= {(table.name, column): f":*{number}" for number, column in enumerate(shown)}
        dot.node(f"t{numbers[table.name]}", label=label)
    for number, name in enumerate(gone):
        rows = [_row(_cell("gone", SOFT, GONE, span=3))]
        dot.node(f"g{number}", label=_table(_title(name, "", GONE), rows))
    for link in links:
        tail = f"t{numbers[link.table]}{ports.get((link.table, link.column), '').replace('*', 'p')}"
        head = f"t{numbers[link.to_table]}{ports.get((link.to_table, link.to_column), '').replace('*', 'q')}"
        # The table that is referred to stands at the left, as it was there first; a line leaves it at its right side.
        dot.edge(f"{head}:e", f"{tail}:w")
    return str(dot.source)


def _card(
    table: TableSchema, foreign: set[str], linked: set[str], change: TableChange | None
) -> tuple[str, list[str]]:
    """Return a table's label, and the columns that it shows."""
    new = set(change.columns_new) if change is not None and change.kind != "new" else set()
    altered = set(change.columns_changed) if change is not None else set()
    columns = list(table.columns)
    if len(columns) > MOST_COLUMNS:
        first = {*table.primary_key, *linked, *new, *altered}
        ranked = sorted(columns, key=lambda column: column.name not in first)[:MOST_COLUMNS]
        kept = {column.name for column in ranked}
        columns = [column for column in columns if column.name in kept]
    is_new = change is not None and change.kind == "new"
    rows = []
    for number, column in enumerate(columns):
        key = "PK" if column.name in table.primary_key else "FK" if column.name in foreign else ""
        ground = NEW if column.name in new else CHANGED if column.name in altered else GROUND
        mark = "+ " if column.name in new else "~ " if column.name in altered else ""
        rows.append(
            _row(
                _cell(mark + column.name, INK, ground, port=f"p{number}"),
                _cell(column.type.lower() + ("" if column.nullable else " not null"), SOFT, ground),
                _cell(key, SOFT, ground, port=f"q{number}"),
            )
        )
    if change is not None:
        rows += [_row(_cell(f"− {name}", SOFT, GONE, span=3)) for name in change.columns_gone[:MOST_COLUMNS]]
    if len(columns) < len(table.columns):
        rows.append(_row(_cell(f"… {len(table.columns) - len(columns)} more", SOFT, GROUND, span=3)))
    title = _title(table.name, "new" if is_new else "", NEW if is_new else HEAD)
    return _table(title, rows), [column.name for column in columns]


def _table(title: str, rows: Sequence[str]) -> str:
    return (
        f'<<TABLE BORDER="1" COLOR="{LINE}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="3" BGCOLOR="{GROUND}">'
        f"{title}{''.join(rows)}</TABLE>>"
    )


def _title(name: str, word: str, ground: str) -> str:
    said = f"{one_line(name, _LONGEST)}{f' ({word})' if word else ''}"
    width = text_width(said, _TEXT + 1) * 1.1
    return (
        f'<TR><TD COLSPAN="3" ALIGN="LEFT" BGCOLOR="{ground}" WIDTH="{width:.0f}">'
        f'<FONT POINT-SIZE="{_TEXT + 1:g}"><B>{_escaped(said)}</B></FONT></TD></TR>'
    )


def _row(*cells: str) -> str:
    return f"<TR>{''.join(cells)}</TR>"


def _cell(text: str, colour: str, ground: str, *, port: str = "", span: int = 1) -> str:
    said = one_line(text, _LONGEST)
    # Graphviz measures with a font that the page need not have.
    attributes = f'ALIGN="LEFT" BGCOLOR="{ground}" WIDTH="{text_width(said, _TEXT):.0f}"'
    attributes += f' PORT="{port}"' if port else ""
    attributes += f' COLSPAN="{span}"' if span > 1 else ""
    return f'<TD {attributes}><FONT COLOR="{colour}">{_escaped(said) or " "}</FONT></TD>'


def _escaped(text: str) -> str:
    return escape(text)


def _svg(source: str) -> str:
    """Return the drawing; empty where neither dot nor pygraphviz makes one."""
    for draw in (_by_dot, _by_pygraphviz):
        # Whatever goes wrong in a program or a C library of some version, there is another way to show tables.
        try:
            return draw(source)
        except Exception:  # noqa: S112
            continue
    return ""


def _by_dot(source: str) -> str:
    import graphviz

    if shutil.which("dot") is None:
        raise FileNotFoundError("dot")
    return str(graphviz.Source(source, engine="dot").pipe(format="svg", quiet=True, encoding="utf-8"))


def _by_pygraphviz(source: str) -> str:
    import pygraphviz

    with quiet_stderr():
        drawn: bytes = pygraphviz.AGraph(string=source).draw(format="svg", prog="dot")
    return drawn.decode("utf-8")


def _framed(svg: str, names: Sequence[str]) -> str:
    """Return Graphviz's document as one element of a page, without its ids and its names for nodes."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<title>.*?</title>|<!--.*?-->", "", body, flags=re.DOTALL)
    body = re.sub(r' id="[^"]*"', "", body)
    # Its points are larger than the page's.
    body = re.sub(r'(width|height)="([\d.]+)pt"', r'\1="\2"', body, count=2)
    label = escape(f"Tables: {', '.join(one_line(name, _LONGEST) for name in names)}")
    body = body.replace("<svg", f'<svg class="nbm-entities" role="img" aria-label="{label}"', 1)
    return f'<div class="nbm-drawing" tabindex="0" role="group" aria-label="Tables and keys">{body}</div>'


def _listed(tables: Sequence[TableSchema], gone: Sequence[str], changes: dict[str, TableChange]) -> str:
    records = [
        {
            "table": table.name,
            "columns": ", ".join(column.name for column in table.columns[:MOST_COLUMNS]),
            "refers to": ", ".join(
                sorted({link.to_table for link in references(tables) if link.table == table.name})
            ),
            "": changes[table.name].kind
            if table.name in changes and changes[table.name].kind != "same"
            else "",
        }
        for table in tables
    ]
    records += [{"table": name, "columns": "", "refers to": "", "": "gone"} for name in gone]
    return html.table(records, code=("table", "columns", "refers to"))
