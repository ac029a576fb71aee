"""The verbs, as functions: each takes a project, returns a Result, prints nothing."""

from nbmigrate.commands.config import config
from nbmigrate.commands.current import current
from nbmigrate.commands.downgrade import downgrade
from nbmigrate.commands.explore import explore
from nbmigrate.commands.graph import graph
from nbmigrate.commands.heads import heads
from nbmigrate.commands.history import history
from nbmigrate.commands.init import init
from nbmigrate.commands.preview import preview
from nbmigrate.commands.revision import edit, merge, revision
from nbmigrate.commands.show import show
from nbmigrate.commands.tables import schema, table, tables
from nbmigrate.commands.tutorial import tutorial
from nbmigrate.commands.upgrade import upgrade

__all__ = [
    "config",
    "current",
    "downgrade",
    "edit",
    "explore",
    "graph",
    "heads",
    "history",
    "init",
    "merge",
    "preview",
    "revision",
    "schema",
    "show",
    "table",
    "tables",
    "tutorial",
    "upgrade",
]
