"""Modules of one name in two projects, or in a project and a notebook: a run never gets the other one's in silence.

Python has one module of a name in a process. `modules` sees to it that what the runs of one project have loaded is out
of the way of another's. What is left are two runs at once, and what somebody has imported himself: then the import
fails, and says which two files there are. Not told apart in every case are packages without an `__init__.py` that two
threads load at the same moment: for Python they are one package, of all folders.
"""

import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType

from nbmigrate.environment.module_files import file_of, is_installed
from nbmigrate.errors import ConfigError
from nbmigrate.scripts.reading.headers import shown

_EVERYBODYS = {*sys.stdlib_module_names, "__main__", "alembic", "nbmigrate"}


class OwnNames:
    """The names that a run has imported so far, each of which is what the project means by it.

    Parameters
    ----------
    folders
        Where the project's modules are looked for.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = folders
        #: The first parts of names that are nobody's in particular.
        self._passed = set(_EVERYBODYS)
        self._seen: dict[str, ModuleType] = {}

    def check(self, found: object, behind: Iterable[str] = (), fromlist: Iterable[str] | None = ()) -> None:
        """Make sure that what was imported is the project's, if the project has modules of the names.

        Parameters
        ----------
        found
            The module, or what stands for one: in `sys.modules` another thread may have put another by now.
        behind
            What stands behind it in the name that was imported, each below the one before.
        fromlist
            What was taken from it; may be modules too.

        Raises
        ------
        ConfigError
            It is another file's.
        """
        name = getattr(found, "__name__", "")
        top = name.partition(".")[0]
        if top in self._passed or not isinstance(found, ModuleType):
            return
        if is_installed(file_of(sys.modules.get(top))):
            self._passed.add(top)
            return
        self._check(found)
        for each in fromlist or ():
            self._check(getattr(found, each, None))
        for each in behind:
            found = getattr(found, each, None)
            self._check(found)

    def _check(self, module: object) -> None:
        if not isinstance(module, ModuleType) or self._seen.get(module.__name__) is module:
            return
        name = module.__name__
        # A package without a file has the folders of all; what is in them is looked at by itself.
        file = Path(file_of(module))
        own = self._file(name) if getattr(module, "__file__", None) else None
        if own is not None and not _is_same(own, file):
            raise ConfigError(
                f"{name} is {shown(own)} in this project, and {shown(file)} in this process.",
                "Another project's run or the notebook has loaded that, and Python has one module of a name. "
                "Run one project after the other, or this one in a process of its own.",
            )
        self._seen[name] = module

    def _file(self, name: str) -> Path | None:
        """Return the file that a name means in the project, if there is one."""
        for folder in self._folders:
            path = folder.joinpath(*name.split("."))
            for file in (path / "__init__.py", path.with_name(f"{path.name}.py")):
                if file.is_file():
                    return file
        return None


def _is_same(own: Path, file: Path) -> bool:
    with suppress(OSError):
        return own.samefile(file)
    return True
