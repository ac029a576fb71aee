"""Changes of constraints and indexes in the text of a table."""

from dataclasses import replace

from sqlalchemy.schema import CreateIndex

from nbmigrate import operations as ops
from nbmigrate.dialects.sqlite.constraints import find_constraint
from nbmigrate.dialects.sqlite.draft_base import DraftText, listed
from nbmigrate.dialects.sqlite.parsing.clauses import Clause, ColumnText, same_name
from nbmigrate.dialects.sqlite.parsing.parser import read_constraint
from nbmigrate.dialects.sqlite.parsing.tokens import folded, renamed, same_sql
from nbmigrate.errors import ConstraintNotFoundError, OperationError, UnsupportedOperationError, nearest
from nbmigrate.schema import Check, Constraint, Exclude, ForeignKey, PrimaryKey, Unique


class ConstraintChanges(DraftText):
    """Adds and drops constraints, and drops indexes."""

    def add_constraint(self, constraint: Constraint, *, replaces: bool = False) -> None:
        """Add a constraint; a primary key takes the place of one without a name.

        Parameters
        ----------
        constraint
            The constraint.
        replaces
            Whether it takes the place of any of its name, and a primary key that of one with a name.

        Raises
        ------
        OperationError
            It does not, and there is such a one.
        """
        if isinstance(constraint, Exclude):
            raise UnsupportedOperationError(
                f"SQLite has no exclude constraints (table {self.stored.table_name})."
            )
        made = self._made(constraint)
        for owner, clause in list(self.table.clauses()):
            if made.name is None or clause.name is None or not same_name(made.name, clause.name):
                continue
            if not replaces:
                raise OperationError(
                    f"Table {self.stored.table_name} has a constraint {made.name!r} already.",
                    f"Give it another name, or drop the old one first: op.drop_constraint({made.name!r}, ...).",
                )
            self._take_away(owner, clause)
        if isinstance(constraint, PrimaryKey):
            self._make_room_for_key(made, replaces=replaces)
        self.table = self.table.with_constraint(made)

    def _made(self, constraint: Constraint) -> Clause:
        """Return a constraint in the text of the table, with the names that columns have there."""
        if not isinstance(constraint, Check):
            return self.pieces.constraint(self._in_text(constraint))
        self.require_columns(constraint.condition)
        made = self.pieces.constraint(constraint)
        later = {key: self.quote(text) for key, text in self.names.items() if key != folded(text)}
        body = f"({made.body})"
        at = made.text.rindex(body)
        text = made.text[:at] + renamed(body, later) + made.text[at + len(body) :]
        return read_constraint(text) if later else made

    def _in_text(self, constraint: Constraint) -> Constraint:
        if isinstance(constraint, Unique | PrimaryKey):
            return replace(constraint, columns=tuple(self.find(name).name for name in constraint.columns))
        assert isinstance(constraint, ForeignKey)  # noqa: S101 - the only other kind
        constraint = replace(constraint, columns=tuple(self.find(name).name for name in constraint.columns))
        if not same_name(constraint.target_name, self.stored.name):
            return constraint
        table = constraint.target_table
        targets = (f"{table}.{self.find(name).name}" for name in constraint.target_columns)
        return replace(constraint, targets=tuple(targets))

    def _make_room_for_key(self, made: Clause, *, replaces: bool) -> None:
        for owner, clause in list(self.table.clauses()):
            if clause.kind != "primary":
                continue
            if clause.name is not None and not replaces:
                self.refuse_second_key(", ".join(made.columns))
            self.remove(owner, clause)
        self.keys_touched = True

    def drop_constraint(self, change: ops.DropConstraint) -> None:
        """Drop a constraint, which may have gone with a column."""
        if change.name is not None and any(same_name(change.name, name) for name in self._gone_by_now()):
            return
        found = find_constraint(self.table, change, self.convention)
        if found is not None:
            self._take_away(*found)

    def _gone_by_now(self) -> list[str]:
        names = [clause.name for _, clause in self.table.clauses() if clause.name is not None]
        return [name for name in self.gone if not any(same_name(name, other) for other in names)]

    def _take_away(self, owner: ColumnText | None, clause: Clause) -> None:
        self.keys_touched = self.keys_touched or clause.kind in ("primary", "unique")
        self.remove(owner, clause)

    def drop_index(self, change: ops.DropIndex) -> None:
        """Drop an index, which may have gone with a column, or make one of this batch not at all."""
        self.lost_indexes = [lost for lost in self.lost_indexes if not same_name(lost[0].name, change.name)]
        made = {str(each.element.name): each for each in self.afterwards if isinstance(each, CreateIndex)}
        names = [*made, *(index.name for index in self.indexes)]
        found = next((name for name in names if same_name(name, change.name)), None)
        if found is None:
            if change.if_exists or any(same_name(change.name, name) for name in self.gone):
                return
            meant = nearest(change.name, names)
            hint = f"Did you mean {meant}? " if meant else ""
            raise ConstraintNotFoundError(
                f"Table {self.stored.table_name} has no index {change.name!r}.",
                hint + (f"It has: {listed(names)}." if names else "It has none."),
            )
        self.keys_touched = self.keys_touched or any(
            index.is_unique for index in self.indexes if index.name == found
        )
        self.afterwards = [element for element in self.afterwards if element is not made.get(found)]
        self.indexes = [index for index in self.indexes if index.name != found]

    def has(self, constraint: Constraint) -> bool:
        """Tell whether the table has a constraint of this name, or one that says the same."""
        if isinstance(constraint, Exclude):
            return False
        made = self._made(constraint)
        for _, clause in self.table.clauses():
            same = made.name is not None and clause.name is not None and same_name(made.name, clause.name)
            if same or same_sql(clause.text, made.text):
                return True
        return False
