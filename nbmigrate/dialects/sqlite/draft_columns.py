"""Changes of columns in the text of a table."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy.schema import CreateIndex, ExecutableDDLElement

from nbmigrate import operations as ops
from nbmigrate.dialects.sqlite.constraints import not_null, with_key_numbered
from nbmigrate.dialects.sqlite.draft_base import DraftText, Rename, index_names
from nbmigrate.dialects.sqlite.parsing.clauses import Clause, ColumnText, same_name
from nbmigrate.dialects.sqlite.parsing.tokens import folded, mentions, same_sql
from nbmigrate.errors import OperationError, UnsupportedOperationError
from nbmigrate.schema import Column, Computed, Identity, Table, to_table


class ColumnChanges(DraftText):
    """Adds, drops and alters columns."""

    def add_column(self, change: ops.AddColumn) -> bool:
        """Add a column, where it is said to stand; tell whether it was not there."""
        column = change.column
        if folded(column.name) in self.names:
            if change.if_not_exists:
                return False
            raise OperationError(f"Table {self.stored.table_name} has a column {column.name!r} already.")
        is_key = column.primary_key or bool(change.inline_primary_key)
        if is_key and self.table.primary_key is not None:
            self.refuse_second_key(column.name)
        text_name = self._free_name(column.name)
        piece = self.pieces.column(
            replace(column, name=text_name, key=None), is_key=is_key, convention=change.naming_convention
        )
        self.names[folded(column.name)] = text_name
        if text_name != column.name:
            self.afterwards.append(Rename(text_name, text_name, column.name))
        self.afterwards += self._indexes_of(column, change.naming_convention)
        self.table = self.table.with_column(piece)
        self._move(piece, change.insert_before, change.insert_after)
        if text_name == column.name:
            self._take_back()
        return True

    def _take_back(self) -> None:
        """Give back the indexes that went with columns of this batch, all of which are there again, as alembic does."""
        for index, columns in list(self.lost_indexes):
            if all(folded(name) in self.names for name in columns):
                self.lost_indexes.remove((index, columns))
                self.gone.remove(index.name)
                self.indexes.append(index)

    def _free_name(self, name: str) -> str:
        """Return a name for the text: another one while the column that had it waits for its new one."""
        found, number = name, 0
        while self.table.column(found) is not None:
            number += 1
            found = f"{name}_{number}"
        return found

    def _indexes_of(self, column: Column, convention: Mapping[str, Any] | None) -> list[ExecutableDDLElement]:
        value = Table(self.stored.name, (column,), schema=self.stored.schema, naming_convention=convention)
        return [CreateIndex(index) for index in sorted(to_table(value).indexes, key=lambda i: str(i.name))]

    def drop_column(self, change: ops.DropColumn) -> None:
        """Drop a column with the constraints and indexes that name it."""
        if change.if_exists and folded(change.column) not in self.names:
            return
        column = self.find(change.column)
        if len(self.table.columns) == 1:
            raise OperationError(
                f"Column {change.column} is the only one of table {self.stored.table_name}: a table must have one.",
                "Drop the table, or add another column first.",
            )
        self._refuse_generated_from(column)
        self.keys_touched = self.keys_touched or self._is_in_key(column)
        self.table = self.table.without(column)
        for owner, clause in list(self.table.clauses()):
            if self._names_column(clause, column.name):
                self.remove(owner, clause)
                self.gone += [] if clause.name is None else [clause.name]
        for index in [index for index in self.indexes if index_names(index.sql, column.name)]:
            self.gone.append(index.name)
            self.lost_indexes.append(
                (index, [one.name for one in self.old.columns if index_names(index.sql, one.name)])
            )
        self.indexes = [index for index in self.indexes if not index_names(index.sql, column.name)]
        self.values.pop(column.name, None)
        self.names = {name: text for name, text in self.names.items() if text != column.name}
        self.afterwards = [each for each in self.afterwards if not self._is_about(each, column)]
        if self.old.column(column.name) is not None:
            self.dropped.append(column.name)

    def _is_about(self, later: Rename | ExecutableDDLElement, column: ColumnText) -> bool:
        """Tell whether something that waits for the end cannot be done without a column."""
        if isinstance(later, Rename):
            return later.column == column.name
        sql = str(later.compile(dialect=self.dialect))
        return isinstance(later, CreateIndex) and any(
            index_names(sql, name) for name in self.names_of(column)
        )

    def _names_column(self, clause: Clause, name: str) -> bool:
        if clause.kind == "check":
            return mentions(clause.body, name)
        columns = clause.columns
        if clause.target is not None and same_name(clause.target, self.stored.name):
            columns += clause.target_columns
        return any(same_name(column, name) for column in columns)

    def _refuse_generated_from(self, column: ColumnText) -> None:
        for other in self.table.columns:
            generated = other.clause("generated")
            if generated is not None and other is not column and mentions(generated.body, column.name):
                raise OperationError(
                    f"Column {column.name} of table {self.stored.table_name} cannot be dropped: column {other.name} is "
                    "computed from it.",
                    f"Drop {other.name} first, or change what it is computed from.",
                )

    def alter_column(self, change: ops.AlterColumn) -> None:
        """Change a column; its new name waits for the end."""
        column = self.find(change.column)
        if change.type is not None:
            column = self._retyped(column, change)
        column = self._defaulted(column, change)
        if change.nullable is not None:
            column = self._nullable(column, nullable=change.nullable)
        if change.autoincrement is not None:
            self.table = with_key_numbered(self.table, column, numbered=change.autoincrement)
            column = self.find(change.column)
        self._move(column, change.insert_before, change.insert_after)
        if change.new_name is not None and change.new_name != column.name:
            self._rename(column, change.new_name)

    def _retyped(self, column: ColumnText, change: ops.AlterColumn) -> ColumnText:
        assert change.type is not None  # noqa: S101 - asked before
        gone: list[Clause] = []
        for convention in (change.naming_convention, self.convention):
            before = change.existing_type
            checks = () if before is None else self.pieces.type_checks(column.name, before, convention)
            gone += [clause for check in checks for clause in self._same_check(column, check)]
        column = self.column(column.name)
        text, collate = self.pieces.type(change.type)
        new = column.without(*gone).with_type(text)
        new = new if collate is None else new.with_clause(collate)
        checks = self.pieces.type_checks(column.name, change.type, change.naming_convention)
        new = replace(new, clauses=(*new.clauses, *(replace(check, leading=" ") for check in checks)))
        old = self.old.column(column.name)
        if old is not None and column.name in self.values:
            self.values[column.name] = _converted(self.quote(column.name), old, new)
            if old.affinity in ("TEXT", "BLOB") and new.affinity in ("INTEGER", "REAL"):
                # A CAST, which alembic writes, would make 8 of '8.5' and 0 of 'x'.
                self.remarks.append(
                    f"Column {column.name} becomes {new.type_text}: SQLite stores a text that is a number as that "
                    "number ('8' as 8, '8.5' as 8.5), and keeps any other"
                )
        self.keys_touched = self.keys_touched or self._is_in_key(column)
        return self.put(column, new)

    def _same_check(self, column: ColumnText, check: Clause) -> list[Clause]:
        """Return the column's own CHECK that a type has made; take it away where it is one of the table."""
        for owner, clause in list(self.table.clauses()):
            named = check.name is not None and clause.name is not None and same_name(check.name, clause.name)
            if clause.kind != "check" or not (
                named or (clause.name is None and same_sql(clause.text, check.text))
            ):
                continue
            if owner is column:
                return [clause]
            self.remove(owner, clause)
        return []

    def _is_in_key(self, column: ColumnText) -> bool:
        keys = [clause for _, clause in self.table.clauses() if clause.kind in ("primary", "unique")]
        listed = any(same_name(name, column.name) for clause in keys for name in clause.columns)
        return listed or any(
            index.is_unique and index_names(index.sql, column.name) for index in self.indexes
        )

    def _defaulted(self, column: ColumnText, change: ops.AlterColumn) -> ColumnText:
        default = change.server_default
        if default is False:
            return column
        if isinstance(default, Identity):
            raise UnsupportedOperationError(
                f"SQLite has no identity columns (column {column.name} of table {self.stored.table_name}).",
                "An INTEGER PRIMARY KEY numbers itself; autoincrement=True keeps numbers from being used again.",
            )
        if isinstance(default, Computed):
            self._refuse_values_lost(column)
        generated, plain = column.clause("generated"), column.clause("default")
        gone = [clause for clause in (generated, plain) if clause is not None]
        if default is None:
            new = column.without(*gone)
        else:
            made = self.pieces.default(default)
            new = column.without(*(clause for clause in gone if clause.kind != made.kind)).with_clause(made)
        if isinstance(default, Computed):
            self.values.pop(column.name, None)
        elif generated is not None and self.old.column(column.name) is not None:
            # What was computed until now stays as a value.
            self.values[column.name] = self.quote(column.name)
        return self.put(column, new)

    def _refuse_values_lost(self, column: ColumnText) -> None:
        # Alembic does this on no database, and the others have no statement for it.
        before = self.old.column(column.name) if column.name in self.values else None
        if before is not None and before.clause("generated") is None:
            table, name = self.stored.table_name, column.name
            raise UnsupportedOperationError(
                f"Column {name} of table {table} holds values of its own, which would be lost if it were computed.",
                f"If they may go, drop {name} and add it again with sa.Computed(...).",
            )

    def _nullable(self, column: ColumnText, *, nullable: bool) -> ColumnText:
        present = [clause for clause in column.clauses if clause.kind == ("notnull" if nullable else "null")]
        new = column.without(*present)
        if not nullable and new.clause("notnull") is None:
            new = new.with_clause(not_null())
        return self.put(column, new)

    def _move(self, column: ColumnText, before: str | None, after: str | None) -> None:
        if before is None and after is None:
            return
        beside = self.find(before if before is not None else str(after)).name
        names = [each.name for each in self.table.columns if each.name != column.name]
        if beside == column.name:
            return
        names.insert(names.index(beside) + (before is None), column.name)
        self.table = self.table.reordered(names)

    def _rename(self, column: ColumnText, name: str) -> None:
        taken = self.names.get(folded(name))
        if taken is not None and taken != column.name:
            raise OperationError(
                f"Table {self.stored.table_name} has a column {name!r} already, so {column.name} cannot be called so."
            )
        current = self.current_name(column)
        self.names = {key: text for key, text in self.names.items() if text != column.name}
        self.names[folded(name)] = column.name
        self.afterwards.append(Rename(column.name, current, name))


def _converted(value: str, old: ColumnText, new: ColumnText) -> str:
    """Return what is copied into a column of another type.

    SQLite itself converts what it can without loss when a value is stored. CAST would make 0 of 'abc' and 2020 of
    '2020-05-17', so it is only for what has a meaning in the new type: bytes as text, text as bytes, 1.5 as 1.
    """
    if old.affinity == new.affinity:
        return value
    if new.affinity == "TEXT" or (new.affinity == "BLOB" and new.type_text):
        return f"CAST({value} AS {new.affinity})"
    if new.affinity == "INTEGER" and old.affinity != "TEXT":
        return f"CASE typeof({value}) WHEN 'real' THEN CAST({value} AS INTEGER) ELSE {value} END"
    return value
