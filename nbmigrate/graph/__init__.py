"""The revision graph: pure values and questions to them, with the standard library alone."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbmigrate.graph.graph import RevisionGraph
    from nbmigrate.graph.plan import Plan, Step, plan_downgrade, plan_upgrade
    from nbmigrate.graph.position import applied, current_heads, version_rows
    from nbmigrate.graph.relative import Relative, parse_relative
    from nbmigrate.graph.revision import Revision
    from nbmigrate.graph.stamp import StampPlan, StampStep, plan_stamp
    from nbmigrate.graph.target import resolve, resolve_one, revision_range

__all__ = [
    "Plan",
    "Relative",
    "Revision",
    "RevisionGraph",
    "StampPlan",
    "StampStep",
    "Step",
    "applied",
    "current_heads",
    "parse_relative",
    "plan_downgrade",
    "plan_stamp",
    "plan_upgrade",
    "resolve",
    "resolve_one",
    "revision_range",
    "version_rows",
]

# Loaded when first asked for: `nbmigrate heads` needs no plans.
_HOMES = {
    "RevisionGraph": "graph",
    "Plan": "plan",
    "Step": "plan",
    "plan_downgrade": "plan",
    "plan_upgrade": "plan",
    "applied": "position",
    "current_heads": "position",
    "version_rows": "position",
    "Relative": "relative",
    "parse_relative": "relative",
    "Revision": "revision",
    "StampPlan": "stamp",
    "StampStep": "stamp",
    "plan_stamp": "stamp",
    "resolve": "target",
    "resolve_one": "target",
    "revision_range": "target",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
