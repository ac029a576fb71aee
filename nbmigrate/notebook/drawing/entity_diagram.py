"""The tables of a database drawn with their keys: an entity-relationship diagram by Graphviz, or a list without it."""

import re
import shutil
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from html import escape

from nbmigrate.commands.results import html
from nbmigrate.database.snapshots.capture import TableChange
from nbmigrate.database.tables.description import TableSchema
from nbmigrate.graph.drawing.layout import text_width
from nbmigrate.graph.drawing.marks import one_line, shortened
from nbmigrate.graph.drawing.shapes import xml_text
from nbmigrate.notebook.drawing.graphviz_layout import quiet_stderr

# The stylesheet gives each of these the theme's colour; where there is no stylesheet they stand as they are.
INK, SOFT, GROUND, LINE, HEAD = "#1f2328", "#59636e", "#fdfdfd", "#7d8590", "#dbe9fb"
NEW, GONE, CHANGED = "#d3f3da", "#f9d5d8", "#fbeab8"

#: Of more tables than this, a drawing is a carpet.
MOST_TABLES = 150
MOST_COLUMNS = 25
#: With more tables than this, each shows its keys and what has changed, and stands near those that it is linked to.
_MANY = 20
_FEW_COLUMNS = 7
_LONGEST = 36
_TEXT = 12.0

