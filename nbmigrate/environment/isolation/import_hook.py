"""What `import alembic` means while the code of a project runs, in whatever module the import stands.

The rule: from the start of a run to its end, in the thread (or task) that runs it, the names of Alembic are ours; in
env.py, in revision files, and in every module that these import or call, at its top or inside a function. Everywhere
else, at the same moment too, they are what they always were, whether the alembic package is installed or not.

Nothing of this is in `sys.modules`: `builtins.__import__` and `importlib.import_module` are other functions while at
least one run is on, which ask the context of their caller. What a module has taken from us at its top it would keep,
and what it has taken from the alembic package before: `modules` sees to those. Not seen is an `import_module` that a
module has taken from importlib before the first run, and used in one.
"""

import builtins
import importlib
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from importlib.util import resolve_name
from typing import Any, NamedTuple

from nbmigrate.environment.alembic.names import imported, is_alembics

Check = Callable[..., None]


class _Run(NamedTuple):
    """The modules that took a name of Alembic at their top in a run, and what looks at all else that is imported."""

    taken: set[str]
    check: Check


#: The run of this context; None where no run is.
_running: ContextVar[_Run | None] = ContextVar("nbmigrate_importing", default=None)

# Putting the function in place and taking it away are two steps each, and runs begin and end in several threads.
_lock = threading.Lock()


@contextmanager
def alembic_is_ours(check: Check = lambda *imported: None) -> Iterator[set[str]]:
    """Let Alembic's names be ours in the block; gives the names of the modules that take one at their top.

    Parameters
    ----------
    check
        Looks at every other module that is imported; see `OwnNames.check`.
    """
    runs = _begin()
    run = _Run(set(), check)
    token = _running.set(run)
    try:
        yield run.taken
    finally:
        _running.reset(token)
        _end(runs)


class _Runs:
    """The runs that are on in this process: what stands for `__import__` meanwhile, and what they leave as it was.

    Parameters
    ----------
    real
        The function that imports otherwise.
    real_module
        The one that importlib has for it.
    """

    def __init__(self, real: Callable[..., Any], real_module: Callable[..., Any]) -> None:
        self.real = real
        self.real_module = real_module
        self.number = 0
        self._path = list(sys.path)
        self._folder = _current_folder()
        self._logging = _loggers()

    def __call__(
        self,
        name: str,
        globals_: Mapping[str, Any] | None = None,
        locals_: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        run = _running.get()
        importing = (globals_ or {}).get("__name__", "")
        if run is None or level or not is_alembics(name) or is_alembics(importing):
            found = self.real(name, globals_, locals_, fromlist, level)
            if run is not None:
                run.check(found, () if fromlist else name.split(".")[1:], fromlist)
            return found
        # At the top of a module its names are its global ones, inside a function they are gone with it.
        if locals_ is globals_:
            run.taken.add(importing)
        return imported(name, fromlist)

    def import_module(self, name: str, package: str | None = None) -> Any:
        """Import a module by its name, as `importlib.import_module` does."""
        run = _running.get()
        if run is None or (name.startswith(".") and not package):
            return self.real_module(name, package)
        full = resolve_name(name, package)
        caller = sys._getframe(1)
        importing = str(caller.f_globals.get("__name__", ""))
        if not is_alembics(full) or is_alembics(importing):
            found = self.real_module(name, package)
            run.check(found)
            return found
        if caller.f_locals is caller.f_globals:
            run.taken.add(importing)
        return imported(full, ("",))

    def restore(self) -> None:
        """Leave the process as the first of these runs found it, whatever env.py did to it."""
        sys.path[:] = self._path
        if self._folder and self._folder != _current_folder():
            with suppress(OSError):
                os.chdir(self._folder)
        for logger, (level, disabled, handlers) in self._logging.items():
            logger.disabled = disabled
            if logger.level != level:
                logger.setLevel(level)
            if logger.handlers != handlers:
                logger.handlers[:] = handlers


def _begin() -> _Runs:
    with _lock:
        found: Any = builtins.__import__
        runs = found if isinstance(found, _Runs) else _Runs(found, importlib.import_module)
        setattr(builtins, "__import__", runs)  # noqa: B010 - the type of what is there says nothing of such an object
        if not runs.number:
            setattr(importlib, "import_module", runs.import_module)  # noqa: B010
        runs.number += 1
        return runs


def _end(runs: _Runs) -> None:
    with _lock:
        runs.number -= 1
        if runs.number:
            return
        # Somebody may have put a function of his own around this one, which then stays and asks in vain.
        if vars(builtins)["__import__"] is runs:
            setattr(builtins, "__import__", runs.real)  # noqa: B010
        if importlib.import_module == runs.import_module:
            setattr(importlib, "import_module", runs.real_module)  # noqa: B010
        runs.restore()


def _current_folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109 - a string compares faster, and this is done in every run
    except OSError:
        return ""


def _loggers() -> dict[logging.Logger, tuple[int, bool, list[logging.Handler]]]:
    """Return how the loggers are set that there are."""
    named = (item for item in list(logging.root.manager.loggerDict.values()))
    loggers = [logging.root, *(item for item in named if isinstance(item, logging.Logger))]
    return {logger: (logger.level, logger.disabled, list(logger.handlers)) for logger in loggers}
