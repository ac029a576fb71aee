"""Running a revision file, when its step runs."""

import inspect
import re
import types
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from nbmigrate.config import mask_url, reason
from nbmigrate.errors import ScriptError, UnreadableRevisionError
from nbmigrate.graph.revision import Revision
from nbmigrate.scripts.reading.headers import NAMES, Header, compile_source, header_of, shown

_NOT_IN_NAMES = re.compile(r"\W")


@dataclass(frozen=True, slots=True)
class Migration:
    """A revision whose file has been run; each of its functions is looked for when it is wanted.

    Parameters
    ----------
    revision
        The revision.
    module
        Its file, run.
    """

    revision: Revision
    module: types.ModuleType

    @property
    def upgrade(self) -> Callable[..., None]:
        """The function that applies it; ScriptError where the file has none."""
        return _function(self.module, "upgrade", file_of(self.revision))

    @property
    def downgrade(self) -> Callable[..., None]:
        """The function that undoes it; ScriptError where the file has none."""
        return _function(self.module, "downgrade", file_of(self.revision))


class Compiled(NamedTuple):
    """A file's content and its code."""

    content: bytes
    code: types.CodeType


def load_migration(
    revision: Revision, names: dict[str, Any] | None = None, cached: Compiled | None = None
) -> Migration:
    """Run a revision's file as it is now, as a new module that is not in sys.modules.

    Parameters
    ----------
    names
        The file's `__builtins__`, whose `__import__` its import statements call; Python's own if None.
    cached
        The file as it was compiled before, if it was.

    Raises
    ------
    ScriptError
        The file is not there or fails; with the file and the line.
    """
    return Migration(revision, run_file(file_of(revision), names, cached))


def execute_header(path: Path, names: dict[str, Any] | None = None) -> Header:
    """Run a revision file for its header's variables; what fails is in the result, nothing is raised.

    Parameters
    ----------
    names
        The file's `__builtins__`, whose `__import__` its import statements call; Python's own if None.
    """
    try:
        module = run_file(path, names)
    except ScriptError as error:
        problem = UnreadableRevisionError(error.message, error.hint, path=path, line=error.line)
        return Header(None, problem, is_computed=True)
    values = {name: (vars(module)[name], None) for name in NAMES if name in vars(module)}
    return replace(header_of(values, module.__doc__, path), is_computed=True)


def run_file(
    path: Path, names: dict[str, Any] | None = None, cached: Compiled | None = None
) -> types.ModuleType:
    """Run a revision file, or a compiled one, as a new module that is not in sys.modules.

    Raises
    ------
    ScriptError
        The file is not there or fails.
    """
    module = types.ModuleType(_NOT_IN_NAMES.sub("_", path.name))
    module.__file__ = str(path)
    if names is not None:
        module.__dict__["__builtins__"] = names
    code = compiled_file(path, cached).code
    try:
        exec(code, module.__dict__)  # noqa: S102
    except (Exception, SystemExit) as error:
        line = _line_in(path, error)
        place = f"{shown(path)}, line {line}" if line else shown(path)
        text = mask_url(f"{type(error).__name__}: {error}")
        hint = "Fix the file and run it again."
        if isinstance(error, ModuleNotFoundError):
            hint = "The module must be installed, or be in a folder that prepend_sys_path in the ini names."
        raise ScriptError(f"{place}: {text}", hint, path=path, line=line) from error
    return module


def compiled_file(path: Path, cached: Compiled | None = None) -> Compiled:
    """Return the code of a revision file, without running it.

    Parameters
    ----------
    cached
        What this returned before: its code is the file's, if the file is as it was.

    Raises
    ------
    ScriptError
        The file is not there, or Python does not take it.
    """
    content = read_source(path)
    if cached is not None and cached.content == content:
        return cached
    if path.suffix == ".pyc":
        # Hardly a project has such files.
        from nbmigrate.scripts.reading.compiled import code_of

        return Compiled(content, code_of(content, path))
    return Compiled(content, compile_source(content, path))


def file_of(revision: Revision) -> Path:
    """Return the file of a revision; ScriptError for one that was made in memory."""
    if revision.path is None:
        raise ScriptError(f"Revision {revision.id} has no file.", "Write it to a file first.")
    return revision.path


def read_source(path: Path) -> bytes:
    """Return what is in a revision file; ScriptError if it cannot be read."""
    try:
        # Each of thousands is read at once and whole.
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            return file.read()
    except OSError as error:
        message = f"{shown(path)} cannot be read: {reason(error)}."
        raise ScriptError(message, "Restore the file, or make it readable.", path=path) from error


def _function(module: types.ModuleType, name: str, path: Path) -> Callable[..., None]:
    function = getattr(module, name, None)
    if function is None:
        raise ScriptError(f"{shown(path)} has no {name}().", f"Add `def {name}():` to it.", path=path, line=1)
    if type(function) is types.FunctionType and not function.__code__.co_flags & inspect.CO_COROUTINE:
        return function
    line = getattr(getattr(function, "__code__", None), "co_firstlineno", 1)
    if not callable(function) or inspect.iscoroutinefunction(function):
        raise ScriptError(
            f"{shown(path)}, line {line}: {name} is not a plain function.",
            f"Write `def {name}():`, without `async`.",
            path=path,
            line=line,
        )
    return function  # type: ignore[no-any-return]


def _line_in(path: Path, error: BaseException) -> int | None:
    """Return the innermost line of a file that an error came through."""
    line, traceback = None, error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == str(path):
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line
