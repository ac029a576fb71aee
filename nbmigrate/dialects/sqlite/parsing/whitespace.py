"""What stands between two items of a CREATE TABLE: a comma, white space, and comments on one of them."""

from collections.abc import Iterable

from nbmigrate.dialects.sqlite.parsing.clauses import Item
from nbmigrate.dialects.sqlite.parsing.tokens import tokenize


def _comma(leading: str) -> int | None:
    """Return where the comma is in what stands between two items."""
    return next((token.start for token in tokenize(leading) if token.text == ","), None)


def without_comma(leading: str) -> str:
    """Return what stands between two items without the comma."""
    at = _comma(leading)
    return leading if at is None else leading[:at] + leading[at + 1 :]


def has_comment(text: str) -> bool:
    """Tell whether there is a comment in what stands between two items."""
    return any(token.kind == "comment" for token in tokenize(text))


def parted(leading: str) -> tuple[str, str]:
    """Part what stands before an item: the comment on the line of the item before, and what is its own; no comma."""
    plain, comments = without_comma(leading), False
    for token in tokenize(plain):
        comments = comments or token.kind == "comment"
        if token.kind == "space" and "\n" in token.text:
            at = token.start + token.text.index("\n")
            return (plain[:at].rstrip(), plain[at:]) if comments else ("", plain)
    return (plain.rstrip(), "") if comments else ("", plain)


def joined(comment: str, own: str, line: str = "\n    ") -> str:
    """Put a comment of a line before what follows; nothing may stand behind one that ends with its line."""
    if comment.rpartition("\n")[2].find("--") < 0 or own.lstrip(" \t").startswith("\n"):
        return comment + (own or " " * bool(comment))
    return comment + line + own.lstrip(" \t")


def between(items: Iterable[Item]) -> str:
    """Return what stands before an item of a table: a new line where the others have one."""
    for item in list(items)[1:]:
        space = without_comma(item.leading)
        if "\n" in space:
            last = space.rpartition("\n")[2]
            return "\n" + (last if not last.strip() else "")
    return " "
