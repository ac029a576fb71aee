"""One revision as commands print it: Alembic's line, Alembic's verbose block, a row of a table.

The two texts follow Alembic's to the letter (its `history` and `history --verbose`), so that scripts which read them
go on working; where Alembic's order is that of a set, ours is the graph's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.revision import Revision


@dataclass(frozen=True, slots=True)
class Entry:
    """A revision and what it is in its graph.

    Parameters
    ----------
    revision
        The revision.
    labels
        The branch labels that apply to it.
    children
        The ids of the revisions that come right after it.
    marks
        Those of "head", "effective head", "current", "branchpoint", "mergepoint" that hold, in this order.
    """

    revision: Revision
    labels: tuple[str, ...]
    children: tuple[str, ...]
    marks: tuple[str, ...]

    @property
    def parents(self) -> str:
        """The parents as Alembic writes them, `<base>` for none."""
        return ", ".join(self.revision.down_revisions) or "<base>"

    def line(
        self, *, parents: bool = False, labels: bool = False, doc: bool = False, tree: bool = True
    ) -> str:
        """Return the revision in one line, e.g. `a -> b (label) (head), message`.

        Parameters
        ----------
        parents, labels, doc
            Whether the parents, the labels, the message are said.
        tree
            Whether branch and merge points are said.
        """
        marks = [mark for mark in self.marks if tree or mark not in ("branchpoint", "mergepoint")]
        text = self.revision.id
        if labels and self.labels:
            text += f" ({', '.join(self.labels)})"
        text += "".join(f" ({mark})" for mark in marks)
        if parents:
            needs = f" ({', '.join(self.revision.depends_on)})" if self.revision.depends_on else ""
            text = f"{self.parents}{needs} -> {text}"
        return f"{text}, {self.revision.title}" if doc else text

    def block(self) -> str:
        """Return the revision as `history --verbose` shows it; ends with a line break."""
        order = ("head", "branchpoint", "mergepoint", "current")
        shown = {"head" if mark == "effective head" else mark for mark in self.marks}
        lines = [f"Rev: {self.revision.id}" + "".join(f" ({mark})" for mark in order if mark in shown)]
        lines.append(f"{'Merges' if 'mergepoint' in shown else 'Parent'}: {self.parents}")
        if self.revision.depends_on:
            lines.append(f"Also depends on: {', '.join(self.revision.depends_on)}")
        if "branchpoint" in shown:
            lines.append(f"Branches into: {', '.join(self.children)}")
        if self.labels:
            lines.append(f"Branch names: {', '.join(self.labels)}")
        doc = "\n".join(f"    {line}" for line in self.revision.doc.splitlines())
        lines += [f"Path: {self.revision.path}", "", doc]
        return "\n".join(lines) + "\n"

    def row(self) -> dict[str, Any]:
        """Return the revision as a record."""
        return {
            "revision": self.revision.id,
            "down_revision": self.parents,
            "message": self.revision.message,
            "labels": ", ".join(self.labels),
            "depends_on": ", ".join(self.revision.depends_on),
            "is": ", ".join(self.marks),
        }


def entries(graph: RevisionGraph, ids: Iterable[str], current: Iterable[str] = ()) -> tuple[Entry, ...]:
    """Return the entries of `ids`, in their order; `current` are the heads that the database stands at."""
    real, here = set(graph.real_heads), set(current)
    return tuple(_entry(graph, id_, id_ in real, id_ in here) for id_ in ids)


def _entry(graph: RevisionGraph, id_: str, is_real_head: bool, is_current: bool) -> Entry:
    marks = {
        "head": is_real_head,
        "effective head": graph.is_head(id_) and not is_real_head,
        "current": is_current,
        "branchpoint": graph.is_branch_point(id_),
        "mergepoint": graph.is_merge_point(id_),
    }
    held = tuple(mark for mark, holds in marks.items() if holds)
    return Entry(graph[id_], graph.labels(id_), graph.children(id_), held)
