"""What a migration would do, found by running it without a database."""

import ast
from contextlib import nullcontext
from typing import Any

import sqlalchemy

from nbmigrate import op
from nbmigrate.environment.names import builtins_with, importer
from nbmigrate.errors import BodyError, MigrateError
from nbmigrate.operations import Operation, Operations, Recorder


def record(source: str, filename: str) -> tuple[Operation, ...]:
    """Return the operations of a module's `upgrade()`, or of the module itself where it has none.

    Parameters
    ----------
    source
        The module.
    filename
        What to name it in errors.

    Raises
    ------
    BodyError
        The module or its function raised; the line is named.
    OperationError
        It asks the database for something.
    """
    # `op` and `sa` are what every revision file imports; a cell may leave that out.
    namespace: dict[str, Any] = {
        "__name__": "nbmigrate_body",
        "__builtins__": builtins_with(importer()),
        "op": op,
        "sa": sqlalchemy,
    }
    recorder = Recorder()
    recording = op.use(Operations(recorder))
    try:
        tree = ast.parse(source, filename)
        is_whole = any(isinstance(node, ast.FunctionDef) and node.name == "upgrade" for node in tree.body)
        with nullcontext() if is_whole else recording:
            exec(compile(tree, filename, "exec", dont_inherit=True), namespace)  # noqa: S102
        if is_whole:
            with recording:
                namespace["upgrade"]()
    except MigrateError:
        raise
    except (Exception, SystemExit) as error:
        line = _line_in(error, filename)
        place = f"{filename}, line {line}" if line else filename
        raise BodyError(
            f"{place}: {type(error).__name__}: {error}",
            "The body runs here without a database, to see what it does.",
            line=line,
        ) from error
    return tuple(recorder.operations)


def _line_in(error: BaseException, filename: str) -> int | None:
    if isinstance(error, SyntaxError):
        return error.lineno
    numbers = []
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == filename:
            numbers.append(traceback.tb_lineno)
        traceback = traceback.tb_next
    return numbers[-1] if numbers else None
