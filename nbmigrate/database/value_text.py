"""A value as SQL writes it, for people who read a statement."""

import datetime
import decimal

#: Longer values are cut.
LONGEST_VALUE = 1_000


def literal(value: object) -> str:
    """Return a value that was sent to the database as SQL writes it."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | decimal.Decimal):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        text = f"X'{bytes(value).hex()}'"
    else:
        plain = str(value)
        if isinstance(value, datetime.datetime):
            plain = value.isoformat(sep=" ")
        text = "'" + plain.replace("'", "''") + "'"
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}...'"
