"""`rebase`: another parent for a revision that is not applied, so that two branches become one line."""

import difflib
from dataclasses import dataclass

from nbmigrate.commands.files.revision_file import RevisionResult, file_of
from nbmigrate.commands.history.position import is_applied
from nbmigrate.commands.results import html
from nbmigrate.commands.results.result import Row
from nbmigrate.errors import RevisionAppliedError, TargetError
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.revision import Revision
from nbmigrate.graph.target import resolve, resolve_at_most_one, resolve_one
from nbmigrate.project import Project
from nbmigrate.scripts.reading.loading import read_source
from nbmigrate.scripts.writing.reparent import with_parents


@dataclass(frozen=True, kw_only=True, repr=False)
class RebaseResult(RevisionResult):
    """A revision with another parent.

    Parameters
    ----------
    was
        The parents until now.
    diff
        What has changed in the file.
    """

    was: tuple[str, ...]
    diff: str = ""

    def rows(self) -> list[Row]:
        """Return one record."""
        return [{**row, "was": ", ".join(self.was)} for row in super().rows()]

    def to_text(self) -> str:
        """Return what was done, and between which revisions the one stands now."""
        after = ", ".join(self.revision.down_revisions) or "base"
        if self.action == "unchanged":
            return f"Revision {self.revision.id} comes after {after} already."
        before = ", ".join(self.was) or "base"
        return f"{self._headline()}\nRevision {self.revision.id} comes after {after} now, and not after {before}."

    def to_html(self) -> str:
        """Return the text over the lines of the file that have changed."""
        return html.paragraph(html.lines(self.to_text())) + (
            html.code(self.diff, "diff") if self.diff else ""
        )


def rebase(project: Project, rev: str, onto: str, *, from_: str | None = None) -> RebaseResult:
    """Give a revision that is not applied another parent; its file keeps everything else, to the byte.

    Parameters
    ----------
    rev
        The revision: an id, the start of one, a label.
    onto
        The new parent, or `base` for none.
    from_
        Which of its parents is replaced, for a merge.

    Raises
    ------
    RevisionAppliedError
        The revision is applied to the database.
    TargetError
        The new parent comes after the revision, or it has several parents and none is named.
    """
    graph = project.graph
    graph.check()
    revision = resolve_one(graph, rev)
    parent = resolve_at_most_one(graph, onto)
    parents = _parents(graph, revision, parent, from_)
    content = read_source(file_of(revision))
    source = project.scripts.source(revision)
    if parents == revision.down_revisions:
        return RebaseResult(revision=revision, source=source, action="unchanged", was=parents)
    if parent == revision.id:
        raise TargetError(
            f"Revision {parent} cannot come after itself.", "Name another one after --onto.", target=onto
        )
    if parent is not None and parent in graph.descendants([revision.id]):
        raise TargetError(
            f"Revision {parent} comes after {revision.id}, so {revision.id} cannot come after it.",
            "Name a revision that does not stand on it.",
            target=onto,
        )
    if is_applied(project, revision.id):
        raise RevisionAppliedError(
            f"Revision {revision.id} is applied to the database, so its place in the history stays.",
            f"`downgrade {', '.join(revision.down_revisions[:1]) or 'base'}` first and run this again.",
            path=revision.path,
        )
    path = file_of(revision)
    project.scripts.write(path, with_parents(content, path, parents), replaces=path)
    changed = project.graph[revision.id]
    new = project.scripts.source(changed)
    heads = project.graph.heads
    return RebaseResult(
        revision=changed,
        source=new,
        action="updated",
        was=revision.down_revisions,
        diff=_diff(source, new),
        notes=(f"There are {len(heads)} heads: {', '.join(heads)}.",) if len(heads) > 1 else (),
    )


def _parents(
    graph: RevisionGraph, revision: Revision, parent: str | None, from_: str | None
) -> tuple[str, ...]:
    """Return the parents of a revision with one replaced."""
    old = revision.down_revisions
    if from_ is None and len(old) > 1:
        raise TargetError(
            f"Revision {revision.id} has {len(old)} parents: {', '.join(old)}.",
            f"Name the one to replace, e.g. --from {old[0]}.",
            target=revision.id,
            choices=old,
        )
    replaced = old if from_ is None else resolve(graph, from_)
    if not set(replaced) <= set(old):
        raise TargetError(
            f"Revision {', '.join(replaced)} is no parent of {revision.id}.",
            f"Its parents are: {', '.join(old) or 'none'}.",
            target=from_ or "",
            choices=old,
        )
    new = (parent,) if parent is not None else ()
    if not replaced:
        return new
    kept = (name for id_ in old for name in (new if id_ in replaced else (id_,)))
    return tuple(dict.fromkeys(kept))


def _diff(before: str, after: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))
