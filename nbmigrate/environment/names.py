"""What `import` finds in env.py and in revision files: ours under Alembic's names, and a logging left in peace.

Nothing is put into `sys.modules`, so that the same names outside these files, in any thread, are what they always were,
whether the alembic package is installed or not.
"""

import builtins
import importlib
import logging
import logging.config
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

_OPERATIONS = {
    name: ("nbmigrate.operations", name) for name in ("BatchOperations", "MigrateOperation", "Operations")
}
#: What each of Alembic's modules holds: a name in it, and where ours is; "" for a whole module.
MODULES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "alembic": {
        "op": ("nbmigrate.op", ""),
        "context": ("nbmigrate.environment.context", ""),
    },
    "alembic.config": {"Config": ("nbmigrate.environment.alembic_config", "AlembicConfig")},
    "alembic.ddl": {"DefaultImpl": ("nbmigrate.environment.alembic_impl", "DefaultImpl")},
    "alembic.ddl.impl": {"DefaultImpl": ("nbmigrate.environment.alembic_impl", "DefaultImpl")},
    "alembic.migration": {
        "MigrationContext": ("nbmigrate.environment.migration_context", "MigrationContext")
    },
    "alembic.operations": _OPERATIONS,
    "alembic.operations.base": _OPERATIONS,
    "alembic.operations.ops": {"MigrateOperation": ("nbmigrate.operations", "MigrateOperation")},
    "alembic.runtime": {},
    "alembic.runtime.environment": {
        "EnvironmentContext": ("nbmigrate.environment.environment_context", "EnvironmentContext")
    },
    "alembic.runtime.migration": {
        "MigrationContext": ("nbmigrate.environment.migration_context", "MigrationContext")
    },
    "alembic.util": {"CommandError": ("nbmigrate.errors", "MigrateError")},
    "alembic.util.exc": {"CommandError": ("nbmigrate.errors", "MigrateError")},
}

#: The modules of Alembic that are modules of ours.
OURS = {"alembic.op": "nbmigrate.op", "alembic.context": "nbmigrate.environment.context"}

Importer = Callable[..., Any]


class StandIn(ModuleType):
    """One of Alembic's modules, as far as it is provided."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        full = f"{self.__name__}.{name}"
        if full in OURS or full in MODULES:
            return _module(full)
        home = MODULES[self.__name__].get(name)
        if home is None:
            # Not an AttributeError: `from alembic import x` would then look for the real one in sys.modules.
            raise ImportError(f"nbmigrate provides no {full}", name=full)
        module, attribute = home
        return getattr(importlib.import_module(module), attribute)


class Delegate(ModuleType):
    """A module of the standard library with some names of its own."""

    def __init__(self, real: ModuleType, **own: Any) -> None:
        super().__init__(real.__name__, real.__doc__)
        self.__dict__.update(own)
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def importer() -> Importer:
    """Return what to put in the place of `__import__` for the code of a project."""

    def import_(
        name: str,
        globals_: Mapping[str, object] | None = None,
        locals_: Mapping[str, object] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        if level == 0 and (name == "alembic" or name.startswith("alembic.")):
            found = _module(name)
            return found if fromlist else _module("alembic")
        if level == 0 and name == "logging.config":
            return _quiet_config() if fromlist else Delegate(logging, config=_quiet_config())
        if level == 0 and name == "logging" and "config" in (fromlist or ()):
            return Delegate(logging, config=_quiet_config())
        return builtins.__import__(name, globals_, locals_, fromlist or (), level)

    return import_


def builtins_with(importer: Importer) -> dict[str, Any]:
    """Return the `__builtins__` of a module that imports through an importer."""
    return {**vars(builtins), "__import__": importer}


def _module(name: str) -> ModuleType:
    if name in OURS:
        return importlib.import_module(OURS[name])
    if name not in MODULES:
        raise ModuleNotFoundError(f"nbmigrate provides no {name}", name=name)
    return StandIn(name)


def _quiet_config() -> ModuleType:
    """Return `logging.config` that configures nothing: a notebook's, or an application's, logging stays as it is."""

    def leave_alone(*_: Any, **__: Any) -> None:
        return None

    return Delegate(logging.config, fileConfig=leave_alone, dictConfig=leave_alone)
