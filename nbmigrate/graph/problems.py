"""What can be wrong with revisions taken together, as errors to report; nothing here raises."""

from collections.abc import Iterable, Mapping, Sequence

from nbmigrate.errors import (
    CycleError,
    DuplicateLabelError,
    DuplicateRevisionError,
    GraphError,
    MissingRevisionError,
    nearest,
)
from nbmigrate.graph.order import Links, cycles
from nbmigrate.graph.revision import Revision

#: Characters that mean something else in a target.
ILLEGAL = frozenset("@-+:")

#: Searching the nearest id costs a look at every id, so that is done for the first missing ones only.
SUGGESTIONS = 3


#: A list in a message ends here; the data of the error has all of it.
LISTED = 10


def listed(names: Sequence[str]) -> str:
    """Return `names` as a message lists them."""
    more = len(names) - LISTED
    return f"{', '.join(names[:LISTED])} and {more} more" if more > 0 else ", ".join(names)


def file_of(revision: Revision) -> str:
    """Return the name of the file of `revision`, or its id where it has none."""
    return revision.path.name if revision.path else f"revision {revision.id}"


def duplicates(kept: Revision, other: Revision) -> DuplicateRevisionError:
    """Return the error for `other`, which has the id of `kept`."""
    files = [file_of(kept), file_of(other)]
    if files[0] == files[1] and kept.path and other.path:
        # One name in two version locations.
        files = [str(kept.path), str(other.path)]
    return DuplicateRevisionError(
        f"Revision {kept.id} is present more than once: in {files[0]} and in {files[1]}",
        f"Give {files[1]} an id of its own, or delete it if it is a copy.",
        revisions=(kept.id,),
    )


def illegal_ids(revisions: Iterable[Revision]) -> list[GraphError]:
    """Return an error for each id that a target could not name."""
    found = []
    for revision in revisions:
        if not ILLEGAL.isdisjoint(revision.id):
            characters = ", ".join(sorted(ILLEGAL.intersection(revision.id)))
            found.append(
                GraphError(
                    f"Character(s) '{characters}' not allowed in revision identifier '{revision.id}'",
                    f"Change the id in {file_of(revision)}, and wherever a down_revision or depends_on names it.",
                    revisions=(revision.id,),
                )
            )
    return found


def missing(
    absent: Sequence[tuple[Revision, str, str]], existing: Iterable[str]
) -> list[MissingRevisionError]:
    """Return an error for each (revision, "down_revision" or "depends_on", the name that no file has)."""
    found = []
    names = list(existing) if absent else []
    for number, (revision, variable, name) in enumerate(absent):
        others = (other for other in names if other != revision.id)
        near = nearest(name, others) if number < SUGGESTIONS else None
        hint = f"Restore its file, or correct {variable} in {file_of(revision)}"
        found.append(
            MissingRevisionError(
                f"Revision {name} referenced from {revision.id} ({variable} in {file_of(revision)}) is not present",
                f"{hint}; the nearest is '{near}'." if near else f"{hint}.",
                revisions=(revision.id, name),
            )
        )
    return found


def cyclic(revisions: Mapping[str, Revision], parents: Links, links: Links) -> list[CycleError]:
    """Return an error for each cycle of `links`, the `parents` and the dependencies.

    One that takes a dependency to close is a dependency cycle: without that it is none.
    """
    found = []
    for group in cycles(links):
        members = frozenset(group)
        among = {id_: [other for other in parents[id_] if other in members] for id_ in group}
        kind, variable = "Self-loop" if len(group) == 1 else "Cycle", "down_revision"
        if not cycles(among):
            kind, variable = f"Dependency {kind.lower()}", "depends_on"
        files = [file_of(revisions[id_]) for id_ in group]
        found.append(
            CycleError(
                f"{kind} is detected in revisions ({listed(group)})",
                f"Correct {variable} in {'one of: ' if len(files) > 1 else ''}{listed(files)}.",
                revisions=group,
            )
        )
    return found


def label_owners(revisions: Mapping[str, Revision]) -> tuple[dict[str, str], list[DuplicateLabelError]]:
    """Return the revision that each label stands for, and an error for each label that is taken already."""
    owners: dict[str, str] = {}
    found = []
    for revision in revisions.values():
        for label in revision.branch_labels:
            owner = label if label in revisions else owners.get(label)
            if owner is None:
                owners[label] = revision.id
                continue
            found.append(
                DuplicateLabelError(
                    f"Branch name '{label}' in revision {revision.id} already used by revision {owner}",
                    f"Choose another name for branch_labels in {file_of(revision)}.",
                    revisions=(revision.id, owner),
                )
            )
    return owners, found
