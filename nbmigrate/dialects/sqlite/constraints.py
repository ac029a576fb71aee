"""Finding and changing the constraints in the text of a table."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from nbmigrate import operations as ops
from nbmigrate.dialects.sqlite.names import name_by
from nbmigrate.dialects.sqlite.parsing.clauses import Clause, ClauseKind, ColumnText, same_name
from nbmigrate.dialects.sqlite.parsing.create_table import TableText
from nbmigrate.dialects.sqlite.parsing.parser import read_clause
from nbmigrate.dialects.sqlite.parsing.tokens import significant
from nbmigrate.errors import ConstraintNotFoundError, OperationError, nearest
from nbmigrate.schema import doubled_name_hint

#: What each kind of constraint is called in a sentence.
WORDS: Mapping[ClauseKind, str] = {
    "primary": "primary key",
    "unique": "unique constraint",
    "foreignkey": "foreign key",
    "check": "check constraint",
    "notnull": "NOT NULL",
}

Found = tuple[ColumnText | None, Clause]


def find_constraint(
    table: TableText, change: ops.DropConstraint, convention: Mapping[str, Any] | None
) -> Found | None:
    """Return the constraint that an operation drops, with the column it is in; None where there need be none.

    It is found by its name, or by the name that a convention gives it. Where no name is said it is the only one of its
    kind that has none: a name that nothing has never drops another.

    Parameters
    ----------
    table
        The table.
    change
        The operation.
    convention
        A naming convention, as `sa.MetaData` takes it.

    Raises
    ------
    ConstraintNotFoundError
        There is none, the nearest is named; or several could be meant. Or it is of another kind.
    """
    constraints = [found for found in table.clauses() if found[1].kind in WORDS]
    names = {found[1].name: found for found in constraints if found[1].name is not None}
    for name, found in names.items():
        if change.name is not None and same_name(name, change.name):
            _require_kind(found[1], change)
            return found
    without_name = [found for found in constraints if found[1].name is None]
    if change.name is None:
        return _only_one(change, without_name, list(names))
    called = [(name_by(found[1], table.name, change.schema, convention), found) for found in without_name]
    meant = [found for name, found in called if name == change.name]
    meant = [found for found in meant if found[1].kind == change.kind] or meant
    if len(meant) > 1:
        raise ConstraintNotFoundError(
            f"The naming convention gives the name {change.name} to {len(meant)} constraints of table "
            f"{change.table_name} that have none.",
            f"It does not decide which of them is meant: {'; '.join(found[1].text for found in meant)}.",
        )
    if meant:
        _require_kind(meant[0][1], change)
        return meant[0]
    if change.if_exists:
        return None
    raise _not_found(change, [*names, *(name for name, _ in called if name)], len(without_name))


def _only_one(change: ops.DropConstraint, without_name: list[Found], names: list[str]) -> Found | None:
    """Return the only constraint of a kind that has no name."""
    of_kind = [found for found in without_name if found[1].kind == change.kind]
    if len(of_kind) == 1:
        return of_kind[0]
    if not of_kind and change.if_exists:
        return None
    raise ConstraintNotFoundError(
        f"{change.describe().rstrip('.')}: there {f'are {len(of_kind)}' if of_kind else 'is none'} of that kind.",
        f"Those with a name are: {', '.join(names)}." if names else "None of its constraints has a name.",
    )


def _require_kind(clause: Clause, change: ops.DropConstraint) -> None:
    if change.kind is not None and clause.kind != change.kind and clause.kind != "notnull":
        raise ConstraintNotFoundError(
            f"Constraint {change.name} of table {change.table_name} is a {WORDS[clause.kind]}, and "
            f"type_={change.kind!r} was given.",
            f"Write type_={clause.kind!r}, or leave it out.",
        )


def _not_found(change: ops.DropConstraint, names: list[str], unnamed: int) -> ConstraintNotFoundError:
    meant = nearest(str(change.name), names)
    hint = f"Did you mean {meant}? " if meant else ""
    if doubled := doubled_name_hint(str(change.name), names):
        hint = f"{doubled} "
    hint += (
        f"Those with a name are: {', '.join(names[:20])}." if names else "None of its constraints has a name."
    )
    if unnamed:
        hint += (
            " One without a name is found through a naming convention, batch_alter_table(naming_convention={'uq': "
            "'uq_%(table_name)s_%(column_0_name)s'}), or, where it is the only one of its kind, by "
            f"drop_constraint(None, type_={change.kind or 'unique'!r})."
        )
    return ConstraintNotFoundError(f"Table {change.table_name} has no constraint {change.name!r}.", hint)


def with_key_numbered(table: TableText, column: ColumnText, *, numbered: bool) -> TableText:
    """Return a table whose INTEGER PRIMARY KEY is AUTOINCREMENT, or is not.

    Raises
    ------
    OperationError
        The column is no INTEGER PRIMARY KEY.
    """
    if table.numbers_itself == numbered:
        return table
    alias = table.rowid_alias
    if alias is None or alias.name != column.name:
        raise OperationError(
            f"Column {column.name} of table {table.name} cannot be AUTOINCREMENT: in SQLite only an "
            "INTEGER PRIMARY KEY can.",
            "Give it the type sa.Integer() and make it alone the primary key.",
        )
    owner, key = next(found for found in table.clauses() if found[1].kind == "primary")
    if not numbered:
        text = _without_word(key.text, "AUTOINCREMENT")
    elif owner is None:
        at = max(token.start for token in significant(key.text) if token.text == ")")
        text = f"{key.text[:at]} AUTOINCREMENT{key.text[at:]}"
    else:
        text = f"{key.text} AUTOINCREMENT"
    new = replace(key, text=text)
    if owner is None:
        return table.replaced(key, new)
    return table.replaced(owner, replace(owner, clauses=tuple(new if c is key else c for c in owner.clauses)))


def _without_word(text: str, word: str) -> str:
    token = next(token for token in significant(text) if token.keyword == word)
    return text[: token.start].rstrip() + text[token.end :]


def not_null() -> Clause:
    """Return NOT NULL."""
    return read_clause("NOT NULL")
