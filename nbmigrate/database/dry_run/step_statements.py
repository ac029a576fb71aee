"""The statements of a step for a database: those of its operations, and those that it would send itself."""

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from nbmigrate.database.backends.inspector import schema_names
from nbmigrate.database.dry_run.rehearsal import Rehearsal
from nbmigrate.database.statements.kind import Kind, kind_of
from nbmigrate.database.statements.planner import StatementPlanner
from nbmigrate.database.statements.text import capped
from nbmigrate.database.transaction import ddl_commits
from nbmigrate.dialects.bind import bound, shown_statement
from nbmigrate.dialects.ddl.literals import NoLiteralError
from nbmigrate.dialects.ddl.schemas import translated_dialect
from nbmigrate.dialects.statement import Statement, tidy
from nbmigrate.operations import ExecuteSQL, Operation


class StepStatements:
    """Finds statements as a run of the step would report them.

    Parameters
    ----------
    dialect
        The database's, with its schemas.
    rehearsal
        The database, as the steps before leave it; None where what is there is not known.
    """

    def __init__(self, dialect: sa.Dialect, rehearsal: Rehearsal | None = None) -> None:
        self._dialect = dialect
        self._rehearsal = rehearsal
        self.statements: list[str] = []
        #: Told of what the step would send itself and changes something, as operations.
        self.sent: Callable[[Operation], None] = lambda operation: None

    @cached_property
    def dialect(self) -> sa.Dialect:
        """What compiles the statements that the step would send itself, with their values."""
        from nbmigrate.dialects.script.statements import script_dialect_like

        names = schema_names(self._rehearsal.connection) if self._rehearsal is not None else None
        return translated_dialect(script_dialect_like(self._dialect), names)

    def operation(self, operation: Operation) -> None:
        """Keep the statements of an operation."""
        if self._rehearsal is not None:
            self._keep_all(self._rehearsal.add(operation))
            return
        planner = StatementPlanner(self._dialect, lambda _: None)
        self._keep_all(each for planned in planner.add(operation) for each in planned.statements)

    def flush(self) -> None:
        """Keep what waits for other changes to the same table."""
        if self._rehearsal is not None:
            self._keep_all(self._rehearsal.flush())

    def execute(self, executable: Any, parameters: Any = None) -> None:
        """Keep a statement that the step would send itself."""
        from nbmigrate.dialects.script.statements import executable_text, no_text

        rows = parameters if isinstance(parameters, list | tuple) else [parameters]
        try:
            if len(rows) > 1:
                compiled = executable.compile(dialect=self._dialect, column_keys=list(rows[0]))
                self._keep(f"{tidy(str(compiled))}\n-- {len(rows):,} times", executable, parameters)
            else:
                filled = bound(executable, rows[0])
                self._keep(executable_text(filled, self.dialect), filled)
        except (NoLiteralError, sa.exc.SQLAlchemyError) as error:
            raise no_text(f"execute {shown_statement(executable)}", error) from error

    def statement(self, text: str) -> None:
        """Keep a statement that is text."""
        self._keep(text, _plain(text))

    def is_made(self, executable: Any) -> bool:
        """Whether a statement makes what is there already, or drops what is not."""
        if self._rehearsal is None:
            return False
        from nbmigrate.dialects.postgresql.existing import changed_type

        if (change := changed_type(executable, self.dialect)) is not None:
            return self._rehearsal.tables.has_type(change[0]) == change[1]
        if isinstance(executable, sa.schema.CreateTable | sa.schema.DropTable):
            table = executable.element
            there = self._rehearsal.tables.has_table(table.name, table.schema)
            return there == isinstance(executable, sa.schema.CreateTable)
        return False

    def _keep_all(self, statements: Iterable[Statement]) -> None:
        self.statements += (capped(statement.text) for statement in statements)

    def _keep(self, text: str, executable: Any, parameters: Any = None) -> None:
        self.flush()
        self.statements.append(capped(text))
        if kind_of(text, ddl_commits=ddl_commits(self.dialect)) is Kind.READ:
            return
        self.sent(ExecuteSQL.of(_plain(text.partition("\n-- ")[0])))
        if self._rehearsal is not None:
            self._rehearsal.tables.send(text, executable, parameters)


def _plain(text: str) -> sa.TextClause:
    """Return SQL in which no colon begins a parameter."""
    return sa.text(text.replace("\\:", ":").replace(":", "\\:"))
