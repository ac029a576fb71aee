"""The text of a CREATE TABLE as SQLite keeps it, in pieces that can be changed one by one.

What nobody changes stays to the letter: comments, odd quotes, COLLATE, ON CONFLICT, whatever SQLite comes to know next.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from nbmigrate.dialects.sqlite.parsing.clauses import (
    Clause,
    ColumnText,
    Item,
)
from nbmigrate.dialects.sqlite.parsing.parser import Reader, UnreadableSqlError
from nbmigrate.dialects.sqlite.parsing.tokens import folded, significant, tokenize, unquoted
from nbmigrate.errors import OperationError, UnsupportedOperationError


@dataclass(frozen=True, slots=True)
class TableText:
    """A CREATE TABLE.

    Parameters
    ----------
    head
        What is before the name.
    name_text
        The name as it is written.
    opening
        What is between the name and the first item: the bracket.
    items
        Columns and constraints; each has in `leading` what stands between it and the one before, the comma too.
    closing
        What is after the last item, up to the closing bracket.
    options
        The bracket and what follows: WITHOUT ROWID, STRICT.
    """

    head: str
    name_text: str
    opening: str
    items: tuple[Item, ...]
    closing: str
    options: str

    def __str__(self) -> str:
        return "".join(
            [self.head, self.name_text, self.opening, *map(str, self.items), self.closing, self.options]
        )

    @property
    def name(self) -> str:
        """The name, without quotes."""
        return unquoted(self.name_text)

    @property
    def columns(self) -> tuple[ColumnText, ...]:
        """The columns."""
        return tuple(item for item in self.items if isinstance(item, ColumnText))

    def clauses(self) -> Iterator[tuple[ColumnText | None, Clause]]:
        """Yield every constraint and what else is said of a column, with the column, or None for the table's own."""
        for item in self.items:
            if isinstance(item, Clause):
                yield None, item
            else:
                for clause in item.clauses:
                    yield item, clause

    def column(self, name: str) -> ColumnText | None:
        """Return the column of a name."""
        key = folded(name)
        return next((column for column in self.columns if folded(column.name) == key), None)

    @property
    def _words(self) -> list[str]:
        return [token.keyword for token in significant(self.options)]

    @property
    def is_without_rowid(self) -> bool:
        """Whether its rows have no rowid."""
        return "WITHOUT" in self._words

    @property
    def is_strict(self) -> bool:
        """Whether SQLite checks the types of values."""
        return "STRICT" in self._words

    @property
    def primary_key(self) -> Clause | None:
        """The clause of the primary key."""
        return next((clause for _, clause in self.clauses() if clause.kind == "primary"), None)

    @property
    def rowid_alias(self) -> ColumnText | None:
        """The INTEGER PRIMARY KEY that is the rowid by another name (lang_createtable.html, 5)."""
        key = self.primary_key
        if key is None or len(key.columns) != 1 or self.is_without_rowid:
            return None
        column = self.column(key.columns[0])
        if column is None or column.type_text.upper() != "INTEGER":
            return None
        inline = any(clause is key for clause in column.clauses)
        # An old slip of SQLite's that it keeps: INTEGER PRIMARY KEY DESC in a column is an ordinary key.
        descends = inline and "DESC" in [token.keyword for token in significant(key.text)]
        return None if descends else column

    @property
    def numbers_itself(self) -> bool:
        """Whether it is AUTOINCREMENT."""
        key = self.primary_key
        return key is not None and "AUTOINCREMENT" in [token.keyword for token in significant(key.text)]

    def free_rowid(self) -> str | None:
        """Return a name of the rowid that no column of this table has; None where there is none."""
        if self.is_without_rowid:
            return None
        taken = {folded(column.name) for column in self.columns}
        return next((name for name in ("rowid", "_rowid_", "oid") if name not in taken), None)

    def replaced(self, old: Item, new: Item) -> "TableText":
        """Return the table with an item in the place of another."""
        return replace(self, items=tuple(new if item is old else item for item in self.items))

    def without(self, item: Item) -> "TableText":
        """Return the table without an item; comments of others stay."""
        at = next(number for number, each in enumerate(self.items) if each is item)
        items = list(self.items)
        before, _ = parted(items.pop(at).leading)
        if at == len(items):
            return replace(self, items=tuple(items), closing=joined(before, parted(self.closing)[1], "\n"))
        own = parted(items[at].leading)[1]
        leading = "," + joined(before, own) if at else own if has_comment(own) else item.leading
        items[at] = replace(items[at], leading=leading)
        return replace(self, items=tuple(items))

    def with_column(self, column: ColumnText) -> "TableText":
        """Return the table with one more column, behind the others."""
        return self._inserted(column, len(self.columns))

    def with_constraint(self, clause: Clause) -> "TableText":
        """Return the table with one more constraint, behind all others."""
        return self._inserted(clause, len(self.items))

    def _inserted(self, item: Item, at: int) -> "TableText":
        """Return the table with an item more, that has at least one before it."""
        items = list(self.items)
        before, own = parted(items[at].leading if at < len(items) else self.closing)
        new = replace(item, leading="," + joined(before, between(self.items)))
        if at == len(items):
            return replace(self, items=(*items, new), closing=own)
        items[at] = replace(items[at], leading="," + own)
        items.insert(at, new)
        return replace(self, items=tuple(items))

    def reordered(self, names: Iterable[str]) -> "TableText":
        """Return the table with its columns in another order, each with its comments."""
        columns, count = self.columns, len(self.columns)
        numbers = {folded(column.name): number for number, column in enumerate(columns)}
        order = [numbers[folded(name)] for name in names]
        if order == sorted(order):
            return self
        following = [item.leading for item in self.items[1 : count + 1]]
        trails = [parted(leading)[0] for leading in [*following, self.closing][:count]]
        owns = [parted(column.leading)[1] for column in columns]
        if not has_comment(owns[0]):
            # The first may stand on the line of the bracket: it does not take that along.
            owns[0] = between(self.items)
        items: list[Item] = [
            replace(columns[order[0]], leading=self._first_leading(columns[0], owns[order[0]]))
        ]
        for last, number in pairwise(order):
            items.append(replace(columns[number], leading="," + joined(trails[last], owns[number])))
        trail = trails[order[-1]]
        if count == len(self.items):
            return replace(self, items=tuple(items), closing=joined(trail, parted(self.closing)[1], "\n"))
        first = self.items[count]
        moved = replace(first, leading="," + joined(trail, parted(first.leading)[1]))
        return replace(self, items=(*items, moved, *self.items[count + 1 :]))

    def _first_leading(self, first: ColumnText, own: str) -> str:
        if has_comment(own):
            return own
        return between(self.items) if has_comment(first.leading) else first.leading

    def with_options(self, *words: str) -> "TableText":
        """Return the table with more options after the closing bracket."""
        end = self.options.rstrip().rstrip(";")
        joined = ", ".join(words)
        return replace(self, options=f"{end} {joined}" if end == ")" else f"{end}, {joined}")

    def without_option(self, words: str) -> "TableText":
        """Return the table without an option after the closing bracket."""
        options = " ".join(token.text for token in significant(self.options)).strip(") ;").split(" , ")
        kept = ", ".join(option for option in options if option.upper() != words)
        return replace(self, options=f") {kept}".rstrip())

    def named(self, name_text: str, before: str = "") -> "TableText":
        """Return the table with another name; `before` is put in front of it: a schema and a point."""
        return replace(self, head="CREATE TABLE ", name_text=before + name_text)

    def without_clauses(self, *kinds: str) -> "TableText":
        """Return the table without all clauses of some kinds."""
        table = self
        for column in self.columns:
            gone = [clause for clause in column.clauses if clause.kind in kinds]
            table = table.replaced(column, column.without(*gone)) if gone else table
        while found := [item for item in table.items if isinstance(item, Clause) and item.kind in kinds]:
            table = table.without(found[0])
        return table


