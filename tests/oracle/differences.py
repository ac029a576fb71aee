"""Where our answer is another than alembic's on purpose: every case by the name that `differences` has for it."""

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
    """How to find one difference that is meant to be.

    Parameters
    ----------
    name
        Its name in the table that `differences` shows, which has what each of the two does.
    holds
        Whether a pair is such a case and no other.
    example
        One that is.
    """

    name: str
    holds: Callable[[Pair], bool]
    example: Example


_WALKS = ("upgrade", "downgrade", "history")
_RUNS = ("upgrade", "downgrade")
_REFUSED = ("not a member", "not found", "ambiguous", "not a target", "multiple heads")


DIFFERENCES: tuple[Difference, ...] = (
    # What stands in the version table
    Difference(
        "unknown row",
        lambda p: "which no revision file has" in p.ours.message and p.theirs.kind != "done",
        example("aaaa bbbb<-aaaa", "gone", "upgrade", "-1"),
    ),
    Difference(
        "overlapping rows",
        lambda p: overlapping(p) and (p.counted if p.ours.kind != "done" else p.verb not in _RUNS or p.sound),
        example("aaaa bbbb<-aaaa eeee<-bbbb", "aaaa bbbb", "upgrade", "head"),
    ),
    Difference(
        "a row that another implies",
        lambda p: p.verb in _RUNS and p.sound and p.theirs.kind == "done" and says_more(p),
        example("aaaa bbbb<-aaaa eeee<-bbbb&aaaa,bbbb ffff", "eeee ffff", "downgrade", "bbbb"),
    ),
    Difference(
        "merge with its own ancestor",
        lambda p: p.crashed(*_RUNS) and p.sound and redundant(p.graph),
        example("aaaa bbbb<-aaaa eeee<-aaaa dddd<-bbbb,eeee,aaaa", "", "upgrade", "head"),
    ),
    Difference(
        "heads that another head needs",
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
        lambda p: (
            p.ours.kind == "usage"
            and p.theirs.kind in ("crash", "not found", "ambiguous")
            and any(not each or each.endswith("@") for each in p.targets)
        ),
        example("aaaa[shop]", "", "upgrade", "shop@"),
    ),
    Difference(
        "more after the steps",
        lambda p: p.verb in _WALKS and p.ours.kind != "done" and any(map(cut_short, p.targets)),
        example("aaaa bbbb<-aaaa", "bbbb", "downgrade", "bbbb-1xyz"),
    ),
    Difference(
        "too many colons",
        lambda p: p.ours.kind == "usage" and p.theirs.message.startswith("ValueError"),
        example("aaaa", "", "history", "aaaa:aaaa:aaaa"),
    ),
    Difference(
        "a range for one",
        lambda p: "Range revision not allowed" in p.ours.message and p.verb in ("show", "stamp"),
        example("aaaa bbbb<-aaaa", "", "show", "aaaa:bbbb"),
    ),
    Difference(
        "the beginning of a branch",
        lambda p: "No such branch" in p.theirs.message and p.ours.kind == "ambiguous",
        example("aaaa aabb", "", "show", "aa@aaaa"),
    ),
    Difference(
        "a beginning outside of the branch",
        lambda p: (
            "No such revision or branch" in p.theirs.message
            and p.ours.kind in ("not a member", "ambiguous")
            and any("@" in target for target in p.targets)
        ),
        example("aaaa[shop] bbbb", "", "show", "shop@bb"),
    ),
    Difference(
        "one revision by two names",
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
        lambda p: (
            p.ours.kind in ("ambiguous", "not found") and any(each.endswith("@base") for each in p.targets)
        ),
        example("aaaa aabb", "", "upgrade", "aa@base"),
    ),
    Difference(
        "which of two faults",
        lambda p: (
            len([target for target in p.targets if target]) > 1 and "done" not in (p.theirs.kind, p.ours.kind)
        ),
        example("aaaa[shop] bbbb", "", "history", "zzzz:shop@bbbb"),
    ),
    # Steps
    Difference(
        "past the end",
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
        lambda p: (
            any(form.symbol == "base" and form.offset <= 0 for form in p.steps)
            and (p.ours.kind != "done" or p.verb == "history" or "base-0" in p.target.replace("+", "-"))
        ),
        example("aaaa bbbb<-aaaa", "", "upgrade", "base-1"),
    ),
    Difference(
        "one way up from several rows",
        lambda p: (
            p.verb in ("upgrade", "history")
            and "Ambiguous upgrade from multiple" in p.theirs.message
            and (p.sound or p.ours.kind == "too far")
        ),
        example("aaaa bbbb eeee<-aaaa,bbbb", "aaaa bbbb", "upgrade", "+1"),
    ),
    Difference(
        "a row picked in silence",
        lambda p: any("ambiguous" in warning for warning in p.theirs.warnings) and p.ours.kind == "ambiguous",
        example("aaaa bbbb<-aaaa eeee<-aaaa", "bbbb eeee", "downgrade", "-1"),
    ),
    Difference(
        "no row, or several, on the branch",
        lambda p: p.crashed("downgrade") and p.counted and p.ours.kind in ("ambiguous", "too far"),
        example("aaaa bbbb<-aaaa eeee<-aaaa", "bbbb eeee", "downgrade", "aaaa@-1"),
    ),
    Difference(
        "undoing a merge",
        lambda p: p.verb == "downgrade" and "Ambiguous walk" in p.theirs.message and p.counted and p.sound,
        example("aaaa bbbb eeee<-aaaa,bbbb", "eeee", "downgrade", "-1"),
    ),
    Difference(
        "steps below the head of a branch",
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
        lambda p: (
            p.example.words == ("show", "current")
            and set(lines(p.theirs.text, True)) < set(lines(p.ours.text, True))
        ),
        example("aaaa bbbb&aaaa", "bbbb", "show", "current"),
    ),
    Difference(
        "said twice",
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
        lambda p: p.verb == "history" and not p.example.rows and p.targets[-1] == "current",
        example("aaaa", "", "history", ":current"),
    ),
    Difference(
        "current on both sides",
        lambda p: p.verb == "history" and p.targets == ["current", "current"] and p.ours.kind == "done",
        example("aaaa", "aaaa", "history", "current:current"),
    ),
    Difference(
        "steps on the left",
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
        lambda p: p.verb == "history" and "@" in p.target and p.theirs.kind in ("crash", "not a target"),
        example("aaaa bbbb<-aaaa", "", "history", "bbbb@aaaa:"),
    ),
    Difference(
        "a branch on the left",
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
        lambda p: (
            p.theirs.kind == "overlap"
            and p.ours.kind == "done"
            and any("@heads" in each for each in p.targets)
        ),
        example("aaaa[shop] bbbb<-aaaa eeee<-aaaa&bbbb", "", "history", ":shop@heads"),
    ),
    Difference(
        "a gap in a range",
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
        lambda p: (
            p.verb in _RUNS
            and "\nand more" in "\n".join(p.theirs.log)
            and [flat(line) for line in p.theirs.log] == list(p.ours.log)
        ),
        example("aacc", "", "upgrade", "head"),
    ),
    # Stamp
    Difference(
        "targets that overlap",
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
        lambda p: (
            p.verb == "stamp"
            and p.theirs.kind == p.ours.kind == "done"
            and set(p.theirs.rows) < set(p.ours.rows) <= {*p.theirs.rows, *p.example.rows}
        ),
        example("aaaa bbbb eeee<-bbbb dddd<-aaaa,eeee[shop]", "aaaa eeee", "stamp", "shop@bbbb"),
    ),
    Difference(
        "base among several targets",
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
        lambda p: p.verb == "stamp" and bool(p.steps) and p.ours.kind in ("not found", "ambiguous"),
        example("aaaa bbbb<-aaaa", "", "stamp", "-1"),
    ),
)
