"""The directives of `op` about indexes and constraints."""

from collections.abc import Sequence, Sized
from typing import Any

import sqlalchemy as sa

from nbmigrate.errors import InvalidOptionError, OperationError, nearest
from nbmigrate.operations.constraints import AddConstraint, CreateIndex, DropConstraint, DropIndex
from nbmigrate.operations.directives.tables import Directives, require_names
from nbmigrate.schema import (
    Check,
    Constraint,
    Exclude,
    Expression,
    ForeignKey,
    Index,
    Options,
    PrimaryKey,
    Unique,
    name_to_drop,
    named,
)

#: The kinds that `op.drop_constraint` knows.
KINDS = ("foreignkey", "primary", "unique", "check")


class ConstraintDirectives(Directives):
    """Indexes, primary keys, unique, check, foreign key and exclude constraints."""

    def create_index(
        self,
        /,
        index_name: str | None,
        table_name: str,
        columns: Sequence[str | sa.TextClause | sa.ColumnElement[Any]],
        *,
        schema: str | None = None,
        unique: bool = False,
        if_not_exists: bool | None = None,
        **kw: Any,
    ) -> None:
        """Create an index.

        Parameters
        ----------
        index_name
            Its name; None makes `ix_<table>_<column>`.
        table_name, schema
            The table.
        columns
            Names of columns, or expressions: `sa.text('lower(name)')`.
        unique
            Whether no two rows may be the same in them.
        if_not_exists
            Do nothing when there is such an index.
        kw
            Keywords of dialects (postgresql_where, postgresql_using, mysql_length ...).
        """
        _list("create_index", "columns", columns)
        require_names("create_index", table_name=table_name)
        index = Index(index_name, tuple(map(_element, columns)), unique, Options(kw))
        index = named(index, table_name, schema, self.runner.naming_convention)
        self._do(CreateIndex(table_name, index, schema, if_not_exists))

    def drop_index(
        self,
        /,
        index_name: str,
        table_name: str | None = None,
        *,
        schema: str | None = None,
        if_exists: bool | None = None,
        **kw: Any,
    ) -> None:
        """Drop an index.

        Parameters
        ----------
        index_name
            Its name.
        table_name
            Its table; MySQL and MariaDB must have it.
        schema
            Where they are.
        if_exists
            Do nothing when there is no such index.
        kw
            Keywords of dialects (postgresql_concurrently ...); what else an index is made with has no meaning here.
        """
        require_names("drop_index", index_name=index_name)
        kw.pop("unique", None)
        self._do(DropIndex(index_name, table_name, schema, if_exists, Options(kw)))

    def create_primary_key(
        self,
        /,
        constraint_name: str | None,
        table_name: str,
        columns: Sequence[str],
        *,
        schema: str | None = None,
        **kw: Any,
    ) -> None:
        """Add a primary key to a table.

        Parameters
        ----------
        constraint_name
            Its name; None leaves it to target_metadata's naming convention, or to the database.
        table_name, schema
            The table.
        columns
            Names of columns.
        kw
            Keywords of dialects.
        """
        key = PrimaryKey(_names("create_primary_key", "columns", columns), constraint_name, Options(kw))
        self._add(table_name, key, schema)

    def create_unique_constraint(
        self,
        /,
        constraint_name: str | None,
        table_name: str,
        columns: Sequence[str],
        *,
        schema: str | None = None,
        **kw: Any,
    ) -> None:
        """Add a unique constraint to a table.

        Parameters
        ----------
        constraint_name
            Its name; None leaves it to target_metadata's naming convention, or to the database.
        table_name, schema
            The table.
        columns
            Names of columns.
        kw
            deferrable, initially, and keywords of dialects.
        """
        unique = Unique(_names("create_unique_constraint", "columns", columns), constraint_name, Options(kw))
        self._add(table_name, unique, schema)

    def create_check_constraint(
        self,
        /,
        constraint_name: str | None,
        table_name: str,
        condition: str | sa.ColumnElement[bool] | sa.TextClause,
        *,
        schema: str | None = None,
        **kw: Any,
    ) -> None:
        """Add a check constraint to a table.

        Parameters
        ----------
        constraint_name
            Its name; None leaves it to target_metadata's naming convention, or to the database.
        table_name, schema
            The table.
        condition
            SQL text, or an expression of `sa.column()`s.
        kw
            deferrable, initially, and keywords of dialects.
        """
        check = Check(_condition(condition), constraint_name, Options(kw))
        self._add(table_name, check, schema)

    def create_foreign_key(
        self,
        /,
        constraint_name: str | None,
        source_table: str,
        referent_table: str,
        local_cols: Sequence[str],
        remote_cols: Sequence[str],
        *,
        onupdate: str | None = None,
        ondelete: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        match: str | None = None,
        source_schema: str | None = None,
        referent_schema: str | None = None,
        **dialect_kw: Any,
    ) -> None:
        """Add a foreign key to a table.

        Parameters
        ----------
        constraint_name
            Its name; None leaves it to target_metadata's naming convention, or to the database.
        source_table, source_schema, local_cols
            The table that refers, and its columns.
        referent_table, referent_schema, remote_cols
            The table referred to, and its columns, as many.
        onupdate, ondelete
            What happens then: "CASCADE", "SET NULL", "RESTRICT" ...
        deferrable, initially, match
            As in SQL.
        dialect_kw
            Keywords of dialects.
        """
        own = _names("create_foreign_key", "local_cols", local_cols)
        others = _names("create_foreign_key", "remote_cols", remote_cols)
        if len(own) != len(others):
            raise OperationError(
                f"The foreign key of {source_table} has {len(own)} columns that refer to {len(others)}.",
                "local_cols and remote_cols are of the same length.",
            )
        given = {"onupdate": onupdate, "ondelete": ondelete, "deferrable": deferrable}
        given |= {"initially": initially, "match": match}
        options = Options({name: value for name, value in given.items() if value is not None} | dialect_kw)
        require_names("create_foreign_key", referent_table=referent_table)
        key = ForeignKey.to(own, referent_table, others, referent_schema, constraint_name, options)
        self._add(source_table, key, source_schema)

    def create_exclude_constraint(
        self,
        /,
        constraint_name: str | None,
        table_name: str,
        *elements: tuple[Any, str],
        schema: str | None = None,
        **kw: Any,
    ) -> None:
        """Add an exclude constraint to a table of PostgreSQL.

        Parameters
        ----------
        constraint_name
            Its name; None leaves it to target_metadata's naming convention, or to the database.
        table_name, schema
            The table.
        elements
            Pairs of a column, or an expression, and an operator: `('period', '&&')`.
        kw
            where, using, deferrable, initially, ops.
        """
        pairs = tuple((_element(what), operator) for what, operator in elements)
        self._add(table_name, Exclude(pairs, constraint_name, Options(kw)), schema)

    def drop_constraint(
        self,
        constraint_name: str | None,
        table_name: str,
        type_: str | None = None,
        *,
        schema: str | None = None,
        if_exists: bool | None = None,
    ) -> None:
        """Drop a constraint.

        Parameters
        ----------
        constraint_name
            Its name; None of one that has none, and is the only one of its `type_`: SQLite keeps such ones.
        table_name, schema
            Its table.
        type_
            "foreignkey", "primary", "unique" or "check"; MySQL and MariaDB must have it.
        if_exists
            Do nothing when there is no such constraint, on databases that can say so.
        """
        if type_ is not None and type_ not in KINDS:
            guess = nearest(type_, KINDS)
            hint = f"Did you mean {guess!r}? " if guess else ""
            raise OperationError(
                f"op.drop_constraint() knows no type_={type_!r}.", f"{hint}The types are {', '.join(KINDS)}."
            )
        require_names("drop_constraint", table_name=table_name)
        if constraint_name is None and type_ is None:
            raise InvalidOptionError(
                f"op.drop_constraint() does not say which constraint of table {table_name} it is about.",
                f"Give its name. Where it has none, its kind may do: type_= is one of {', '.join(KINDS)}.",
            )
        name = name_to_drop(constraint_name, type_, table_name, schema, self.runner.naming_convention)
        self._do(DropConstraint(name, table_name, type_, schema, if_exists))

    def _add(self, table: str, constraint: Constraint, schema: str | None) -> None:
        require_names(AddConstraint(table, constraint).directive, table_name=table)
        final = named(constraint, table, schema, self.runner.naming_convention)
        self._do(AddConstraint(table, final, schema))