#: How Graphviz lays out few tables, in ranks from left to right, and many, in clusters around those with most links.
_RANKS = {"rankdir": "LR", "ranksep": "0.7", "nodesep": "0.3"}
_CLUSTERS = {"overlap": "prism", "sep": "+10", "outputorder": "edgesfirst", "start": "7"}


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key: a column of a table and the column that it refers to."""

    table: str
    column: str
    to_table: str
    to_column: str


@dataclass(frozen=True, slots=True)
class EntityDrawing:
    """Tables as a drawing, or as a list where there is no Graphviz; everything in it is escaped.

    Parameters
    ----------
    svg
        One element, in which each table is `.node[data-table]` with all its names in `data-words`; empty for a list.
    listing
        The list as html; empty for a drawing.
    label
        What is drawn, for screen readers.
    changed
        The tables that the last step changed.
    note
        Which tables are left out.
    """

    svg: str = ""
    listing: str = ""
    label: str = ""
    changed: tuple[str, ...] = ()
    note: str = ""


def entity_drawing(tables: Sequence[TableSchema], changes: Sequence[TableChange] = ()) -> str:
    """Return the tables as html for a page without scripts.

    Parameters
    ----------
    tables, changes
        As for `draw_entities`.
    """
    found = draw_entities(tables, changes)
    note = html.paragraph(found.note) if found.note else ""
    if not found.svg:
        return found.listing + note
    frame = 'class="nbm-drawing" tabindex="0" role="group" aria-label="Tables and keys"'
    label = f'<svg class="nbm-entities" role="img" aria-label="{escape(found.label)}"'
    svg = found.svg.replace('<svg class="nbm-entities"', label, 1)
    return f"<div {frame}>{svg}</div>{note}"


def draw_entities(tables: Sequence[TableSchema], changes: Sequence[TableChange] = ()) -> EntityDrawing:
    """Draw tables and their foreign keys.

    Parameters
    ----------
    tables
        The tables.
    changes
        What the last step changed, which is marked.
    """
    by_name = {change.name: change for change in changes}
    gone = [change.name for change in by_name.values() if change.kind == "gone"][:MOST_TABLES]
    if not tables and not gone:
        return EntityDrawing(listing=html.paragraph("The database has no tables."))
    shown = _chosen(tables, by_name)
    names = [table.name for table in shown] + gone
    note = f"{len(shown)} of {len(tables):,} tables are drawn: what has changed, and its neighbours, first."
    found = EntityDrawing(
        label=f"Tables: {', '.join(one_line(name, _LONGEST) for name in names)}",
        changed=tuple(name for name in names if name in by_name and by_name[name].kind != "same"),
        note=note if len(shown) < len(tables) else "",
    )
    svg = _svg(_source(shown, gone, by_name), "neato" if len(names) > _MANY else "dot")
    if not svg:
        return replace(found, listing=_listed(shown, gone, by_name))
    words = {f"t{number}": _words(table) for number, table in enumerate(shown)}
    words |= {f"g{number}": (name, name) for number, name in enumerate(gone)}
    return replace(found, svg=_framed(svg, words, set(found.changed)))


def _words(table: TableSchema) -> tuple[str, str]:
    return table.name, " ".join([table.name, *(column.name for column in table.columns)])


def references(tables: Sequence[TableSchema]) -> tuple[Reference, ...]:
    """Return the foreign keys among these tables, one for each column."""
    names = {table.name for table in tables}
    return tuple(
        Reference(table.name, column, key.to_table, to_column)
        for table in tables
        for key in table.constraints
        if key.kind == "foreign key" and key.to_table in names
        for column, to_column in zip(key.columns, key.to_columns or key.columns, strict=False)
    )


def neighbours(tables: Sequence[TableSchema], name: str) -> frozenset[str]:
    """Return the tables that a foreign key joins with one, and itself."""
    return frozenset(
        other
        for link in references(tables)
        if name in (link.table, link.to_table)
        for other in (link.table, link.to_table)
    ) | {name}


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

    many = len(tables) + len(gone) > _MANY
    layout = _CLUSTERS if many else _RANKS
    dot = graphviz.Digraph("tables", graph_attr={"bgcolor": "transparent", **layout})
    dot.attr("node", shape="plain", fontname="Helvetica", fontsize=f"{_TEXT:g}", fontcolor=INK)
    dot.attr("edge", color=LINE, arrowhead="crow", arrowsize="0.8")
    links = references(tables)
    numbers = {table.name: number for number, table in enumerate(tables)}
    ports: dict[tuple[str, str], str] = {}
    for table in tables:
        keys = {link.column for link in links if link.table == table.name}
        referred = {link.to_column for link in links if link.to_table == table.name}
        label, shown = _card(table, keys, keys | referred, changes.get(table.name), few=many)
        ports |= {(table.name, column): f":*{number}" for number, column in enumerate(shown)}
        dot.node(f"t{numbers[table.name]}", label=label)
    for number, name in enumerate(gone):
        rows = [_row(_cell("gone", SOFT, GONE, span=3))]
        dot.node(f"g{number}", label=_table(_title(name, "", GONE), rows))
    for link in links:
        tail = f"t{numbers[link.table]}", ports.get((link.table, link.column), "").replace("*", "p")
        head = f"t{numbers[link.to_table]}", ports.get((link.to_table, link.to_column), "").replace("*", "q")
        # In ranks, the table that is referred to stands at the left, as it was there first; a line leaves it at its
        # right side. In clusters it stands anywhere, and a line takes the shortest way.
        ends = (head[0], tail[0]) if many else (f"{''.join(head)}:e", f"{''.join(tail)}:w")
        dot.edge(*ends)
    return str(dot.source)


def _card(
    table: TableSchema, foreign: set[str], linked: set[str], change: TableChange | None, *, few: bool
) -> tuple[str, list[str]]:
    """Return a table's label, and the columns that it shows."""
    new = set(change.columns_new) if change is not None and change.kind != "new" else set()
    altered = set(change.columns_changed) if change is not None else set()
    columns = list(table.columns)
    first = {*table.primary_key, *linked, *new, *altered}
    if few or len(columns) > MOST_COLUMNS:
        ranked = [column for column in columns if column.name in first]
        ranked += [column for column in columns if column.name not in first and not few]
        kept = {column.name for column in ranked[: _FEW_COLUMNS if few else MOST_COLUMNS]}
        columns = [column for column in columns if column.name in kept]
    is_new = change is not None and change.kind == "new"
    rows = []
    for number, column in enumerate(columns):
        key = "PK" if column.name in table.primary_key else "FK" if column.name in foreign else ""
        ground = NEW if column.name in new else CHANGED if column.name in altered else GROUND
        word = " (new)" if column.name in new else " (changed)" if column.name in altered else ""
        rows.append(
            _row(
                _cell(column.name, INK, ground, word=word, port=f"p{number}"),
                _cell(column.type.lower() + ("" if column.nullable else " not null"), SOFT, ground),
                _cell(key, SOFT, ground, port=f"q{number}"),
            )
        )
    if change is not None:
        rows += [
            _row(_cell(name, SOFT, GONE, word=" (gone)", span=3))
            for name in change.columns_gone[:MOST_COLUMNS]
        ]
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
    label = f"{shortened(name, _LONGEST)}{f' ({word})' if word else ''}"
    width = text_width(label, _TEXT + 1) * 1.1
    return (
        f'<TR><TD COLSPAN="3" ALIGN="LEFT" BGCOLOR="{ground}" WIDTH="{width:.0f}">'
        f'<FONT POINT-SIZE="{_TEXT + 1:g}"><B>{_escaped(label)}</B></FONT></TD></TR>'
    )


