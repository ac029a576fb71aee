"""One revision, as its file's header tells it."""

from dataclasses import dataclass, field
from pathlib import Path

#: How many characters of an id fit the version table as Alembic makes it: VARCHAR(32).
ID_WIDTH = 32


@dataclass(frozen=True, slots=True)
class Revision:
    """A node of the revision graph.

    Parameters
    ----------
    id
        The revision identifier, whole.
    down_revisions
        The ids of its parents: none for a base, several for a merge point.
    depends_on
        Ids or labels of revisions that must be applied before it, without being its parents.
    branch_labels
        The labels that its file declares.
    doc
        The docstring of its file, stripped.
    path
        Its file; None for a revision made in memory.
    """

    id: str
    down_revisions: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    branch_labels: tuple[str, ...] = ()
    doc: str = ""
    path: Path | None = field(default=None)

    @property
    def title(self) -> str:
        """The first paragraph of the docstring, in its own lines."""
        return self.doc.split("\n\n", 1)[0]

    @property
    def message(self) -> str:
        """The first paragraph of the docstring, in one line."""
        return " ".join(self.title.split("\n")).strip()
