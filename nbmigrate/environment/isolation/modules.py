"""The modules that only a project's runs may see: those that took names of Alembic from us, and what hangs on them.

A run leaves what it imports in `sys.modules`, as every program does: env.py and a notebook mean the same by `import
models`. But a module with `from alembic import op` at its top has ours, once a run has loaded it, and would be of no
use to a program that uses the alembic package. Such modules, and the project's others that were loaded with them, are
taken out of `sys.modules` when the run ends, and are put back for the project's next run, unless a file of theirs was
changed or somebody has imported one of them himself in the meantime: then all are loaded anew.

Between two projects nothing is shared: what the runs of one have left is taken out while a run of another one is on,
and is back afterwards where that has loaded nothing of the name. `same_names` sees to what is left of this.

The other way round, a module that has `op` or an operation's class from the alembic package, because somebody loaded it
outside a run, is put away while a run lasts, which loads one of its own. For that time other threads do not find it.
"""

import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType, ModuleType

from nbmigrate.environment.alembic.names import is_alembics
from nbmigrate.environment.module_files import file_of, is_installed

#: What is of use in a run alone; `alembic.command` and `alembic.config` are what programs start runs with.
_OF_RUNS = ("alembic.op", "alembic.context", "alembic.operations", "alembic.autogenerate", "alembic.ddl")


@dataclass
class _LeftModules:
    """What the runs of one project leave in `sys.modules` when they end, and how many of them are on."""

    modules: dict[str, ModuleType] = field(default_factory=dict)
    stamps: dict[str, tuple[int, int]] = field(default_factory=dict)
    runs: int = 0

    @property
    def missing(self) -> dict[str, ModuleType]:
        """What is not there now, or is another module."""
        return {name: module for name, module in self.modules.items() if sys.modules.get(name) is not module}

    def put_back(self) -> None:
        """Let it be found again, all of it or, where a file or a module is another by now, nothing."""
        missing = self.missing
        if not missing or self.runs:
            return
        if missing.keys() & sys.modules.keys() or self.stamps != _stamps(self.modules):
            self.take_out()
            self.modules, self.stamps = {}, {}
        else:
            _put_in(missing)

    def take_out(self) -> None:
        """Let nobody find it."""
        _take_out(name for name, module in self.modules.items() if sys.modules.get(name) is module)


#: By the folders of the project, which may be opened more than once.
_left: dict[tuple[Path, ...], _LeftModules] = {}
# Runs begin and end in several threads.
_lock = threading.Lock()


class ProjectModules:
    """The modules of one project that are out of `sys.modules` between its runs.

    Parameters
    ----------
    folders
        Where the project's own modules are.
    """

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        self._folders = tuple(folders)
        self._kept: dict[str, ModuleType] = {}
        self._stamps: dict[str, tuple[int, int]] = {}

    @contextmanager
    def present(self, taken: set[str]) -> Iterator[None]:
        """Let the block find the modules of the project.

        Parameters
        ----------
        taken
            The names of the modules that take a name of Alembic at their top, as they become known in the block.
        """
        left = self._begin()
        away = _take_out(_with_real_names())
        if self._kept.keys() & sys.modules.keys() or self._stamps != _stamps(self._kept):
            self._kept = {}
        _put_in(self._kept)
        before = {name: module for name, module in sys.modules.copy().items() if name not in self._kept}
        try:
            yield
        finally:
            self._keep(taken, _new(before))
            _put_in(away)
            self._end(left, _new(before))

    def _begin(self) -> _LeftModules:
        with _lock:
            own = _left.setdefault(self._folders, _LeftModules())
            for other in _left.values():
                if other is not own and not other.runs:
                    other.take_out()
            own.put_back()
            own.runs += 1
        return own

    def _end(self, own: _LeftModules, new: dict[str, ModuleType]) -> None:
        with _lock:
            own.runs -= 1
            # Of two runs at once one may have come upon the other one's.
            for folders in (self._folders, *_left):
                found = {name: new.pop(name) for name in list(new) if _is_in(folders, new[name])}
                _left[folders].modules |= found
                _left[folders].stamps |= _stamps(found)
            if not any(each.runs for each in _left.values()):
                for other in _left.values():
                    if not any(name.partition(".")[0] in sys.modules for name in other.missing):
                        other.put_back()

    def _keep(self, taken: set[str], new: dict[str, ModuleType]) -> None:
        kept = set(self._kept).union(taken).intersection(new)
        if kept:
            kept |= {name for name, module in new.items() if _is_in(self._folders, module)}
            kept = _with_holders(kept, new)
        self._kept = _take_out(kept)
        self._stamps = _stamps(self._kept)


