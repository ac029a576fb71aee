"""The folder of a package that is not imported."""

import contextlib
import importlib.util
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

from nbmigrate.errors import ConfigError


def package_path(name: str, folders: Sequence[str], first: Sequence[str]) -> Path:
    """Return a path below a package, without importing it: reading a project runs nobody's code.

    Parameters
    ----------
    name
        The package; it, and those above it, may have no `__init__.py`, and may be in a zip file.
    folders
        The parts of the path in it.
    first
        Where packages are looked for before `sys.path`.

    Raises
    ------
    ConfigError
        There is no such package.
    """
    found: Sequence[str] = [*first, *sys.path]
    for number, part in enumerate(name.split(".")):
        # By its whole name, a package without __init__.py would ask the one above, which is not imported.
        spec = PathFinder.find_spec(part, found)
        if spec is None and number == 0:
            spec = _installed(part)
        found = list(spec.submodule_search_locations or ()) if spec else ()
    if not found:
        raise ConfigError(f"script_location: there is no package {name!r}.", "Install it, or write a folder.")
    # A package without __init__.py may be in several folders.
    paths = [Path(folder, *folders) for folder in found]
    return next((path for path in paths if path.exists()), paths[0])


def _installed(name: str) -> ModuleSpec | None:
    """Return what the finders have that an installation in editable mode adds."""
    with contextlib.suppress(ImportError, ValueError):
        return importlib.util.find_spec(name)
    return None
