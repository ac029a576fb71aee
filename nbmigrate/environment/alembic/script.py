"""Alembic's Script: one revision, as `context.script` and programs see it."""

from dataclasses import dataclass, field
from types import ModuleType

from nbmigrate.environment.alembic.names import builtins_with, importer
from nbmigrate.graph.entry import Entry, entries
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.revision import Revision
from nbmigrate.scripts.reading.loading import file_of, run_file


@dataclass(frozen=True)
class Script:
    """One revision under Alembic's names; its file is not run, unless its `module` is asked for."""

    wrapped: Revision = field(repr=False)
    graph: RevisionGraph = field(repr=False, compare=False)

    @property
    def revision(self) -> str:
        """The id."""
        return self.wrapped.id

    @property
    def down_revision(self) -> str | tuple[str, ...] | None:
        """The parent, or the parents, or None."""
        parents = self.wrapped.down_revisions
        return parents if len(parents) > 1 else next(iter(parents), None)

    @property
    def dependencies(self) -> str | tuple[str, ...] | None:
        """What it depends on, as its file says it."""
        needed = self.wrapped.depends_on
        return needed if len(needed) > 1 else next(iter(needed), None)

    @property
    def branch_labels(self) -> set[str]:
        """The labels that apply to it."""
        return set(self.graph.labels(self.wrapped.id))

    @property
    def nextrev(self) -> frozenset[str]:
        """The revisions right after it."""
        return frozenset(self.graph.children(self.wrapped.id))

    @property
    def is_head(self) -> bool:
        """Whether nothing comes after it."""
        return self.graph.is_head(self.wrapped.id)

    @property
    def is_base(self) -> bool:
        """Whether it has no parent."""
        return not self.wrapped.down_revisions

    @property
    def is_branch_point(self) -> bool:
        """Whether several come right after it."""
        return self.graph.is_branch_point(self.wrapped.id)

    @property
    def is_merge_point(self) -> bool:
        """Whether it has several parents."""
        return self.graph.is_merge_point(self.wrapped.id)

    @property
    def doc(self) -> str:
        """The first paragraph of its docstring."""
        return self.wrapped.doc.split("\n\n", 1)[0]

    @property
    def longdoc(self) -> str:
        """Its docstring."""
        return self.wrapped.doc

    @property
    def path(self) -> str:
        """Its file."""
        return str(file_of(self.wrapped))

    @property
    def module(self) -> ModuleType:
        """Its file, run as it is now."""
        return run_file(file_of(self.wrapped), builtins_with(importer()))

    @property
    def log_entry(self) -> str:
        """What `history --verbose` prints of it."""
        return self._entry.block()

    def cmd_format(
        self,
        verbose: bool,
        include_branches: bool = False,
        include_doc: bool = False,
        include_parents: bool = False,
        tree_indicators: bool = True,
    ) -> str:
        """Return what commands print of it, in a line or at length."""
        if verbose:
            return self.log_entry
        return self._entry.line(
            parents=include_parents, labels=include_branches, doc=include_doc, tree=tree_indicators
        )

    @property
    def _entry(self) -> Entry:
        return entries(self.graph, [self.wrapped.id])[0]

    def __str__(self) -> str:
        marks = {"head": self.is_head, "branchpoint": self.is_branch_point, "mergepoint": self.is_merge_point}
        marked = "".join(f" ({mark})" for mark, holds in marks.items() if holds)
        return f"{', '.join(self.wrapped.down_revisions) or '<base>'} -> {self.revision}{marked}, {self.doc}"
