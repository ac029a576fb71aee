"""The names of Alembic, and what stands behind each: ours, under the names that a project's code has for it.

env.py and revision files import through `importer`, in a run or not; all other modules as `isolation.import_hook` says.
"""

import builtins
import importlib
import logging
import logging.config
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

from nbmigrate.environment.alembic.stand_ins import (
    NAMES,
    NotProvidedError,
    advice_for,
    caller,
    is_stand_in,
    stand_in,
)
from nbmigrate.errors import nearest

#: The version of Alembic whose names these are, for programs that ask `alembic.__version__`.
VERSION = "1.20.1"

#: What a name stands for: a module of ours, and a name in it; "" for the module.
Home = tuple[str, str]


def _in(module: str, *names: str, **others: str) -> dict[str, Home]:
    """Return where names are: in a module of ours, under their own name or another."""
    return {name: (f"nbmigrate.{module}", others.get(name, name)) for name in (*names, *others)}


_CONTEXT = _in("environment.environment_context", "MigrationContext") | _in(
    "environment.alembic.migration_info", "MigrationInfo"
)
_ENVIRONMENT = _in("environment.programmatic", EnvironmentContext="ProgrammaticEnvironment")
_OPERATIONS = _in("operations", "BatchOperations", "MigrateOperation", "Operations")
_OPERATIONS |= _in("operations", AbstractOperations="Operations")
_OPS = _in("operations", "MigrateOperation")
_OPS |= _in("environment.alembic.operations", "AddColumnOp", "AlterColumnOp", "BulkInsertOp", "ExecuteSQLOp")
_OPS |= _in(
    "environment.alembic.operations", "CreateCheckConstraintOp", "CreateForeignKeyOp", "CreateIndexOp"
)
_OPS |= _in("environment.alembic.operations", "CreatePrimaryKeyOp", "CreateTableCommentOp", "CreateTableOp")
_OPS |= _in("environment.alembic.operations", "CreateUniqueConstraintOp", "DropColumnOp", "DropConstraintOp")
_OPS |= _in(
    "environment.alembic.operations", "DropIndexOp", "DropTableCommentOp", "DropTableOp", "RenameTableOp"
)
_OPS |= _in(
    "environment.alembic.migration_script",
    "DowngradeOps",
    "MigrationScript",
    "ModifyTableOps",
    "OpContainer",
    "UpgradeOps",
)
_ERRORS = _in("errors", CommandError="MigrateError", DatabaseNotAtHead="PositionError")
_UTILITIES = _in("environment.alembic.util", "asbool", "err", "format_as_comma", "immutabledict", "msg")
_UTILITIES |= _in("environment.alembic.util", "obfuscate_url_pw", "rev_id", "status", "to_list", "to_tuple")
_UTILITIES |= _in("environment.alembic.util", "warn")
_UTILITIES |= _in("environment.alembic.autogenerate", "DispatchPriority", "PriorityDispatchResult")
_SCRIPT = _in("environment.alembic.script", "Script")
_SCRIPT |= _in("environment.alembic.script_directory", ScriptDirectory="AlembicScripts")
_AUTOGENERATE = _in("environment.alembic.autogenerate", "Rewriter", "comparators", "renderers")

_DDL = _in(
    "environment.alembic.ddl_impl",
    "alter_column",
    "alter_table",
    "format_column_name",
    "format_server_default",
)
_DDL |= _in("environment.alembic.ddl_impl", "format_table_name", "format_type", "visit_rename_table")
_DDL |= _in("dialects.ddl.elements", "RenameTable")

