"""Database migrations you can see and touch, in Jupyter.

In a notebook: `%load_ext nbmigrate`, then `%migrate --help`. In a terminal: `nbmigrate --help`. In Python:
`from nbmigrate import Project, commands`. In a revision file: `from nbmigrate import op`; in env.py:
`from nbmigrate import context`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from nbmigrate.version import __version__

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from nbmigrate import commands, op
    from nbmigrate.environment import context
    from nbmigrate.errors import MigrateError
    from nbmigrate.notebook.explorer.explorer import Explorer
    from nbmigrate.project import Project

__all__ = ["Explorer", "MigrateError", "Project", "__version__", "commands", "context", "op"]

# Loaded when first asked for: `nbmigrate heads` must not wait for SQLAlchemy, nor `%load_ext` for pandas.
_HOMES = {
    "Explorer": ("nbmigrate.notebook.explorer.explorer", "Explorer"),
    "MigrateError": ("nbmigrate.errors", "MigrateError"),
    "Project": ("nbmigrate.project", "Project"),
    "commands": ("nbmigrate.commands", None),
    "context": ("nbmigrate.environment.context", None),
    "op": ("nbmigrate.op", None),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'nbmigrate' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    home = import_module(module)
    return getattr(home, attribute) if attribute else home


def __dir__() -> list[str]:
    return sorted(__all__)


def load_ipython_extension(shell: "InteractiveShell") -> None:
    """Add `%migrate` and `%%migrate` to a shell: what `%load_ext nbmigrate` calls."""
    from nbmigrate.notebook import extension

    extension.load(shell)


def unload_ipython_extension(shell: "InteractiveShell") -> None:
    """Take `%migrate` out of a shell again: what `%unload_ext nbmigrate` calls."""
    from nbmigrate.notebook import extension

    extension.unload(shell)