def _row(*cells: str) -> str:
    return f"<TR>{''.join(cells)}</TR>"


def _cell(text: str, colour: str, ground: str, *, word: str = "", port: str = "", span: int = 1) -> str:
    label = shortened(text, _LONGEST) + word
    # Graphviz measures with a font that the page need not have.
    attributes = f'ALIGN="LEFT" BGCOLOR="{ground}" WIDTH="{text_width(label, _TEXT):.0f}"'
    attributes += f' PORT="{port}"' if port else ""
    attributes += f' COLSPAN="{span}"' if span > 1 else ""
    return f'<TD {attributes}><FONT COLOR="{colour}">{_escaped(label) or " "}</FONT></TD>'


def _escaped(text: str) -> str:
    return escape(text)


def _svg(source: str, program: str) -> str:
    """Return the drawing; empty where neither dot nor pygraphviz makes one."""
    for draw in (_by_dot, _by_pygraphviz):
        # Whatever goes wrong in a program or a C library of some version, there is another way to show tables.
        try:
            return draw(source, program)
        except Exception:  # noqa: S112
            continue
    return ""


def _by_dot(source: str, program: str) -> str:
    import graphviz

    if shutil.which(program) is None:
        raise FileNotFoundError(program)
    return str(graphviz.Source(source, engine=program).pipe(format="svg", quiet=True, encoding="utf-8"))


def _by_pygraphviz(source: str, program: str) -> str:
    import pygraphviz

    with quiet_stderr():
        drawn: bytes = pygraphviz.AGraph(string=source).draw(format="svg", prog=program)
    return drawn.decode("utf-8")


def _framed(svg: str, words: Mapping[str, tuple[str, str]], changed: Set[str]) -> str:
    """Return Graphviz's document as one element of a page, without its ids, each table with its names."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<!--.*?-->", "", body, flags=re.DOTALL)
    body = re.sub(r' id="[^"]*"', "", body)

    def named(found: re.Match[str]) -> str:
        name, word = words[found[1]]
        mark = " nbm-e-changed" if name in changed else ""
        return (
            f'<g class="node{mark}" data-table="{xml_text(name)}" data-words="{xml_text(word)}">'
            f"<title>{xml_text(name)}</title>"
        )

    body = re.sub(r'<g class="node">\s*<title>(\w+)</title>', named, body)
    body = re.sub(r'(<g class="(?:graph|edge)"[^>]*>)\s*<title>.*?</title>', r"\1", body, flags=re.DOTALL)
    # Its points are larger than the page's.
    body = re.sub(r'(width|height)="([\d.]+)pt"', r'\1="\2"', body, count=2)
    return body.replace("<svg", '<svg class="nbm-entities"', 1)


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
