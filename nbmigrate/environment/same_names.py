"""Modules of one name in two projects: a run has those of its own project, whoever has loaded the others.

Python has one module per name in a process: after a run of a project that has a `models`, `import models` in the env.py
of another project would give the first one's, and nobody would notice. So at the first import of a name in a run it is
settled which file it means there: the one that Python finds on `sys.path` as it is then, if that is in a folder of the
project. Is another file's module in `sys.modules`, it is put away until the run ends, with what is below it; what runs
have loaded is kept by its file, and is the same in the project's next run. Where it is the same file, everybody has the
same module, the notebook too. Never put away is what is installed, or Python's own.

When the run ends, a name means again what it did before; unless Python finds the run's own file by it, or did not have
the name: then the run's stays, so that a notebook in the project's folder and env.py mean the same.

Two runs at once cannot both be served: the second one that imports the name fails, and says so.
"""

import os
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Optional

from nbmigrate.environment.modules import file_of, is_installed, put_in, take_out
from nbmigrate.errors import ConfigError
from nbmigrate.scripts.headers import shown

Group = dict[str, ModuleType]

#: The run of this context, or the innermost of several.
_running: ContextVar[Optional["RunNames"]] = ContextVar("nbmigrate_names", default=None)

# Names are settled and given back in several threads; an import may stand in what is done meanwhile.
_lock = threading.RLock()

#: The runs that are on; what they have put away, by name and file; and what they have left that nobody else finds.
_active: list["RunNames"] = []
_away: dict[tuple[str, str], Group] = {}
_left: set[tuple[str, str]] = set()


@dataclass
class _Meant:
    """What a name means in a run: the file, or the folder of a package without one, which may have several."""

    place: str
    module: ModuleType | None
    folders: tuple[str, ...] = ()
    before: Group | None = None
    is_new: bool = False


class RunNames:
    """What the names of modules mean in one run.

    Parameters
    ----------
    folders
        Those of the project: of what is elsewhere a name means what it means for everybody.
    entries
        What the run has put on `sys.path`.
    """

    def __init__(self, folders: Iterable[Path] = (), entries: Sequence[Path] = ()) -> None:
        self.folders = tuple(folders)
        self.entries = {str(entry) for entry in entries}
        self.meant: dict[str, _Meant] = {}
        # What was there before any run.
        self._found_on: set[str] = _active[0]._found_on if _active else set(sys.path)
        self._passed = {*sys.stdlib_module_names, "__main__", "nbmigrate", "alembic"}
        outer = _running.get()
        self.chain: tuple[RunNames, ...] = () if outer is None else (outer, *outer.chain)

    def settle(self, name: str) -> None:
        """Let a module's name, or the first part of it, mean what it must in this run.

        Raises
        ------
        ConfigError
            Another run that is on needs another module of this name.
        """
        top = name.partition(".")[0]
        if not self.folders or top in self._passed:
            return
        meant = self.meant.get(top)
        if meant is None or meant.module is None or meant.module is not sys.modules.get(top):
            with _lock:
                self._settle(top)

    def check(self, name: str) -> None:
        """See to it that what was imported is what the name means here.

        Raises
        ------
        ConfigError
            Another run has put a folder of its own first meanwhile.
        """
        top = name.partition(".")[0]
        meant = self.meant.get(top)
        if meant is not None and meant.module is None:
            self.settle(name)
        if meant is not None and meant.folders and not _is_of(meant.folders, top):
            raise _two(top, meant.place, _place_of(top, take_out(_loaded(top))))

    def _settle(self, top: str) -> None:
        present = sys.modules.get(top)
        spec = self._own_spec(top)
        if (present is not None and _is_everybodys(top, present)) or (
            spec is None and not self._is_left(top)
        ):
            self._passed.add(top)
            return
        place = self._own_place(spec) if spec is not None else ""
        for run in self._others():
            if top in run.meant and run.meant[top].place != place:
                raise _two(top, place, run.meant[top].place)
        folders = () if spec is None or spec.has_location else tuple(_places(spec))
        meant = self.meant.setdefault(top, _Meant(place, present, folders, is_new=present is None))
        if present is not None and (spec is None or not _is_of(_places(spec), top)):
            self._put_away(top, meant)
        if spec is not None and top not in sys.modules:
            put_in(_away.pop((top, place), {}))
            self._check_path(top, spec, place)
        meant.module = sys.modules.get(top)

    def _put_away(self, top: str, meant: _Meant) -> None:
        strange = _place_of(top, _loaded(top))
        if meant.is_new and meant.module is None:
            raise _two(top, meant.place, strange)
        group = take_out(_loaded(top))
        if meant.before is None and not meant.is_new:
            meant.before = group
        else:
            _away[top, strange] = group

    def _is_left(self, top: str) -> bool:
        """Whether a name means something only because the run of another project has loaded it."""
        place = _place_of(top, _loaded(top))
        return (top, place) in _left and not self._is_own(place) and _spec(top, sys.path) is None

    def _own_spec(self, top: str) -> ModuleSpec | None:
        """Return what Python finds by a name, if that is in a folder of the project."""
        others = {entry for run in _active for entry in run.entries} - self.entries - self._found_on
        found = _spec(top, [entry for entry in sys.path if entry not in others])
        if found is None or any(is_installed(place) for place in _places(found)):
            return None
        return found if self._own_place(found) else None

    def _own_place(self, spec: ModuleSpec) -> str:
        return next(filter(self._is_own, _places(spec)), "")

    def _is_own(self, place: str) -> bool:
        return any(Path(place).is_relative_to(folder) for folder in self.folders)

    def _check_path(self, top: str, spec: ModuleSpec, place: str) -> None:
        """Refuse to load what a folder of another run has by this name: that comes first on `sys.path` now."""
        found = None if top in sys.modules else _spec(top, sys.path)
        if found is not None and _places(found)[0] != _places(spec)[0]:
            raise _two(top, place, _places(found)[0])

    def _others(self) -> list["RunNames"]:
        """Return the runs that are on at the same time; not those that wait for this one inside of them."""
        return [run for run in _active if run is not self and run not in self.chain and self not in run.chain]

    def give_back(self) -> None:
        """Let every name mean what it did before this run, where no other run needs it."""
        for top, meant in self.meant.items():
            claims = [run for run in _active if top in run.meant]
            heirs = [run.meant[top] for run in claims if run not in self.chain]
            if heirs:
                heirs[0].before = heirs[0].before or meant.before
                heirs[0].is_new = heirs[0].is_new or meant.is_new
                continue
            found = _spec(top, sys.path)
            is_found = found is not None and meant.place in _places(found)
            if meant.before is not None and is_found and not claims:
                _away[top, _place_of(top, meant.before)] = meant.before
            elif meant.before is not None or (meant.is_new and found is not None and not is_found):
                if own := take_out(_loaded(top)):
                    _away[top, meant.place] = own
                put_in(meant.before or {})
            elif meant.is_new and not is_found:
                _left.add((top, meant.place))


