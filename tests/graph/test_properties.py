"""What holds for every history, with histories made up by hypothesis."""

from hypothesis import given
from hypothesis import strategies as st

from nbmigrate.graph import (
    Plan,
    Revision,
    RevisionGraph,
    applied,
    plan_downgrade,
    plan_stamp,
    plan_upgrade,
    resolve,
    revision_range,
    version_rows,
)


@st.composite
def histories(draw: st.DrawFn) -> list[Revision]:
    """Any revisions without a fault, oldest first, their ids in an order of their own."""
    size = draw(st.integers(1, 12))
    ids = draw(st.permutations([f"id{number:02}" for number in range(size)]))
    revisions = []
    for number, id_ in enumerate(ids):
        older = st.sampled_from(ids[:number]) if number else st.nothing()
        parents = draw(st.lists(older, unique=True, max_size=2 if number else 0))
        dependencies = draw(st.lists(older, unique=True, max_size=1 if number else 0))
        labels = (f"label-{number}",) if draw(st.integers(0, 4)) == 4 else ()
        revisions.append(Revision(id_, tuple(parents), tuple(dependencies), labels))
    return revisions


@st.composite
def positions(draw: st.DrawFn) -> tuple[RevisionGraph, tuple[str, ...]]:
    """A history, and version rows that a database on it can have."""
    revisions = draw(histories())
    graph = RevisionGraph(revisions)
    some = draw(st.lists(st.sampled_from([revision.id for revision in revisions]), max_size=3))
    return graph, version_rows(graph, applied(graph, some))


def assert_sound(graph: RevisionGraph, plan: Plan) -> None:
    """The steps follow one another, and the rows always say exactly what is applied."""
    now = set(applied(graph, plan.start))
    at = plan.start
    for step in plan.steps:
        below = {*graph.parents(step.revision.id), *graph.dependencies(step.revision.id)}
        assert step.heads_before == at
        if step.direction == "upgrade":
            assert step.revision.id not in now
            assert below <= now
            now.add(step.revision.id)
        else:
            assert step.revision.id in now
            now.remove(step.revision.id)
            assert graph.ancestors(now) == now
        at = step.heads_after
        assert at == version_rows(graph, now)
        assert applied(graph, at) == now
    assert at == plan.end


@given(histories())
def test_order_is_topological_and_whole(revisions: list[Revision]) -> None:
    graph = RevisionGraph(revisions)
    place = {revision.id: number for number, revision in enumerate(graph)}
    assert sorted(place) == sorted(revision.id for revision in revisions)
    for id_ in place:
        assert all(place[id_] < place[other] for other in graph.ancestors([id_]) - {id_})


def by_the_rules(graph: RevisionGraph) -> list[str]:
    """The order of `history` as `order.newest_first` tells it, found the long way."""

    def below(id_: str) -> dict[str, None]:
        under = graph.ancestors([id_], dependencies=False) - {id_}
        known = {other for ancestor in under for other in graph.dependencies(ancestor)}
        lasting = [other for other in graph.dependencies(id_) if other not in known]
        return dict.fromkeys([*graph.parents(id_), *lasting])

    unlisted = {revision.id for revision in graph}
    lines = list(graph.real_heads)
    here = 0
    order = []
    while lines:
        id_ = lines[here]
        above = unlisted & graph.descendants([id_]) - {id_}
        if above:
            here = next(number for number, other in enumerate(lines) if other in above)
            continue
        order.append(id_)
        unlisted.discard(id_)
        following = [other for other in below(id_) if other not in lines]
        if following:
            lines[here] = following[0]
            lines += following[1:]
        else:
            del lines[here]
            here = max(here - 1, 0)
    return order


@given(histories())
def test_order_follows_its_rules(revisions: list[Revision]) -> None:
    graph = RevisionGraph(revisions)
    assert [revision.id for revision in graph] == by_the_rules(graph)


def by_walking(graph: RevisionGraph) -> dict[str, set[str]]:
    """The labels of each revision as `RevisionGraph.labels` tells it, label by label."""
    found: dict[str, set[str]] = {revision.id: set() for revision in graph}
    for revision in graph:
        for label in revision.branch_labels:
            for id_ in graph.descendants([revision.id], dependencies=False):
                found[id_].add(label)
            below = graph.parents(revision.id)
            while len(below) == 1:
                above = {*graph.children(below[0]), *graph.dependents(below[0])}
                if graph.is_merge_point(below[0]) or len(above) > 1:
                    break
                found[below[0]].add(label)
                below = graph.parents(below[0])
    return found


@given(histories())
def test_labels_follow_their_rules(revisions: list[Revision]) -> None:
    graph = RevisionGraph(revisions)
    assert {id_: set(graph.labels(id_)) for id_ in by_walking(graph)} == by_walking(graph)


@given(positions(), st.data())
def test_any_stamp_says_that_its_targets_are_applied(
    position: tuple[RevisionGraph, tuple[str, ...]], data: st.DataObject
) -> None:
    graph, rows = position
    ids = [revision.id for revision in graph]
    targets = data.draw(st.lists(st.sampled_from(ids), min_size=1, max_size=3))
    plan = plan_stamp(graph, rows, targets)
    assert plan.end == version_rows(graph, applied(graph, plan.end))
    needed = graph.ancestors(targets)
    assert needed <= applied(graph, plan.end)
    assert applied(graph, plan.end).isdisjoint(graph.descendants(targets) - needed)
    unrelated = set(rows) - needed - graph.descendants(targets)
    assert unrelated <= set(plan.end) <= unrelated | needed
    at = plan.start
    for step in plan.steps:
        assert step.heads_before == at
        at = step.heads_after
    assert at == plan.end
    assert not plan_stamp(graph, plan.end, targets).steps


