"""Values, and statements with bodies, as the shells of MySQL and MariaDB read them."""

import datetime
from itertools import islice

from nbmigrate.dialects.ddl.literals import Literals
from nbmigrate.dialects.mysql.existing import MYSQL
from nbmigrate.dialects.tokens import words

#: What is made with statements inside.
_WITH_BODY = {"TRIGGER", "PROCEDURE", "FUNCTION", "EVENT", "PACKAGE"}
#: What stands between CREATE and that: OR REPLACE DEFINER = `a`@`b` SQL SECURITY INVOKER, say.
_HEAD = 20


class MySQLLiterals(Literals):
    """What the shell drops of a text is written with backslashes, and moments have no time zone."""

    def of_float(self, value: float) -> str:
        """Return a number; without an exponent it would be a decimal."""
        text = super().of_float(value)
        return text if "e" in text else f"{text}e0"

    def of_time(self, value: datetime.datetime | datetime.time | datetime.timedelta) -> str | None:
        """Return a moment without its time zone, which drivers drop too."""
        if isinstance(value, datetime.timedelta):
            return None
        bare = value.replace(tzinfo=None)
        return f"'{bare.isoformat(' ') if isinstance(bare, datetime.datetime) else bare.isoformat()}'"

    def of_awkward_text(self, value: str) -> str:
        """Return a text with backslashes."""
        escaped = value.replace("\\", "\\\\").replace("'", "''")
        return "'" + escaped.replace("\r", "\\r").replace("\0", "\\0") + "'"


def delimited(text: str) -> str | None:
    """Return a statement that holds statements with a DELIMITER of its own; None for any other.

    The shell would end it at its first semicolon.
    """
    body = text.rstrip().rstrip(";").rstrip()
    if ";" not in body or not _has_body(list(islice(words(body, MYSQL), _HEAD))):
        return None
    mark = next(mark for mark in ("//", "$$", ";;", "|||") if mark not in body)
    return f"DELIMITER {mark}\n{body}\n{mark}\nDELIMITER ;"


def _has_body(head: list[str]) -> bool:
    if head[:1] == ["CREATE"]:
        kind = next((word for word in head if word in _WITH_BODY or word in ("TABLE", "VIEW", "(")), "")
        return kind in _WITH_BODY
    return head[:3] == ["BEGIN", "NOT", "ATOMIC"]