@contextmanager
def own_names(folders: Iterable[Path], entries: Sequence[Path]) -> Iterator[RunNames]:
    """Let the names of modules mean in the block what they mean in a project; see `RunNames` for the parameters."""
    with _lock:
        names = RunNames(folders, entries)
        _active.append(names)
    token = _running.set(names)
    try:
        yield names
    finally:
        _running.reset(token)
        with _lock:
            _active.remove(names)
            names.give_back()


def names_of_run() -> RunNames | None:
    """Return what names mean in the run of this context; None where no run is."""
    return _running.get()


def _spec(top: str, path: Sequence[str]) -> ModuleSpec | None:
    with suppress(OSError, ImportError):
        return PathFinder.find_spec(top, path)
    return None


def _places(spec: ModuleSpec) -> list[str]:
    """Return the file of a module, or the folders of a package without one."""
    if spec.has_location and spec.origin:
        return [spec.origin]
    return list(spec.submodule_search_locations or ())


def _loaded(top: str) -> Group:
    """Return a module and those below it."""
    all_ = sys.modules.copy()
    return {name: module for name, module in all_.items() if name == top or name.startswith(f"{top}.")}


def _files(top: str) -> list[str]:
    return [file for module in _loaded(top).values() if (file := file_of(module))]


def _is_everybodys(top: str, module: ModuleType) -> bool:
    """Whether a module is installed, or was made by somebody who needs no file for it."""
    file = file_of(module)
    if not file and not hasattr(module, "__path__"):
        return True
    return any(is_installed(one) for one in ([file] if file else _files(top)))


def _is_of(places: Sequence[str], name: str) -> bool:
    """Whether a loaded module is the one of these places; of a package without a file, whether all below it are."""
    if file := file_of(sys.modules.get(name)):
        return os.path.realpath(file) in map(os.path.realpath, places)
    if not all(map(os.path.isdir, places)):
        return False
    below = [one for one in _loaded(name) if one.rpartition(".")[0] == name]
    found = ((one, _spec(one, places)) for one in below)
    return all(spec is not None and _is_of(_places(spec), one) for one, spec in found)


def _place_of(top: str, group: Group) -> str:
    """Return what a module was loaded from, as `_places` would tell it."""
    if top in group and (file := file_of(group[top])):
        return file
    for name, module in group.items():
        path = Path(file_of(module))
        if path.name:
            return str(path.parents[name.count(".") - 1 + path.name.startswith("__init__.")])
    return ""


def _two(top: str, place: str, other: str) -> ConfigError:
    return ConfigError(
        f"Two runs at once need different modules named {top!r}: {shown(Path(place))} and {shown(Path(other))}. "
        "Python has one of a name in a process.",
        "Run one after the other, or each in a process of its own.",
    )
