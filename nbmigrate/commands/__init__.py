"""The verbs, as functions: each takes a project, returns a Result, prints nothing.

A verb is loaded when it is first asked for, so that `nbmigrate heads` does not wait for what `table` needs.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from nbmigrate.commands.verbs import MODULES

if TYPE_CHECKING:
    from nbmigrate.commands.database.current import current as current
    from nbmigrate.commands.database.doctor import doctor as doctor
    from nbmigrate.commands.database.explore import explore as explore
    from nbmigrate.commands.database.log import log as log
    from nbmigrate.commands.database.preview import preview as preview
    from nbmigrate.commands.database.resume import abandon as abandon
    from nbmigrate.commands.database.resume import resume as resume
    from nbmigrate.commands.database.stamp import ensure_version as ensure_version
    from nbmigrate.commands.database.stamp import ensure_version_sql as ensure_version_sql
    from nbmigrate.commands.database.stamp import stamp as stamp
    from nbmigrate.commands.database.stamp import stamp_sql as stamp_sql
    from nbmigrate.commands.database.tables import schema as schema
    from nbmigrate.commands.database.tables import table as table
    from nbmigrate.commands.database.tables import tables as tables
    from nbmigrate.commands.database.upgrade import downgrade as downgrade
    from nbmigrate.commands.database.upgrade import downgrade_sql as downgrade_sql
    from nbmigrate.commands.database.upgrade import upgrade as upgrade
    from nbmigrate.commands.database.upgrade import upgrade_sql as upgrade_sql
    from nbmigrate.commands.files.delete import delete as delete
    from nbmigrate.commands.files.edit import edit as edit
    from nbmigrate.commands.files.merge import merge as merge
    from nbmigrate.commands.files.rebase import rebase as rebase
    from nbmigrate.commands.files.revision import revision as revision
    from nbmigrate.commands.history.graph import graph as graph
    from nbmigrate.commands.history.heads import branches as branches
    from nbmigrate.commands.history.heads import heads as heads
    from nbmigrate.commands.history.history import history as history
    from nbmigrate.commands.history.show import show as show
    from nbmigrate.commands.history.verify import verify as verify
    from nbmigrate.commands.project.config import config as config
    from nbmigrate.commands.project.differences import differences as differences
    from nbmigrate.commands.project.init import init as init
    from nbmigrate.commands.project.init import list_templates as list_templates
    from nbmigrate.commands.project.open import open as open  # noqa: A004 - the verb's name
    from nbmigrate.commands.project.tutorial import tutorial as tutorial

__all__ = tuple(sorted(MODULES))


class _Verbs(ModuleType):
    """This package: a verb's name is the verb, although the module that it is in may have the same name."""

    def __getattr__(self, name: str) -> Any:
        if name not in MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        verb = getattr(import_module(f"{__name__}.{MODULES[name]}"), name)
        setattr(self, name, verb)
        return verb

    def __setattr__(self, name: str, value: object) -> None:
        # Python sets the folder `history` on this package when it has loaded it.
        if name in MODULES and isinstance(value, ModuleType):
            return
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Verbs
