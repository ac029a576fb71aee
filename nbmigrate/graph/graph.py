"""The graph that the revisions of a project make."""

import os
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from nbmigrate.errors import CycleError, DuplicateRevisionError, MigrateError, RevisionNotFoundError, nearest
from nbmigrate.graph import problems as faults
from nbmigrate.graph.labels import BranchLabels
from nbmigrate.graph.order import (
    Links,
    lasting_links,
    newest_first,
    oldest_first,
    reachable,
    reversed_links,
)
from nbmigrate.graph.revision import Revision

#: An id or label this short is found only when it is given whole.
SHORTEST_PARTIAL = 3


class RevisionGraph:
    """The revisions of a project, by their parents and dependencies; it does not change once made.

    Faults are collected, not raised, and the rest is still served: a parent that no file has is as if it were not
    named, and revisions in a cycle have no links, so that the order, the heads and the bases leave them out.
    Every question costs time in proportion to the size of the graph, or less; where a strange shape can cost more,
    `order.newest_first`, `order.lasting_links` and `BranchLabels` say how much.

    Parameters
    ----------
    revisions
        In any order: what the graph answers does not depend on it, but on the folder, file name and id.
    problems
        Faults found before, such as files that could not be read.
    notes
        What is not known of revisions that are in the graph: the labels that a file computes.

    Attributes
    ----------
    problems
        `problems`, then every fault of the graph.
    """

    def __init__(
        self,
        revisions: Iterable[Revision],
        problems: Iterable[MigrateError] = (),
        notes: Iterable[MigrateError] = (),
    ) -> None:
        self.notes = tuple(notes)
        self._revisions, doubled = _by_id(revisions)
        self._owners, labels = faults.label_owners(self._revisions)
        parents, dependencies, absent = _declared_links(self._revisions, self._owners)
        links = _joined(parents, dependencies)
        above = reversed_links(links)
        oldest = oldest_first(links, above)
        circles: list[CycleError] = []
        if len(oldest) < len(links):
            circles = faults.cyclic(self._revisions, parents, links)
            cut = {id_ for circle in circles for id_ in circle.revisions}
            parents, dependencies, links = (_without(cut, each) for each in (parents, dependencies, links))
            above = reversed_links(links)
            oldest = [id_ for id_ in oldest_first(links, above) if id_ not in cut]
        self._parents: Links = parents
        self._dependencies: Links = dependencies
        self._links: Links = links
        self._above: Links = above
        self._oldest = oldest
        self.problems: tuple[MigrateError, ...] = (
            *problems,
            *doubled,
            *faults.illegal_ids(self._revisions.values()),
            *faults.missing(absent, self._revisions),
            *circles,
            *labels,
        )

    def check(self) -> None:
        """Raise the first of `problems`, if there is one."""
        if self.problems:
            raise self.problems[0]

    def __len__(self) -> int:
        return len(self._oldest)

    def __iter__(self) -> Iterator[Revision]:
        """Yield the revisions newest first, in the order of `alembic history`."""
        return iter(self._history)

    def __contains__(self, id_: object) -> bool:
        return id_ in self._revisions

    def __getitem__(self, id_: str) -> Revision:
        try:
            return self._revisions[id_]
        except KeyError:
            raise self.not_found(id_) from None

    def __repr__(self) -> str:
        return f"<RevisionGraph: {len(self)} revisions, heads {faults.listed(self.heads) or 'none'}>"

    def not_found(self, name: str) -> RevisionNotFoundError:
        """Return the error for a `name` that is no id and no label, which tells the nearest that is."""
        near = nearest(name, self.names) or nearest(name.lower(), (*self.names, "head", "heads", "base"))
        if near and self._revisions:
            hint = f"The nearest is '{near}'."
        else:
            hint = (
                f"The heads are {faults.listed(self.heads)}." if self.heads else "There are no revisions yet."
            )
        if self.notes:
            hint += f" If it is a branch label: {self.notes[0].message} {self.notes[0].hint}"
        return RevisionNotFoundError(
            f"Can't locate revision identified by '{name}'",
            hint,
            target=name,
            choices=(near,) if near else self.heads,
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Every id and every label."""
        return (*self._revisions, *self._owners)

    @cached_property
    def heads(self) -> tuple[str, ...]:
        """The revisions that are no revision's parent."""
        return self._ends(self._children)

    @cached_property
    def bases(self) -> tuple[str, ...]:
        """The revisions without a parent."""
        return self._ends(self._parents)

    @cached_property
    def real_heads(self) -> tuple[str, ...]:
        """The heads that no revision depends on: the rows of the version table once all is applied."""
        return self._ends(self._above)

    @cached_property
    def effective_heads(self) -> tuple[str, ...]:
        """The heads that another revision depends on."""
        return tuple(id_ for id_ in self.heads if self._above[id_])

    @cached_property
    def real_bases(self) -> tuple[str, ...]:
        """The bases that depend on nothing."""
        return self._ends(self._links)

    def _ends(self, links: Links) -> tuple[str, ...]:
        """Return the ids that `links` leads nowhere from, those in a cycle aside."""
        ends = (id_ for id_ in self._revisions if not links[id_])
        whole = len(self._oldest) == len(self._revisions)
        return tuple(ends if whole else filter(self._sound.__contains__, ends))

    def parents(self, id_: str) -> tuple[str, ...]:
        """Return the parents, in the order in which the file names them."""
        return tuple(self._parents[self[id_].id])

    def children(self, id_: str) -> tuple[str, ...]:
        """Return the revisions that name it as a parent."""
        return tuple(self._children[self[id_].id])

    def dependencies(self, id_: str) -> tuple[str, ...]:
        """Return what the file names in depends_on, labels replaced by the revisions they stand for."""
        return tuple(self._dependencies[self[id_].id])

    def dependents(self, id_: str) -> tuple[str, ...]:
        """Return the revisions that depend on it."""
        return tuple(other for other in self._above[self[id_].id] if id_ in self._dependencies[other])

    def ancestors(self, ids: Iterable[str], *, dependencies: bool = True) -> frozenset[str]:
        """Return `ids` and everything below them."""
        links = self._links if dependencies else self._parents
        return frozenset(reachable((self[id_].id for id_ in ids), links))

    def descendants(self, ids: Iterable[str], *, dependencies: bool = True) -> frozenset[str]:
        """Return `ids` and everything above them."""
        links = self._above if dependencies else self._children
        return frozenset(reachable((self[id_].id for id_ in ids), links))

    def lineage(self, id_: str) -> frozenset[str]:
        """Return what is above or below `id_` by down_revision, and itself: its branch, in a target."""
        return self.ancestors([id_], dependencies=False) | self.descendants([id_], dependencies=False)

    def tips(self, ids: Iterable[str], *, dependencies: bool = True) -> tuple[str, ...]:
        """Return those of `ids` with no child, or with `dependencies` no dependent either, among `ids`; sorted."""
        members = frozenset(ids)
        above = self._above if dependencies else self._children
        return tuple(sorted(id_ for id_ in members if members.isdisjoint(above[id_])))

    def newest_first(self, ids: Iterable[str]) -> tuple[Revision, ...]:
        """Return the revisions `ids` in the order of `alembic history`."""
        members = self._sound.intersection(ids)
        # The order is found step by step, so what lies between two of them has to take part in it.
        between = self.ancestors(members) & self.descendants(members)
        oldest = [id_ for id_ in self._oldest if id_ in between]
        order = newest_first(oldest, self._lasting_links, self._rank)
        return tuple(self._revisions[id_] for id_ in order if id_ in members)

    def labels(self, id_: str) -> tuple[str, ...]:
        """Return the labels that apply to a revision, sorted.

        A label applies to the revision that declares it, to its descendants, and to its ancestors up to, not including,
        a merge point or one that several others have as parent or dependency.
        """
        return self._labels.of(self[id_].id)

    def label_owner(self, label: str) -> str | None:
        """Return the revision that declares `label`."""
        return self._owners.get(label)

    def starting_with(self, prefix: str) -> tuple[str, ...]:
        """Return the revisions with an id or label, of more than three characters, that begins so; sorted."""
        found = set()
        for at in range(bisect_left(self._partial_names, prefix), len(self._partial_names)):
            name = self._partial_names[at]
            if not name.startswith(prefix):
                break
            found.add(self._owners.get(name, name))
        return tuple(sorted(found))

    def is_head(self, id_: str) -> bool:
        """Tell whether it is no revision's parent."""
        return self[id_].id in self._sound and not self._children[id_]

    def is_branch_point(self, id_: str) -> bool:
        """Tell whether several revisions have it as a parent."""
        return len(self._children[self[id_].id]) > 1

    def is_merge_point(self, id_: str) -> bool:
        """Tell whether it has several parents."""
        return len(self._parents[self[id_].id]) > 1

    @cached_property
    def _sound(self) -> frozenset[str]:
        return frozenset(self._oldest)

    @cached_property
    def _children(self) -> Links:
        # Without dependencies the links are the parents.
        return self._above if self._links is self._parents else reversed_links(self._parents)

    @cached_property
    def _rank(self) -> Mapping[str, int]:
        return {id_: number for number, id_ in enumerate(self._revisions)}

    @cached_property
    def _lasting_links(self) -> Links:
        return lasting_links(self._oldest, self._parents, self._dependencies)

    @cached_property
    def _history(self) -> tuple[Revision, ...]:
        order = newest_first(self._oldest, self._lasting_links, self._rank)
        return tuple(self._revisions[id_] for id_ in order)

    @cached_property
    def _partial_names(self) -> list[str]:
        return sorted(name for name in self.names if len(name) > SHORTEST_PARTIAL)

    @cached_property
    def _labels(self) -> BranchLabels:
        return BranchLabels(self._owners, self._oldest, self._parents, self._above)


def _place(revision: Revision) -> tuple[str | tuple[str, ...], ...]:
    """Return what `revision` is sorted by: alembic goes through the folders file by file, by name."""
    folder, _, name = str(revision.path or "").rpartition(os.sep)
    # What follows the id tells copies of one revision apart.
    return (
        folder,
        name,
        revision.id,
        revision.down_revisions,
        revision.depends_on,
        revision.branch_labels,
        revision.doc,
    )


def _by_id(revisions: Iterable[Revision]) -> tuple[dict[str, Revision], list[DuplicateRevisionError]]:
    kept: dict[str, Revision] = {}
    doubled = []
    for revision in sorted(revisions, key=_place):
        if revision.id in kept:
            doubled.append(faults.duplicates(kept[revision.id], revision))
        else:
            kept[revision.id] = revision
    return kept, doubled


def _declared_links(
    revisions: Mapping[str, Revision], owners: Mapping[str, str]
) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]], list[tuple[Revision, str, str]]]:
    """Return the parents and the dependencies that there are, and what is named that is not there."""
    parents: dict[str, tuple[str, ...]] = {}
    dependencies: dict[str, tuple[str, ...]] = dict.fromkeys(revisions, ())
    absent = []
    for id_, revision in revisions.items():
        parents[id_] = below = revision.down_revisions
        if len(below) > 1 or (below and below[0] not in revisions):
            parents[id_] = tuple(dict.fromkeys(name for name in below if name in revisions))
            absent += [(revision, "down_revision", name) for name in below if name not in revisions]
        if revision.depends_on:
            found = {name: owners.get(name, name) for name in revision.depends_on}
            dependencies[id_] = tuple(dict.fromkeys(other for other in found.values() if other in revisions))
            absent += [
                (revision, "depends_on", name) for name, other in found.items() if other not in revisions
            ]
    return parents, dependencies, absent


def _joined(
    parents: dict[str, tuple[str, ...]], dependencies: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """Return the parents and dependencies of each id; without dependencies, `parents` itself."""
    more = {id_: tuple(dict.fromkeys(parents[id_] + below)) for id_, below in dependencies.items() if below}
    return parents | more if more else parents


def _without(cut: set[str], links: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {
        id_: () if id_ in cut else tuple(other for other in below if other not in cut)
        for id_, below in links.items()
    }