def _element(what: Any) -> str | Expression:
    return what if isinstance(what, str) else _condition(what)


def _condition(given: Any) -> Expression:
    clause = given.__clause_element__() if hasattr(given, "__clause_element__") else given
    if not isinstance(clause, (str, sa.ClauseElement)):
        raise OperationError(
            f"{given!r} is no SQL and no expression of SQLAlchemy.",
            "Write it as text, or with sa.text() or sa.column().",
        )
    return Expression.of(given)


def _list(directive: str, name: str, given: Any) -> None:
    """Refuse a bare string, whose letters would be taken for columns, and a list of nothing."""
    # One letter is the same either way: `op.create_index("ix", "t", "x")`.
    if isinstance(given, str) and len(given) != 1:
        raise OperationError(
            f"op.{directive}() is given {name}={given!r}, which is no list.", f"Write {name}=[{given!r}]."
        )
    if isinstance(given, Sized) and not len(given):
        raise OperationError(f"op.{directive}() is given no column: {name}={given!r}.", "Name at least one.")


def _names(directive: str, name: str, given: Any) -> tuple[str, ...]:
    """Return the names of columns that a constraint is over."""
    _list(directive, name, given)
    names = tuple(given)
    for each in names:
        require_names(directive, **{f"one of {name}": each})
    return names
