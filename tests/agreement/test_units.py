"""Several readings of one text: which of their statements are one, all of them aligned together."""

import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import permutations
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.agreement.test_align import SCHEME, alike, key_of, statement, weight_of
from tests.agreement.test_align import readings as random_readings
from tests.conftest import REPO, examples
from tests.strategies import readings as documents

from stancebank.agreement import partition, units
from stancebank.agreement.align import align
from stancebank.agreement.partition import Block, divide, is_solver_there
from stancebank.agreement.units import AlignedReadings, align_readings
from stancebank.corpus.store import Store
from stancebank.model import Mention, Statement, Target
from stancebank.schema.fields import load_scheme

SAMPLE = REPO / "src/stancebank/starter/sample"
SCHEMES = {
    "own": SCHEME,
    "minimal": load_scheme(REPO / "tests/minimal/schema/v1"),
    "other_domain": load_scheme(REPO / "tests/other_domain/schema/v1"),
}
Reading = Sequence[Statement]


def said(reading: str) -> list[Statement]:
    """Return the statements of such as ``a0-20 b0-10.15-20``: a name, and where its content begins and ends."""
    found = []
    for each in reading.split():
        bounds = [tuple(map(int, stretch.split("-"))) for stretch in each[1:].split(".")]
        found.append(statement(each[0], *((begin, end) for begin, end in bounds)))
    return found


def named(aligned: AlignedReadings, readings: Sequence[Reading]) -> list[str]:
    """Return the ids of each unit in one word, with a dash where a reading has none."""
    return ["".join(each.id if each else "-" for each in unit.statements(readings)) for unit in aligned.units]


def units_of(*readings: str) -> list[str]:
    read = [said(each) for each in readings]
    aligned = align_readings(read, SCHEME)
    assert aligned.approximate == 0
    return named(aligned, read)


@pytest.mark.slow
@pytest.mark.parametrize("name", SCHEMES)
def test_two_readings_give_the_pairs_of_align_and_an_empty_third_changes_nothing(name: str) -> None:
    """The third makes sure that the division into units, which two readings do not need, has the same pairs."""
    scheme = SCHEMES[name]

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(documents(scheme), st.randoms(use_true_random=False))
    def run(read: tuple[Any, str, Any], random: Random) -> None:
        one = read[2].statements
        other = [each for each in one if random.random() < 0.8] + [each for each in one if random.random() < 0.2]
        random.shuffle(other)
        pairs = {tuple(pair) for pair in align(one, other, scheme)}
        assert {each.places for each in align_readings([one, other], scheme).units} == pairs
        for empty in range(3):
            three = [one, other]
            three.insert(empty, ())
            found = {each.places for each in align_readings(three, scheme).units}
            assert {(*places[:empty], *places[empty + 1 :]) for places in found} == pairs

    run()


@settings(max_examples=examples(50))
@given(alike(6), alike(6))
def test_the_rule_for_ties_is_that_of_align(one: list[Statement], other: list[Statement]) -> None:
    found = align_readings([one, other, []], SCHEME)
    assert {each.places[:2] for each in found.units} == set(align(one, other, SCHEME))


def test_no_reading_and_one_reading_have_their_statements_each_by_itself() -> None:
    assert align_readings([], SCHEME) == AlignedReadings(())
    assert align_readings([[], [], []], SCHEME) == AlignedReadings(())
    assert units_of("b30-40 a0-20") == ["a", "b"]


def test_what_all_found_is_one_unit_and_what_one_missed_has_a_gap() -> None:
    assert units_of("a0-20 b30-50", "c1-20 d30-49", "e0-18") == ["ace", "bd-"]
    assert units_of("a0-20", "", "b60-70 c0-20") == ["a-c", "--b"]


def test_a_statement_that_one_reader_split_keeps_the_part_that_covers_more() -> None:
    assert units_of("a0-40", "b0-40", "c0-25 d26-40") == ["abc", "--d"]
    assert units_of("a0-40", "c0-10 d11-40", "e0-10 f11-40") == ["-ce", "adf"]


