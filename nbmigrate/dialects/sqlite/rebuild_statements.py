"""A rebuilt table of SQLite:  what is sent to the database, in order.

The old table steps aside under another name, the new one gets its name, its rows, its indexes and its triggers. With
PRAGMA legacy_alter_table=ON other tables, views and triggers go on to refer to the name. Not so foreign keys while
PRAGMA foreign_keys is ON, which nobody can switch off in a transaction: SQLite makes them follow the old table
(lang_altertable.html, "Compatibility Note"), and DROP TABLE would then delete or refuse the rows that refer to it. So
their texts are put back in `sqlite_schema`, to the letter, before the old table is dropped.

Turso has neither of both. There a copy of the old table steps aside, and the old table is dropped.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.schema import ExecutableDDLElement

from nbmigrate.dialects.ddl.elements import as_compiled
from nbmigrate.dialects.sqlite.draft import Draft
from nbmigrate.dialects.sqlite.draft_base import Rename
from nbmigrate.dialects.sqlite.parsing.create_table import TableText
from nbmigrate.dialects.sqlite.parsing.tokens import mentions, qualifies, string
from nbmigrate.dialects.statement import Statement, tidy
from nbmigrate.errors import UnsupportedOperationError


@dataclass(frozen=True, slots=True)
class KeyCheck(Statement):
    """PRAGMA foreign_key_check: it returns a row per violation, none of which may be new.

    Parameters
    ----------
    table
        The table whose rows are looked at.
    """

    table: str = field(default="", kw_only=True)


class RebuildWriter:
    """Writes the statements for a draft.

    Parameters
    ----------
    draft
        The draft, with all changes made in it.
    """

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.stored = draft.stored
        self.old, self.new = draft.old, draft.table
        self.schema = draft.stored.database
        self.prefix = "" if self.schema is None else draft.quote(self.schema) + "."
        self.name = self.prefix + draft.quote(self.stored.name)
        self.temporary_name = draft.quote(self.stored.temporary_name)
        self.temporary_table = self.prefix + self.temporary_name

    def write(self) -> Iterator[Statement]:
        """Yield all statements of a rebuild."""
        stored, writes = self.stored, self._texts_at_end()
        if stored.legacy_alter_table is None:
            yield from self._copied_aside(writes)
        else:
            yield from self._renamed_aside()
        created = self._without_keys(self.new) if stored.name in writes else self.new
        yield _statement(str(created.named(created.name_text, self.prefix)))
        yield _statement(copy_statement(self.draft, self.name, self.temporary_table))
        if writes:
            yield from self._write_schema(writes)
        yield from self._sequence()
        yield _statement(f"DROP TABLE {self.temporary_table}")
        yield from (_statement(index.create(self.schema)) for index in self.draft.indexes)
        yield from (_statement(trigger.create(self.schema)) for trigger in stored.triggers)
        yield from (_statement(trigger.create("temp")) for trigger in stored.temporary_triggers)
        yield from self._check_dependents()
        yield from self._afterwards()
        yield from self._key_checks()

    def _renamed_aside(self) -> Iterator[Statement]:
        # A condition that says t.a would not find t any more; the old table needs no conditions.
        yield from (
            _statement(f"DROP INDEX {self.prefix}{self._q(name)}") for name in self._qualified_indexes()
        )
        if self._has_qualified_checks():
            yield from self._write_schema({self.stored.name: str(self._bare(self.old))})
        yield _statement("PRAGMA legacy_alter_table = ON")
        yield _statement(f"ALTER TABLE {self.name} RENAME TO {self.temporary_name}")
        yield _statement(f"PRAGMA legacy_alter_table = {'ON' if self.stored.legacy_alter_table else 'OFF'}")

    def _copied_aside(self, writes: Mapping[str, str]) -> Iterator[Statement]:
        if writes:
            raise UnsupportedOperationError(
                f"{self.draft.dialect.driver} cannot rebuild table {self.stored.table_name} while it enforces "
                "foreign keys: dropping the table would delete the rows that refer to it.",
                "In env.py, before context.configure(): connection.exec_driver_sql('PRAGMA foreign_keys = OFF').",
            )
        yield _statement(str(self._bare(self.old).named(self.temporary_name, self.prefix)))
        yield _statement(
            copy_statement(Draft(self.stored, self.draft.dialect), self.temporary_table, self.name)
        )
        if self.old.numbers_itself:
            table = f"{self.prefix}sqlite_sequence"
            yield _statement(
                f"UPDATE {table} SET seq = (SELECT seq FROM {table} WHERE name = {string(self.stored.name)}) "  # noqa: S608 - all of it quoted
                f"WHERE name = {string(self.stored.temporary_name)}"
            )
        yield _statement(f"DROP TABLE {self.name}")

    def around(self) -> Iterator[Statement]:
        """Yield the statements for changes that leave the text of the table as it is."""
        kept = {index.name for index in self.draft.indexes}
        for index in self.stored.indexes:
            if index.name not in kept:
                yield _statement(f"DROP INDEX {self.prefix}{self._q(index.name)}")
        yield from self._afterwards()

    def _q(self, name: str) -> str:
        return self.draft.quote(name)

    def _afterwards(self) -> Iterator[Statement]:
        for each in self.draft.afterwards:
            if isinstance(each, Rename):
                name, new_name = self._q(each.name), self._q(each.new_name)
                yield _statement(f"ALTER TABLE {self.name} RENAME COLUMN {name} TO {new_name}")
            else:
                yield compiled_statement(each, self.draft.dialect)

    def _sequence(self) -> Iterator[Statement]:
        if self.old.numbers_itself and self.new.numbers_itself:
            # What was numbered last stays, also where those rows are deleted.
            table, old, new = f"{self.prefix}sqlite_sequence", self.stored.temporary_name, self.stored.name
            yield _statement(f"DELETE FROM {table} WHERE name = {string(new)}")  # noqa: S608 - all of it quoted
            yield _statement(f"UPDATE {table} SET name = {string(new)} WHERE name = {string(old)}")  # noqa: S608 - all of it quoted

    # Texts in sqlite_schema

    def _texts_at_end(self) -> dict[str, str]:
        """Return the texts that are put in place when the rows are copied, by table."""
        stored = self.stored
        if not stored.foreign_keys:
            return {}
        texts = {referrer.name: referrer.sql for referrer in stored.referrers}
        if _has_keys(self.new):
            # Without its foreign keys the new table takes its rows as they are, whether or not they violate one.
            texts[stored.name] = str(self.new.named(self.new.name_text))
        if _has_keys(self.old):
            texts[stored.temporary_name] = str(self._bare(self.old).named(self.temporary_name))
        return texts

    def _write_schema(self, texts: Mapping[str, str]) -> Iterator[Statement]:
        cases = "\n".join(f"  WHEN {string(name)} THEN {string(sql)}" for name, sql in texts.items())
        names = ", ".join(string(name) for name in texts)
        yield _statement("PRAGMA writable_schema = ON")
        yield _statement(
            f"UPDATE {self.prefix}sqlite_schema SET sql = CASE name\n{cases}\nEND\n"  # noqa: S608 - all of it quoted
            f"WHERE type = 'table' AND name IN ({names})"
        )
        yield _statement("PRAGMA writable_schema = RESET")

    def _bare(self, table: TableText) -> TableText:
        return table.without_clauses("check", "foreignkey", "deferral")

    def _without_keys(self, table: TableText) -> TableText:
        return table.without_clauses("foreignkey", "deferral")

    def _has_qualified_checks(self) -> bool:
        clauses = [clause for _, clause in self.old.clauses() if clause.kind == "check"]
        return any(qualifies(clause.text, self.stored.name) for clause in clauses)

    def _qualified_indexes(self) -> Iterator[str]:
        for index in self.stored.indexes:
            if qualifies(index.sql, self.stored.name):
                yield index.name

    # Looking at what was done

    def _check_dependents(self) -> Iterator[Statement]:
        """Yield what fails if a view or a trigger uses a column that is gone: SQLite looks when a table is renamed."""
        own = (*self.stored.triggers, *self.stored.temporary_triggers)
        using = [
            each
            for each in (*self.stored.dependents, *own)
            if any(mentions(each.sql, column) for column in self.draft.dropped)
        ]
        if using:
            yield _statement(f"CREATE TABLE {self.temporary_table} (x)")
            yield _statement(
                f"ALTER TABLE {self.temporary_table} RENAME TO {self._q(self.stored.temporary_name + '_')}"
            )
            yield _statement(f"DROP TABLE {self.prefix}{self._q(self.stored.temporary_name + '_')}")

    def _key_checks(self) -> Iterator[Statement]:
        tables = [self.stored.name] if _has_keys(self.new) else []
        tables += [referrer.name for referrer in self.stored.referrers] if self.draft.keys_touched else []
        for table in tables:
            plain = _statement(f"PRAGMA {self.prefix}foreign_key_check({self._q(table)})")
            yield KeyCheck(plain.text, plain.executable, table=table)


def _has_keys(table: TableText) -> bool:
    return any(clause.kind == "foreignkey" for _, clause in table.clauses())


def _statement(text: str) -> Statement:
    return Statement(text, as_compiled(text))


def compiled_statement(element: ExecutableDDLElement, dialect: sa.Dialect) -> Statement:
    """Return a statement that is compiled now: a connection may put other schemas in when it is sent."""
    compiled = str(element.compile(dialect=dialect))
    return Statement(tidy(compiled), as_compiled(compiled))


def copy_statement(draft: Draft, name: str, source: str) -> str:
    """Return the INSERT that copies the rows: every value, and every rowid.

    A rowid that is no INTEGER PRIMARY KEY is written by an INSERT that names it, which SQLite makes sure of row by row.
    Where the rowids are 1, 2, 3 ... without a gap, as in a table that no row was deleted from, an empty table gives the
    same ones to rows that come in their order: then they need not be named, and SQLite may copy whole records. It does
    so for `SELECT *` without ORDER BY alone; NOT INDEXED then keeps the scan to the table, which is in the order of
    rowids.

    Parameters
    ----------
    draft
        The table as it becomes, and what of the old one is copied into which column.
    name, source
        The new table and the old one, quoted and with their schema.
    """
    # OR ABORT: an ON CONFLICT IGNORE or REPLACE of the table must lose no row.
    into = f"INSERT OR ABORT INTO {name}"
    columns = [column.name for column in draft.table.columns if column.name in draft.values]
    names = [draft.quote(column) for column in columns]
    values = [draft.values[column] for column in columns]
    runs_on = _rowids_run_on(draft)
    if _has_all_columns(draft, names, values) and (runs_on or _keeps_rowids(draft)):
        return f"{into} SELECT * FROM {source}{' NOT INDEXED' if runs_on else ''}"  # noqa: S608 - all of it quoted
    rowid, old_rowid = draft.table.free_rowid(), draft.old.free_rowid()
    order = f" ORDER BY {old_rowid}" if runs_on and names else ""
    if rowid is not None and old_rowid is not None and not order and not _copies_alias(draft):
        names, values = [rowid, *names], [old_rowid, *values]
    if not names:
        # As many rows as there were, of defaults alone.
        names, values = [draft.quote(draft.table.columns[0].name)], ["NULL"]
    return f"{into} ({', '.join(names)}) SELECT {', '.join(values)} FROM {source}{order}"  # noqa: S608 - all of it quoted


def _has_all_columns(draft: Draft, names: list[str], values: list[str]) -> bool:
    """Whether all columns are copied as they are: SQLite then copies whole records where it can."""
    olds, news = ([column.name for column in table.columns] for table in (draft.old, draft.table))
    return olds == news and names == values and len(names) == len(news)


def _keeps_rowids(draft: Draft) -> bool:
    """Whether the rowids are a column, or there are none."""
    if draft.table.is_without_rowid or draft.old.is_without_rowid:
        return True
    old, new = draft.old.rowid_alias, draft.table.rowid_alias
    return old is not None and new is not None and old.name == new.name


def _copies_alias(draft: Draft) -> bool:
    alias = draft.table.rowid_alias
    return alias is not None and alias.name in draft.values


def _rowids_run_on(draft: Draft) -> bool:
    """Whether the new table gives the rows the rowids that they have, if they come in the order of these."""
    tables = (draft.old, draft.table)
    plain = all(table.rowid_alias is None and not table.is_without_rowid for table in tables)
    return plain and draft.stored.rowids_run_on
