"""A table as it is now, with what a step has changed in it, as html."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from nbmigrate.commands.results import html
from nbmigrate.commands.results.html import TABLE_STYLE, value_html

if TYPE_CHECKING:
    from nbmigrate.database.snapshots.diff import TableChange
    from nbmigrate.database.snapshots.snapshot import TableSnapshot
    from nbmigrate.database.tables.description import ConstraintDescription

# Words, strokes and lines say what the colours say.
STYLE = (
    TABLE_STYLE
    + """<style>
.nbm.nbm .nbm-data .nbm-sign{font-weight:600}
.nbm.nbm .nbm-data .nbm-word{font-weight:400}
.nbm.nbm .nbm-data .nbm-new,.nbm.nbm .nbm-data ins{
 background:color-mix(in srgb,var(--jp-success-color1,#2e7d32) 18%,transparent)}
.nbm.nbm .nbm-data td.nbm-gone:not(.nbm-sign),.nbm.nbm .nbm-data del{text-decoration:line-through}
.nbm.nbm .nbm-data .nbm-gone,.nbm.nbm .nbm-data del{
 background:color-mix(in srgb,var(--jp-error-color1,#c62828) 16%,transparent)}
.nbm.nbm .nbm-data .nbm-gone del{background:none}
.nbm.nbm .nbm-data ins{text-decoration:underline}
.nbm.nbm .nbm-data .nbm-changed:not(.nbm-sign){box-shadow:inset 3px 0 var(--jp-warn-color1,#b8860b)}
@media (forced-colors:active){.nbm.nbm .nbm-data :is(.nbm-new,.nbm-changed){outline:1px solid}}
</style>"""
)

#: What is not changed is shown up to this many rows and columns, what is changed up to that many rows.
MOST_ROWS = 50
MOST_COLUMNS = 30
MOST_MARKED = 200

Kind = Literal["new", "gone", "changed", "same"]


@dataclass(frozen=True, slots=True)
class _Column:
    """A column to show, with its type, the old and the new one where it changed."""

    name: str
    kind: Kind
    type: str
    is_number: bool


class _Row(NamedTuple):
    """A row to show: its values, and by column those that changed, or went with it, as they were before.

    `number` is its place among the rows of now, None for one that is gone.
    """

    kind: Kind
    names: Sequence[str]
    cells: Sequence[Any]
    before: Mapping[str, Any]
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Live:
    """What a page with a script makes of a table: heads that sort it, and values that lead to the row they mean.

    Parameters
    ----------
    sort, descending
        The column that it is sorted by, empty for none, and whether the largest value comes first.
    links
        The columns of foreign keys, each with the table that it refers to.
    """

    sort: str = ""
    descending: bool = False
    links: Mapping[str, str] = field(default_factory=dict)

    def head(self, name: str, text: str, css: str) -> str:
        """Return the beginning of a head: what is in it is pressed to sort by its column."""
        order = ("descending" if self.descending else "ascending") if self.sort == name else "none"
        sign = {"ascending": " ▲", "descending": " ▼"}.get(order, "")
        title = "Sort from the largest" if order == "ascending" else "Sort by this column"
        return (
            f'<th{css} aria-sort="{order}"><button type="button" data-sort="{escape(name)}"'
            f' title="{title}">{text}<span aria-hidden="true">{sign}</span></button>'
        )

    def value(self, name: str, row: _Row, text: str) -> str:
        """Return a value that is not NULL, to press where it means a row of another table."""
        if name not in self.links or row.number is None:
            return text
        title = f"Show the row of {self.links[name]} that this means"
        return (
            f'<button type="button" class="nbm-link" data-row="{row.number}" data-column="{escape(name)}"'
            f' title="{escape(title)}">{text}</button>'
        )


def changes_html(
    change: "TableChange",
    before: "TableSnapshot | None",
    after: "TableSnapshot | None",
    live: Live | None = None,
) -> str:
    """Return a table as it is now, its new, gone and changed columns, rows and cells marked.

    Parameters
    ----------
    change
        What `compare` found.
    before, after
        The snapshots of the table that it compared.
    live
        What a script makes of it, which has buttons for the other rows; None where there is none.

    Returns
    -------
    str
        Html for `html.page(STYLE + ...)`; one STYLE does for many tables.
    """
    columns = _columns(change, before, after)
    shown = _shown_columns(columns, change)
    rows = _rows(change, before, after)
    notes = _notes(change, before, after, paged=live is not None)
    if len(shown) < len(columns):
        notes.append(f"{len(shown)} of {len(columns)} columns are shown.")
    notes_html = "".join(f'<div class="nbm-note">{html.lines(note)}</div>' for note in notes)
    return html.paragraph(_summary(change)) + _table(change, shown, rows, live) + notes_html


def _summary(change: "TableChange") -> str:
    """Return the name of the table, what became of it, and the counts."""
    badge = html.badges([change.kind] if change.kind != "same" else ["no change"])
    counts = [count for count in (change.before, change.after) if count is not None]
    numbers = " → ".join(str(count) for count in dict.fromkeys(counts))
    shown_counts = [f"{numbers} {'row' if numbers == '1' else 'rows'}"]
    parts: list[tuple[Kind, Sequence[Any]]] = [
        ("new", change.rows_new if change.kind != "new" else ()),
        ("gone", change.rows_gone if change.kind != "gone" else ()),
        ("changed", tuple(change.rows_changed)),
    ]
    shown_counts += [f"{len(rows):,} {kind}" for kind, rows in parts if rows]
    return f"<code>{escape(change.name)}</code> {badge} {', '.join(shown_counts)}"


def _columns(
    change: "TableChange", before: "TableSnapshot | None", after: "TableSnapshot | None"
) -> list[_Column]:
    """Return the columns of now in their order, those that are gone after the one that they came after."""
    found: list[_Column] = []
    old_types = {column.name: column.type for column in before.rows.columns} if before is not None else {}
    for column in after.rows.columns if after is not None else ():
        kind: Kind = "same"
        type_ = column.type
        if change.kind == "new" or column.name in change.columns_new:
            kind = "new"
        elif column.name in change.columns_changed:
            kind = "changed"
            old = old_types.get(column.name, type_)
            type_ = type_ if old == type_ else f"{old} → {type_}"
        found.append(_Column(column.name, kind, type_, column.kind in ("integer", "float", "decimal")))
    place = 0
    for column in before.rows.columns if before is not None else ():
        names = [other.name for other in found]
        if column.name in names:
            place = names.index(column.name) + 1
        else:
            number = column.kind in ("integer", "float", "decimal")
            found.insert(place, _Column(column.name, "gone", column.type, number))
            place += 1
    return found


def _shown_columns(columns: Sequence[_Column], change: "TableChange") -> list[_Column]:
    """Return the columns to show, in their order: the key, those that changed, and others while there is room."""
    if len(columns) <= MOST_COLUMNS:
        return list(columns)
    changed = {name for names in change.rows_changed.values() for name in names}
    named = change.key if len(change.key) < len(columns) else ()
    first = [column for column in columns if column.name in named]
    first += [column for column in columns if column.kind != "same" or column.name in changed]
    kept = list(dict.fromkeys(column.name for column in [*first, *columns]))
    shown = set(kept[: max(MOST_COLUMNS, len(named))])
    return [column for column in columns if column.name in shown]


def _rows(change: "TableChange", before: "TableSnapshot | None", after: "TableSnapshot | None") -> list[_Row]:
    """Return the rows of now in their order, those that are gone after the one that they came after."""
    from nbmigrate.database.snapshots.diff import positions, row_keys

    names, now = _values(after)
    old_names, old = _values(before)
    old_keys = row_keys(before, change.key) if before is not None else ()
    by_key = dict(zip(old_keys, old, strict=True))
    came = positions(after, change.key, change.rows_new) if after is not None else frozenset()
    went = positions(before, change.key, change.rows_gone) if before is not None else frozenset()
    following: dict[Any, list[_Row]] = {}
    last: Any = None
    for position, key in enumerate(old_keys):
        if position in went:
            following.setdefault(last, []).append(_Row("gone", old_names, old[position], {}))
        else:
            last = key
    rows = following.pop(None, [])
    for position, key in enumerate(row_keys(after, change.key) if after is not None else ()):
        changed = change.rows_changed.get(key, ())
        kind: Kind = "new" if position in came else "changed" if changed else "same"
        kept: dict[str, Any] = {}
        if (changed or change.columns_gone) and kind != "new" and len(by_key) == len(old):
            was = dict(zip(old_names, by_key.get(key, ()), strict=False))
            kept = {name: was[name] for name in (*changed, *change.columns_gone) if name in was}
        rows.append(_Row(kind, names, now[position], kept, position))
        rows += following.pop(key, [])
    return [*rows, *(row for others in following.values() for row in others)]


def _values(snapshot: "TableSnapshot | None") -> tuple[list[str], Sequence[Sequence[Any]]]:
    """Return the names of the columns of rows, and the rows."""
    if snapshot is None:
        return [], ()
    return [column.name for column in snapshot.rows.columns], snapshot.rows.rows


def _table(change: "TableChange", columns: Sequence[_Column], rows: Sequence[_Row], live: Live | None) -> str:
    marked = change.kind == "changed"
    signed = marked and any(row.kind != "same" for row in rows)
    head = '<th class="nbm-sign">change</th>' if signed else ""
    head += "".join(_head(column, live) for column in columns)
    body = "".join(
        _row(item, columns, live, signed=signed, marked=marked)
        if isinstance(item, _Row)
        else _skipped(item, len(columns) + signed)
        for item in _picked(rows, whole=change.kind in ("new", "gone"))
    )
    return (
        f'<div class="nbm-scroll" tabindex="0" role="group" aria-label="{escape(change.name)}">'
        f'<table class="nbm-data"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _picked(rows: Sequence[_Row], *, whole: bool) -> Iterator[_Row | int]:
    """Yield the rows to show, and between them how many are left out."""
    left = {"same": MOST_ROWS, "marked": MOST_ROWS if whole else MOST_MARKED}
    skipped = 0
    for row in rows:
        sort = "same" if row.kind == "same" else "marked"
        if left[sort] <= 0:
            skipped += 1
            continue
        left[sort] -= 1
        if skipped:
            yield skipped
            skipped = 0
        yield row
    if skipped:
        yield skipped


def _skipped(count: int, width: int) -> str:
    return f'<tr class="nbm-skipped"><td colspan="{width}">… {count:,} more of those that were read</td></tr>'


def _head(column: _Column, live: Live | None) -> str:
    css = _css(column.kind, number=column.is_number)
    text = f"<del>{escape(column.name)}</del>" if column.kind == "gone" else escape(column.name)
    if column.kind != "same":
        text = f'<span class="nbm-word">column</span> {text} <span class="nbm-word">{column.kind}</span>'
    start = f"<th{css}>{text}" if live is None or column.kind == "gone" else live.head(column.name, text, css)
    return f"{start}<small>{escape(column.type)}</small></th>"


def _row(row: _Row, columns: Sequence[_Column], live: Live | None, *, signed: bool, marked: bool) -> str:
    sign = ""
    if signed:
        sign = f'<td class="nbm-sign nbm-{row.kind}">{row.kind if row.kind != "same" else ""}</td>'
    values = dict(zip(row.names, row.cells, strict=True))
    cells = "".join(_cell(row, values, column, live, marked=marked) for column in columns)
    return f"<tr>{sign}{cells}</tr>"


def _cell(row: _Row, values: Mapping[str, Any], column: _Column, live: Live | None, *, marked: bool) -> str:
    name, number = column.name, column.is_number
    if name not in values and name not in row.before:
        return "<td></td>"
    if name not in values:
        return f"<td{_css('gone', number=number)}>{value_html(row.before[name])}</td>"
    value = value_html(values[name])
    if live is not None and values[name] is not None:
        value = live.value(name, row, value)
    if name in row.before:
        old = value_html(row.before[name])
        return f"<td{_css('changed', number=number)}><del>{old}</del> <ins>{value}</ins></td>"
    # What a table is made of is new, or gone, as a whole: marks are for what differs from what is around it.
    kind: Kind = row.kind if row.kind in ("new", "gone") else "new" if column.kind == "new" else "same"
    return f"<td{_css(kind if marked else 'same', number=number)}>{value}</td>"


def _css(kind: Kind, *, number: bool) -> str:
    names = [f"nbm-{kind}"] * (kind != "same") + ["nbm-number"] * number
    return f' class="{" ".join(names)}"' if names else ""


def _notes(
    change: "TableChange", before: "TableSnapshot | None", after: "TableSnapshot | None", *, paged: bool
) -> list[str]:
    """Return what must be said besides: what else changed, and what was not looked at."""
    notes = [_constraint(item, "new") for item in change.constraints_new]
    notes += [_constraint(item, "gone") for item in change.constraints_gone]
    now = after or before
    if now is None:
        return notes
    if now.problem:
        notes.append(now.problem)
    elif not now.whole and not paged:
        notes.append(f"The first {len(now.rows.rows):,} of {now.count} rows are here.")
    if not change.complete and before is not None and after is not None:
        what = "values were compared whole" if before.whole and after.whole else "rows were compared"
        notes.append(f"Not all {what}: there may be other changes.")
    return notes


def _constraint(item: "ConstraintDescription", word: str) -> str:
    return f"{' '.join(filter(None, (item.kind, item.name, word)))}: {item.what}"
