"""Tables of which everything is known without SQLAlchemy: what they are made of, and that it would make them."""

import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import TextClause

from nbmigrate.schema.column import Column, ColumnCheck, Reference
from nbmigrate.schema.constraint import Check, Constraint, ForeignKey, PrimaryKey, Unique
from nbmigrate.schema.expression import Expression
from nbmigrate.schema.table import Table

#: Types that are written by their own arguments alone: with no CHECK beside them and nothing made before them.
_TYPES = frozenset(
    {
        *(
            sa.Integer,
            sa.SmallInteger,
            sa.BigInteger,
            sa.Numeric,
            sa.Float,
            sa.Double,
            sa.LargeBinary,
            sa.JSON,
        ),
        *(sa.String, sa.Text, sa.Unicode, sa.UnicodeText, sa.Date, sa.DateTime, sa.Time),
        *(sa.INTEGER, sa.SMALLINT, sa.BIGINT, sa.NUMERIC, sa.DECIMAL, sa.FLOAT, sa.REAL, sa.BLOB),
        *(sa.CHAR, sa.VARCHAR, sa.TEXT, sa.DATE, sa.DATETIME, sa.TIME, sa.TIMESTAMP),
    }
)
#: SQL that stands in a definition as it was given: nothing in it is a parameter, or is escaped.
_VERBATIM = re.compile(r"[^:%\\]+")
#: A default that every version of SQLAlchemy writes without adding parentheses.
_DEFAULT = re.compile(r"\w+|['\"(][^:%\\]*")
_KEY_OPTIONS = frozenset({"ondelete", "onupdate"})
_KEY_RULES = frozenset({"CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION"})
#: Whatever listens to all tables, or all columns, listens to these.
_LISTENED_TO = (sa.Table("any", sa.MetaData()), sa.Column("any", sa.Integer))


def is_ordinary(table: Table) -> bool:
    """Whether SQLAlchemy makes a table without objection, and of no more than what is said.

    Such are most tables: columns of well-known types with NOT NULL and plain defaults, keys, UNIQUE, CHECK. Those that
    have a schema, keywords of a dialect, computed columns, indexes, names that a convention makes, or types of a
    project's own are not.
    """
    names = {column.name for column in table.columns}
    return (
        bool(table.name)
        and len(names) == len(table.columns) > 0
        and table.schema is None
        and not table.prefixes
        and not table.indexes
        and not table.options
        # An index is the one thing that SQLAlchemy's own convention names.
        and not (table.naming_convention and table.naming_convention.keys() - {"ix"})
        and all(map(_is_plain_column, table.columns))
        and all(_is_plain_constraint(constraint, names) for constraint in table.constraints)
        and _has_one_key(table)
        and all(_is_elsewhere(target, table) for target in _targets(table))
        and not is_listened_to()
    )


def is_listened_to() -> bool:
    """Whether anything listens to every table that is made or dropped, and may add to it."""
    table, column = (item.dispatch for item in _LISTENED_TO)
    return bool(
        table.before_parent_attach
        or table.after_parent_attach
        or table.before_create
        or table.after_create
        or table.before_drop
        or table.after_drop
        or column.before_parent_attach
        or column.after_parent_attach
    )


def _is_plain_column(column: Column) -> bool:
    return (
        bool(column.name)
        and column.key is None
        and not column.index
        and not column.system
        and column.autoincrement in ("auto", False)
        and not column.options
        and is_ordinary_type(column.type.type_)
        and _is_plain_default(column.server_default)
        and not isinstance(column.python_side.get("default"), sa.Sequence)
        and all(map(_is_plain_reference, column.references))
        # SQLAlchemy writes several in any order.
        and len(column.checks) <= 1
        and all(map(_is_plain_check, column.checks))
    )


def is_ordinary_type(type_: Any) -> bool:
    """Whether a type is one of SQLAlchemy's own for which nothing else is made."""
    if type_._variant_mapping:
        # No public name tells the variants of a type.
        return False
    return type(type_) in _TYPES or (type(type_) in (sa.Boolean, sa.BOOLEAN) and not type_.create_constraint)


def _is_plain_default(default: Any) -> bool:
    if default is None or type(default) is str:
        return True
    return isinstance(default, Expression) and _is_text(default.clause, _DEFAULT)


def _is_text(clause: sa.ClauseElement, pattern: "re.Pattern[str]") -> bool:
    return type(clause) is TextClause and pattern.fullmatch(clause.text) is not None


def _is_plain_reference(reference: Reference) -> bool:
    return reference.name != "" and _has_plain_rules(reference)


def _has_plain_rules(key: Reference | ForeignKey) -> bool:
    return not key.options or (
        key.options.keys() <= _KEY_OPTIONS and _KEY_RULES.issuperset(key.options.values())
    )


def _is_plain_check(check: ColumnCheck | Check) -> bool:
    return check.name != "" and not check.options and _is_text(check.condition.clause, _VERBATIM)


def _is_plain_constraint(constraint: Constraint, names: set[str]) -> bool:
    if constraint.name == "":
        return False
    match constraint:
        case PrimaryKey() | Unique():
            return not constraint.options and _are_columns(constraint.columns, names)
        case ForeignKey():
            return (
                _has_plain_rules(constraint)
                and _are_columns(constraint.columns, names)
                and len(constraint.targets) == len(constraint.columns)
                and len({target.rpartition(".")[0] for target in constraint.targets}) == 1
            )
        case Check():
            return _is_plain_check(constraint)
    return False


def _are_columns(columns: tuple[str, ...], names: set[str]) -> bool:
    return len(columns) == len(set(columns)) > 0 and names.issuperset(columns)


def _has_one_key(table: Table) -> bool:
    """Whether the primary key is said in one way: in the columns, or by a constraint."""
    keys = sum(isinstance(constraint, PrimaryKey) for constraint in table.constraints)
    return keys + any(column.primary_key for column in table.columns) <= 1


def _targets(table: Table) -> list[str]:
    targets = [reference.target for column in table.columns for reference in column.references]
    for constraint in table.constraints:
        targets += constraint.targets if isinstance(constraint, ForeignKey) else ()
    return targets


def _is_elsewhere(target: str, table: Table) -> bool:
    """Whether a foreign key leads to a column of another table, whose name has no schema before it."""
    names = target.split(".")
    return len(names) == 2 and all(names) and names[0] != table.name
