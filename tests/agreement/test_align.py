"""Two readings of one text: which statements are one, and in what they differ."""

from collections.abc import Iterator
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import OWN_SCHEMA, TOY

from stancebank.agreement.align import Pair, align, align_conditions, dice, may_be_one, shared
from stancebank.agreement.compare import FOUND, WHOLE, Comparison, Flagged, Tally, compare
from stancebank.corpus.store import Store
from stancebank.model import Condition, Document, Mention, Pending, Span, Statement, Target
from stancebank.schema.fields import FRAME, load_scheme

SCHEME = load_scheme(OWN_SCHEMA)


def span(begin: int, end: int) -> Span:
    return Span(begin=begin, end=end, fingerprint="0" * 16)


def statement(name: str, *bounds: tuple[int, int], **fields: Any) -> Statement:
    plain: dict[str, Any] = {
        "speaker": Mention(entity="envoy"),
        "target": Target(id="talks"),
    }
    frame = plain | {key: fields.pop(key) for key in list(fields) if key in FRAME["statement"]}
    said = SCHEME.without_defaults("statement", {"stance": "reject", "attribution": "direct", **fields})
    return Statement(id=name, content=tuple(span(*each) for each in bounds), **frame, fields=said)


def condition(begin: int, end: int, **fields: Any) -> Condition:
    role = fields.pop("role", "if")
    said = SCHEME.without_defaults("condition", {"kind": "talks", **fields})
    return Condition(id="c", spans=(span(begin, end),), role=role, fields=said)


def document(*statements: Statement, **fields: Any) -> Document:
    plain: dict[str, Any] = {
        "schema_version": "v2",
        "guideline_version": "1.0",
        "article_id": "a",
        "text_sha256": "0" * 64,
        "annotator": "r-1",
        "origin": "human",
        "created_at": "2031-01-01T00:00:00Z",
        "updated_at": "2031-01-01T00:00:00Z",
    }
    return Document(statements=statements, **(plain | fields))


def toy_documents() -> list[Document]:
    return list(Store(TOY, OWN_SCHEMA.name).documents(None))


@st.composite
def readings(draw: st.DrawFn) -> list[Statement]:
    found = []
    for number in range(draw(st.integers(0, 6))):
        begin = draw(st.integers(0, 40))
        fields = {
            "stance": draw(st.sampled_from(["reject", "open"])),
            "speaker": Mention(entity=draw(st.sampled_from(["envoy", "minister"]))),
            "target": Target(id=draw(st.sampled_from(["talks", "meet"]))),
        }
        found.append(statement(f"s{number}", (begin, begin + draw(st.integers(1, 20))), **fields))
    return found


def test_contents_that_share_less_than_half_of_the_shorter_are_not_one() -> None:
    assert align([statement("a", (0, 10))], [statement("b", (6, 30))], SCHEME) == [Pair(0, None), Pair(None, 0)]
    assert align([statement("a", (0, 10))], [statement("b", (5, 30))], SCHEME) == [Pair(0, 0)]


def test_of_two_statements_with_one_content_each_finds_its_own_by_its_labels() -> None:
    one = [statement("a", (0, 10)), statement("b", (0, 10), stance="open", target=Target(id="meet"))]
    other = [statement("c", (0, 9), stance="open", target=Target(id="meet")), statement("d", (0, 10))]
    assert align(one, other, SCHEME) == [Pair(0, 1), Pair(1, 0)]


def test_the_pairs_are_those_that_fit_best_together_not_the_first_that_fits() -> None:
    one = [statement("a", (0, 20)), statement("b", (10, 20))]
    other = [statement("c", (8, 20)), statement("d", (0, 12))]
    assert align(one, other, SCHEME) == [Pair(0, 1), Pair(1, 0)]


def test_a_content_in_pieces_is_compared_by_all_its_pieces() -> None:
    assert dice([span(0, 5), span(10, 15)], [span(0, 15)]) == pytest.approx(20 / 25)
    assert align([statement("a", (0, 5), (10, 15))], [statement("b", (10, 15))], SCHEME) == [Pair(0, 0)]


