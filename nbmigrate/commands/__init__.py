"""The verbs, as functions: each takes a project, returns a Result, prints nothing.

A verb is loaded when it is first asked for, so that `nbmigrate heads` does not wait for what `table` needs.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbmigrate.commands.abandon import abandon
    from nbmigrate.commands.branches import branches
    from nbmigrate.commands.config import config
    from nbmigrate.commands.current import current
    from nbmigrate.commands.delete import delete
    from nbmigrate.commands.differences import differences
    from nbmigrate.commands.doctor import doctor
    from nbmigrate.commands.downgrade import downgrade
    from nbmigrate.commands.edit import edit
    from nbmigrate.commands.ensure_version import ensure_version
    from nbmigrate.commands.explore import explore
    from nbmigrate.commands.graph import graph
    from nbmigrate.commands.heads import heads
    from nbmigrate.commands.history import history
    from nbmigrate.commands.init import init
    from nbmigrate.commands.list_templates import list_templates
    from nbmigrate.commands.log import log
    from nbmigrate.commands.merge import merge
    from nbmigrate.commands.open import open  # noqa: A004 - the verb's name
    from nbmigrate.commands.preview import preview
    from nbmigrate.commands.rebase import rebase
    from nbmigrate.commands.resume import resume
    from nbmigrate.commands.revision import revision
    from nbmigrate.commands.show import show
    from nbmigrate.commands.stamp import stamp
    from nbmigrate.commands.tables import schema, table, tables
    from nbmigrate.commands.tutorial import tutorial
    from nbmigrate.commands.upgrade import upgrade
    from nbmigrate.commands.verify import verify

__all__ = [
    "abandon",
    "branches",
    "config",
    "current",
    "delete",
    "differences",
    "doctor",
    "downgrade",
    "edit",
    "ensure_version",
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
    "table",
    "tables",
    "tutorial",
    "upgrade",
    "verify",
]

#: The verbs that are not in a module of their own name.
_HOMES = {"schema": "tables", "table": "tables"}


class _Verbs(ModuleType):
    """This package: a verb's name is the verb, although the module that it is in may have the same name."""

    def __getattr__(self, name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        verb = getattr(import_module(f"{__name__}.{_HOMES.get(name, name)}"), name)
        setattr(self, name, verb)
        return verb

    def __setattr__(self, name: str, value: object) -> None:
        # Python sets every module that it has loaded on the package of the module.
        if name in __all__ and isinstance(value, ModuleType):
            value = getattr(value, name)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Verbs