def test_nested_contents_find_their_own() -> None:
    assert units_of("o0-40 i10-30", "p0-40 j10-30", "q0-40 k10-30") == ["opq", "ijk"]
    # a clause, and the sentence around it: one reader has both, the others one each
    assert units_of("o0-40 i20-40", "p0-40", "k20-40") == ["op-", "i-k"]
    assert units_of("o0-40 i20-40", "p0-40 j20-40", "k20-40") == ["op-", "ijk"]
    assert units_of("o0-40", "p0-40", "k20-40") == ["opk"]
    assert units_of("o0-40 i20-40", "p0-40", "k20-40", "q0-40") == ["op-q", "i-k-"]


def test_a_third_reader_counts_once_not_once_for_each_of_the_others() -> None:
    """Were the fits of all pairs added, the clause k would join the two sentences: 1.85 + 2 x 1.52 is more than 3.7."""
    o, p, i, k = said("o0-40 p0-40 i20-40 k20-40")
    assert weight_of(o, p) + 2 * weight_of(k, o) > weight_of(o, p) + weight_of(i, k)
    assert named(align_readings([[o, i], [p], [k]], SCHEME), [[o, i], [p], [k]]) == ["op-", "i-k"]


def test_content_in_pieces_is_compared_by_all_its_pieces() -> None:
    assert units_of("a0-10.20-30", "b0-10.20-30 c11-19", "d0-10.20-30") == ["abd", "-c-"]
    assert units_of("a0-10.40-50", "b12-38", "c0-10.40-50") == ["a-c", "-b-"]


def test_a_chain_does_not_join_two_statements_that_have_no_words_in_common() -> None:
    assert units_of("a0-20", "b0-40", "c21-40") == ["ab-", "--c"]
    assert units_of("a0-20", "b0-40", "c19-40") == ["a--", "-bc"]  # b has more in common with c
    assert units_of("a0-20", "b0-40", "c21-40", "d0-40") == ["ab-d", "--c-"]


def test_labels_tell_statements_with_one_content_apart() -> None:
    first = {"speaker": Mention(entity="envoy"), "target": Target(id="talks")}
    second = {"speaker": Mention(entity="envoy"), "target": Target(id="meet"), "stance": "open"}
    read = [
        [statement("a", (0, 20), **first), statement("b", (0, 20), **second)],
        [statement("c", (0, 19), **second), statement("d", (1, 20), **first)],
        [statement("e", (0, 20), **second), statement("f", (0, 12), **first)],
    ]
    assert sorted(named(align_readings(read, SCHEME), read)) == ["adf", "bce"]


def test_the_best_units_are_not_those_that_fit_best_by_themselves() -> None:
    """Of what c may be one with, a fits it best; but then d is left alone, and b and f without a third."""
    read = [said("a0-20 b12-22"), said("c2-20 d0-12"), said("e0-20 f12-21")]
    ((a, b), (c, d), _) = read
    assert weight_of(a, c) > max(weight_of(a, d), weight_of(b, c))
    assert named(align_readings(read, SCHEME), read) == ["ade", "bcf"]


def whole(readings: Sequence[Reading]) -> Iterator[list[tuple[int | None, ...]]]:
    """Yield every alignment, as units of places: each statement joins a unit that has none of its reading, or none."""

    def grown(rest: list[tuple[int, int]], made: list[dict[int, int]]) -> Iterator[list[dict[int, int]]]:
        if not rest:
            yield [dict(each) for each in made]
            return
        (reading, place), *others = rest
        mine = readings[reading][place]
        for unit in made:
            if reading not in unit and all(weight_of(mine, readings[r][p]) for r, p in unit.items()):
                unit[reading] = place
                yield from grown(others, made)
                del unit[reading]
        made.append({reading: place})
        yield from grown(others, made)
        made.pop()

    items = [(reading, place) for reading, each in enumerate(readings) for place in range(len(each))]
    for made in grown(items, []):
        yield [tuple(unit.get(reading) for reading in range(len(readings))) for unit in made]


def worth(alignment: Sequence[tuple[int | None, ...]], readings: Sequence[Reading]) -> int:
    total = 0
    for places in alignment:
        held = [reading[place] for reading, place in zip(readings, places, strict=True) if place is not None]
        total += max(sum(weight_of(one, other) for other in held if other is not one) for one in held)
    return total