#: What each of Alembic's modules holds, stand-ins aside.
MODULES: Mapping[str, Mapping[str, Home]] = {module: {} for module in NAMES} | {
    "alembic": {},
    "alembic.autogenerate": _AUTOGENERATE,
    "alembic.autogenerate.api": _in("environment.alembic.autogenerate", "AutogenContext"),
    "alembic.autogenerate.compare": _in("environment.alembic.autogenerate", "comparators"),
    "alembic.autogenerate.render": _in("environment.alembic.autogenerate", "renderers"),
    "alembic.autogenerate.rewriter": _in("environment.alembic.autogenerate", "Rewriter"),
    "alembic.config": _in("environment.alembic.config", Config="AlembicConfig"),
    "alembic.ddl": _in("environment.alembic.ddl_impl", "DefaultImpl"),
    "alembic.ddl.base": _DDL,
    "alembic.ddl.impl": _in("environment.alembic.ddl_impl", "DefaultImpl"),
    "alembic.ddl.mssql": _DDL | _in("environment.alembic.ddl_impl", "DefaultImpl", "MSSQLImpl"),
    "alembic.ddl.mysql": _DDL
    | _in("environment.alembic.ddl_impl", "DefaultImpl", "MariaDBImpl", "MySQLImpl"),
    "alembic.ddl.oracle": _DDL | _in("environment.alembic.ddl_impl", "DefaultImpl", "OracleImpl"),
    "alembic.ddl.postgresql": _DDL | _in("environment.alembic.ddl_impl", "DefaultImpl", "PostgresqlImpl"),
    "alembic.ddl.sqlite": _DDL | _in("environment.alembic.ddl_impl", "DefaultImpl", "SQLiteImpl"),
    "alembic.environment": _ENVIRONMENT,
    "alembic.migration": _CONTEXT,
    "alembic.operations": _OPERATIONS | _in("environment.alembic.migration_script", "MigrationScript"),
    "alembic.operations.base": _OPERATIONS,
    "alembic.operations.ops": _OPS,
    "alembic.operations.toimpl": _in(
        "environment.alembic.operations",
        **dict.fromkeys(
            (
                *("create_table", "drop_table", "rename_table", "add_column", "drop_column", "alter_column"),
                *("create_index", "drop_index"),
            ),
            "perform_as_always",
        ),
    ),
    "alembic.runtime": {},
    "alembic.runtime.environment": _ENVIRONMENT,
    "alembic.runtime.migration": _CONTEXT,
    "alembic.script": _SCRIPT,
    "alembic.script.base": _SCRIPT,
    "alembic.script.revision": _in(
        "errors",
        RangeNotAncestorError="RangeError",
        ResolutionError="TargetError",
        RevisionError="MigrateError",
    ),
    "alembic.script.write_hooks": _in("environment.alembic.util", "register"),
    "alembic.util": _ERRORS | _UTILITIES,
    "alembic.util.exc": _ERRORS,
    "alembic.util.langhelpers": _UTILITIES,
    "alembic.util.messaging": _UTILITIES,
}

#: The modules of Alembic that are modules of ours.
OURS = {
    "alembic.command": "nbmigrate.compat.command",
    "alembic.context": "nbmigrate.environment.context",
    "alembic.op": "nbmigrate.op",
}

Importer = Callable[..., Any]


class StandIn(ModuleType):
    """One of Alembic's modules, as far as it is provided."""

    def __getattr__(self, name: str) -> Any:
        if name == "__version__":
            return VERSION
        if name == "__path__" and any(other.startswith(f"{self.__name__}.") for other in (*MODULES, *OURS)):
            return []
        if name.startswith("__"):
            raise AttributeError(name)
        full = f"{self.__name__}.{name}"
        home = MODULES[self.__name__].get(name)
        if full in OURS or full in MODULES:
            found: Any = _module(full)
        elif home is None and is_stand_in(self.__name__, name):
            found = stand_in(full)
        elif home is None:
            # Not an AttributeError: `from alembic import x` would then look for the real one in sys.modules.
            raise _refusal(full)
        else:
            found = getattr(importlib.import_module(home[0]), home[1])
        setattr(self, name, found)
        return found

    def __dir__(self) -> list[str]:
        below = {name.removeprefix(f"{self.__name__}.") for name in (*MODULES, *OURS)}
        names = {*MODULES[self.__name__], *NAMES.get(self.__name__, ())}
        return sorted({*names, *(name for name in below if "." not in name)} - {"alembic"})


class Delegate(ModuleType):
    """A module of the standard library with some names of its own."""

    def __init__(self, real: ModuleType, **own: Any) -> None:
        super().__init__(real.__name__, real.__doc__)
        self.__dict__.update(own)
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def is_alembics(name: str) -> bool:
    """Whether this is the name of one of Alembic's modules."""
    return name == "alembic" or name.startswith("alembic.")


def imported(name: str, fromlist: Sequence[str] | None) -> ModuleType:
    """Return what an import statement gets for one of Alembic's modules."""
    found = _module(name)
    return found if fromlist else _module("alembic")


def importer() -> Importer:
    """Return what to put in the place of `__import__` for env.py and revision files.

    Logging is left in peace there: what `fileConfig` and `dictConfig` would set up is the business of the alembic
    command's own process. A notebook, or an application, has set up its own, whose handlers would be closed, whose
    loggers would be disabled, and where every line would appear twice; what a run does is told by its result.
    """
    # A file of thousands asks for what those before it asked for.
    cache: dict[tuple[str, bool], ModuleType] = {}

    def import_(
        name: str,
        globals_: Mapping[str, object] | None = None,
        locals_: Mapping[str, object] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        if level == 0 and is_alembics(name):
            key = name, bool(fromlist)
            if key not in cache:
                cache[key] = imported(name, fromlist)
            return cache[key]
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
        raise _refusal(name)
    return StandIn(name)


def _refusal(name: str) -> NotProvidedError:
    """Return that a name is not provided, and what to do about it."""
    near = nearest(name, [f"{module}.{one}" for module, names in MODULES.items() for one in (*names, "")])
    advice = advice_for(name) or (f"Did you mean {near.rstrip('.')}?" if near else "")
    return NotProvidedError(f"{caller()} imports {name}, which nbmigrate does not have.", advice, name)


def _quiet_config() -> ModuleType:
    """Return `logging.config` that configures nothing."""

    def leave_alone(*_: Any, **__: Any) -> None:
        return None

    return Delegate(logging.config, fileConfig=leave_alone, dictConfig=leave_alone)
