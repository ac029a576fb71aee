"""Operations on one column of a table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from nbmigrate.operations.operation import Arguments, Change, enumerated, fullname, irreversible
from nbmigrate.operations.tables import given
from nbmigrate.schema import Column, Options, ServerDefault, SqlType, literal


@dataclass(frozen=True, slots=True)
class AddColumn(Change):
    """Add a column, with the constraints, index and comment it brings along.

    `insert_before` and `insert_after` are the column that it comes before or after; else it comes last.
    `naming_convention` names what has no name.
    """

    table: str
    column: Column
    schema: str | None = None
    if_not_exists: bool | None = None
    inline_references: bool | None = None
    inline_primary_key: bool | None = None
    insert_before: str | None = None
    insert_after: str | None = None
    naming_convention: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    @property
    def directive(self) -> str:
        """The name of its directive."""
        return "add_column"

    @property
    def table_name(self) -> str:
        """The table, with the schema before it if any."""
        return fullname(self.table, self.schema)

    def describe(self) -> str:
        """Return what it does, as a sentence."""
        return f"Add column {self.column.name} ({self.column.type}) to table {self.table_name}."

    def reverse(self) -> "DropColumn":
        """Return the operation that drops the column."""
        return DropColumn(self.table, self.column.name, self.schema, original=self.column)

    def arguments(self) -> Arguments:
        """Return the arguments of its directive."""
        keywords = given(
            if_not_exists=self.if_not_exists,
            inline_references=self.inline_references,
            inline_primary_key=self.inline_primary_key,
            insert_before=self.insert_before,
            insert_after=self.insert_after,
        )
        column = (self.column.source(),)
        return Arguments(
            table=self.table, after_table=column, keywords=keywords, schema=given(schema=self.schema)
        )


@dataclass(frozen=True, slots=True)
class DropColumn(Change):
    """Drop a column; `original` is what it was, where that is known."""

    table: str
    column: str
    schema: str | None = None
    if_exists: bool | None = None
    options: Options = field(default_factory=Options)
    original: Column | None = field(default=None, compare=False, repr=False)

    @property
    def directive(self) -> str:
        """The name of its directive."""
        return "drop_column"

    @property
    def table_name(self) -> str:
        """The table, with the schema before it if any."""
        return fullname(self.table, self.schema)

    def describe(self) -> str:
        """Return what it does, as a sentence."""
        return f"Drop column {self.column} of table {self.table_name} and what it holds."

    def reverse(self) -> AddColumn:
        """Return the operation that adds the column again, empty."""
        if self.original is None:
            what = f"{self.table!r}, {self.column!r}"
            raise irreversible("drop_column", what, "the column's type is not in this revision")
        return AddColumn(self.table, self.original, self.schema)

    def arguments(self) -> Arguments:
        """Return the arguments of its directive."""
        keywords = given(if_exists=self.if_exists) | self.options.arguments()
        column = (literal(self.column),)
        return Arguments(
            table=self.table, after_table=column, keywords=keywords, schema=given(schema=self.schema)
        )


@dataclass(frozen=True, slots=True)
class AlterColumn(Change):
    """Change a column.

    As for `op.alter_column`, False in `comment` and `server_default` says that it stays, None that it goes; None
    elsewhere says that it stays. What is `existing_` is there for databases that must be told all of a column,
    and for the way back.
    """

    table: str
    column: str
    nullable: bool | None = None
    comment: str | Literal[False] | None = False
    server_default: ServerDefault | Literal[False] = False
    new_name: str | None = None
    type: SqlType | None = None
    autoincrement: bool | None = None
    existing_type: SqlType | None = None
    existing_server_default: ServerDefault | Literal[False] = False
    existing_nullable: bool | None = None
    existing_comment: str | None = None
    existing_autoincrement: bool | None = None
    schema: str | None = None
    options: Options = field(default_factory=Options)
    insert_before: str | None = None
    insert_after: str | None = None
    naming_convention: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    @property
    def directive(self) -> str:
        """The name of its directive."""
        return "alter_column"

    @property
    def table_name(self) -> str:
        """The table, with the schema before it if any."""
        return fullname(self.table, self.schema)

    def changes(self) -> dict[str, Any]:
        """Return what changes, by the name of the keyword of `op.alter_column`."""
        arguments: dict[str, Any] = {"nullable": self.nullable, "type_": self.type}
        arguments |= {"new_column_name": self.new_name, "autoincrement": self.autoincrement}
        arguments = {name: value for name, value in arguments.items() if value is not None}
        optional = {"comment": self.comment, "server_default": self.server_default}
        return arguments | {name: value for name, value in optional.items() if value is not False}

    def existing(self) -> dict[str, Any]:
        """Return what is said to be so before, by the name of the keyword of `op.alter_column`."""
        arguments: dict[str, Any] = {
            "existing_type": self.existing_type,
            "existing_nullable": self.existing_nullable,
        }
        arguments["existing_autoincrement"] = self.existing_autoincrement
        arguments["existing_comment"] = self.existing_comment
        arguments = {name: value for name, value in arguments.items() if value is not None}
        if self.existing_server_default is not False:
            arguments["existing_server_default"] = self.existing_server_default
        return arguments

    def describe(self) -> str:
        """Return what it does, as a sentence."""
        parts = [_named(name, value) for name, value in self.changes().items()]
        place = {"before": self.insert_before, "after": self.insert_after}
        parts += [f"it comes {word} {column}" for word, column in place.items() if column is not None]
        if not parts:
            return f"Leave column {self.column} of table {self.table_name} as it is."
        return f"Change column {self.column} of table {self.table_name}: {enumerated(parts)}."

    def reverse(self) -> "AlterColumn":
        """Return the operation that changes the column back."""
        if self.insert_before is not None or self.insert_after is not None:
            what = f"{self.table!r}, {self.column!r}"
            raise irreversible("alter_column", what, "the column's old position is not in this revision")
        existing = self.existing()
        changes = self.changes()
        if self.comment is not None:
            # Without a word of another one there was no comment, as alembic has it and leaves it out.
            existing.setdefault("existing_comment", None)
        missing = [
            _existing(name)
            for name in changes
            if name != "new_column_name" and _existing(name) not in existing
        ]
        if missing:
            what = f"{self.table!r}, {self.column!r}"
            why = "its old values are not in this revision"
            raise irreversible(
                "alter_column", what, why, f"Add {enumerated([f'{name}=' for name in missing])}"
            )
        values: dict[str, Any] = {}
        for name in ("type", "nullable", "comment", "server_default", "autoincrement"):
            keyword = "type_" if name == "type" else name
            if keyword in changes:
                values[name] = existing[f"existing_{name}"]
                values[f"existing_{name}"] = changes[keyword]
            elif f"existing_{name}" in existing:
                values[f"existing_{name}"] = existing[f"existing_{name}"]
        if self.new_name is not None:
            values["new_name"] = self.column
        return AlterColumn(self.table, self.new_name or self.column, schema=self.schema, **values)

    def arguments(self) -> Arguments:
        """Return the arguments of its directive."""
        keywords = {name: literal(value) for name, value in (self.changes() | self.existing()).items()}
        keywords |= given(insert_before=self.insert_before, insert_after=self.insert_after)
        keywords |= self.options.arguments()
        column = (literal(self.column),)
        return Arguments(
            table=self.table, after_table=column, keywords=keywords, schema=given(schema=self.schema)
        )


def _existing(name: str) -> str:
    return f"existing_{name.removesuffix('_')}"


def _named(name: str, value: Any) -> str:
    if name == "nullable":
        return "NULL is allowed" if value else "NULL is not allowed"
    if name == "type_":
        return f"the type becomes {value}"
    if name == "new_column_name":
        return f"the name becomes {value}"
    if name == "autoincrement":
        return "it numbers itself" if value else "it does not number itself"
    what = {"comment": "the comment", "server_default": "the server default"}[name]
    if value is None:
        return f"{what} goes"
    return f"{what} becomes {value!r}" if isinstance(value, str) else f"{what} becomes {value.source().text}"