@given(histories())
def test_ancestors_and_descendants_are_each_other_s_reverse(revisions: list[Revision]) -> None:
    graph = RevisionGraph(revisions)
    for dependencies in (True, False):
        pairs = {(a.id, b) for a in graph for b in graph.ancestors([a.id], dependencies=dependencies)}
        assert pairs == {
            (b, a.id) for a in graph for b in graph.descendants([a.id], dependencies=dependencies)
        }


@given(histories())
def test_heads_and_bases(revisions: list[Revision]) -> None:
    graph = RevisionGraph(revisions)
    assert set(graph.heads) == {r.id for r in graph} - {p for r in revisions for p in r.down_revisions}
    assert set(graph.real_heads) == set(graph.heads) - {d for r in revisions for d in r.depends_on}
    assert set(graph.bases) == {r.id for r in revisions if not r.down_revisions}
    assert graph.ancestors(graph.real_heads) == {r.id for r in graph}


@given(histories(), st.data())
def test_a_subset_keeps_the_order_sound(revisions: list[Revision], data: st.DataObject) -> None:
    graph = RevisionGraph(revisions)
    some = data.draw(st.sets(st.sampled_from([revision.id for revision in revisions])))
    order = [revision.id for revision in graph.newest_first(some)]
    assert sorted(order) == sorted(some)
    for number, id_ in enumerate(order):
        assert not graph.descendants([id_]).intersection(order[number + 1 :])


@given(histories())
def test_all_the_way_up_and_down_again(revisions: list[Revision]) -> None:
    graph = RevisionGraph(revisions)
    up = plan_upgrade(graph, (), "heads")
    assert_sound(graph, up)
    assert up.end == tuple(sorted(graph.real_heads))
    down = plan_downgrade(graph, up.end, "base")
    assert_sound(graph, down)
    assert down.end == ()
    assert (
        {s.revision.id for s in up.steps} == {s.revision.id for s in down.steps} == {r.id for r in revisions}
    )


@given(positions(), st.data())
def test_any_upgrade_adds_exactly_what_its_target_needs(
    position: tuple[RevisionGraph, tuple[str, ...]], data: st.DataObject
) -> None:
    graph, rows = position
    target = data.draw(st.sampled_from([revision.id for revision in graph]))
    plan = plan_upgrade(graph, rows, target)
    assert_sound(graph, plan)
    assert applied(graph, plan.end) == applied(graph, rows) | graph.ancestors([target])


@given(positions(), st.data())
def test_any_downgrade_keeps_its_target_and_removes_what_stands_on_it(
    position: tuple[RevisionGraph, tuple[str, ...]], data: st.DataObject
) -> None:
    graph, rows = position
    before = applied(graph, rows)
    target = data.draw(st.sampled_from(["base", *sorted(before)]))
    plan = plan_downgrade(graph, rows, target)
    assert_sound(graph, plan)
    above = graph.bases if target == "base" else graph.children(target)
    assert applied(graph, plan.end) == before - graph.descendants(above)


@given(positions())
def test_one_step_down_undoes_one_revision_and_one_step_up_does_it_again(
    position: tuple[RevisionGraph, tuple[str, ...]],
) -> None:
    graph, rows = position
    for row in rows:
        down = plan_downgrade(graph, rows, f"{row}@-1")
        assert [step.revision.id for step in down.steps] == [row]
        assert_sound(graph, down)
        up = plan_upgrade(graph, down.end, row)
        assert_sound(graph, up)
        assert (up.start, up.end) == (down.end, rows)


@given(histories())
def test_every_id_and_label_resolves_to_its_revision(revisions: list[Revision]) -> None:
    graph = RevisionGraph(revisions)
    for revision in revisions:
        for name in (revision.id, *revision.branch_labels):
            assert resolve(graph, name) == (revision.id,)
            assert set(resolve(graph, f"{name}@heads")) == set(graph.heads) & graph.lineage(revision.id)
            assert set(revision.branch_labels) <= set(graph.labels(revision.id))


@given(histories())
def test_a_range_to_a_revision_is_what_it_needs(revisions: list[Revision]) -> None:
    graph = RevisionGraph(revisions)
    assert revision_range(graph, ":") == tuple(graph)
    for revision in revisions:
        found = revision_range(graph, f":{revision.id}")
        assert found[0] == revision
        assert {each.id for each in found} == graph.ancestors([revision.id])


@given(histories(), st.data())
def test_any_links_at_all_make_a_graph_that_answers(revisions: list[Revision], data: st.DataObject) -> None:
    """Faults are problems to list, never exceptions; what is left still has an order."""
    names = st.sampled_from([*(revision.id for revision in revisions), "gone"])
    wild = [
        Revision(
            revision.id,
            tuple(data.draw(st.lists(names, max_size=2))),
            tuple(data.draw(st.lists(names, max_size=1))),
        )
        for revision in revisions
    ]
    graph = RevisionGraph([*wild, *wild[:1]])
    assert graph.problems
    order = [revision.id for revision in graph]
    for number, id_ in enumerate(order):
        assert not graph.descendants([id_]).intersection(order[number + 1 :])
        assert graph.is_head(id_) == (id_ in graph.heads)
    assert bool(order) == bool(graph.heads) == bool(graph.bases)
