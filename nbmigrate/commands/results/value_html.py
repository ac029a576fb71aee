"""Values of a database as people read them in a table."""

import json
from datetime import date, datetime, time
from decimal import Decimal
from html import escape
from typing import Any

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
