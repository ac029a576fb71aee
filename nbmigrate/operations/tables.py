"""Operations on whole tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from nbmigrate.operations.operation import Arguments, Change, Operation, enumerated, fullname, irreversible
from nbmigrate.schema import Options, Source, Table, call, literal, to_table


def given(**keywords: Any) -> dict[str, Source]:
    """Return the source of the keywords that are not None."""
    return {name: literal(value) for name, value in keywords.items() if value is not None}


@dataclass(frozen=True, slots=True)
class CreateTable(Operation):
    """Make a table, with its indexes and comments."""

    table: Table
    if_not_exists: bool | None = None
    _built: list[sa.Table] = field(default_factory=list, init=False, compare=False, repr=False)

    @property
    def table_name(self) -> str:
        """The table, with the schema before it if any."""
        return self.table.fullname

    @contextmanager
    def built_as(self, table: sa.Table) -> Iterator[None]:
        """Let `built` return a table in the block: whoever gets it may change it afterwards."""
        self._built.append(table)
        try:
            yield
        finally:
            self._built.clear()

    def built(self) -> sa.Table:
        """Return the table of SQLAlchemy, made once or anew."""
        return self._built[0] if self._built else to_table(self.table)

    def describe(self) -> str:
        """Return what it does, as a sentence."""
        columns = [column.name for column in self.table.columns]
        if not columns:
            return f"Create table {self.table_name} without columns."
        word = "column" if len(columns) == 1 else "columns"
        return f"Create table {self.table_name} with {word} {enumerated(columns)}."

    def reverse(self) -> "DropTable":
        """Return the operation that drops the table."""
        return DropTable(self.table.name, schema=self.table.schema, original=self.table)

    def source(self) -> Source:
        """Return the `op` call that asks for it."""
        keywords = self.table.keywords() | given(if_not_exists=self.if_not_exists)
        return call("op.create_table", [literal(self.table.name), *self.table.items()], keywords)


@dataclass(frozen=True, slots=True)
class DropTable(Operation):
    """Drop a table; `original` is what it was, where that is known."""

    name: str
    schema: str | None = None
    if_exists: bool | None = None
    options: Options = field(default_factory=Options)
    original: Table | None = field(default=None, compare=False, repr=False)

    @property
    def table_name(self) -> str:
        """The table, with the schema before it if any."""
        return fullname(self.name, self.schema)

    def describe(self) -> str:
        """Return what it does, as a sentence."""
        return f"Drop table {self.table_name} and its rows."

    def reverse(self) -> CreateTable:
        """Return the operation that makes the table again, empty."""
        if self.original is None:
            raise irreversible("drop_table", repr(self.name), "its columns are not in this revision")
        return CreateTable(self.original)

    def source(self) -> Source:
        """Return the `op` call that asks for it."""
        keywords = given(schema=self.schema, if_exists=self.if_exists)
        return call("op.drop_table", [literal(self.name)], keywords | self.options.arguments())


@dataclass(frozen=True, slots=True)
class RenameTable(Operation):
    """Give a table another name in the same schema."""

    name: str
    new_name: str
    schema: str | None = None

    @property
    def table_name(self) -> str:
        """The table, with the schema before it if any."""
        return fullname(self.name, self.schema)

    def describe(self) -> str:
        """Return what it does, as a sentence."""
        return f"Rename table {self.table_name} to {self.new_name}."

    def reverse(self) -> "RenameTable":
        """Return the operation that gives the table its name back."""
        return RenameTable(self.new_name, self.name, self.schema)

    def source(self) -> Source:
        """Return the `op` call that asks for it."""
        return call(
            "op.rename_table", [literal(self.name), literal(self.new_name)], given(schema=self.schema)
        )


@dataclass(frozen=True, slots=True)
class CreateTableComment(Change):
    """Set the comment of a table; `existing_comment` is what it was, None where there was none."""

    table: str
    comment: str | None
    existing_comment: str | None = None
    schema: str | None = None

    @property
    def directive(self) -> str:
        """The name of its directive."""
        return "create_table_comment"

    @property
    def table_name(self) -> str:
        """The table, with the schema before it if any."""
        return fullname(self.table, self.schema)

    def describe(self) -> str:
        """Return what it does, as a sentence."""
        return f"Set the comment of table {self.table_name} to {self.comment!r}."

    def reverse(self) -> "CreateTableComment | DropTableComment":
        """Return the operation that sets the comment there was, or drops it."""
        if self.existing_comment is None:
            return DropTableComment(self.table, existing_comment=self.comment, schema=self.schema)
        return CreateTableComment(self.table, self.existing_comment, self.comment, self.schema)

    def arguments(self) -> Arguments:
        """Return the arguments of its directive."""
        keywords = given(existing_comment=self.existing_comment)
        comment = (literal(self.comment),)
        return Arguments(
            table=self.table, after_table=comment, keywords=keywords, schema=given(schema=self.schema)
        )


@dataclass(frozen=True, slots=True)
class DropTableComment(Change):
    """Drop the comment of a table."""

    table: str
    existing_comment: str | None = None
    schema: str | None = None

    @property
    def directive(self) -> str:
        """The name of its directive."""
        return "drop_table_comment"

    @property
    def table_name(self) -> str:
        """The table, with the schema before it if any."""
        return fullname(self.table, self.schema)

    def describe(self) -> str:
        """Return what it does, as a sentence."""
        return f"Drop the comment of table {self.table_name}."

    def reverse(self) -> CreateTableComment:
        """Return the operation that sets the comment again."""
        if self.existing_comment is None:
            remedy = "Say existing_comment="
            raise irreversible(
                "drop_table_comment", repr(self.table), "the old comment is not in this revision", remedy
            )
        return CreateTableComment(self.table, self.existing_comment, None, self.schema)

    def arguments(self) -> Arguments:
        """Return the arguments of its directive."""
        keywords = given(existing_comment=self.existing_comment)
        return Arguments(table=self.table, keywords=keywords, schema=given(schema=self.schema))
