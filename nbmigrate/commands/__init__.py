"""The verbs, as functions: each takes a project, returns a Result, prints nothing.

A verb is loaded when it is first asked for, so that `nbmigrate heads` does not wait for what `table` needs.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbmigrate.commands.database.current import current
    from nbmigrate.commands.database.doctor import doctor
    from nbmigrate.commands.database.explore import explore
    from nbmigrate.commands.database.log import log
    from nbmigrate.commands.database.preview import preview
    from nbmigrate.commands.database.resume import abandon, resume
    from nbmigrate.commands.database.stamp import ensure_version, ensure_version_sql, stamp, stamp_sql
    from nbmigrate.commands.database.tables import schema, table, tables
    from nbmigrate.commands.database.upgrade import downgrade, downgrade_sql, upgrade, upgrade_sql
    from nbmigrate.commands.files.delete import delete
    from nbmigrate.commands.files.edit import edit
    from nbmigrate.commands.files.merge import merge
    from nbmigrate.commands.files.rebase import rebase
    from nbmigrate.commands.files.revision import revision
    from nbmigrate.commands.history.branches import branches
    from nbmigrate.commands.history.graph import graph
    from nbmigrate.commands.history.heads import heads
    from nbmigrate.commands.history.history import history
    from nbmigrate.commands.history.show import show
    from nbmigrate.commands.history.verify import verify
    from nbmigrate.commands.project.config import config
    from nbmigrate.commands.project.differences import differences
    from nbmigrate.commands.project.init import init
    from nbmigrate.commands.project.list_templates import list_templates
    from nbmigrate.commands.project.open import open  # noqa: A004 - the verb's name
    from nbmigrate.commands.project.tutorial import tutorial

__all__ = [
    "abandon",
    "branches",
    "config",
    "current",
    "delete",
    "differences",
    "doctor",
    "downgrade",
    "downgrade_sql",
    "edit",
    "ensure_version",
    "ensure_version_sql",
    "explore",
    "graph",
    "heads",
    "history",
    "init",
    "list_templates",
    "log",
    "merge",
    "open",
    "preview",
    "rebase",
    "resume",
    "revision",
    "schema",
    "show",
    "stamp",
    "stamp_sql",
    "table",
    "tables",
    "tutorial",
    "upgrade",
    "upgrade_sql",
    "verify",
]

#: The module of each verb.
_HOMES = {
    "abandon": "database.resume",
    "branches": "history.branches",
    "config": "project.config",
    "current": "database.current",
    "delete": "files.delete",
    "differences": "project.differences",
    "doctor": "database.doctor",
    "downgrade": "database.upgrade",
    "downgrade_sql": "database.upgrade",
    "edit": "files.edit",
    "ensure_version": "database.stamp",
    "ensure_version_sql": "database.stamp",
    "explore": "database.explore",
    "graph": "history.graph",
    "heads": "history.heads",
    "history": "history.history",
    "init": "project.init",
    "list_templates": "project.list_templates",
    "log": "database.log",
    "merge": "files.merge",
    "open": "project.open",
    "preview": "database.preview",
    "rebase": "files.rebase",
    "resume": "database.resume",
    "revision": "files.revision",
    "schema": "database.tables",
    "show": "history.show",
    "stamp": "database.stamp",
    "stamp_sql": "database.stamp",
    "table": "database.tables",
    "tables": "database.tables",
    "tutorial": "project.tutorial",
    "upgrade": "database.upgrade",
    "upgrade_sql": "database.upgrade",
    "verify": "history.verify",
}


class _Verbs(ModuleType):
    """This package: a verb's name is the verb, although the module that it is in may have the same name."""

    def __getattr__(self, name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        verb = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        setattr(self, name, verb)
        return verb

    def __setattr__(self, name: str, value: object) -> None:
        # Python sets the folder `history` on this package when it has loaded it.
        if name in __all__ and isinstance(value, ModuleType):
            return
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Verbs
