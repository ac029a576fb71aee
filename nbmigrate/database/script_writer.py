"""The script of `--sql` while it is written, and what stands in for a connection meanwhile."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

import sqlalchemy as sa
from sqlalchemy.engine.mock import MockConnection
from sqlalchemy.sql import visitors

from nbmigrate.database.transaction import ddl_commits
from nbmigrate.dialects.named_types import TypeName
from nbmigrate.dialects.script import ended, executable_text, no_text, script_statements
from nbmigrate.dialects.script_values import NoLiteralError
from nbmigrate.errors import OperationError
from nbmigrate.operations import Operation

#: What begins and ends a transaction where it is not BEGIN and COMMIT.
_BEGIN = {"mssql": "BEGIN TRANSACTION", "oracle": "SET TRANSACTION READ WRITE"}

#: What the shells of these databases want between statements, unless env.py says otherwise.
SEPARATORS = {"mssql": "GO", "oracle": "/"}


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
        self._separator = SEPARATORS.get(dialect.name, "") if separator is None else separator
        #: The statements since somebody last looked.
        self.statements: list[str] = []
        self._is_open = False
        self._types: set[TypeName] = set()

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

    def operation(self, operation: Operation) -> None:
        """Write the statements of an operation."""
        for text in script_statements(operation, self.dialect, self._types):
            self.statement(text)

    def execute(self, executable: Any, parameters: Any = None) -> None:
        """Write anything that SQLAlchemy executes; once for each row of parameters."""
        rows = parameters if isinstance(parameters, list | tuple) else [parameters]
        try:
            for row in rows:
                self.statement(executable_text(_bound(executable, row), self.dialect))
        except (NoLiteralError, sa.exc.SQLAlchemyError) as error:
            raise no_text(f"execute {_shown(executable)}", error) from error

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
        # No separator: a batch of SQL Server goes on after it.
        self.static(ended(_BEGIN.get(self.dialect.name, "BEGIN"), self.dialect))
        if self.dialect.name == "oracle":
            self.static(self._separator)

    def _commit(self) -> None:
        self._is_open = False
        self.static(ended("COMMIT", self.dialect))
        if self._separator:
            self.static(self._separator)


class ScriptBind(MockConnection):
    """What `op.get_bind()` returns while a script is written: it takes statements, and can tell nothing."""

    def __init__(self, writer: ScriptWriter) -> None:
        super().__init__(writer.dialect, writer.execute)
        self._writer = writer

    def execute(self, statement: Any, parameters: Any = None, execution_options: Any = None) -> Any:
        """Write the statement; what it would return cannot be looked at."""
        del execution_options
        if isinstance(statement, str):
            raise OperationError(f"{statement!r} is no statement.", "Write sa.text(...) around it.")
        self._writer.execute(statement, parameters)
        return _NoRows(_shown(statement))

    def exec_driver_sql(self, statement: str, parameters: Any = None, execution_options: Any = None) -> Any:
        """Write the text as it is."""
        del execution_options
        if parameters:
            raise OperationError(
                "exec_driver_sql() is given parameters, whose form only a driver knows.",
                "Use op.execute(sa.text(...).bindparams(...)).",
            )
        self._writer.statement(statement.strip())
        return _NoRows(_shown(statement))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise OperationError(
            f"op.get_bind().{name} needs the database, and --sql has none: it writes what would be sent to one.",
            _INSTEAD,
        )


_INSTEAD = (
    "Write it as one statement, such as UPDATE ... FROM or INSERT ... SELECT, or skip it: "
    "`if not op.get_context().as_sql:`."
)


class _NoRows:
    """The result of a statement that was written instead of run."""

    def __init__(self, statement: str) -> None:
        self._statement = statement

    def _refuse(self) -> NoReturn:
        raise OperationError(
            f"This reads from the database what {self._statement} gives, and --sql has no database to read from.",
            _INSTEAD,
        )

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):
            raise AttributeError(name)
        self._refuse()

    def __iter__(self) -> NoReturn:
        self._refuse()

    def __bool__(self) -> NoReturn:
        self._refuse()


def _bound(statement: Any, row: Mapping[str, Any] | None) -> Any:
    """Return a statement with the values that it was given beside it."""
    if not row:
        return statement
    if isinstance(statement, sa.Insert):
        return statement.values(**row)
    if isinstance(statement, sa.TextClause):
        return statement.bindparams(**row)
    binds = {bind.key for bind in visitors.iterate(statement) if isinstance(bind, sa.BindParameter)}
    if isinstance(statement, sa.Update):
        columns = {name: value for name, value in row.items() if name not in binds}
        statement = statement.values(**columns) if columns else statement

    def fill(bind: Any) -> None:
        if bind.key in row:
            bind.value, bind.required, bind.callable = row[bind.key], False, None

    return visitors.cloned_traverse(statement, {}, {"bindparam": fill})


def _shown(statement: Any) -> str:
    words = " ".join(str(statement).split())
    return repr(words if len(words) <= 80 else f"{words[:79]}…")
