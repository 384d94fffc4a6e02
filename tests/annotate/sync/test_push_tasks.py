"""What a push would do to tasks and pre-annotations, and how it sends them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancebank.annotate.client import Server
from stancebank.annotate.sync import push_tasks
from stancebank.annotate.sync.push_tasks import (
    batches,
    import_batch,
    make_plan,
    may_delete,
    plan_predictions,
    shown_predictions,
)
from stancebank.annotate.sync.retry import Timeout
from stancebank.errors import ServerError

Json = dict[str, Any]


def wanted(article_id: str, words: str = "old", **data: object) -> dict[str, Json]:
    return {article_id: {"data": {"article_id": article_id, "text": words, "text_sha256": f"of {words}", **data}}}


def task(number: int, article_id: str, words: str = "old", **data: object) -> Json:
    return {"id": number, **wanted(article_id, words, **data)[article_id]}


def actions(plan: Any) -> list[tuple[str, str, int | None]]:
    return [(step.action, step.article_id, step.task) for step in plan.steps]


def test_a_task_is_made_once_and_then_stays() -> None:
    assert actions(make_plan(wanted("a"), {"a"}, [], {})) == [("create", "a", None)]
    assert actions(make_plan(wanted("a"), {"a"}, [task(1, "a")], {})) == [("unchanged", "a", 1)]
    plan = make_plan(wanted("b") | wanted("a") | wanted("c"), {"a", "b", "c"}, [task(1, "0")], {})
    assert [step.article_id for step in plan.steps] == ["b", "a", "c", "0"]  # as they are to be labelled


def test_other_data_with_the_same_words_are_renewed_whatever_the_labels() -> None:
    plan = make_plan(wanted("a", title="new"), {"a"}, [task(1, "a", title="old")], {1: 3})
    assert actions(plan) == [("changed", "a", 1)]
    assert plan.steps[0].reason == "it differs in title"


def test_the_order_of_lists_alone_is_no_difference() -> None:
    lists: dict[str, Any] = {
        "entities": [{"alias": "a", "value": "A"}, {"alias": "b", "value": "B"}],
        "names": {"a": ["A"], "b": ["B"]},
    }
    other: dict[str, Any] = {
        "entities": [{"value": "B", "alias": "b"}, {"value": "A", "alias": "a"}],
        "names": {"b": ["B"], "a": ["A"]},
    }
    assert actions(make_plan(wanted("a", **lists), {"a"}, [task(1, "a", **other)], {})) == [("unchanged", "a", 1)]
    for more in ({"alias": "c", "value": "C"}, {"alias": "a", "value": "A"}):
        there = task(1, "a", **other | {"entities": [*other["entities"], more]})
        plan = make_plan(wanted("a", **lists), {"a"}, [there], {})
        assert actions(plan) == [("changed", "a", 1)]
        assert plan.steps[0].reason == "it differs in entities"


def test_new_words_replace_a_task_without_labels_and_are_refused_by_one_that_has_them() -> None:
    there = [task(1, "a")]
    assert may_delete(wanted("a", "new"), {"a"}, there) == [1]
    assert actions(make_plan(wanted("a", "new"), {"a"}, there, {1: 0})) == [("replace", "a", 1)]
    assert actions(make_plan(wanted("a", "new"), {"a"}, there, {1: 1})) == [("refused", "a", 1)]
    assert actions(make_plan(wanted("a", "new"), {"a"}, there, {1: 1}, replace=True)) == [("replace", "a", 1)]


def test_words_that_somebody_edited_in_the_task_count_as_other_words() -> None:
    there = [{"id": 1, "data": {**task(1, "a")["data"], "text": "edited"}}]
    assert actions(make_plan(wanted("a"), {"a"}, there, {1: 1})) == [("refused", "a", 1)]


def test_of_two_tasks_the_labelled_one_stays_and_two_labelled_ones_are_refused() -> None:
    there = [task(1, "a"), task(2, "a")]
    assert may_delete(wanted("a"), {"a"}, there) == [1, 2]
    assert actions(make_plan(wanted("a"), {"a"}, there, {})) == [("unchanged", "a", 1), ("duplicate", "a", 2)]
    assert actions(make_plan(wanted("a"), {"a"}, there, {2: 1})) == [("duplicate", "a", 1), ("unchanged", "a", 2)]
    both = make_plan(wanted("a"), {"a"}, there, {1: 1, 2: 1}, replace=True, prune=True)
    assert actions(both) == [("refused", "a", 1), ("refused", "a", 2)]


def test_tasks_that_nobody_asked_for_stay_unless_pruned_and_labelled_or_foreign_ones_always() -> None:
    there = [task(1, "gone"), task(2, "gone-too"), {"id": 3, "data": {"text": "x"}}, {"id": 4, "data": None}]
    kept = make_plan({}, {"a"}, there, {1: 0, 2: 1})
    assert {step.action for step in kept.steps} == {"orphaned"}
    pruned = make_plan({}, {"a"}, there, {1: 0, 2: 1}, prune=True)
    assert [(step.action, step.task) for step in pruned.steps if step.action == "prune"] == [("prune", 1)]


def test_an_article_that_was_not_asked_for_this_time_is_left_alone() -> None:
    assert (
        make_plan(wanted("a"), {"a", "b"}, [task(1, "a"), task(2, "b")], {}, prune=True).of("orphaned", "prune") == ()
    )


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["old", "new"]), st.integers(0, 2)), max_size=8),
    st.sets(st.sampled_from("ab")),
    st.booleans(),
    st.booleans(),
)
def test_whatever_the_server_has_only_replacing_touches_labels_and_each_wanted_article_ends_with_one_task(
    there: list[tuple[str, str, int]], asked: set[str], replace: bool, prune: bool
) -> None:
    tasks = [task(number, name, words) for number, (name, words, _) in enumerate(there, 1)]
    want: dict[str, Json] = {}
    for name in sorted(asked):
        want |= wanted(name)
    truth = {number: labels for number, (_, _, labels) in enumerate(there, 1)}
    asked_for = may_delete(want, {"a", "b"}, tasks, prune=prune)
    labels = {number: truth[number] for number in asked_for}
    plan = make_plan(want, {"a", "b"}, tasks, labels, replace=replace, prune=prune)
    for step in plan.of("duplicate", "prune", "replace"):
        assert step.task in asked_for
        assert not truth[step.task or 0] or (replace and step.action == "replace")
    for name in asked:
        kept = [step for step in plan.steps if step.article_id == name and step.action not in ("duplicate", "orphaned")]
        assert len(kept) == 1 or {step.action for step in kept} == {"refused"}
    handled = [step.task for step in plan.steps if step.task is not None]
    assert len(handled) == len(set(handled))


def test_batches_keep_the_order_and_stay_within_tasks_and_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push_tasks, "TASKS", 3)
    monkeypatch.setattr(push_tasks, "BYTES", 100)
    tasks = [{"n": number, "text": "x" * size} for number, size in enumerate([1, 1, 1, 1, 60, 60, 500, 1])]
    found = list(batches(tasks))
    assert [task for batch in found for task in batch] == tasks
    assert [[task["n"] for task in batch] for batch in found] == [[0, 1, 2], [3], [4], [5], [6], [7]]


class Weak(Server):
    """A server that takes imports of a few tasks only. status: of its refusal; None drops the connection."""

    def __init__(self, most: int, status: int | None) -> None:
        super().__init__("http://127.0.0.1:9", "t")
        self.most, self.status = most, status
        self.sizes: list[int] = []
        self.kept: list[Json] = []

    def import_tasks(self, project: int, tasks: Any) -> list[int]:
        self.sizes.append(len(tasks))
        if len(tasks) > self.most:
            raise ServerError("no.\nHint: none, this is a test.", self.status)
        self.kept += [{"id": len(self.kept) + number, **each} for number, each in enumerate(tasks, 1)]
        return [each["id"] for each in self.kept[-len(tasks) :]]

    def tasks(self, project: int, fields: Any, since: Any = None, articles: Any = None) -> Any:
        return [each for each in self.kept if each["data"]["article_id"] in articles]


@pytest.mark.parametrize("status", [None, 413, 502])
def test_a_batch_that_fails_is_halved(status: int | None) -> None:
    server = Weak(2, status)
    batch = [task for number in range(8) for task in wanted(f"a{number}").values()]
    made = import_batch(server, 1, batch, Timeout(0.0, 0.0))
    assert made == {f"a{number}": number + 1 for number in range(8)}
    assert server.sizes == [8, 4, 2, 2, 4, 2, 2]


def test_a_batch_that_is_refused_is_not_halved_and_halving_has_an_end() -> None:
    batch = [task for number in range(100) for task in wanted(f"a{number}").values()]
    server = Weak(0, 400)
    with pytest.raises(ServerError):
        import_batch(server, 1, batch, Timeout(0.0, 0.0))
    assert server.sizes == [100]
    server = Weak(0, 502)
    with pytest.raises(ServerError):
        import_batch(server, 1, batch, Timeout(0.0, 0.0))
    assert server.sizes == [100, 50, 25, 12, 6, 6, 6]


def test_nothing_is_no_batch() -> None:
    assert list(batches([])) == []


def made(version: str, *result: Any) -> dict[str, Any]:
    return {"model_version": version, "result": list(result)}


def there(*predictions: dict[str, Any]) -> Any:
    return shown_predictions({"id": number, **each} for number, each in enumerate(predictions, 1))


def test_equal_ones_stay_and_doubles_go() -> None:
    assert plan_predictions([made("gold", 1)], there(made("gold", 1))) == ([], [])
    assert plan_predictions([made("gold", 1)], there(made("gold", 1), made("gold", 1), made("gold", 2))) == ([], [2, 3])


def test_one_that_differs_is_made_before_the_old_one_goes() -> None:
    assert plan_predictions([made("gold", 2)], there(made("gold", 1))) == ([made("gold", 2)], [1])


def test_what_other_pushes_showed_stays() -> None:
    assert plan_predictions([made("gold", 1)], there(made("ann-1", 1))) == ([made("gold", 1)], [])


def test_zones_alone_give_way_and_are_not_shown_beside_others() -> None:
    assert plan_predictions([made("gold", 1)], there(made("zones"))) == ([made("gold", 1)], [1])
    assert plan_predictions([made("zones")], there(made("gold", 1))) == ([], [])
    assert plan_predictions([made("zones")], there(made("gold", 1), made("zones"))) == ([], [2])
    assert plan_predictions([made("zones")], there()) == ([made("zones")], [])
    assert plan_predictions([made("zones", 1)], there(made("zones"))) == ([made("zones", 1)], [1])


def zone(start: int, end: int = 9) -> Json:
    value = {"start": start, "end": end, "text": "...", "labels": ["repeat"]}
    return {"id": f"zone-{start}", "from_name": "zone", "type": "labels", "value": value}


def test_zones_stay_beside_what_other_programs_show_without_them() -> None:
    alone = made("zones", zone(0), zone(20))
    foreign = made("ml-x", {"from_name": "label", "value": {"start": 1, "end": 4, "labels": ["content"]}})
    odd = made("ml-y", "text", {"from_name": "zone"}, {"from_name": "zone", "value": 7})
    assert plan_predictions([alone], there(foreign, alone)) == ([], [])
    assert plan_predictions([alone], there(foreign, odd)) == ([alone], [])
    assert plan_predictions([alone], there(made("ml-x", zone(0)), alone)) == ([], [])
    assert plan_predictions([alone], there(made("gold", zone(20), zone(0), 1), alone)) == ([], [2])


def test_zones_that_have_changed_are_shown_though_another_has_the_old_ones() -> None:
    alone = made("zones", zone(0, 12))
    assert plan_predictions([alone], there(made("gold", zone(0), 1))) == ([alone], [])


def test_an_article_that_is_not_assigned_gets_no_task_and_one_with_labels_is_kept_up_to_date() -> None:
    both = {**wanted("a", title="new"), **wanted("b", title="new"), **wanted("c")}
    there = [task(1, "b", title="old"), task(2, "c")]
    assert may_delete(both, {"a", "b", "c"}, there, assigned={"a"}) == [1, 2]
    assert may_delete(both, {"a", "b", "c"}, there) == []
    plan = make_plan(both, {"a", "b", "c"}, there, {1: 1, 2: 0}, assigned={"a"})
    assert actions(plan) == [("create", "a", None), ("changed", "b", 1), ("orphaned", "c", 2)]
    pruned = make_plan(both, {"a", "b", "c"}, there, {1: 1, 2: 0}, prune=True, assigned={"a"})
    assert actions(pruned) == [("create", "a", None), ("changed", "b", 1), ("prune", "c", 2)]
    assert actions(make_plan(both, {"a", "b", "c"}, [], {}, assigned=set())) == []
