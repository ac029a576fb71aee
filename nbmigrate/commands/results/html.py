"""Pieces of the pages that results show in a notebook; every text that comes in is escaped."""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from html import escape
from itertools import groupby
from typing import Any

# Colours come from the front end's own variables, so light, dark and high-contrast themes are followed; what stands
# behind the comma serves front ends that have none. The class is doubled to win over JupyterLab's rules for html.
# Of its colours for code some are too pale to be read on a striped table, so each is mixed with the colour of text.
STYLE = """<style>
.nbm.nbm{color:var(--jp-ui-font-color1,var(--vscode-editor-foreground,inherit));font-size:13px;line-height:1.5}
.nbm.nbm table{border-collapse:collapse;margin:.3em 0;font-size:13px}
.nbm.nbm th,.nbm.nbm td{text-align:left;padding:.25em .8em .25em .5em;vertical-align:top;background:none;
 border-bottom:1px solid var(--jp-border-color2,rgba(128,128,128,.3))}
.nbm.nbm th{font-weight:600;color:inherit}
.nbm.nbm .nbm-number{text-align:right;font-variant-numeric:tabular-nums}
.nbm.nbm code,.nbm.nbm pre{font-family:var(--jp-code-font-family,ui-monospace,Menlo,Consolas,monospace);
 font-size:12.5px;background:none;color:inherit}
.nbm.nbm.nbm code{padding:0;background:none}
.nbm.nbm pre{margin:.3em 0;padding:.3em .8em;border:0;border-left:3px solid
 var(--jp-border-color2,rgba(128,128,128,.4));overflow-x:auto;white-space:pre}
.nbm.nbm td pre{white-space:pre-wrap;word-break:normal;overflow-wrap:anywhere}
.nbm.nbm summary{cursor:pointer}
.nbm.nbm .nbm-badge{border:1px solid currentColor;border-radius:8px;padding:0 .5em;margin-right:.3em;
 font-size:11px;white-space:nowrap}
.nbm.nbm .nbm-current{font-weight:700;border-width:2px}
.nbm.nbm .nbm-note{margin:.3em 0;padding-left:.6em;border-left:3px solid var(--jp-warn-color1,#b8860b)}
.nbm.nbm .nbm-drawing{display:block!important;overflow-x:auto}
.nbm.nbm .nbm-instead{display:none}
.nbm .nbm-keyword{color:color-mix(in srgb,var(--jp-mirror-editor-keyword-color,#0a7d3c) 70%,currentColor);
 font-weight:600}
.nbm .nbm-string{color:color-mix(in srgb,var(--jp-mirror-editor-string-color,#b5482a) 70%,currentColor)}
.nbm .nbm-comment{color:color-mix(in srgb,var(--jp-mirror-editor-comment-color,#5f7d7d) 70%,currentColor);
 font-style:italic}
.nbm .nbm-digits{color:color-mix(in srgb,var(--jp-mirror-editor-number-color,#0a7d3c) 70%,currentColor)}
.nbm .nbm-name{color:color-mix(in srgb,var(--jp-mirror-editor-def-color,#0b5cad) 70%,currentColor)}
.nbm .nbm-deleted{color:color-mix(in srgb,var(--jp-mirror-editor-string-color,#b5482a) 70%,currentColor)}
.nbm .nbm-inserted{color:color-mix(in srgb,var(--jp-mirror-editor-keyword-color,#0a7d3c) 70%,currentColor)}
</style>"""

# Few colours, and text between them without marks: half the size of a lexer's every token, and the same whichever
# version of the lexer has cut them.
_COLOURS = {
    "Token.Keyword": "keyword",
    "Token.Operator.Word": "keyword",
    "Token.Literal.String": "string",
    "Token.Literal.Number": "digits",
    "Token.Comment": "comment",
    "Token.Name.Function": "name",
    "Token.Name.Builtin": "name",
    "Token.Generic.Deleted": "deleted",
    "Token.Generic.Inserted": "inserted",
}


def page(content: str, notes: Iterable[str] = ()) -> str:
    """Return a whole output: style, content, notes."""
    below = "".join(f'<div class="nbm-note">{prose(note)}</div>' for note in notes)
    return f'{STYLE}<div class="nbm">{content}{below}</div>'


def lines(text: str) -> str:
    """Return plain text as escaped html, line breaks kept."""
    return escape(text).replace("\n", "<br>")


def prose(text: str) -> str:
    """Return a sentence of ours as escaped html; what stands in it between backticks, as `graph -i`, is code."""
    return re.sub(r"`([^`<>]+)`", r"<code>\1</code>", lines(text))


def paragraph(content: str) -> str:
    """Return html in a paragraph of its own."""
    return f"<div>{content}</div>"


