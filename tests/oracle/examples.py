"""Random histories, positions and commands, for alembic and for us."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st

from nbmigrate.graph import Revision, RevisionGraph, applied, version_rows

MOST_REVISIONS = 40
LABELS = ("shop", "blog", "blogs", "web-shop", "v2", "data", "aa_label")
_WORD = re.compile(r"([^<&\[\]]+)(?:<-([^&\[]+))?(?:&([^\[]+))?(?:\[(.+)\])?")


@dataclass(frozen=True)
class Example:
    """One command, on one history, from one position.

    Parameters
    ----------
    history
        Like `a b<-a c<-a,b&d[shop]`: c has the parents a and b, the dependency d and the label shop.
    rows
        What the version table holds.
    words
        A verb, its flags with two dashes, its arguments.
    """

    history: str
    rows: tuple[str, ...]
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{' '.join(self.words)}\n  at      {' '.join(self.rows) or 'base'}\n  history {self.history}"


def example(history: str, rows: str, *words: str) -> Example:
    """Return an example whose rows are written with spaces between them."""
    return Example(history, tuple(rows.split()), words)


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


def read_history(text: str) -> list[Revision]:
    """Return the revisions of a history that is written in one line."""
    found = []
    for word in text.split():
        match = _WORD.fullmatch(word)
        assert match, word
        id_, parents, dependencies, labels = match.groups()
        path = Path(f"/versions/{id_}_.py")
        doc = f"make {id_}" if not id_.endswith("cc") else f"make {id_}\nand more\n\nAll of it:\n    {id_}"
        found.append(Revision(id_, _names(parents), _names(dependencies), _names(labels), doc, path))
    # The order in which alembic reads the files of a folder.
    return sorted(found, key=lambda revision: str(revision.path))


def write_history(revisions: Sequence[Revision]) -> str:
    """Return a history in one line."""
    words = []
    for revision in revisions:
        word = revision.id
        for sign, names in (("<-", revision.down_revisions), ("&", revision.depends_on)):
            word += f"{sign}{','.join(names)}" if names else ""
        words.append(word + (f"[{','.join(revision.branch_labels)}]" if revision.branch_labels else ""))
    return " ".join(words)


#: Ids that begin alike, and ids and a label that are too short to be found by their beginning.
_ids = st.one_of(
    st.text("ab1", min_size=4, max_size=5),
    st.text("0123456789abcdef", min_size=4, max_size=6),
    st.text("abc", min_size=1, max_size=3),
)


@st.composite
def histories(draw: st.DrawFn, most: int = MOST_REVISIONS) -> str:
    """Sound histories: lines, branches, merges of up to three, several bases, labels, dependencies by id and label."""
    size = draw(st.integers(1, most))
    taken = st.lists(_ids, min_size=size, max_size=size, unique=True)
    ids = [id_ for id_ in draw(taken) if id_ not in LABELS]
    labels = list(LABELS)
    revisions: list[Revision] = []
    for number, id_ in enumerate(ids):
        older = ids[:number]
        kind = draw(st.integers(0, 11)) if older else 0
        parents: list[str] = []
        if 1 <= kind <= 6:
            parents = [draw(st.sampled_from(older[-3:]))]
        elif kind == 7:
            parents = [draw(st.sampled_from(older))]
        elif kind >= 8:
            named = {name for revision in revisions for name in revision.down_revisions}
            heads = [id_ for id_ in older if id_ not in named]
            # A merge of what is no head may name a revision and its ancestor.
            some = older if kind == 11 else heads
            parents = draw(st.lists(st.sampled_from(some), unique=True, min_size=1, max_size=3))
        needs: list[str] = []
        if kind in (5, 6, 11):
            owned = [label for revision in revisions for label in revision.branch_labels]
            some = [*older, *owned]
            if kind != 6:
                # What is below anyway is seldom named besides.
                below = RevisionGraph(revisions).ancestors(parents)
                some = [name for name in some if name not in below] or some
            needs = draw(st.lists(st.sampled_from(some), unique=True, min_size=1, max_size=2))
        own = (labels.pop(draw(st.integers(0, len(labels) - 1))),) if labels and kind in (4, 9) else ()
        revisions.append(Revision(id_, tuple(parents), tuple(needs), own))
    return write_history(revisions)


@st.composite
def positions(draw: st.DrawFn, graph: RevisionGraph) -> tuple[str, ...]:
    """Version rows: mostly those that upgrades and downgrades leave, sometimes what a person typed."""
    ids = [revision.id for revision in graph]
    some = draw(st.lists(st.sampled_from(ids), max_size=4, unique=True))
    if draw(st.integers(0, 9)) < 8:
        some = list(version_rows(graph, applied(graph, some)))
        return tuple(draw(st.permutations(some)))
    return (*some, "gone") if draw(st.integers(0, 3)) == 3 else tuple(some)


def _name(draw: st.DrawFn, graph: RevisionGraph) -> str:
    """Return an id or a label, whole or its beginning."""
    name = draw(st.sampled_from(graph.names))
    cut = draw(st.integers(0, 4))
    return name if cut < 3 or len(name) < 4 else name[: draw(st.integers(1, len(name) - 1))]


def _symbol(draw: st.DrawFn, graph: RevisionGraph, rows: Sequence[str]) -> str:
    kind = draw(st.integers(0, 9))
    if kind < 5:
        return _name(draw, graph)
    if kind < 7 and rows:
        return draw(st.sampled_from(rows))
    return draw(st.sampled_from(("head", "heads", "base", "zzz9")))


def _branch(draw: st.DrawFn, graph: RevisionGraph) -> str:
    labels = [label for label in LABELS if graph.label_owner(label)]
    if not labels or draw(st.booleans()):
        return _name(draw, graph)
    return draw(st.sampled_from(labels))


_MALFORMED = (
    "",
    "@",
    "@head",
    "{}@",
    "a@b@c",
    "{}-1xyz",
    "+0",
    "-0",
    "{}+0",
    "+",
    "-",
    "+-1",
    "HEAD",
    "{}@@head",
    "{}:head",
)


def _target(draw: st.DrawFn, graph: RevisionGraph, rows: Sequence[str]) -> str:
    """Return anything a person may type for a revision."""
    kind = draw(st.integers(0, 11))
    if kind == 11:
        return draw(st.sampled_from(_MALFORMED)).format(_name(draw, graph))
    branch = f"{_branch(draw, graph)}@" if kind in (2, 3, 7, 8, 9) else ""
    steps = f"{draw(st.integers(-3, 3)):+}"
    if kind in (6, 7):
        return f"{branch}{steps}"
    return f"{branch}{_symbol(draw, graph, rows)}" + (steps if kind in (4, 5, 8, 10) else "")


def _show(draw: st.DrawFn, graph: RevisionGraph, rows: Sequence[str]) -> tuple[str, ...]:
    return ("show", "current" if draw(st.integers(0, 5)) == 5 else _target(draw, graph, rows))


def _stamp(draw: st.DrawFn, graph: RevisionGraph, rows: Sequence[str]) -> tuple[str, ...]:
    targets = [_target(draw, graph, rows) for _ in range(draw(st.sampled_from((1, 1, 1, 2, 3))))]
    return ("stamp", *(["--purge"] if draw(st.integers(0, 4)) == 4 else []), *targets)


def _history(draw: st.DrawFn, graph: RevisionGraph, rows: Sequence[str]) -> tuple[str, ...]:
    flags = [flag for flag in ("--verbose", "--indicate-current") if draw(st.integers(0, 3)) == 3]
    ends = []
    for _ in range(2):
        kind = draw(st.integers(0, 5))
        ends.append("" if kind < 2 else "current" if kind == 2 else _target(draw, graph, rows))
    words = ["history", *flags]
    # A range that begins with a dash would be taken for a flag here.
    return tuple(words if draw(st.integers(0, 4)) == 4 else [*words, ":".join(ends)])


def _flagged(verb: str, *flags: str) -> Callable[..., tuple[str, ...]]:
    def words(draw: st.DrawFn, graph: RevisionGraph, rows: Sequence[str]) -> tuple[str, ...]:
        return (verb, *(flag for flag in flags if draw(st.booleans())))

    return words


VERBS: dict[str, Callable[..., tuple[str, ...]]] = {
    "upgrade": lambda draw, graph, rows: ("upgrade", _target(draw, graph, rows)),
    "downgrade": lambda draw, graph, rows: ("downgrade", _target(draw, graph, rows)),
    "stamp": _stamp,
    "history": _history,
    "show": _show,
    "heads": _flagged("heads", "--verbose", "--resolve-dependencies"),
    "branches": _flagged("branches", "--verbose"),
    "current": _flagged("current", "--verbose", "--check-heads"),
}


@st.composite
def batches(draw: st.DrawFn, verbs: Sequence[str], most: int = MOST_REVISIONS) -> list[Example]:
    """A history, and four commands on it, each from a position of its own."""
    history = draw(histories(most))
    graph = RevisionGraph(read_history(history))
    found = []
    for _ in range(4):
        rows = draw(positions(graph))
        words = VERBS[draw(st.sampled_from(verbs))](draw, graph, rows)
        found.append(Example(history, rows, words))
    return found
