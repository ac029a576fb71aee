"""One revision as the commands print it: Alembic's line, Alembic's verbose block, a row of a table.

The two texts follow Alembic's to the letter (its `history` and `history --verbose`), so that scripts which read them
go on working; where Alembic's order is that of a set, ours is the graph's.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from nbmigrate.commands import html
from nbmigrate.commands.paging import Page
from nbmigrate.commands.result import Result, Row
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.revision import Revision

if TYPE_CHECKING:
    import pandas as pd


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

    def row(self) -> Row:
        """Return the revision as a record."""
        return {
            "revision": self.revision.id,
            "down_revision": self.parents,
            "message": self.revision.message,
            "labels": ", ".join(self.labels),
            "depends_on": ", ".join(self.revision.depends_on),
            "is": ", ".join(self.marks),
        }


@dataclass(frozen=True, kw_only=True, repr=False)
class EntriesResult(Result):
    """Revisions, one entry each.

    Parameters
    ----------
    verbose
        Whether everything is said about each.
    page
        Which of all they are, where a notebook shows long lists page by page.
    """

    #: What each record of `rows` has.
    columns: ClassVar[tuple[str, ...]] = (
        "revision",
        "down_revision",
        "message",
        "labels",
        "depends_on",
        "is",
    )

    entries: tuple[Entry, ...]
    verbose: bool = False
    page: Page | None = None

    def rows(self) -> list[Row]:
        """Return one record per revision."""
        return [entry.row() for entry in self.entries]

    def to_frame(self) -> "pd.DataFrame":
        """Return the rows as a pandas DataFrame, which has its columns even where there are none."""
        import pandas as pd

        return pd.DataFrame.from_records(self.rows(), columns=list(self.columns))

    def line(self, entry: Entry) -> str:
        """Return a revision in one line, as Alembic prints it here."""
        return entry.line()

    def to_text(self) -> str:
        """Return the revisions as Alembic prints them."""
        show = Entry.block if self.verbose else self.line
        return "\n".join(show(entry) for entry in self.entries)

    def to_html(self) -> str:
        """Return the revisions as a table, or a table each."""
        return entries_html(self.entries, verbose=self.verbose)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        if self.page is None:
            return super()._repr_mimebundle_(include, exclude)
        shown = self.entries[: self.page.size]
        note = self.page.note(len(shown))
        notes = (*self.notes, note) if note else self.notes
        return replace(self, entries=shown, page=None, notes=notes)._repr_mimebundle_(include, exclude)


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


def entries_html(found: Iterable[Entry], *, verbose: bool = False) -> str:
    """Return entries as a table worth looking at, empty columns left out; `verbose`: as one table for each."""
    if verbose:
        return "".join(_facts_html(entry) for entry in found)
    records = []
    for entry in found:
        row = entry.row()
        row["is"] = html.badges(entry.marks)
        records.append(row)
    kept = [key for key in (records[0] if records else ()) if any(record[key] for record in records)]
    return html.table(
        [{key: record[key] for key in kept} for record in records],
        code=("revision", "down_revision", "depends_on"),
        raw=("is",),
    )


def _facts_html(entry: Entry) -> str:
    branches = entry.children if "branchpoint" in entry.marks else ()
    return html.facts(
        {
            **entry.row(),
            "is": html.badges(entry.marks),
            "branches into": branches,
            "path": entry.revision.path,
            "message": entry.revision.doc.strip(),
        },
        code=("revision", "down_revision", "depends_on", "branches into", "path"),
        raw=("is",),
    )


def notes_of(graph: RevisionGraph) -> tuple[str, ...]:
    """Return what is wrong with the directory, for a command that reads on all the same."""
    return tuple(str(problem) for problem in (*graph.problems, *graph.notes))
