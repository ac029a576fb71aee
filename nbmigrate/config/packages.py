"""The folder of a package that is not imported."""

import contextlib
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

from nbmigrate.errors import ConfigError


def package_folder(name: str, first: Sequence[str]) -> Path:
    """Return the folder of a package, without importing it: reading a project runs nobody's code."""
    search: Sequence[str] | None = [*first, *sys.path]
    spec = None
    for end in range(1, name.count(".") + 2):
        spec = importlib.machinery.PathFinder.find_spec(".".join(name.split(".")[:end]), search)
        search = spec.submodule_search_locations if spec else None
        if search is None:
            break
    if search is None and "." not in name:
        # What was installed in editable mode is found by finders of its own.
        with contextlib.suppress(ImportError, ValueError):
            spec = importlib.util.find_spec(name)
            search = spec.submodule_search_locations if spec else None
    if not search:
        raise ConfigError(f"script_location: there is no package {name!r}.", "Install it, or write a folder.")
    return Path(next(iter(search)))
