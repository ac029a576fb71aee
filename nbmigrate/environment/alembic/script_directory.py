"""Alembic's ScriptDirectory: what env.py sees as `context.script`, and what programs ask for heads."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from nbmigrate.environment.active import running
from nbmigrate.environment.alembic.script import Script
from nbmigrate.environment.alembic.script_folder import ScriptFolder
from nbmigrate.environment.alembic.steps import RevisionSteps
from nbmigrate.errors import ConfigError, MultipleHeadsError, RangeError, RevisionNotFoundError
from nbmigrate.graph.plan import Plan, Step, plan_downgrade, plan_upgrade
from nbmigrate.graph.stamp import StampPlan, plan_stamp
from nbmigrate.graph.target import range_ends, resolve, revision_range

Ids = str | Sequence[str] | None


class AlembicScripts(ScriptFolder):
    """The revision files under the names of Alembic's ScriptDirectory; every answer is of the files as they are now."""

    def walk_revisions(self, base: str = "base", head: str = "heads") -> Iterator[Script]:
        """Return the revisions from `head` down to `base`, both included, newest first.

        Raises
        ------
        TargetError
            `base` is no ancestor of `head`.
        """
        graph = self.graph
        return (Script(revision, graph) for revision in revision_range(graph, f"{base}:{head}"))

    def iterate_revisions(
        self, upper: Ids, lower: Ids, implicit_base: bool = False, inclusive: bool = False, **_: Any
    ) -> Iterator[Script]:
        """Return the revisions from `upper` down to `lower`, newest first.

        Parameters
        ----------
        upper, lower
            Identifiers; "+2" counts from the lower one, "-2" from the upper one.
        implicit_base
            Whether what `upper` depends on is among them although it is no descendant of `lower`.
        inclusive
            Whether `lower` is among them.

        Raises
        ------
        RangeError
            `lower` is no ancestor of `upper`, and `implicit_base` is not set.
        """
        graph = self.graph
        if isinstance(upper, str) and (lower is None or isinstance(lower, str)):
            bottoms, tops = range_ends(graph, lower or "base", upper)
        else:
            bottoms, tops = self._ids(lower), self._ids(upper)
        wanted = graph.ancestors(tops)
        if not implicit_base and not wanted.issuperset(bottoms):
            raise RangeError(
                f"Revision {lower or 'base'} is not an ancestor of revision {upper or 'base'}",
                "The older one is the second.",
            )
        found = wanted - graph.ancestors(bottoms)
        if bottoms and not implicit_base:
            found &= graph.descendants(bottoms, dependencies=False)
        found |= set(bottoms) if inclusive else set()
        return (Script(revision, graph) for revision in graph.newest_first(found))

    @property
    def revision_map(self) -> "AlembicScripts":
        """What Alembic's own map of revisions is asked for, such as `heads` and `get_revisions()`."""
        return self

    @property
    def heads(self) -> tuple[str, ...]:
        """The heads."""
        return self.graph.heads

    @property
    def bases(self) -> tuple[str, ...]:
        """The revisions without a parent."""
        return self.graph.bases

    def get_revision(self, id_: str | None) -> Script | None:
        """Return the revision that an identifier stands for; None for the base.

        Raises
        ------
        TargetError
            There is no such revision, or more than one.
        """
        found = self.get_revisions(id_)
        if len(found) > 1:
            ids = [script.revision for script in found]
            raise MultipleHeadsError(
                f"{id_!r} stands for several revisions: {', '.join(ids)}.", "Name one.", choices=ids
            )
        return next(iter(found), None)

    def get_revisions(self, id_: Ids) -> tuple[Script, ...]:
        """Return the revisions that identifiers stand for."""
        graph = self.graph
        return tuple(Script(graph[found], graph) for found in self._ids(id_))

    def get_all_current(self, id_: Sequence[str]) -> set[Script]:
        """Return the revisions that version rows stand for, without those that another one implies."""
        graph = self.graph
        return {Script(graph[found], graph) for found in graph.tips(graph.ancestors(self._ids(id_)))}

    def as_revision_number(self, id_: Ids) -> str | tuple[str, ...] | None:
        """Return an identifier as ids in full; None for the base."""
        found = self._ids(id_)
        return found if len(found) > 1 else next(iter(found), None)

    def get_current_head(self) -> str | None:
        """Return the head; None where there are no revisions.

        Raises
        ------
        MultipleHeadsError
            There are several.
        """
        heads = self.get_heads()
        if len(heads) > 1:
            raise MultipleHeadsError(
                "The script directory has multiple heads (due to branching).Please use get_heads(), or merge the "
                "branches using alembic merge.",
                f"They are {', '.join(heads)}.",
                choices=heads,
            )
        return next(iter(heads), None)

    def get_heads(self, consider_depends_on: bool = False) -> list[str]:
        """Return the heads; with `consider_depends_on` without those that another one depends on."""
        return list(self.graph.real_heads if consider_depends_on else self.graph.heads)

    def get_bases(self) -> list[str]:
        """Return the revisions that have no parent."""
        return list(self.graph.bases)

    def get_base(self) -> str | None:
        """Return the revision that has no parent.

        Raises
        ------
        MultipleHeadsError
            There are several.
        """
        bases = self.get_bases()
        if len(bases) > 1:
            message = "The script directory has multiple bases. Please use get_bases()."
            raise MultipleHeadsError(message, f"They are {', '.join(bases)}.", choices=bases)
        return next(iter(bases), None)

    def generate_revision(
        self,
        revid: str,
        message: str | None,
        head: Ids = None,
        splice: bool | None = False,
        branch_labels: Ids = None,
        version_path: str | None = None,
        depends_on: Ids = None,
        **variables: Any,
    ) -> Script:
        """Write a new revision file, and return the revision."""
        del splice
        path, text = self._scripts.plan_file(
            revid,
            message,
            self._ids("head" if head is None else head),
            _several(branch_labels),
            _several(depends_on),
            datetime.now(),
            folder=None if version_path is None else Path(version_path),
            variables=variables,
        )
        self._scripts.write(path, text)
        graph = self.graph
        return Script(graph[revid], graph)

    def run_env(self) -> None:
        """Run env.py for the EnvironmentContext whose `with` block this is called in.

        Raises
        ------
        ConfigError
            There is none.
        """
        environment = running()
        if environment is None:
            raise ConfigError(
                "run_env() was called outside of an EnvironmentContext.",
                "Write: with EnvironmentContext(config, script, fn=...): script.run_env()",
            )
        environment.run_env()

    def _upgrade_revs(self, destination: Ids, current_rev: Ids) -> RevisionSteps:
        graph = self.graph
        rows = start = self._rows(current_rev)
        steps: list[Step] = []
        targets = _several(destination)
        if len(targets) > 1:
            # In the order in which a plan of the whole history has them.
            wanted = self._ids(targets)
            oldest_first = reversed(list(graph.newest_first(graph.ancestors(wanted))))
            targets = tuple(one.id for one in oldest_first if one.id in wanted)
        for target in targets:
            plan = plan_upgrade(graph, rows, target)
            rows = plan.end
            steps += plan.steps
        whole = Plan("upgrade", ", ".join(_several(destination)), start, rows, tuple(steps))
        return RevisionSteps(whole, graph)

    def _downgrade_revs(self, destination: str | None, current_rev: Ids) -> RevisionSteps:
        graph = self.graph
        return RevisionSteps(plan_downgrade(graph, self._rows(current_rev), destination or "base"), graph)

    def _rows(self, names: Ids) -> tuple[str, ...]:
        """Return version rows as they are, and what other identifiers stand for."""
        graph, found = self.graph, dict[str, None]()
        for name in _several(names):
            try:
                found |= dict.fromkeys((name,) if name in graph else resolve(graph, name))
            except RevisionNotFoundError:
                # What a database stands at is reported as that.
                found[name] = None
        return tuple(sorted(found))

    def plan_stamp(self, revision: Ids, heads: Ids) -> StampPlan:
        """Return what brings version rows to a revision without running one."""
        return plan_stamp(self.graph, _several(heads), _several(revision))

    _stamp_revs = plan_stamp

    def _ids(self, name: Ids) -> tuple[str, ...]:
        graph = self.graph
        found = dict.fromkeys(id_ for one in _several(name) for id_ in resolve(graph, one))
        unknown = [id_ for id_ in found if id_ not in graph]
        if unknown:
            raise RevisionNotFoundError(f"Can't locate revision identified by {unknown[0]!r}")
        return tuple(found)


def _several(names: Ids) -> tuple[str, ...]:
    if names is None:
        return ()
    return (names,) if isinstance(names, str) else tuple(names)
