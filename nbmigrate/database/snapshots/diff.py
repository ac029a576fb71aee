"""What is different between two snapshots, as far as they can tell."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from nbmigrate.database.snapshots.snapshot import Snapshot, TableSnapshot
from nbmigrate.database.tables.description import ConstraintDescription
from nbmigrate.database.tables.long_values import LongValue
from nbmigrate.database.tables.row_counts import UNKNOWN, RowCount

#: The values that name a row, in the order of `TableChange.key`.
RowKey = tuple[Hashable, ...]


@dataclass(frozen=True, slots=True)
class TableChange:
    """How a table changed.

    Parameters
    ----------
    name
        The table.
    kind
        "same" where no change is to be seen; with `complete` there is none.
    key
        The columns whose values name a row: the primary key, or where there is no key, all columns that both have.
    columns_new, columns_gone, columns_changed
        Names of columns; those changed have another type, default, comment, or take NULL or not.
    constraints_new, constraints_gone
        Keys, constraints and indexes.
    rows_new, rows_gone
        The rows that certainly came and went. Without a key, a row may be named more than once.
    rows_changed
        Which columns changed, of each row that is there before and after.
    before, after
        How many rows there were, and are; None where there was, or is, no table.
    complete
        Whether every row was seen, and every value whole; if not, there may be changes that are not said here.
    """

    name: str
    kind: Literal["new", "gone", "changed", "same"]
    key: tuple[str, ...] = ()
    columns_new: tuple[str, ...] = ()
    columns_gone: tuple[str, ...] = ()
    columns_changed: tuple[str, ...] = ()
    constraints_new: tuple[ConstraintDescription, ...] = ()
    constraints_gone: tuple[ConstraintDescription, ...] = ()
    rows_new: tuple[RowKey, ...] = ()
    rows_gone: tuple[RowKey, ...] = ()
    rows_changed: Mapping[RowKey, tuple[str, ...]] = field(default_factory=dict, hash=False)
    before: RowCount | None = None
    after: RowCount | None = None
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Changes:
    """How each table changed, in the order of their names; a renamed table is one that is gone and one that is new."""

    tables: tuple[TableChange, ...]

    def get(self, name: str) -> TableChange | None:
        """Return the change of a table by its name, or None."""
        return next((table for table in self.tables if table.name == name), None)

    @property
    def changed(self) -> tuple[TableChange, ...]:
        """The tables that are not the same."""
        return tuple(table for table in self.tables if table.kind != "same")


def compare(before: Snapshot, after: Snapshot) -> Changes:
    """Return what changed from one snapshot to another of the same tables."""
    old = {table.name: table for table in before.tables}
    new = {table.name: table for table in after.tables}
    return Changes(tuple(_compared(name, old.get(name), new.get(name)) for name in sorted({*old, *new})))


def _compared(name: str, before: TableSnapshot | None, after: TableSnapshot | None) -> TableChange:
    if before is None or after is None:
        only = after or before
        assert only is not None  # noqa: S101
        key = only.key or _names(only)
        rows = row_keys(only, key)
        return TableChange(
            name,
            "new" if before is None else "gone",
            key,
            rows_new=rows if before is None else (),
            rows_gone=rows if after is None else (),
            before=before.count if before is not None else None,
            after=after.count if after is not None else None,
            complete=only.whole,
        )
    if not (before.described and after.described):
        # What could not be looked at may have changed, or not.
        return TableChange(name, "same", before=before.count, after=after.count, complete=False)
    return _Pair(before, after).change()


def row_keys(snapshot: TableSnapshot, key: Sequence[str]) -> tuple[RowKey, ...]:
    """Return what names each row of a snapshot, in their order."""
    return tuple(_keys(snapshot, key))


def positions(snapshot: TableSnapshot, key: Sequence[str], named: Iterable[RowKey]) -> frozenset[int]:
    """Return where the rows are that are named; of rows that are alike, the last ones."""
    wanted = Counter(named)
    if not wanted:
        return frozenset()
    found: set[int] = set()
    for position, row in reversed(list(enumerate(_keys(snapshot, key)))):
        if wanted[row] > 0:
            wanted[row] -= 1
            found.add(position)
    return frozenset(found)


def _names(snapshot: TableSnapshot) -> tuple[str, ...]:
    return tuple(column.name for column in snapshot.rows.columns)


def _keys(snapshot: TableSnapshot, key: Sequence[str]) -> list[RowKey]:
    places = _places(snapshot, key)
    return [tuple(_hashable(row[place]) for place in places) for row in snapshot.rows.rows]


def _places(snapshot: TableSnapshot, names: Sequence[str]) -> list[int]:
    every = _names(snapshot)
    return [every.index(name) for name in names]


def _hashable(value: Any) -> Hashable:
    try:
        hash(value)
    except TypeError:
        # JSON and arrays come as dictionaries and lists.
        return repr(value)
    # NaN is not equal to itself.
    return value if value == value else repr(value)


class _Pair:
    """A table before and after."""

    def __init__(self, before: TableSnapshot, after: TableSnapshot) -> None:
        self.before = before
        self.after = after
        self.common = tuple(name for name in _names(before) if name in set(_names(after)))

    def change(self) -> TableChange:
        """Return the change."""
        key = self._key()
        rows_new, rows_gone = self._rows(key) if key else self._alike()
        rows_changed, cut = self._cells(key) if key else ({}, self._has_long())
        change = TableChange(
            self.before.name,
            "same",
            key or self.common,
            columns_new=tuple(name for name in _names(self.after) if name not in self.common),
            columns_gone=tuple(name for name in _names(self.before) if name not in self.common),
            columns_changed=self._retyped(),
            constraints_new=_without(self.after.schema.constraints, self.before.schema.constraints),
            constraints_gone=_without(self.before.schema.constraints, self.after.schema.constraints),
            rows_new=rows_new,
            rows_gone=rows_gone,
            rows_changed=rows_changed,
            before=self.before.count,
            after=self.after.count,
            complete=self.before.whole and self.after.whole and not cut,
        )
        return replace(change, kind="changed") if self._is_changed(change) else change

    def _retyped(self) -> tuple[str, ...]:
        old = {column.name: column for column in self.before.schema.columns}
        new = {column.name: column for column in self.after.schema.columns}
        return tuple(name for name in self.common if old[name] != new[name])

    def _has_long(self) -> bool:
        rows = (*self.before.rows.rows, *self.after.rows.rows)
        return any(isinstance(value, LongValue) for row in rows for value in row)

    def _is_changed(self, change: TableChange) -> bool:
        counts = (self.before.count, self.after.count)
        # Two estimates of one number differ; what is not known differs from nothing.
        counted = UNKNOWN not in counts and any(count.exact for count in counts)
        return (
            self.before.schema != self.after.schema
            or bool(change.rows_new or change.rows_gone or change.rows_changed)
            or (counted and counts[0] != counts[1])
        )

    def _key(self) -> tuple[str, ...]:
        """Return the columns that name a row before and after; none where nothing does."""
        for key in (self.after.key, self.before.key):
            if key and set(key) <= set(self.common) and self._is_unique(key):
                return key
        return ()

    def _is_unique(self, key: Sequence[str]) -> bool:
        return all(len(set(keys)) == len(keys) for keys in (_keys(self.before, key), _keys(self.after, key)))

    def _rows(self, key: Sequence[str]) -> tuple[tuple[RowKey, ...], tuple[RowKey, ...]]:
        """Return the keys of rows that came and that went for certain."""
        old, new = _keys(self.before, key), _keys(self.after, key)
        # Another type, or collation, may be another order.
        ordered = self.before.key == self.after.key == tuple(key) and not set(key) & set(self._retyped())
        came = _certain(new, old, whole=self.before.whole, ordered=ordered)
        went = _certain(old, new, whole=self.after.whole, ordered=ordered)
        return came, went

    def _alike(self) -> tuple[tuple[RowKey, ...], tuple[RowKey, ...]]:
        """Return rows that came and went where nothing but their values tells them apart."""
        if not (self.before.whole and self.after.whole):
            return (), ()
        old, new = _keys(self.before, self.common), _keys(self.after, self.common)
        return _surplus(new, old), _surplus(old, new)

    def _cells(self, key: Sequence[str]) -> tuple[dict[RowKey, tuple[str, ...]], bool]:
        """Return the columns that changed in rows that stayed, and whether a value was too long to compare it whole."""
        places = list(
            zip(self.common, _places(self.before, self.common), _places(self.after, self.common), strict=True)
        )
        new = dict(zip(_keys(self.after, key), self.after.rows.rows, strict=True))
        changed: dict[RowKey, tuple[str, ...]] = {}
        cut = False
        for row_key, row in zip(_keys(self.before, key), self.before.rows.rows, strict=True):
            other = new.get(row_key)
            if other is None:
                continue
            names = tuple(name for name, ours, theirs in places if not _equal(row[ours], other[theirs]))
            if names:
                changed[row_key] = names
            cut = cut or any(
                isinstance(row[ours], LongValue) and row[ours] == other[theirs] for _, ours, theirs in places
            )
        return changed, cut


def _equal(one: Any, other: Any) -> bool:
    # NaN is not equal to itself.
    return bool(one == other) or (one != one and other != other)


def _without(
    items: Sequence[ConstraintDescription], others: Sequence[ConstraintDescription]
) -> tuple[ConstraintDescription, ...]:
    return tuple(item for item in items if item not in others)


def _surplus(keys: Sequence[RowKey], others: Sequence[RowKey]) -> tuple[RowKey, ...]:
    left = Counter(others)
    surplus = []
    for key in keys:
        if left[key] > 0:
            left[key] -= 1
        else:
            surplus.append(key)
    return tuple(surplus)


def _certain(
    keys: Sequence[RowKey], others: Sequence[RowKey], *, whole: bool, ordered: bool
) -> tuple[RowKey, ...]:
    """Return those of `keys` that the other snapshot would show if it had them.

    Parameters
    ----------
    whole
        Whether the other snapshot has all rows.
    ordered
        Whether both are the first rows in one order.
    """
    present = set(others)
    missing = [key for key in keys if key not in present]
    if whole or not missing:
        return tuple(missing)
    if not ordered or not others:
        return ()
    if all(type(value) is int for key in (*missing, others[-1]) for value in key):
        return tuple(key for key in missing if key < others[-1])
    # Only the database knows how it orders texts: what stands before a row that both show is in sight of both.
    last = max((position for position, key in enumerate(keys) if key in present), default=0)
    return tuple(key for key in keys[:last] if key not in present)
