"""The statement that copies the rows of a table of SQLite that is made anew: every value, and every rowid.

A rowid that is no INTEGER PRIMARY KEY is written by an INSERT that names it, which SQLite makes sure of row by row.
Where the rowids are 1, 2, 3 ... without a gap, as in a table that no row was deleted from, an empty table gives the
same ones to rows that come in their order: then they need not be named, and SQLite may copy whole records. It does so
for `SELECT *` without ORDER BY alone; NOT INDEXED then keeps the scan to the table, which is in the order of rowids.
"""

from nbmigrate.dialects.sqlite.draft import Draft


def copy_statement(draft: Draft, name: str, spare: str) -> str:
    """Return the INSERT.

    Parameters
    ----------
    draft
        The table as it becomes, and what of the old one is copied into which column.
    name, spare
        The new table and the old one, quoted and with their schema.
    """
    # OR ABORT: an ON CONFLICT IGNORE or REPLACE of the table must lose no row.
    into = f"INSERT OR ABORT INTO {name}"
    columns = [column.name for column in draft.table.columns if column.name in draft.values]
    names = [draft.quote(column) for column in columns]
    values = [draft.values[column] for column in columns]
    runs_on = _rowids_run_on(draft)
    if _has_all_columns(draft, names, values) and (runs_on or _keeps_rowids(draft)):
        return f"{into} SELECT * FROM {spare}{' NOT INDEXED' if runs_on else ''}"  # noqa: S608 - all of it quoted
    rowid, old_rowid = draft.table.free_rowid(), draft.old.free_rowid()
    order = f" ORDER BY {old_rowid}" if runs_on and names else ""
    if rowid is not None and old_rowid is not None and not order and not _copies_alias(draft):
        names, values = [rowid, *names], [old_rowid, *values]
    if not names:
        # As many rows as there were, of defaults alone.
        names, values = [draft.quote(draft.table.columns[0].name)], ["NULL"]
    return f"{into} ({', '.join(names)}) SELECT {', '.join(values)} FROM {spare}{order}"  # noqa: S608 - all of it quoted


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