def test_conditions_are_aligned_by_their_words_then_by_kind() -> None:
    one = (condition(0, 10, kind="meet"), condition(0, 10))
    other = (condition(0, 10), condition(0, 10, kind="meet"), condition(20, 30))
    assert align_conditions(one, other, SCHEME) == [Pair(0, 1), Pair(1, 0), Pair(None, 2)]


@pytest.mark.slow
@given(readings(), readings())
def test_every_statement_is_in_one_pair_and_pairs_share_words(one: list[Statement], other: list[Statement]) -> None:
    pairs = align(one, other, SCHEME)
    assert sorted(pair.one for pair in pairs if pair.one is not None) == list(range(len(one)))
    assert sorted(pair.other for pair in pairs if pair.other is not None) == list(range(len(other)))
    for pair in pairs:
        if pair.one is not None and pair.other is not None:
            assert dice(one[pair.one].content, other[pair.other].content) > 0


@pytest.mark.slow
@given(readings(), readings())
def test_it_does_not_matter_which_reading_comes_first(one: list[Statement], other: list[Statement]) -> None:
    def worth(pairs: list[Pair], a: list[Statement], b: list[Statement]) -> float:
        total = 0.0
        for first, second in pairs:
            if first is not None and second is not None:
                total += dice(a[first].content, b[second].content)
                total += 0.3 * (a[first].speaker == b[second].speaker) + 0.3 * (a[first].target == b[second].target)
                total += 0.2 * (a[first].fields["stance"] == b[second].fields["stance"]) + 0.05
        return total

    assert worth(align(one, other, SCHEME), one, other) == pytest.approx(
        worth(align(other, one, SCHEME), other, one), abs=1e-4
    )


Key = tuple[Any, ...]


def key_of(item: Statement) -> Key:
    """What the rule puts statements in order by, as far as `alike` varies it."""
    return [(each.begin, each.end) for each in item.content], item.target.id, item.speaker.entity, item.fields["stance"]


def weight_of(one: Statement, other: Statement) -> int:
    """What a pair is worth, in millionths; 0 where two statements cannot be one."""
    first, second = ({place for each in it.content for place in range(each.begin, each.end)} for it in (one, other))
    if 2 * len(first & second) < min(len(first), len(second)):
        return 0
    helped = 0.3 * (one.speaker.entity == other.speaker.entity) + 0.3 * (one.target.id == other.target.id)
    helped += 0.2 * (one.fields["stance"] == other.fields["stance"]) + 0.05
    return round(2e6 * len(first & second) / (len(first) + len(second))) + round(helped * 1e6)


def choices(one: list[Statement], other: list[Statement]) -> Iterator[list[tuple[Statement, Statement]]]:
    """Every way to pair some statements of one with some of the other."""
    if not one:
        yield []
        return
    yield from choices(one[1:], other)
    for place, partner in enumerate(other):
        if weight_of(one[0], partner):
            rest = other[:place] + other[place + 1 :]
            yield from ([(one[0], partner), *more] for more in choices(one[1:], rest))


def pairs_of(one: list[Statement], other: list[Statement]) -> list[tuple[Key, Key]]:
    found = align(one, other, SCHEME)
    return sorted((key_of(one[a]), key_of(other[b])) for a, b in found if a is not None and b is not None)


@st.composite
def alike(draw: st.DrawFn, most: int = 4) -> list[Statement]:
    """Statements of which many fit one another equally well."""
    bounds = st.sampled_from([(0, 10), (5, 15), (10, 20), (0, 20), (0, 5)])
    stances = st.sampled_from(["reject", "open"])
    found = draw(st.lists(st.tuples(bounds, stances), max_size=most))
    return [statement(f"s{number}", each, stance=stance) for number, (each, stance) in enumerate(found)]


@pytest.mark.slow
@given(st.one_of(alike(), readings()), st.one_of(alike(), readings()))
def test_of_the_best_choices_it_is_the_one_that_the_rule_names(one: list[Statement], other: list[Statement]) -> None:
    worth = [(sum(weight_of(*pair) for pair in choice), choice) for choice in choices(one, other)]
    best = max(total for total, _ in worth)
    listed = [sorted((key_of(a), key_of(b)) for a, b in choice) for total, choice in worth if total == best]
    assert pairs_of(one, other) == min(listed)


