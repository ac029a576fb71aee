"""What a unique constraint or index of SQLite compares, cut out of its text."""

from dataclasses import dataclass

from nbmigrate.dialects.sqlite.parsing.tokens import significant
from nbmigrate.dialects.tokens import Token


@dataclass(frozen=True, slots=True)
class KeyText:
    """What is compared, as SQL: names of columns or expressions, and the condition of a partial index."""

    parts: tuple[str, ...]
    condition: str | None = None


def read_key(sql: str) -> KeyText:
    """Return what is compared by a CREATE INDEX, or by a UNIQUE or PRIMARY KEY with its columns in brackets."""
    tokens = significant(sql)
    begin = next(number for number, token in enumerate(tokens) if token.text == "(")
    parts, part, depth = list[str](), list[Token](), 0
    for number, token in enumerate(tokens[begin:], begin):
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0 or (depth == 1 and token.text == ","):
            parts.append(_without_order(sql, part))
            part = []
        elif number > begin:
            part.append(token)
        if depth == 0:
            break
    after = tokens[number + 1 :]
    where = next((token.end for token in after if token.keyword == "WHERE"), None)
    return KeyText(tuple(parts), None if where is None else sql[where:].strip().rstrip(";"))


def _without_order(sql: str, part: list[Token]) -> str:
    kept = part[:-1] if part[-1].keyword in ("ASC", "DESC") else part
    return sql[kept[0].start : kept[-1].end]