def _new(before: dict[str, ModuleType]) -> dict[str, ModuleType]:
    """Return the modules that were not there before; not by their names, which another project's may have had."""
    new = {name: module for name, module in sys.modules.copy().items() if before.get(name) is not module}
    # Not what stands for an env.py while it runs, nor ourselves, in whosever folder we may be.
    strange = ("__main__", "nbmigrate")
    return {
        name: module
        for name, module in new.items()
        if name.partition(".")[0] not in strange and not name.startswith("env_py_")
    }


def _is_in(folders: Sequence[Path], module: ModuleType) -> bool:
    """Whether a module is a project's own, whose folders these are."""
    file = file_of(module)
    if not file or is_installed(file):
        return False
    return any(Path(file).is_relative_to(folder) for folder in folders)


def _stamps(modules: dict[str, ModuleType]) -> dict[str, tuple[int, int]]:
    """Return how the files of modules are now."""
    found = {}
    for name, module in modules.items():
        try:
            status = Path(module.__file__ or "").stat()
        except (OSError, AttributeError):
            continue
        found[name] = (status.st_mtime_ns, status.st_size)
    return found


def _take_out(names: Iterable[str]) -> dict[str, ModuleType]:
    """Take modules out of `sys.modules`, and off the packages that hold them as attributes."""
    popped = ((name, sys.modules.pop(name, None)) for name in list(names))
    taken = {name: module for name, module in popped if module is not None}
    for name, module in taken.items():
        parent, _, last = name.rpartition(".")
        package = sys.modules.get(parent)
        if package is not None and vars(package).get(last) is module:
            delattr(package, last)
    return taken


def _put_in(modules: dict[str, ModuleType]) -> None:
    for name, module in modules.items():
        sys.modules[name] = module
        parent, _, last = name.rpartition(".")
        package = sys.modules.get(parent)
        if package is not None:
            setattr(package, last, module)


def _with_real_names() -> set[str]:
    """Return the modules that hold what the alembic package has for runs; of a plug-in also those that hold these.

    A project's other modules stay what they are: they may have settings that somebody has changed, or tables that
    cannot be made twice.
    """
    if "alembic" not in sys.modules:
        return set()
    all_ = {
        name: module
        for name, module in sys.modules.copy().items()
        if name != "__main__" and not is_alembics(name) and name.partition(".")[0] != "nbmigrate"
    }
    found = {name for name, module in all_.items() if _holds(module, _is_of_runs)}
    plugins = {name.partition(".")[0] for name in found if is_installed(file_of(all_[name]))}
    return _with_holders(found, {name: m for name, m in all_.items() if name.partition(".")[0] in plugins})


def _with_holders(names: set[str], modules: dict[str, ModuleType]) -> set[str]:
    """Return the modules of these names, with those that hold something of theirs, and so on."""
    found = set(names)
    while True:
        more = {
            name
            for name, module in modules.items()
            if name not in found and _holds(module, found.__contains__)
        }
        if not more:
            return found
        found |= more


def _holds(module: ModuleType, wanted: Callable[[str], bool]) -> bool:
    """Whether a module has, under a name of its own, a wanted module or something that was made in one."""
    # A module may be anything that somebody has put into sys.modules.
    names = getattr(module, "__dict__", None)
    return isinstance(names, dict) and any(wanted(_origin(value)) for value in list(names.values()))


def _origin(value: object) -> str:
    # Not isinstance(): some objects answer that with what they stand for, or fail.
    kind = type(value)
    if issubclass(kind, ModuleType):
        return str(vars(value).get("__name__", ""))
    if issubclass(kind, type) or kind is FunctionType:
        return str(getattr(value, "__module__", ""))
    return str(kind.__module__)


def _is_of_runs(name: str) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in _OF_RUNS)
