"""What stands in for a connection where statements are written down instead of sent."""

from collections.abc import Callable, Mapping
from typing import Any, NoReturn, Protocol

import sqlalchemy as sa
from sqlalchemy.engine.mock import MockConnection
from sqlalchemy.sql import visitors

from nbmigrate.errors import OperationError


class StatementWriter(Protocol):
    """Takes statements and writes them down."""

    @property
    def dialect(self) -> sa.Dialect:
        """The dialect that compiles them."""
        ...

    def execute(self, executable: Any, parameters: Any = None) -> None:
        """Write anything that SQLAlchemy executes; once for each row of parameters."""
        ...

    def statement(self, text: str) -> None:
        """Write a statement that is text."""
        ...

    def is_made(self, executable: Any) -> bool:
        """Whether a statement makes a type that what is written before has made."""
        ...


class ScriptBind(MockConnection):
    """What `op.get_bind()` returns while a script is written: it takes statements, and can tell nothing."""

    def __init__(self, writer: StatementWriter) -> None:
        super().__init__(writer.dialect, writer.execute)
        self._writer = writer
        #: Whether what is made now is to be made only if it is not there.
        self._checks_first = False

    def _run_ddl_visitor(self, visitorcallable: Any, element: Any, **kwargs: Any) -> None:
        """Write what SQLAlchemy creates or drops: `metadata.create_all()`, `ENUM.create()`."""
        before = self._checks_first
        self._checks_first = before or bool(kwargs.get("checkfirst"))
        try:
            super()._run_ddl_visitor(visitorcallable, element, **kwargs)
        finally:
            self._checks_first = before

    def execute(self, statement: Any, parameters: Any = None, execution_options: Any = None) -> Any:
        """Write the statement; what it would return cannot be looked at."""
        del execution_options
        if isinstance(statement, str):
            raise OperationError(f"{statement!r} is no statement.", "Write sa.text(...) around it.")
        if not (self._checks_first and self._writer.is_made(statement)):
            self._writer.execute(statement, parameters)
        return _NoRows(shown_statement(statement), self.refuse_rows)

    def exec_driver_sql(self, statement: str, parameters: Any = None, execution_options: Any = None) -> Any:
        """Write the text as it is."""
        del execution_options
        if parameters:
            raise OperationError(
                "exec_driver_sql() is given parameters, whose form only a driver knows.",
                "Use op.execute(sa.text(...).bindparams(...)).",
            )
        self._writer.statement(statement.strip())
        return _NoRows(shown_statement(statement), self.refuse_rows)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        self.refuse_name(name)

    def refuse_name(self, name: str) -> NoReturn:
        """Raise OperationError for what needs a connection."""
        raise OperationError(
            f"op.get_bind().{name} needs the database, and --sql has none: it writes what would be sent to one.",
            _INSTEAD,
        )

    def refuse_rows(self, statement: str) -> NoReturn:
        """Raise OperationError for what looks at the result of a statement."""
        raise OperationError(
            f"This reads from the database what {statement} gives, and --sql has no database to read from.",
            _INSTEAD,
        )


_INSTEAD = (
    "Write it as one statement, such as UPDATE ... FROM or INSERT ... SELECT, or skip it: "
    "`if not op.get_context().as_sql:`."
)


class _NoRows:
    """The result of a statement that was written instead of run."""

    def __init__(self, statement: str, refuse: Callable[[str], NoReturn]) -> None:
        self._statement = statement
        self._refuse_rows = refuse

    def _refuse(self) -> NoReturn:
        self._refuse_rows(self._statement)

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):
            raise AttributeError(name)
        self._refuse()

    def __iter__(self) -> NoReturn:
        self._refuse()

    def __bool__(self) -> NoReturn:
        self._refuse()


def bound(statement: Any, row: Mapping[str, Any] | None) -> Any:
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


def shown_statement(statement: Any) -> str:
    """Return the first words of a statement, quoted."""
    try:
        words = " ".join(str(statement).split())
    except AttributeError:
        # SQLAlchemy has no text for CREATE TYPE where no dialect is said.
        words = type(statement).__name__
    return repr(words if len(words) <= 80 else f"{words[:79]}…")
