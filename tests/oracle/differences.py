"""Where our answer is another than alembic's on purpose: every case by name, with its reason."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from nbmigrate.graph import applied, parse_relative, version_rows
from tests.oracle.examples import Example, example
from tests.oracle.outcomes import flat, lines
from tests.oracle.pairs import (
    Pair,
    cut_short,
    gap,
    is_part,
    overlapping,
    redundant,
    same_ends,
    says_more,
    two_names,
)


@dataclass(frozen=True)
class Difference:
    """One accepted difference.

    Parameters
    ----------
    name
        In a few words.
    reason
        What alembic does, and why ours is better.
    holds
        Whether a pair is such a case and no other.
    example
        One that is.
    """

    name: str
    reason: str
    holds: Callable[[Pair], bool]
    example: Example


_WALKS = ("upgrade", "downgrade", "history")
_RUNS = ("upgrade", "downgrade")
_REFUSED = ("not a member", "not found", "ambiguous", "not a target", "multiple heads")


DIFFERENCES: tuple[Difference, ...] = (
    # What stands in the version table
    Difference(
        "unknown row",
        "A row that no file has is told before what else may be wrong; alembic tells it last, or not at all.",
        lambda p: "which no revision file has" in p.ours.message and p.theirs.kind != "done",
        example("aaaa bbbb<-aaaa", "gone", "upgrade", "-1"),
    ),
    Difference(
        "overlapping rows",
        "Two runs at the same time leave a row and its ancestor, and alembic then refuses every upgrade ('overlaps "
        "with other requested revisions'); here they mean what the upper one means, and the next step tidies up.",
        lambda p: overlapping(p) and (p.counted if p.ours.kind != "done" else p.verb not in _RUNS or p.sound),
        example("aaaa bbbb<-aaaa eeee<-bbbb", "aaaa bbbb", "upgrade", "head"),
    ),
    Difference(
        "a row that another implies",
        "Where a revision names both a revision and its ancestor, alembic's downgrade writes a row for the ancestor "
        "too, and refuses the next upgrade because of it.",
        lambda p: p.verb in _RUNS and p.sound and p.theirs.kind == "done" and says_more(p),
        example("aaaa bbbb<-aaaa eeee<-bbbb&aaaa,bbbb ffff", "eeee ffff", "downgrade", "bbbb"),
    ),
    Difference(
        "merge with its own ancestor",
        "A merge point that names a revision and its ancestor makes alembic's bookkeeping of rows die of a KeyError.",
        lambda p: p.crashed(*_RUNS) and p.sound and redundant(p.graph),
        example("aaaa bbbb<-aaaa eeee<-aaaa dddd<-bbbb,eeee,aaaa", "", "upgrade", "head"),
    ),
    Difference(
        "heads that another head needs",
        "A head that another revision depends on has no row of its own, and `current --check-heads` of alembic asks "
        "for it all the same, so that it never holds.",
        lambda p: (
            "--check-heads" in p.example.words
            and p.theirs.kind == "not at heads"
            and bool(p.graph.effective_heads)
            and set(p.example.rows) == set(p.graph.real_heads)
        ),
        example("aaaa bbbb&aaaa", "bbbb", "current", "--check-heads"),
    ),
    # How a target is written
    Difference(
        "nothing named",
        "An empty identifier, or nothing after the '@', is a bare AssertionError in alembic, if it does not first miss "
        "the branch.",
        lambda p: (
            p.ours.kind == "usage"
            and p.theirs.kind in ("crash", "not found", "ambiguous")
            and any(not each or each.endswith("@") for each in p.targets)
        ),
        example("aaaa[shop]", "", "upgrade", "shop@"),
    ),
    Difference(
        "more after the steps",
        "alembic reads `aaaa-1xyz` as `aaaa-1`.",
        lambda p: p.verb in _WALKS and p.ours.kind != "done" and any(map(cut_short, p.targets)),
        example("aaaa bbbb<-aaaa", "bbbb", "downgrade", "bbbb-1xyz"),
    ),
    Difference(
        "too many colons",
        "`history -r a:b:c` is a bare ValueError in alembic.",
        lambda p: p.ours.kind == "usage" and p.theirs.message.startswith("ValueError"),
        example("aaaa", "", "history", "aaaa:aaaa:aaaa"),
    ),
    Difference(
        "a range for one",
        "`show` and `stamp` of alembic look for a revision called 'a:b'.",
        lambda p: "Range revision not allowed" in p.ours.message and p.verb in ("show", "stamp"),
        example("aaaa bbbb<-aaaa", "", "show", "aaaa:bbbb"),
    ),
    Difference(
        "the beginning of a branch",
        "alembic says 'No such branch' where several begin so; we list them.",
        lambda p: "No such branch" in p.theirs.message and p.ours.kind == "ambiguous",
        example("aaaa aabb", "", "show", "aa@aaaa"),
    ),
    Difference(
        "a beginning outside of the branch",
        "alembic says 'No such revision' where a revision begins so, but is not on the branch; we say that.",
        lambda p: (
            "No such revision or branch" in p.theirs.message
            and p.ours.kind in ("not a member", "ambiguous")
            and any("@" in target for target in p.targets)
        ),
        example("aaaa[shop] bbbb", "", "show", "shop@bb"),
    ),
    Difference(
        "one revision by two names",
        "A beginning that fits a revision's id and its label is ambiguous for alembic, though it is one revision.",
        lambda p: (
            p.theirs.kind in ("ambiguous", "not found")
            and p.ours.kind != p.theirs.kind
            and any(
                two_names(p.graph, part)
                for target in p.targets
                for part in re.split(r"[@+-]", target)
                if part
            )
        ),
        example("abcd[abel]", "", "show", "ab"),
    ),
    Difference(
        "the branch of base",
        "alembic does not look at the branch in `branch@base` where there is nothing to do; we say when there is none.",
        lambda p: (
            p.ours.kind in ("ambiguous", "not found") and any(each.endswith("@base") for each in p.targets)
        ),
        example("aaaa aabb", "", "upgrade", "aa@base"),
    ),
    Difference(
        "which of two faults",
        "Where both ends of a range, or several targets of a stamp, are wrong, alembic begins with the last.",
        lambda p: (
            len([target for target in p.targets if target]) > 1 and "done" not in (p.theirs.kind, p.ours.kind)
        ),
        example("aaaa[shop] bbbb", "", "history", "zzzz:shop@bbbb"),
    ),
    # Steps
    Difference(
        "past the end",
        "Steps that lead out of the graph, or from a revision down to base, are a bare AssertionError in alembic.",
        lambda p: (
            p.crashed("upgrade", "history", "show")
            and bool(p.steps)
            and (
                p.ours.kind != "done"
                or p.verb == "history"
                or (not p.ours.moves and any(form.symbol and form.offset < 0 for form in p.steps))
            )
        ),
        example("aaaa", "", "upgrade", "aaaa+1"),
    ),
    Difference(
        "below base",
        "alembic counts `base-1` down from the heads, and no steps, `base+0`, are too many for it.",
        lambda p: (
            any(form.symbol == "base" and form.offset <= 0 for form in p.steps)
            and (p.ours.kind != "done" or p.verb == "history" or "base-0" in p.target.replace("+", "-"))
        ),
        example("aaaa bbbb<-aaaa", "", "upgrade", "base-1"),
    ),
    Difference(
        "one way up from several rows",
        "alembic refuses +1 from several rows even if all ways lead to one merge point, as after undoing it.",
        lambda p: (
            p.verb in ("upgrade", "history")
            and "Ambiguous upgrade from multiple" in p.theirs.message
            and (p.sound or p.ours.kind == "too far")
        ),
        example("aaaa bbbb eeee<-aaaa,bbbb", "aaaa bbbb", "upgrade", "+1"),
    ),
    Difference(
        "a row picked in silence",
        "`downgrade -1` from several rows takes whichever comes first in the table, and warns; we ask which.",
        lambda p: any("ambiguous" in warning for warning in p.theirs.warnings) and p.ours.kind == "ambiguous",
        example("aaaa bbbb<-aaaa eeee<-aaaa", "bbbb eeee", "downgrade", "-1"),
    ),
    Difference(
        "no row, or several, on the branch",
        "`downgrade branch@-1` is a bare AssertionError in alembic if not exactly one row is on the branch.",
        lambda p: p.crashed("downgrade") and p.counted and p.ours.kind in ("ambiguous", "too far"),
        example("aaaa bbbb<-aaaa eeee<-aaaa", "bbbb eeee", "downgrade", "aaaa@-1"),
    ),
    Difference(
        "undoing a merge",
        "`downgrade -1` at a merge point is an 'Ambiguous walk' in alembic, though it is clear what to undo.",
        lambda p: p.verb == "downgrade" and "Ambiguous walk" in p.theirs.message and p.counted and p.sound,
        example("aaaa bbbb eeee<-aaaa,bbbb", "eeee", "downgrade", "-1"),
    ),
    Difference(
        "steps below the head of a branch",
        "alembic counts `branch@-1` from the heads that bear the label and that nothing depends on; if there are none, "
        "as where the branch is given by an id, `show` prints nothing and a range begins at the base.",
        lambda p: (
            p.verb in ("show", "history")
            and p.counted
            and bool(p.branch)
            and not any(p.branch in p.graph.labels(head) for head in p.graph.real_heads)
            and p.theirs.kind == "done"
        ),
        example("aaaa bbbb<-aaaa", "", "show", "bbbb@-1"),
    ),
    Difference(
        "the ends that a dependency applied",
        "`show current` of alembic leaves out what `current` lists: ends of branches that are applied because a row "
        "depends on them.",
        lambda p: (
            p.example.words == ("show", "current")
            and set(lines(p.theirs.text, True)) < set(lines(p.ours.text, True))
        ),
        example("aaaa bbbb&aaaa", "bbbb", "show", "current"),
    ),
    Difference(
        "said twice",
        "`show -1` prints what is below two heads twice.",
        lambda p: (
            p.verb == "show"
            and p.counted
            and set(lines(p.theirs.text, False)) == set(lines(p.ours.text, False))
        ),
        example("aaaa bbbb<-aaaa eeee<-aaaa", "", "show", "-1"),
    ),
    # What a downgrade leads to
    Difference(
        "the branch of a downgrade",
        "alembic looks at the branch in `downgrade branch@id` only where several revisions could go.",
        lambda p: (
            p.verb == "downgrade"
            and bool(p.branch)
            and (
                "Multiple revisions start" in p.theirs.message
                or (
                    p.ours.kind in _REFUSED
                    and p.theirs.kind in ("done", "not a target", "multiple heads", "too far")
                )
            )
        ),
        example("aaaa bbbb", "bbbb", "downgrade", "aaaa@bbbb"),
    ),
    Difference(
        "the head of a branch in a downgrade",
        "alembic takes `downgrade branch@head` for `downgrade head`.",
        lambda p: (
            p.verb == "downgrade"
            and bool(p.branch)
            and "head" in p.target
            and p.theirs.kind == "multiple heads"
        ),
        example("aaaa bbbb", "aaaa bbbb", "downgrade", "aaaa@head"),
    ),
    Difference(
        "applied as a dependency",
        "A downgrade to a revision that is applied because another one depends on it has nothing to do; alembic says "
        "'Revision Nothing to drop is not an ancestor of revision ...'.",
        lambda p: (
            p.verb == "downgrade"
            and "RangeNotAncestorError" in p.theirs.message
            and p.sound
            and not p.ours.moves
        ),
        example("aaaa bbbb&aaaa", "bbbb", "downgrade", "aaaa"),
    ),
    Difference(
        "a branch above a branch point",
        "`downgrade branch@id` keeps to children below the revision that declares the label; where it is above them, "
        "alembic finds none ('Not a valid downgrade target from current heads').",
        lambda p: (
            p.verb == "downgrade"
            and "Not a valid downgrade target from current heads" in p.theirs.message
            and bool(p.branch)
            and p.sound
        ),
        example("aaaa[shop] bbbb<-aaaa eeee<-aaaa", "bbbb", "downgrade", "shop@-1"),
    ),
    Difference(
        "steps that end at base",
        "`downgrade branch@-2` that leads to base is `downgrade branch@base` in alembic, which undoes every base of "
        "the branch and not the one that the steps lead to.",
        lambda p: (
            p.verb == "downgrade"
            and p.counted
            and bool(p.branch)
            and p.sound
            and {id_ for id_, _ in p.ours.moves} < {id_ for id_, _ in p.theirs.moves}
        ),
        example("aaaa bbbb dddd<-aaaa&bbbb eeee<-dddd ffff<-dddd,bbbb[shop]", "eeee", "downgrade", "shop@-1"),
    ),
    # Ranges of history
    Difference(
        "up to the position, at base",
        "`history -r :current` lists everything in alembic where nothing is applied.",
        lambda p: p.verb == "history" and not p.example.rows and p.targets[-1] == "current",
        example("aaaa", "", "history", ":current"),
    ),
    Difference(
        "current on both sides",
        "alembic knows `current` on one side of a range.",
        lambda p: p.verb == "history" and p.targets == ["current", "current"] and p.ours.kind == "done",
        example("aaaa", "aaaa", "history", "current:current"),
    ),
    Difference(
        "steps on the left",
        "On the left of a range alembic counts `-2` from the heads, not from the right end as its manual has it, and "
        "from a revision not at all.",
        lambda p: (
            p.verb == "history"
            and parse_relative(p.target) is not None
            and (p.counted or p.theirs.kind != "done")
            and p.ours.kind in ("done", "too far", "ambiguous", *_REFUSED)
        ),
        example("aaaa bbbb<-aaaa eeee<-bbbb", "", "history", "-1:bbbb"),
    ),
    Difference(
        "a branch by id on the left",
        "alembic expects an id before the '@' on the left to bear exactly one label, or dies of an AssertionError; of "
        "a label's beginning it knows no members.",
        lambda p: p.verb == "history" and "@" in p.target and p.theirs.kind in ("crash", "not a target"),
        example("aaaa bbbb<-aaaa", "", "history", "bbbb@aaaa:"),
    ),
    Difference(
        "a branch on the left",
        "Of a range from `label@base` alembic takes the ends that bear the label, and for an id those that bear its "
        "label; we take those that share the line of the revision, as everywhere else.",
        lambda p: (
            p.verb == "history"
            and "@" in p.target
            and p.ours.kind == p.theirs.kind == "done"
            and is_part(p.theirs.text, p.ours.text)
        ),
        example("aaaa bbbb eeee<-aaaa,bbbb dddd<-eeee[shop]", "eeee", "history", "shop@base:current"),
    ),
    Difference(
        "heads of a branch that overlap",
        "alembic refuses `branch@heads` as 'overlaps' where one head of the branch depends on another.",
        lambda p: (
            p.theirs.kind == "overlap"
            and p.ours.kind == "done"
            and any("@heads" in each for each in p.targets)
        ),
        example("aaaa[shop] bbbb<-aaaa eeee<-aaaa&bbbb", "", "history", ":shop@heads"),
    ),
    Difference(
        "a gap in a range",
        "Between members of a range there may be a revision that is none, by a dependency; alembic then loses its way: "
        "another order, or a bare AssertionError.",
        lambda p: (
            gap(p)
            and (
                p.crashed("history")
                or sorted(lines(flat(p.theirs.text), False)) == sorted(lines(p.ours.text, False))
            )
        ),
        example("aaaa bbbb<-aaaa eeee<-aaaa&bbbb dddd<-eeee&eeee", "bbbb", "history", "current:"),
    ),
    Difference(
        "a message of several lines",
        "alembic prints the first paragraph of a docstring as it is; we put it in one line, so that a revision is one.",
        lambda p: (
            p.verb in ("upgrade", "downgrade", "history", "branches")
            and "\nand more" in "\n".join((*p.theirs.log, p.theirs.text))
            and lines(flat(p.theirs.text), False) == lines(p.ours.text, False)
            and [flat(line) for line in p.theirs.log] == list(p.ours.log)
        ),
        example("aacc", "", "history"),
    ),
    # Stamp
    Difference(
        "targets that overlap",
        "`stamp a b`, b above a, is a bare AssertionError or KeyError in alembic, or leaves a row that the other one "
        "implies, or only the lower one; afterwards both are applied here.",
        lambda p: (
            p.verb == "stamp"
            and p.ours.kind == "done"
            and len(named := [id_ for target in p.targets for id_ in p.resolved(target)])
            > len(version_rows(p.graph, applied(p.graph, named)))
        ),
        example("aaaa bbbb<-aaaa", "", "stamp", "aaaa", "bbbb"),
    ),
    Difference(
        "the beginning of a target on a branch",
        "alembic's `stamp branch@part` looks for the part on every branch.",
        lambda p: (
            p.verb == "stamp"
            and "Multiple revisions start" in p.theirs.message
            and any("@" in target for target in p.targets)
            and p.ours.kind == "done"
        ),
        example("aaaa[shop] abbb", "abbb", "stamp", "shop@a"),
    ),
    Difference(
        "a row that goes with another branch",
        "`stamp heads` and `stamp branch@id` of alembic take away rows that are neither above nor below what is "
        "stamped, and stay applied.",
        lambda p: (
            p.verb == "stamp"
            and p.theirs.kind == p.ours.kind == "done"
            and set(p.theirs.rows) < set(p.ours.rows) <= {*p.theirs.rows, *p.example.rows}
        ),
        example("aaaa bbbb eeee<-bbbb dddd<-aaaa,eeee[shop]", "aaaa eeee", "stamp", "shop@bbbb"),
    ),
    Difference(
        "base among several targets",
        "`stamp base id` does not take the other rows away in alembic, which does base alone only.",
        lambda p: (
            p.verb == "stamp"
            and len(p.targets) > 1
            and any(target.endswith("base") for target in p.targets)
            and p.ours.kind == "done"
        ),
        example("aaaa bbbb", "bbbb", "stamp", "base", "aaaa"),
    ),
    Difference(
        "several targets for one row",
        "alembic moves the row to each of the targets, and dies of a KeyError where it is above them; we move it to "
        "the first alone.",
        lambda p: (
            p.verb == "stamp"
            and p.ours.kind == "done"
            and len([id_ for target in p.targets for id_ in p.resolved(target)]) > 1
            and (p.theirs.message.startswith("KeyError") or (p.theirs.rows == p.ours.rows and same_ends(p)))
        ),
        example("aaaa bbbb<-aaaa eeee<-aaaa", "aaaa", "stamp", "heads"),
    ),
    Difference(
        "a purge is a step",
        "Where `stamp --purge` deletes rows and writes none, we say so in a step; alembic in none.",
        lambda p: (
            p.verb == "stamp"
            and "--purge" in p.example.words
            and not p.theirs.moves
            and p.theirs.rows == p.ours.rows == ()
        ),
        example("aaaa", "aaaa", "stamp", "--purge", "base"),
    ),
    Difference(
        "steps in a stamp",
        "`stamp -1` counts from the heads in alembic, and only where the table is empty; nobody means that.",
        lambda p: p.verb == "stamp" and bool(p.steps) and p.ours.kind in ("not found", "ambiguous"),
        example("aaaa bbbb<-aaaa", "", "stamp", "-1"),
    ),
)
