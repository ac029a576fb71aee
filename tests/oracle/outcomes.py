"""What comes of a command: alembic's, told by the peer, and ours; and whether the two agree."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from nbmigrate import commands
from nbmigrate.commands.results.entries import entries
from nbmigrate.commands.results.result import Result
from nbmigrate.errors import MigrateError
from nbmigrate.graph import RevisionGraph, applied, current_heads, plan_downgrade, plan_upgrade, resolve
from nbmigrate.graph.plan import Plan, Step
from nbmigrate.graph.stamp import StampPlan, plan_stamp
from nbmigrate.project import Project
from tests.oracle.examples import LABELS, Example, read_history

Move = tuple[str, tuple[str, ...]]


@dataclass(frozen=True)
class Outcome:
    """What came of one command.

    Parameters
    ----------
    kind
        "done", or a word for the error; "crash" for one that is no sentence to a person.
    message
        Of the error.
    moves
        For each step, the revision (nothing for a stamp) and the version rows after it, sorted.
    log
        "Running upgrade a -> b, message" for each step.
    rows
        The version rows at the end, sorted.
    text
        What was printed.
    warnings
        What alembic warned of.
    """

    kind: str = "done"
    message: str = ""
    moves: tuple[Move, ...] = ()
    log: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    text: str = ""
    warnings: tuple[str, ...] = ()


#: The words for errors, by what the message says; alembic's messages and ours have these in common.
KINDS = {
    "multiple heads": r"Multiple head revisions|Multiple heads are present",
    "ambiguous": r"Multiple revisions start|Ambiguous",
    "not found": r"Can't locate revision|No such (revision or )?branch|which no revision file has"
    r"|No revision files indicated",
    "not a member": r"is not a member of branch",
    "too far": r"didn't produce|Walked too far",
    "not a target": r"is not a valid (up|down)grade target|Not a valid downgrade target"
    r"|does not refer to ancestor/descendant",
    "overlap": r"overlaps with other requested",
    "usage": r"Range revision not allowed|History range requires|No revision is named|Nothing follows the '@'"
    r"|names? no revision",
    "not at heads": r"Database is not on all head",
    # A revision that runs after a stamp: its table is not there, or there already.
    "refused by the database": r"no such table: t_\w+|table t_\w+ already exists",
}


def kind_of(message: str) -> str:
    """Return the word for an error, "crash" for a message that a person can do nothing with."""
    return next((kind for kind, pattern in KINDS.items() if re.search(pattern, message)), "crash")


class Peer:
    """The alembic package, in a process of its own."""

    def __init__(self, python: Path, hash_seed: str = "0") -> None:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        self._process = subprocess.Popen(
            [python, Path(__file__).with_name("peer.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**environment, "PYTHONHASHSEED": hash_seed},
        )

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def ask(self, history: str, examples: Sequence[Example]) -> "Answer":
        """Return what alembic does for each of the examples, all of one history."""
        revisions = [
            [
                revision.id,
                revision.down_revisions,
                revision.depends_on,
                revision.branch_labels,
                revision.doc,
                str(revision.path),
            ]
            for revision in read_history(history)
        ]
        calls = [[example.rows, example.words] for example in examples]
        answer = self._answer({"revisions": revisions, "calls": calls})
        if "error" in answer:
            raise ValueError(": ".join(answer["error"]))
        labels = {id_: tuple(names) for id_, names in answer["labels"].items()}
        return Answer(labels, [_theirs(outcome) for outcome in answer["outcomes"]])

    def run(self, folder: Path, words: Sequence[str]) -> Outcome:
        """Return what comes of a command in a folder, but for the rows."""
        return _theirs(self._answer({"project": str(folder), "words": words}))

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


@dataclass(frozen=True)
class Answer:
    """What the peer says of one history: the labels that apply to each revision, and what came of each command."""

    labels: dict[str, tuple[str, ...]]
    outcomes: list[Outcome] = field(default_factory=list)


def _theirs(answer: dict[str, Any]) -> Outcome:
    outcome = Outcome(warnings=tuple(answer["warnings"]))
    if "error" in answer:
        type_, message, cause, reason = answer["error"]
        # alembic says "Can't locate" also where a beginning is ambiguous; its cause says which.
        said = reason if type_ in ("CommandError", "DatabaseNotAtHead") else ""
        whole = cause in ("RangeNotAncestorError", "MultipleHeads") or type_ == "OperationalError"
        kind = kind_of(message if whole else said)
        return Outcome(kind, f"{cause}: {reason or message}", warnings=outcome.warnings)
    return Outcome(
        moves=tuple((id_, tuple(rows)) for id_, rows in answer["moves"]),
        log=tuple(answer["log"]),
        rows=tuple(answer["rows"]),
        text=answer["text"],
        warnings=outcome.warnings,
    )


class _InMemory(Project):
    """A project whose revisions and version rows are values, so that thousands are tried in a minute."""

    def __init__(self, graph: RevisionGraph, rows: Sequence[str]) -> None:
        self._known = graph
        self._rows = tuple(rows)
        # Nothing is set, as in a new project.
        vars(self)["config"] = SimpleNamespace(get=lambda name: None, databases=())

    @property
    def graph(self) -> RevisionGraph:
        return self._known

    def connect_each(self, action: Callable[[Any], Any], **_: Any) -> list[Any]:
        config = SimpleNamespace(get_main_option=lambda name: None)
        heads, step = (lambda: self._rows), (lambda: None)
        return [
            action(
                SimpleNamespace(
                    get_current_heads=heads, open_step=step, url="sqlite://", place="sqlite://", config=config
                )
            )
        ]


def ours(graph: RevisionGraph, example: Example) -> Outcome:
    """Do what an example says, and return what comes of it."""
    verb, *rest = example.words
    flags = {word[2:].replace("-", "_"): True for word in rest if word.startswith("--")}
    values = [word for word in rest if not word.startswith("--")]
    try:
        if verb in ("upgrade", "downgrade"):
            make_plan = plan_upgrade if verb == "upgrade" else plan_downgrade
            return _ran(make_plan(graph, example.rows, values[0]))
        if verb == "stamp":
            return _stamped(plan_stamp(graph, example.rows, values, **flags))
        text = _printed(_InMemory(graph, example.rows), verb, values, flags)
    except MigrateError as error:
        return Outcome(kind_of(error.message), str(error))
    return Outcome(rows=tuple(sorted(example.rows)), text=text)


def _ran(plan: Plan) -> Outcome:
    return Outcome(
        moves=tuple((step.revision.id, step.heads_after) for step in plan.steps),
        log=logged(plan.steps),
        rows=plan.end,
    )


def logged(steps: Iterable[Step]) -> tuple[str, ...]:
    """Return the lines that alembic logs for steps."""
    return tuple(
        f"Running {step.direction} {', '.join(step.source)} -> {', '.join(step.destination)}, {step.revision.message}"
        for step in steps
    )


def _stamped(plan: StampPlan) -> Outcome:
    return Outcome(
        moves=tuple(("", step.heads_after) for step in plan.steps),
        log=tuple(
            f"Running stamp_revision {', '.join(step.source)} -> {', '.join(step.destination)}"
            for step in plan.steps
        ),
        rows=plan.end,
    )


def _printed(project: _InMemory, verb: str, values: Sequence[str], flags: dict[str, bool]) -> str:
    if verb == "show":
        graph = project.graph
        rows = tuple(project.connect(lambda context: context.get_current_heads()))
        ids = current_heads(graph, rows) if values[0] == "current" else resolve(graph, values[0])
        blocks = [entry.block() for entry in entries(graph, ids)]
        return "".join(f"{block}\n" for block in blocks)
    functions: dict[str, Callable[..., Result]] = {
        "heads": commands.heads,
        "branches": commands.branches,
        "current": commands.current,
        "history": partial(commands.history, rev_range=values[0] if values else None),
    }
    text = functions[verb](project, **flags).to_text()
    return f"{text}\n" if text else ""


def disagreement(example: Example, theirs: Outcome, mine: Outcome) -> str:
    """Return in what two outcomes differ, nothing if they agree."""
    if theirs.kind != mine.kind or mine.kind == "crash":
        return "kind"
    if theirs.kind != "done":
        return ""
    if theirs.rows != mine.rows:
        return "rows"
    # The steps of a stamp are written in one transaction.
    if theirs.moves != mine.moves and example.words[0] != "stamp":
        done, did = ([id_ for id_, _ in outcome.moves] for outcome in (theirs, mine))
        return "rows on the way" if done == did else "order" if sorted(done) == sorted(did) else "steps"
    unordered = example.words[0] == "current" or example.words == ("show", "current")
    if lines(theirs.text, unordered) != lines(mine.text, unordered):
        return "text"
    if [words(line) for line in theirs.log] != [words(line) for line in mine.log]:
        return "log"
    return ""


_LABELS = re.compile(r" \((?:{0})(?:, (?:{0}))*\)(?=$|[ ,]*)".format("|".join(LABELS)))


def lines(text: str, unordered: bool) -> list[str]:
    """Return what was printed without the labels, which are compared by themselves.

    What alembic keeps in a set comes in another order in each process, and is sorted here: what a revision branches
    into, and with `unordered` the whole.
    """
    found: list[str] = []
    into: list[str] = []
    for line in flat(text).splitlines():
        if line.startswith("Branch names: "):
            continue
        if line.lstrip().startswith("-> "):
            into.append(words(_LABELS.sub("", line)))
            continue
        found += sorted(into)
        into = []
        name, colon, rest = line.partition(": ")
        if name == "Branches into":
            line = f"{name}{colon}{', '.join(sorted(rest.split(', ')))}"
        before, arrow, after = line.rpartition(" -> ")
        found.append(words(before + arrow + _LABELS.sub("", after)))
    found += sorted(into)
    return sorted(found) if unordered else found


def flat(text: str) -> str:
    """Return a text with the messages of several lines in one."""
    return text.replace("\nand more", " and more")


def words(line: str) -> str:
    """Return a line without the spaces at its end."""
    return line.rstrip()


def excess_labels(graph: RevisionGraph, theirs: dict[str, tuple[str, ...]]) -> dict[str, set[str]]:
    """Return the labels of each revision that only one of alembic and we give to it."""
    found = {
        revision.id: set(graph.labels(revision.id)).symmetric_difference(theirs[revision.id])
        for revision in graph
    }
    return {id_: labels for id_, labels in found.items() if labels}


def legal(graph: RevisionGraph, example: Example, mine: Outcome) -> bool:
    """Tell whether our steps are possible in their order, and lead to the rows that say what is applied."""
    now = (
        set(applied(graph, example.rows))
        if set(example.rows) <= {revision.id for revision in graph}
        else set()
    )
    for id_, rows in mine.moves:
        if not id_:
            continue
        below = {*graph.parents(id_), *graph.dependencies(id_)}
        if example.words[0] == "upgrade":
            if id_ in now or not below <= now:
                return False
            now.add(id_)
        else:
            now.discard(id_)
        if applied(graph, rows) != now or graph.ancestors(now) != now:
            return False
    return True