def cell_text(value: Any) -> str:
    """Return one value of a record as text: nothing for None, yes or no, several things joined with a comma."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list):
        return ", ".join(str(item) for item in value)
    return str(value)


def is_numeric(values: Iterable[Any]) -> bool:
    """Tell whether a column holds numbers, which are set to the right; True and False are words."""
    return all(
        value is None or (isinstance(value, int | float) and not isinstance(value, bool)) for value in values
    )


def table(records: Sequence[Mapping[str, Any]], *, code: Iterable[str] = (), raw: Iterable[str] = ()) -> str:
    """Return records as a table.

    Parameters
    ----------
    records
        One mapping per row, all with the same keys, which become the head.
    code
        The columns set in a fixed-width font.
    raw
        The columns whose values are html already.
    """
    if not records:
        return ""
    code, raw = set(code), set(raw)
    numeric = {key for key in records[0] if is_numeric(record[key] for record in records)}

    def css(key: str) -> str:
        return ' class="nbm-number"' if key in numeric else ""

    head = "".join(f"<th{css(key)}>{escape(key)}</th>" for key in records[0])
    body = "".join(
        "<tr>"
        + "".join(f"<td{css(key)}>{_cell(key, value, code, raw)}</td>" for key, value in record.items())
        + "</tr>"
        for record in records
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def facts(about: Mapping[str, Any], *, code: Iterable[str] = (), raw: Iterable[str] = ()) -> str:
    """Return one record as a table of two columns, its keys at the left; what is empty is left out."""
    code, raw = set(code), set(raw)
    rows = "".join(
        f"<tr><th>{escape(key)}</th><td>{_cell(key, value, code, raw)}</td></tr>"
        for key, value in about.items()
        if cell_text(value)
    )
    return f"<table><tbody>{rows}</tbody></table>"


def _cell(key: str, value: Any, code: Collection[str], raw: Collection[str]) -> str:
    text = value if key in raw else lines(cell_text(value))
    return f"<code>{text}</code>" if key in code and text else text


def badges(words: Iterable[str]) -> str:
    """Return words such as "head" and "current" as small labels."""
    return "".join(
        f'<span class="nbm-badge{" nbm-current" if word == "current" else ""}">{escape(word)}</span>'
        for word in words
    )


def details(summary: str, content: str) -> str:
    """Return html that is folded under a summary, which is html too."""
    return f"<details><summary>{summary}</summary>{content}</details>"


def drawing(svg: str, text: str) -> str:
    """Return a drawing; where a front end takes svg and styles out of a page that it does not trust, its text."""
    # What is left of an svg then is its words in a row; `hidden`, having a value, stays, and only the style undoes it.
    return (
        f'<div class="nbm-drawing" hidden="hidden">{svg}</div><pre class="nbm-instead">{escape(text)}</pre>'
    )


def code(source: str, language: str) -> str:
    """Return source text, highlighted; `language` is "python", "sql" or "diff"."""
    from pygments.lexers import get_lexer_by_name

    # Lexing a megabyte of data would hold the kernel up for the sake of colours nobody looks at.
    if len(source) > 50_000:
        return f"<pre>{escape(source)}</pre>"
    lexer = get_lexer_by_name(language, stripnl=False)
    parts = []
    for colour, tokens in groupby(lexer.get_tokens(source), lambda token: _colour(str(token[0]))):
        text = escape("".join(text for _, text in tokens), quote=False)
        parts.append(f'<span class="nbm-{colour}">{text}</span>' if colour else text)
    return f"<pre>{''.join(parts)}</pre>"


def _colour(kind: str) -> str:
    return next((colour for name, colour in _COLOURS.items() if kind.startswith(name)), "")


#: For tables of values.
TABLE_STYLE = """<style>
.nbm.nbm .nbm-scroll{overflow-x:auto}
.nbm.nbm .nbm-data td,.nbm.nbm .nbm-data th{white-space:nowrap}
.nbm.nbm .nbm-data td{max-width:30em;overflow:hidden;text-overflow:ellipsis}
.nbm.nbm .nbm-data th small{display:block;font-weight:400}
.nbm.nbm .nbm-null,.nbm.nbm .nbm-skipped{font-style:italic;color:var(--jp-ui-font-color2,inherit)}
</style>"""

#: Longer texts are cut.
LONGEST = 200
#: What is shown of a text whose size is shown too.
SHORT_HEAD = 40
#: Binary data up to this, such as an id, is shown; what is longer has a size.
SHORT_BINARY = 16


def value_text(value: Any) -> str:
    """Return a value as text: on one line, cut where it is long."""
    # Most are texts and numbers.
    if isinstance(value, str):
        return value if len(value) <= LONGEST else f"{value[:LONGEST]}…"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return str(value)
    if value is None:
        return "NULL"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    from nbmigrate.database.tables.long_values import LongValue, blob_text, size_text

    if isinstance(value, LongValue) and value.kind == "text":
        return f"{value.head[:SHORT_HEAD]}… ({size_text(value.size)})"
    if isinstance(value, bytes | bytearray | memoryview):
        data = bytes(value)
        return f"0x{data.hex()}" if 0 < len(data) <= SHORT_BINARY else blob_text(len(data))
    if isinstance(value, dict | list):
        text = json.dumps(value, default=str, ensure_ascii=False)
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    return str(value)


def value_html(value: Any) -> str:
    """Return a value as escaped html; NULL looks other than the word."""
    text = escape(value_text(value))
    return f'<span class="nbm-null">{text}</span>' if value is None else text