def read_table(sql: str, name: str) -> TableText:
    """Cut the text of a CREATE TABLE into pieces.

    Parameters
    ----------
    sql
        The text, as in `sqlite_schema`.
    name
        The table, for the messages.

    Raises
    ------
    UnsupportedOperationError
        For a virtual table.
    OperationError
        For a text that is no CREATE TABLE.
    """
    reader = Reader(sql)
    try:
        reader.take("CREATE")
        if reader.peek() == "VIRTUAL":
            raise UnsupportedOperationError(
                f"Table {name} is a virtual table, which only its own module can change.",
                "Make a new one with op.execute('CREATE VIRTUAL TABLE ...') and copy the rows.",
            )
        _ = reader.take_if("TEMP") or reader.take_if("TEMPORARY")
        reader.take("TABLE")
        reader.take_if("IF", "NOT", "EXISTS")
        head, name_text = _name(reader)
        return _table(reader, head, name_text)
    except UnreadableSqlError as error:
        raise _unreadable(sql, name, error.at) from None


def _name(reader: Reader) -> tuple[str, str]:
    """Read the name, after its schema if it has one; return what is before it, and the name as it is written."""
    while True:
        begin = reader.end + len(reader.leading())
        reader.name()
        if not reader.take_if("."):
            return reader.sql[:begin], reader.sql[begin : reader.end]


def _table(reader: Reader, head: str, name_text: str) -> TableText:
    begin = reader.end
    reader.take("(")
    opening = reader.sql[begin : reader.end]
    items = tuple(reader.items())
    closing = reader.leading()
    options = reader.sql[reader.end + len(closing) :]
    reader.take(")")
    while reader.peek():
        reader.take("WITHOUT", "ROWID", "STRICT", ",", ";")
    if reader.at < len(reader.tokens):
        raise UnreadableSqlError(reader.end)
    if any(isinstance(item, Clause) for item in items[: sum(isinstance(i, ColumnText) for i in items)]):
        raise UnreadableSqlError(reader.end)
    return TableText(head, name_text, opening, items, closing, options)


def _unreadable(sql: str, name: str, at: int) -> OperationError:
    around = " ".join(sql[max(at - 30, 0) : at + 30].split())
    return OperationError(
        f"The CREATE TABLE text of table {name} cannot be read, near: {around}",
        f"SQLite's own `.schema {name}` shows it. PRAGMA integrity_check tells whether the "
        "database is damaged.",
    )


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
