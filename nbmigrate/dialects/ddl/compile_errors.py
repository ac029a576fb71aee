"""What SQLAlchemy refuses to write or to send, as our error."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import visitors
from sqlalchemy.sql.compiler import TypeCompiler
from sqlalchemy.sql.elements import BindParameter

from nbmigrate import operations as ops
from nbmigrate.dialects.ddl.identifiers import too_long
from nbmigrate.dialects.statement import tidy
from nbmigrate.errors import MigrateError, UnboundParameterError, UnsupportedOperationError


def check_bound(operation: ops.ExecuteSQL) -> None:
    """Raise UnboundParameterError for a statement that has a parameter without a value."""
    clause = operation.statement.clause
    for element in visitors.iterate(clause):
        if isinstance(element, BindParameter) and is_unbound(element):
            raise UnboundParameterError(
                f"{operation.describe().rstrip('.')}: the parameter :{element.key} has no value.",
                unbound_hint(element.key),
                statement=tidy(clause.text if isinstance(clause, sa.TextClause) else str(clause)),
            )


def is_unbound(parameter: BindParameter[Any]) -> bool:
    """Whether a parameter has no value, not even None."""
    return parameter.required and parameter.value is None and parameter.callable is None


def unbound_hint(name: str) -> str:
    """Return what to do about a parameter that has no value, or is none."""
    return f"Give it one with sa.text(...).bindparams({name}=...), or write \\: for a colon that is none."


@contextmanager
def compiling(operation: ops.Operation, dialect: sa.Dialect) -> Iterator[None]:
    """Raise UnsupportedOperationError for what the dialect cannot compile of an operation."""
    try:
        yield
    except sa.exc.IdentifierError as error:
        name = re.search(r"'(.*)' exceeds maximum length of (\d+)", str(error), re.DOTALL)
        if name is None:
            raise
        raise too_long(operation, f"SQLAlchemy's {dialect.name} dialect", name[1], int(name[2])) from error
    except MigrateError:
        # Some of ours are also of the kinds below.
        raise
    except (sa.exc.CompileError, sa.exc.ArgumentError, NotImplementedError, TypeError) as error:
        # SQLAlchemy raises TypeError for a keyword of a dialect that the dialect does not have.
        raise _refused(operation, dialect, error) from error


def _refused(operation: ops.Operation, dialect: sa.Dialect, error: Exception) -> UnsupportedOperationError:
    reason = _reason(error)
    unknown = re.search(r"can't render element of type (\w+)", reason)
    # That of a column of a new table is told with the table, and is the cause.
    compilers = [getattr(each, "compiler", None) for each in (error, error.__cause__)]
    if unknown and any(isinstance(compiler, TypeCompiler) for compiler in compilers):
        column = re.match(r"\(in table '.*', column '(.*)'\): ", reason, re.DOTALL)
        of_column = f" (column {column[1]})" if column else ""
        return UnsupportedOperationError(
            f"{dialect.name} has no type {unknown[1]}{of_column}: {operation.describe()}",
            f"Use one that it has; sa.String().with_variant({unknown[1]}(), '...') is one for each database.",
        )
    return UnsupportedOperationError(
        f"{dialect.name} cannot do this: {operation.describe()}", f"SQLAlchemy says: {reason}"
    )


def _reason(error: Exception) -> str:
    """Return what SQLAlchemy says, without the address of its compiler and of its web page."""
    message = str(error).partition("(Background")[0].strip()
    message = re.sub(r"Compiler <\S+ object at 0x[0-9a-f]+>", "The compiler", message)
    return re.sub(r"<class '(?:\w+\.)*(\w+)'>", r"\1", message)
