"""What a graph answers does not depend on the order of the files, on the clock or on the locale."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from nbmigrate.errors import MigrateError
from nbmigrate.graph import (
    Revision,
    RevisionGraph,
    applied,
    current_heads,
    plan_downgrade,
    plan_stamp,
    plan_upgrade,
    resolve,
    revision_range,
    version_rows,
)

# Sorted by the rules of a language these stand elsewhere than by their characters.
NAMES = ("zeta", "Alpha", "äpfel", "_x", "Z9", "été", "ııı", "a b", "İd", "ß", "10", "9", "head", "ÄPFEL")


@st.composite
def files(draw: st.DrawFn) -> list[Revision]:
    """Revision files as people have them, now and then with a fault: a lost parent, a cycle, a copy, a label twice."""
    ids = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=12, unique=True))
    faulty = draw(st.booleans())
    found = []
    for number, id_ in enumerate(ids):
        others = st.sampled_from([*ids, "lost"] if faulty else ids[:number] or ids)
        most = 2 if number or faulty else 0
        parents = draw(st.lists(others, unique=True, max_size=most))
        dependencies = draw(st.lists(others, unique=True, max_size=most // 2))
        labels = draw(st.sampled_from([(), (), (), ("blog",) if faulty else (f"l-{number}",)]))
        folder = draw(st.sampled_from(["v", "w"]))
        path = draw(st.sampled_from([Path(folder, f"{number % 3}_{id_}.py"), None]))
        found.append(Revision(id_, tuple(parents), tuple(dependencies), tuple(labels), f"Doc {number}", path))
    copies = draw(st.lists(st.sampled_from(found), max_size=2)) if faulty else []
    return [
        *found,
        *(Revision(each.id, doc="A copy.", path=Path("v", f"copy{at}.py")) for at, each in enumerate(copies)),
    ]


def told(ask: Callable[..., object], *words: object) -> object:
    try:
        return ask(*words)
    except MigrateError as error:
        return type(error).__name__, str(error)


def answers(revisions: list[Revision]) -> list[object]:
    """Everything that a graph of `revisions` says."""
    graph = RevisionGraph(revisions)
    ids = sorted({revision.id for revision in revisions})
    found: list[object] = [list(map(str, graph.problems)), list(graph), graph.names]
    found += [graph.heads, graph.bases, graph.real_heads, graph.real_bases, graph.effective_heads]
    for id_ in ids:
        found += [graph[id_], graph.parents(id_), graph.children(id_), graph.dependencies(id_)]
        found += [graph.dependents(id_), graph.labels(id_), sorted(graph.lineage(id_))]
        found += [graph.newest_first(graph.lineage(id_)), current_heads(graph, [id_])]
    rows = version_rows(graph, applied(graph, ids[: len(ids) // 2]))
    for target in ("head", "heads", "base", "blog@head", "+1", "-1", "lost", *ids):
        found += [told(resolve, graph, target), told(revision_range, graph, f"{target}:")]
        found += [told(plan_upgrade, graph, rows, target), told(plan_downgrade, graph, rows, target)]
        found += [told(plan_stamp, graph, rows, [target])]
    return found


@given(files(), st.randoms(use_true_random=False))
def test_the_order_in_which_files_are_found(revisions: list[Revision], chance: random.Random) -> None:
    shuffled = revisions[:]
    chance.shuffle(shuffled)
    assert answers(revisions) == answers(shuffled)


_SAY = """
import json, locale, sys
from pathlib import Path
from nbmigrate.graph import Revision, RevisionGraph, plan_upgrade
locale.setlocale(locale.LC_ALL, "")
names = json.loads(sys.argv[1])
graph = RevisionGraph(
    Revision(name, tuple(names[:at][-1:]) if at % 3 else (), (), (f"label {name}",), path=Path("v", name + ".py"))
    for at, name in enumerate(names)
)
said = [str(problem) for problem in graph.problems], [each.id for each in graph], graph.heads, graph.bases
steps = [(step.revision.id, step.heads_after) for step in plan_upgrade(graph, (), "heads").steps]
print(json.dumps([said, steps, [graph.labels(name) for name in names]]))
"""


def test_locale_clock_and_hash_seed() -> None:
    """One history in processes that differ in all that; on the seed hangs the order of a set."""
    said = []
    for seed, (language, zone) in enumerate(
        [("C", "UTC"), ("C.UTF-8", "Asia/Kathmandu"), ("POSIX", "EST5EDT")]
    ):
        done = subprocess.run(
            [sys.executable, "-c", _SAY, json.dumps(NAMES)],
            env={**os.environ, "LC_ALL": language, "TZ": zone, "PYTHONHASHSEED": str(seed + 1)},
            capture_output=True,
            text=True,
            check=True,
        )
        said.append(json.loads(done.stdout))
    assert said[0] == said[1] == said[2]
    assert len(said[0][0][1]) == len(NAMES)
