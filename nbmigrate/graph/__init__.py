"""The revision graph: pure values and questions to them, with the standard library alone."""

from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.plan import Plan, Step, plan_downgrade, plan_upgrade
from nbmigrate.graph.position import applied, current_heads, version_rows
from nbmigrate.graph.relative import Relative, parse_relative
from nbmigrate.graph.revision import Revision
from nbmigrate.graph.target import resolve, resolve_one, revision_range

__all__ = [
    "Plan",
    "Relative",
    "Revision",
    "RevisionGraph",
    "Step",
    "applied",
    "current_heads",
    "parse_relative",
    "plan_downgrade",
    "plan_upgrade",
    "resolve",
    "resolve_one",
    "revision_range",
    "version_rows",
]
