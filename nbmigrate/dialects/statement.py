"""One statement for the database, in a form to read and a form to execute."""

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nbmigrate.dialects.tokens import outside

_BREAK = r"[ \t]*\n(?P<tabs>\t*)"


@dataclass(frozen=True, slots=True)
class Statement:
    """What is sent to the database at once.

    Parameters
    ----------
    text
        The SQL to read: values in place, no semicolon at the end.
    executable
        What `Connection.execute` takes, with `execution_options` set on it where there are any.
    parameters
        A mapping per row, for one executemany; None where the executable has its values in itself.
    compiled
        What the driver is given for the executable, where that was compiled without options; "" where it was not.
    """

    text: str
    executable: Any = field(compare=False, repr=False)
    parameters: Sequence[Mapping[str, Any]] | None = field(default=None, compare=False, repr=False)
    compiled: str = field(default="", compare=False, repr=False, kw_only=True)


def remarked(statements: Iterable[Statement], remarks: Iterable[str]) -> tuple[Statement, ...]:
    """Return statements with remarks to read in front of the first, which is sent without them."""
    statements = tuple(statements)
    comments = [f"-- {' '.join(remark.split())}" for remark in remarks]
    if not comments or not statements:
        return statements
    first = replace(statements[0], text="\n".join([*comments, statements[0].text]))
    return (first, *statements[1:])


def tidy(sql: str) -> str:
    """Return SQL that SQLAlchemy or a person wrote, as it is shown: dedented, without spaces at ends of lines.

    Quoted strings and names stay as they are to the letter.
    """

    def shown(match: re.Match[str]) -> str:
        if match["comment"] is not None:
            return re.sub(_BREAK, broken, match["comment"]).rstrip(" \t")
        return match["quoted"] if match["quoted"] is not None else broken(match)

    def broken(match: re.Match[str]) -> str:
        return "\n" + "    " * len(match["tabs"])

    if "\n" not in sql:
        return sql.strip().rstrip(";").rstrip()
    finder = outside(_BREAK)
    if not any("\n" in (match["quoted"] or "") for match in finder.finditer(sql)):
        sql = textwrap.dedent(sql)
    return finder.sub(shown, sql.strip().rstrip(";").rstrip())