def test_of_two_choices_that_are_equally_good_the_first_statement_gets_the_first_partner() -> None:
    one = [statement("a", (5, 15))]
    other = [statement("later", (10, 20)), statement("earlier", (0, 10))]
    assert weight_of(one[0], other[0]) == weight_of(one[0], other[1])
    assert align(one, other, SCHEME) == [Pair(0, 1), Pair(None, 0)]
    assert align(other, one, SCHEME) == [Pair(0, None), Pair(1, 0)]
    # two statements that only their notes tell apart
    noted = [statement("x", (0, 10), note="b"), statement("y", (0, 10), note="a")]
    assert align(noted, [statement("z", (0, 10))], SCHEME) == [Pair(0, None), Pair(1, 0)]


@pytest.mark.slow
@given(alike(9), alike(9), st.randoms(use_true_random=False))
def test_the_order_of_the_statements_and_their_ids_do_not_matter(
    one: list[Statement], other: list[Statement], random: Any
) -> None:
    found = pairs_of(one, other)
    names = [f"t{number}" for number in range(len(one))]
    random.shuffle(names)
    one = [msgspec.structs.replace(each, id=name) for each, name in zip(one, names, strict=True)]
    random.shuffle(one)
    random.shuffle(other)
    assert pairs_of(one, other) == found


@pytest.mark.slow
@settings(deadline=None)  # the first run imports the other solver
@given(alike(30), alike(30))
def test_the_sum_is_the_greatest_in_long_readings_too(one: list[Statement], other: list[Statement]) -> None:
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    weights = np.array([[weight_of(a, b) for b in other] for a in one], dtype=np.int64).reshape(len(one), len(other))
    pairs = [(a, b) for a, b in align(one, other, SCHEME) if a is not None and b is not None]
    assert all(weights[pair] for pair in pairs)
    assert sum(int(weights[pair]) for pair in pairs) == weights[linear_sum_assignment(weights, maximize=True)].sum()


def crowded(chance: Random, most: int) -> list[Statement]:
    """Statements in any number of pieces, empty ones too, of which many are near one another and many say the same."""
    width = chance.choice([8, 40, 40 * most])
    found = []
    for number in range(chance.randrange(most)):
        begins = [chance.randrange(width) for _ in range(chance.choice([1, 1, 1, 3]))]
        frame = {
            "stance": chance.choice(["reject", "open"]),
            "speaker": Mention(entity=chance.choice(["envoy", "minister"])),
            "target": Target(id=chance.choice(["talks", "meet"])),
            "note": chance.choice(["a", "b"]),
        }
        bounds = [(begin, begin + chance.randrange(chance.choice([2, 20]))) for begin in begins]
        found.append(statement(f"s{number}", *bounds, **frame))
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("most", "times"), [(8, 150), (70, 6)])
def test_arrays_for_many_statements_at_one_place_give_the_pairs_that_plain_python_gives(
    most: int, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = Random(f"dense {most}")
    for _ in range(times):
        one, other, third = (crowded(chance, most) for _ in range(3))
        found = {}
        for many, few_parts in ((1, 12), (1, 0), (10**9, 12)):
            monkeypatch.setattr("stancebank.agreement.align._MANY", many)
            monkeypatch.setattr("stancebank.agreement.dense._FEW_PARTS", few_parts)
            found[many, few_parts] = align(one, other, SCHEME), may_be_one([one, other, third], SCHEME)
        assert found[1, 12] == found[1, 0] == found[10**9, 12]


@given(*[st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=5)] * 2)
def test_overlap_is_counted_in_code_points_whatever_the_spans(
    one: list[tuple[int, int]], other: list[tuple[int, int]]
) -> None:
    first, second = ({place for bounds in each for place in range(*bounds)} for each in (one, other))
    ours, theirs = [span(*each) for each in one], [span(*each) for each in other]
    assert shared(ours, theirs) == len(first & second)
    total = len(first) + len(second)
    assert dice(ours, theirs) == (2 * len(first & second) / total if total else 1.0)