def by_rule(alignment: Sequence[tuple[int | None, ...]], readings: Sequence[Reading]) -> list[tuple[Any, ...]]:
    """Return what the rule compares: the units by their turns, and in each what the readings say, nothing last."""
    said_of = [
        tuple(
            (place is None, () if place is None else key_of(reading[place]))
            for reading, place in zip(readings, each, strict=True)
        )
        for each in alignment
    ]
    return sorted(said_of)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(*[st.one_of(alike(3), random_readings().map(lambda each: each[:3]))] * 3)
def test_of_the_best_alignments_it_is_the_one_that_the_rule_names(
    one: list[Statement], two: list[Statement], three: list[Statement]
) -> None:
    read = [one, two, three]
    valued = [(worth(each, read), each) for each in whole(read)]
    most = max(total for total, _ in valued)
    found = align_readings(read, SCHEME)
    assert found.approximate == 0
    expected = min(by_rule(each, read) for total, each in valued if total == most)
    assert by_rule([each.places for each in found.units], read) == expected


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.lists(alike(2), min_size=4, max_size=4))
def test_four_readings_are_aligned_in_the_best_way_too(read: list[list[Statement]]) -> None:
    valued = [(worth(each, read), each) for each in whole(read)]
    most = max(total for total, _ in valued)
    expected = min(by_rule(each, read) for total, each in valued if total == most)
    assert by_rule([each.places for each in align_readings(read, SCHEME).units], read) == expected


def crowded(seed: int, size: int = 7) -> list[list[Statement]]:
    """Three readings with many statements at one place, some of which fit others equally well."""
    random = Random(seed)
    found = []
    for _ in range(3):
        bounds = [(random.randrange(0, 30), random.randrange(34, 60)) for _ in range(size)]
        stances = random.choices(["reject", "open", "deny"], k=size)
        targets = random.choices(["talks", "meet"], k=size)
        found.append(
            [
                statement(f"s{number}", each, stance=stance, target=Target(id=target))
                for number, (each, stance, target) in enumerate(zip(bounds, stances, targets, strict=True))
            ]
        )
    return found


def keys(aligned: AlignedReadings, readings: Sequence[Reading]) -> list[tuple[Any, ...]]:
    return by_rule([each.places for each in aligned.units], readings)


@pytest.mark.slow
def test_search_and_solver_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [crowded(seed, size) for size, count in ((3, 4), (4, 4), (5, 1)) for seed in range(count)]
    monkeypatch.setattr(partition, "STEPS", 10_000_000)
    searched = [align_readings(each, SCHEME) for each in many]
    monkeypatch.setattr(partition, "STEPS", 0)
    monkeypatch.setattr(partition, "_affordable", lambda blocks: blocks)
    assert [align_readings(each, SCHEME) for each in many] == searched
    assert all(each.approximate == 0 for each in searched)


@pytest.mark.slow
def test_equal_statements_take_their_turns_with_the_solver_too(monkeypatch: pytest.MonkeyPatch) -> None:
    read = [[statement(f"{name}{n}", (0, 20)) for n in range(4)] for name in "abc"]
    monkeypatch.setattr(partition, "STEPS", 0)
    assert [each.places for each in align_readings(read, SCHEME).units] == [(n, n, n) for n in range(4)]


def test_neither_ids_nor_the_order_of_statements_matter() -> None:
    random = Random(7)
    for seed in range(12):
        read = crowded(seed, 4)
        expected = keys(align_readings(read, SCHEME), read)
        for each in read:
            names = [f"t{random.random()}" for _ in each]
            each[:] = [msgspec.structs.replace(one, id=name) for one, name in zip(each, names, strict=True)]
            random.shuffle(each)
        assert keys(align_readings(read, SCHEME), read) == expected


def test_the_order_of_the_readings_matters_among_equally_good_alignments_only() -> None:
    for seed in range(6):
        read = crowded(seed, 3)
        values = set()
        for order in permutations(read):
            values.add(worth([each.places for each in align_readings(order, SCHEME).units], order))
        assert len(values) == 1


