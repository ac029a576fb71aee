"""Where a new revision stands: its parents, labels and dependencies, checked against the graph."""

from collections.abc import Sequence
from dataclasses import replace

from nbmigrate.errors import DuplicateRevisionError, MultipleHeadsError, TargetError
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.revision import Revision
from nbmigrate.graph.target import resolve, resolve_one
from nbmigrate.scripts.reading.headers import shown
from nbmigrate.scripts.reading.loading import file_of


def parents_at(graph: RevisionGraph, head: str, *, splice: bool) -> tuple[str, ...]:
    """Return the parents of a revision that is to follow `head`.

    Parameters
    ----------
    splice
        Whether they may be revisions that are not heads.

    Raises
    ------
    MultipleHeadsError
        `head` is meant, and there are several.
    TargetError
        One of them is not a head.
    """
    if head == "head" and len(graph.heads) > 1:
        raise MultipleHeadsError(
            "Multiple heads are present; please specify the head revision on which the new revision should be "
            "based, or perform a merge.",
            f"The heads are: {', '.join(graph.heads)}. Choose with --head, or `merge heads`.",
            target=head,
            choices=graph.heads,
        )
    parents = resolve(graph, head)
    if not splice:
        check_heads(graph, parents)
    return parents


def check_heads(graph: RevisionGraph, parents: Sequence[str]) -> None:
    """Raise TargetError where one of some revisions is not a head."""
    for id_ in parents:
        if not graph.is_head(id_):
            raise TargetError(
                f"Revision {id_} is not a head revision; please specify --splice to create a new branch from this "
                "revision",
                f"What comes after it: {', '.join(graph.children(id_))}. The heads are: {', '.join(graph.heads)}.",
                target=id_,
                choices=graph.heads,
            )


def dependencies(graph: RevisionGraph, names: Sequence[str]) -> tuple[str, ...]:
    """Return dependencies as a file names them: a label stays a label, the start of an id becomes the id."""
    found = (name if graph.label_owner(name) is not None else resolve_one(graph, name).id for name in names)
    return tuple(dict.fromkeys(found))


def check_same(
    existing: Revision,
    parents: tuple[str, ...] | None,
    labels: tuple[str, ...],
    depends_on: tuple[str, ...],
    message: str | None,
) -> None:
    """Refuse another header for a revision that exists; what is not given is not compared."""
    given_message = None if message is None else (message_of(message, existing),)
    for what, given, found in (
        ("parent", parents, existing.down_revisions),
        ("branch label", labels or None, existing.branch_labels),
        ("dependency", depends_on or None, existing.depends_on),
        ("message", given_message, (existing.message,)),
    ):
        if given is not None and set(given) != set(found):
            raise DuplicateRevisionError(
                f"Revision {existing.id} is there already ({shown(file_of(existing))}), and its {what} is: "
                f"{', '.join(found) or 'none'}.",
                f"Choose another --rev-id, or leave the {what} out.",
                revisions=(existing.id,),
            )


def message_of(message: str, existing: Revision) -> str:
    """Return what `existing.message` would be with this message."""
    return replace(existing, doc=message.strip()).message