def test_a_reading_agrees_with_itself_in_everything() -> None:
    documents = toy_documents()
    found = compare(zip(documents, documents, strict=True), SCHEME)
    assert found.differences == []
    assert {name for name, tally in found.tallies.items() if tally.share != 1} == set()
    unique = sum(not each.same_as for document in documents for each in document.statements)
    assert found.tallies[FOUND].compared == 2 * unique > 0
    assert found.tallies["role"].compared > 0


CHANGES: dict[str, tuple[str, dict[str, Any]]] = {
    "stance": ("stance", {"stance": "uncertain"}),
    "force": ("force", {"force": "hedged"}),
    "speaker": ("speaker", {"speaker": Mention(entity="nobody")}),
    "target": ("target", {"target": Target(id="war")}),
    "target mention": ("target mention", {"target": Target(id="talks", span=span(2, 9))}),
    "cue": ("cue", {"cue": span(0, 3)}),
    "content": ("content", {}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_one_changed_field_is_one_difference_and_lowers_its_share_alone(name: str) -> None:
    field, change = CHANGES[name]
    one = document(statement("s1", (0, 30)), statement("s2", (40, 60)))
    before = one.statements[0]
    said = {key: value for key, value in change.items() if key not in FRAME["statement"]}
    frame = {key: value for key, value in (change or {"content": (span(0, 28),)}).items() if key not in said}
    changed = msgspec.structs.replace(before, **frame, fields={**before.fields, **said})
    found = compare([(one, document(changed, one.statements[1]))], SCHEME)
    assert [(each.field, each.one, each.other) for each in found.differences] == [(field, "s1", "s1")]
    lowered = {key for key, tally in found.tallies.items() if tally.share != 1}
    is_name = found.tallies[field].kappa is not None
    assert lowered - {"content overlap"} == {field, *([WHOLE] if is_name else [])}
    assert found.tallies[field].share == 0.5


def test_a_missed_statement_lowers_only_what_was_found() -> None:
    one = document(statement("s1", (0, 30)), statement("s2", (40, 60)))
    found = compare([(one, document(one.statements[1]))], SCHEME)
    assert [(each.field, each.one, each.other) for each in found.differences] == [(FOUND, "s1", None)]
    assert found.tallies[FOUND].share == pytest.approx(2 / 3)
    assert {key for key, tally in found.tallies.items() if tally.share != 1} == {FOUND}


def test_a_repetition_that_only_one_reading_has_is_a_difference_and_not_counted() -> None:
    one = document(statement("s1", (0, 30)), statement("s2", (40, 60), same_as="s1"))
    found = compare([(one, document(one.statements[0]))], SCHEME)
    assert [each.field for each in found.differences] == [FOUND]
    assert found.tallies[FOUND].share == 1


def test_a_condition_with_another_role_a_missing_one_and_other_groups_are_told_apart() -> None:
    first = (condition(0, 5, alternative=1), condition(10, 15, alternative=1))
    one = document(statement("s1", (0, 30), conditions=first))
    role = document(statement("x", (0, 30), conditions=(condition(0, 5, alternative=1, role="only_if"), first[1])))
    missing = document(statement("x", (0, 30), conditions=first[:1]))
    groups = document(statement("x", (0, 30), conditions=(first[0], condition(10, 15, alternative=2))))
    assert [each.field for each in compare([(one, role)], SCHEME).differences] == ["role", "groups"]
    assert [each.field for each in compare([(one, missing)], SCHEME).differences] == ["condition"]
    assert [each.field for each in compare([(one, groups)], SCHEME).differences] == ["groups"]


def test_readings_of_two_texts_are_not_compared() -> None:
    with pytest.raises(ValueError, match="not readings of one text"):
        compare([(document(), document(text_sha256="1" * 64))], SCHEME)


def apart(*said: dict[str, Any], **fields: Any) -> Document:
    """Return a reading with one statement for each of these, far enough apart."""
    return document(*(statement(f"s{n}", (40 * n, 40 * n + 20), **each) for n, each in enumerate(said)), **fields)


def test_kappa_is_what_remains_of_the_share_without_chance() -> None:
    """Plain, plain, hedged, hedged against plain, hedged, hedged, hedged: three of four agree. By chance
    1/2 * 1/4 + 1/2 * 3/4 = 1/2 of them would; so kappa is (3/4 - 1/2) / (1 - 1/2).
    """
    forces = ["plain", "plain", "hedged", "hedged"], ["plain", "hedged", "hedged", "hedged"]
    one, other = (apart(*({"force": each} for each in reading)) for reading in forces)
    found = compare([(one, other)], SCHEME)
    force = found.tallies["force"]
    assert (force.share, force.expected, force.kappa) == (0.75, 0.5, 0.5)
    assert found.tallies[WHOLE].share == 0.75
    assert (found.tallies["stance"].expected, found.tallies["stance"].kappa) == (1, None)  # one value: nothing to say


def test_sets_are_compared_as_wholes_and_in_any_order() -> None:
    """AB, AB, A, A against BA, AB, A, AB. By chance 1/2 * 3/4 + 1/2 * 1/4 = 1/2 agree; kappa is (3/4 - 1/2) / (1/2)."""
    parties = ["ab", "ab", "a", "a"], ["ba", "ab", "a", "ab"]
    one, other = (
        apart(*({"target": Target(id="talks", fields={"parties": tuple(each)})} for each in reading))
        for reading in parties
    )
    tally = compare([(one, other)], SCHEME).tallies["parties"]
    assert (tally.share, tally.expected, tally.kappa) == (0.75, 0.5, 0.5)


def test_agreement_below_chance_is_negative_and_places_of_words_have_no_kappa() -> None:
    one, other = apart({"force": "hedged"}, {}), apart({}, {"force": "hedged"})
    found = compare([(one, other)], SCHEME).tallies
    assert (found["force"].share, found["force"].kappa) == (0, -1)
    places = {"content", "speaker mention", "target mention", "cue", "reason", "content overlap"}
    assert all(found[name].kappa is None and not found[name].said for name in {*places, "same as", FOUND, WHOLE})


def test_flags_are_counted_for_each_reading_and_never_a_difference() -> None:
    one = apart({"uncertain": True}, {"uncertain": True, "same_as": "s0"}, {})
    other = apart({}, {"uncertain": True})
    found = compare([(one, other)], SCHEME)
    assert found.flags == {"uncertain": Flagged(2, 3, 1, 2)}
    assert all(each.field != "uncertain" for each in found.differences)


def test_a_field_that_waits_for_an_answer_is_not_compared() -> None:
    waits = Pending(statement="a", level="target", field="scope_type", question="Which kind?", step=1)
    of_condition = Pending(statement="a", condition="c", level="condition", field="kind", question="Which?", step=2)
    one = statement("a", (0, 40), conditions=(condition(5, 10),))
    whole, open_ = document(one), document(one, pending=(waits, of_condition))
    for pair in ((open_, whole), (whole, open_), (open_, open_)):
        found = compare([pair], SCHEME)
        assert not {"scope type", "kind"} & found.tallies.keys()
        assert found.tallies["scope"].compared == found.tallies["role"].compared == 1
        assert found.differences == []
    assert {"scope type", "kind"} <= compare([(whole, whole)], SCHEME).tallies.keys()


def test_comparisons_add_up() -> None:
    one, other = apart({"force": "hedged"}, {}), apart({"force": "hedged", "uncertain": True}, {"force": "hedged"})
    whole = compare([(one, other), (other, one)], SCHEME)
    parts = Comparison()
    for pair in ((one, other), (other, one)):
        parts.merge(compare([pair], SCHEME))
    assert parts == whole
    assert whole.tallies["force"].compared == 4


def test_nothing_compared_is_no_number() -> None:
    assert (Tally().share, Tally().expected, Tally().kappa) == (None, None, None)