def test_groups_above_the_size_are_divided_by_the_heuristic_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = best = 0
    for seed in range(12):
        near, far = crowded(seed, 4), [statement("z", (200, 220))]
        read = [[*each, *far] for each in near]
        optimum = align_readings(read, SCHEME)
        with monkeypatch.context() as patch:
            patch.setattr(units, "POSSIBLE", 50)
            found = align_readings(read, SCHEME)
        assert (optimum.approximate, found.approximate) == (0, 1)
        assert sorted(place for each in found.units for place in each.places[:1] if place is not None) == [
            0,
            1,
            2,
            3,
            4,
        ]
        assert found.units[-1].places == (4, 4, 4)
        for unit in found.units:
            held = [each for each in unit.statements(read) if each]
            assert all(weight_of(one, other) for one in held for other in held)
        value, most = (worth([each.places for each in which.units], read) for which in (found, optimum))
        assert 0.97 * most <= value <= most
        exact, best = exact + (value == most), best + 1
    assert exact >= 9 * best / 12


@pytest.mark.slow
def test_many_statements_at_one_place_go_to_the_heuristic(monkeypatch: pytest.MonkeyPatch) -> None:
    read = crowded(1, 24)
    monkeypatch.setattr(partition, "_solve", None)  # which would not end soon
    found = align_readings(read, SCHEME)
    assert found.approximate == 1
    assert len(found.units) == 24
    assert found.units == align_readings(read, SCHEME).units


@pytest.mark.slow
def test_without_scipy_small_groups_are_exact_and_others_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    small, large = crowded(3, 4), crowded(3, 9)
    expected, optimum = align_readings(small, SCHEME), align_readings(large, SCHEME)
    assert is_solver_there()
    assert optimum.approximate == 0
    for name in ("scipy", "scipy.optimize", "scipy.sparse"):
        monkeypatch.setitem(sys.modules, name, None)
    assert not is_solver_there()
    assert units_of("o0-40 i20-40", "p0-40", "k20-40") == ["op-", "i-k"]
    assert align_readings(small, SCHEME) == expected
    monkeypatch.setattr(partition, "STEPS", 500)
    found = align_readings(large, SCHEME)
    assert found.approximate == 1
    value, most = (worth([each.places for each in which.units], large) for which in (found, optimum))
    assert 0.97 * most <= value <= most


def test_a_division_that_takes_too_many_runs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = [Block((one, other), 1) for one in range(6) for other in range(6, 12)]
    blocks += [Block((item,), 0) for item in range(12)]
    assert divide(blocks) == [Block((n, n + 6), 1) for n in range(6)]
    monkeypatch.setattr(partition, "STEPS", 0)
    assert divide(blocks) == [Block((n, n + 6), 1) for n in range(6)]
    monkeypatch.setattr(partition, "RUNS", 2)
    assert divide(blocks) is None


def test_a_division_whose_relaxation_is_no_whole_one_is_found_by_branching(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three items of which any two may be together: half of each pair is worth 3, and no division more than 2."""
    blocks = [Block((0, 1), 2), Block((0, 2), 2), Block((1, 2), 2), *(Block((item,), 0) for item in range(3))]
    monkeypatch.setattr(partition, "STEPS", 0)
    assert divide(blocks) == [Block((0, 1), 2), Block((2,), 0)]


def test_every_statement_of_the_sample_that_was_planted_stays_together() -> None:
    """Each reading of the sample is made of gold: what `align` finds to be one statement of gold is one unit."""
    store = Store(SAMPLE, SCHEME.version)
    articles = together = 0
    for each in store.readings():
        gold = store.document(store.document_name(each.article_id, None)).statements
        read = [document.statements for document in each.documents]
        aligned = align_readings(read, SCHEME)
        assert aligned.approximate == 0
        planted: defaultdict[int, list[int | None]] = defaultdict(lambda: [None, None, None])
        for number, reading in enumerate(read):
            for pair in align(gold, reading, SCHEME):
                if pair.one is not None and pair.other is not None:
                    planted[pair.one][number] = pair.other
        assert {tuple(places) for places in planted.values()} <= {unit.places for unit in aligned.units}
        articles, together = articles + 1, together + sum(None not in places for places in planted.values())
    assert articles == 15
    assert together > 100


@pytest.mark.parametrize("place", ["tests/minimal", "tests/other_domain"])
def test_readings_of_other_schemes_are_aligned(place: str) -> None:
    root = Path(REPO, place)
    scheme = load_scheme(root / "schema/v1")
    for document in Store(root, scheme.version).documents(None):
        read = [document.statements, document.statements[1:], document.statements[::-1]]
        count = len(document.statements)
        assert {each.places for each in align_readings(read, scheme).units} == {
            (n, n - 1 if n else None, count - 1 - n) for n in range(count)
        }
