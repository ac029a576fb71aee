"""The script of `--sql` while it is written."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from nbmigrate.database.statements.planner import PlannedRebuild, StatementPlanner
from nbmigrate.database.transaction import ddl_commits
from nbmigrate.dialects.bind import bound, shown_statement
from nbmigrate.dialects.ddl.literals import NoLiteralError
from nbmigrate.dialects.ddl.table_events import on_paper
from nbmigrate.dialects.postgresql.existing import TypeName, changed_type
from nbmigrate.dialects.registry import dialect_of
from nbmigrate.dialects.script.statements import (
    drops_type,
    ended,
    executable_text,
    no_text,
    script_texts,
    types_made,
)
from nbmigrate.operations import ExecuteSQL, Operation


class ScriptWriter:
    """Statements as text, laid out as Alembic lays them out.

    Parameters
    ----------
    dialect
        What compiles them, made by `script_dialect`.
    write
        Takes the text, piece by piece.
    transactional
        Whether BEGIN and COMMIT are written; as the database undoes DDL, if None.
    separator
        What stands after each statement; as the database's shell wants it, if None.
    """

    def __init__(
        self,
        dialect: sa.Dialect,
        write: Callable[[str], Any],
        *,
        transactional: bool | None = None,
        separator: str | None = None,
    ) -> None:
        self.dialect = dialect
        self._write = write
        self.transactional = not ddl_commits(dialect) if transactional is None else transactional
        self._separator = dialect_of(dialect.name).batch_separator if separator is None else separator
        #: The statements since somebody last looked.
        self.statements: list[str] = []
        self._is_open = False
        #: The types of PostgreSQL that the script has made.
        self._types: set[TypeName] = set()
        self._planner = StatementPlanner(
            dialect,
            lambda operation: types_made(operation, dialect, self._types),
            fire=on_paper(dialect, executable_text),
        )

    def static(self, text: str) -> None:
        """Write a text as it is, and an empty line."""
        self._write(f"{text}\n\n")

    def comment(self, text: str) -> None:
        """Write a comment."""
        self.static(f"-- {' '.join(text.splitlines())}")

    def statement(self, text: str) -> None:
        """Write a statement that is text."""
        self.statements.append(text)
        self.static(ended(text, self.dialect))
        if self._separator:
            self.static(self._separator)

    def flush(self) -> None:
        """Do nothing: each operation is written at once."""

    def operation(self, operation: Operation) -> None:
        """Write the statements of an operation."""
        for planned in self._planner.add(operation):
            if isinstance(planned, PlannedRebuild):
                # Without a database nothing waits for one.
                continue
            for text in script_texts(planned.operation, planned.statements, self.dialect):
                if isinstance(planned.operation, ExecuteSQL) and drops_type(text):
                    self._types.clear()
                self.statement(text)

    def execute(self, executable: Any, parameters: Any = None) -> None:
        """Write anything that SQLAlchemy executes; once for each row of parameters."""
        rows = parameters if isinstance(parameters, list | tuple) else [parameters]
        try:
            for row in rows:
                self.statement(executable_text(bound(executable, row), self.dialect))
            if (change := changed_type(executable, self.dialect)) is not None:
                (self._types.add if change[1] else self._types.discard)(change[0])
        except (NoLiteralError, sa.exc.SQLAlchemyError) as error:
            raise no_text(f"execute {shown_statement(executable)}", error) from error

    def is_made(self, executable: Any) -> bool:
        """Whether a statement makes a type that the script has made already."""
        change = changed_type(executable, self.dialect)
        return change is not None and change[1] and change[0] in self._types

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write BEGIN and COMMIT around what is written in the block, where DDL is undone with everything else."""
        if not self.transactional:
            yield
            return
        self._begin()
        yield
        self._commit()

    @contextmanager
    def autocommit(self) -> Iterator[None]:
        """Write COMMIT before, and BEGIN after, what is written in the block."""
        if not self._is_open:
            yield
            return
        self._commit()
        yield
        self._begin()

    def _begin(self) -> None:
        self._is_open = True
        database = dialect_of(self.dialect.name)
        self.static(ended(database.begin_sql, self.dialect))
        if database.begins_batch:
            self.static(self._separator)

    def _commit(self) -> None:
        self._is_open = False
        self.static(ended("COMMIT", self.dialect))
        if self._separator:
            self.static(self._separator)
