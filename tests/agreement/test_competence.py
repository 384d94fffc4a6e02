"""How good annotators are is estimated without gold: what was planted is found again, and what is not known is said."""

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace
from numpy.typing import NDArray

from stancebank.agreement.competence import Estimate, dawid_skene, mace, measure_competence, numbered, why_not
from stancebank.agreement.people import People, Person, measure_people, sign_test
from stancebank.model import ArticleReadings, Document, Statement
from stancebank.starter.laying import lay, sample_files
from stancebank.workspace import Workspace, open_workspace

ACCURACIES = np.array((0.95, 0.85, 0.75, 0.62, 0.5))


def plant(seed: int, values: int, units: int = 200, answered: int = 5) -> NDArray[Any]:
    """Return answers of five annotators who err evenly. answered: how many of them answer a unit."""
    random = np.random.default_rng(seed)
    truth = random.choice(values, size=units, p=random.dirichlet(np.full(values, 4.0)))
    answers = np.empty((units, len(ACCURACIES)), dtype=int)
    for place, accuracy in enumerate(ACCURACIES):
        wrong = (truth + random.integers(1, values, size=units)) % values
        answers[:, place] = np.where(random.random(units) < accuracy, truth, wrong)
    for row in answers:
        row[random.permutation(len(ACCURACIES))[answered:]] = -1
    return answers


def rank_correlation(one: NDArray[Any], other: NDArray[Any]) -> float:
    return float(np.corrcoef(np.argsort(np.argsort(one)), np.argsort(np.argsort(other)))[0, 1])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fit", "of_luck", "answered"), [(dawid_skene, False, 5), (mace, True, 5), (dawid_skene, False, 3)]
)
def test_planted_competences_are_found_again(
    fit: Callable[[NDArray[Any], int], Estimate], of_luck: bool, answered: int
) -> None:
    ranks, errors = [], []
    for seed in range(20):
        values = 4 + seed % 3
        planted = (ACCURACIES - 1 / values) / (1 - 1 / values) if of_luck else ACCURACIES  # who spams is right by luck
        found = fit(plant(seed, values, answered=answered), values).competence
        ranks.append(rank_correlation(found, planted))
        errors.append(np.abs(found - planted).mean())
    assert np.mean(ranks) >= 0.9
    assert np.mean(errors) <= 0.05


CROWD_KIT = {
    "dawid-skene": [0.9431, 0.8671, 0.7444, 0.5778, 0.5569],
    "mace": [0.9311, 0.8277, 0.6827, 0.4723, 0.4551],
}
"""What crowd-kit 1.4.2 makes of `plant(7, 5)`, run to the end: its shares of right answers, and of not spamming."""


@pytest.mark.parametrize(("name", "fit", "apart"), [("dawid-skene", dawid_skene, 0.003), ("mace", mace, 0.01)])
def test_crowd_kit_says_the_same(name: str, fit: Callable[[NDArray[Any], int], Estimate], apart: float) -> None:
    assert fit(plant(7, 5), 5).competence == pytest.approx(CROWD_KIT[name], abs=apart)


def test_an_estimate_is_of_distributions_and_depends_on_no_order() -> None:
    answers = plant(3, 4, answered=3)
    for fit in (dawid_skene, mace):
        found = fit(answers, 4)
        for each in (found.confusion, found.prior, found.posterior, found.apart):
            assert each.sum(axis=-1) == pytest.approx(np.ones(each.shape[:-1]))
        again = fit(answers[::-1], 4)
        assert np.array_equal(again.competence, found.competence)
        assert again.posterior[::-1] == pytest.approx(found.posterior)


def test_a_table_of_confusions_tells_which_value_is_taken_for_which() -> None:
    truth = np.arange(300) % 3
    answers = np.stack([truth, truth, truth, np.where(truth == 2, 1, truth)], axis=1)
    found = dawid_skene(answers, 3)
    assert found.confusion[3] == pytest.approx(np.array([[1, 0, 0], [0, 1, 0], [0, 1, 0]]), abs=0.001)
    assert found.competence == pytest.approx([1, 1, 1, 2 / 3], abs=0.001)
    assert found.posterior.argmax(axis=1).tolist() == truth.tolist()
    assert found.apart[3].argmax(axis=1).tolist() == truth.tolist()


@pytest.mark.slow
def test_an_interval_holds_what_was_planted_and_is_narrower_with_more_articles() -> None:
    widths, held = [], 0
    for units in (120, 1200):
        figures, _ = measure_competence(plant(5, 4, units), 4, np.arange(units) // 10, "dawid-skene")
        for figure, planted in zip(figures, ACCURACIES, strict=True):
            assert figure.low is not None
            assert figure.high is not None
            assert figure.value is not None
            assert figure.low <= figure.value <= figure.high
            held += figure.low <= planted <= figure.high
            widths.append(figure.high - figure.low)
    assert held >= 8
    assert np.mean(widths[5:]) < np.mean(widths[:5]) / 2


def test_nothing_is_said_where_it_would_be_a_guess() -> None:
    two = plant(1, 4)[:, :2]
    figures, estimate = measure_competence(two, 4, np.arange(200), "dawid-skene")
    assert [(each.value, each.reason) for each in figures] == [(None, "it takes 3 annotators, and there are 2")] * 2
    assert estimate is None
    few = plant(1, 4, units=19)
    assert set(why_not(few)) == {"it takes 20 units shared with each of two others, and by these two, not 19"}
    star = np.full((90, 4), -1)  # the first shares units with all others, who share none with one another
    for other in (1, 2, 3):
        star[30 * other - 30 : 30 * other, [0, other]] = 0
    assert all(each.endswith("not 0") for each in why_not(star))
    star[:20, 2] = 1
    assert why_not(star)[:3] == ["", "", ""]
    assert why_not(star)[3]


def test_answers_are_numbered() -> None:
    assert numbered([["b", None], ["a", "b"]], ["a", "b"]).tolist() == [[1, -1], [0, 1]]


def test_a_sign_test_is_exact() -> None:
    assert sign_test(8, 0) == pytest.approx(2 / 256)
    assert sign_test(0, 8) == pytest.approx(2 / 256)
    assert sign_test(3, 3) == 1
    assert sign_test(0, 0) == 1
    assert sign_test(9, 1) == pytest.approx(2 * 11 / 1024)
    assert sign_test(540, 461) == pytest.approx(sign_test(540, 460), rel=0.12)  # from 1,000 cases on, the normal one
    assert sign_test(50_000, 50_000) == 1


# Whole readings: those of the sample's gold, changed


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("sample")
    lay(sample_files(), root)
    return open_workspace(root)


Change = Callable[[Statement, int], Statement | None]
"""What an annotator makes of a statement of gold; the place of the article is given, too."""


def read(sample: Workspace, changes: dict[str, Change]) -> list[ArticleReadings]:
    """Return readings of all articles, each a day after the one before."""
    found = []
    for place, gold in enumerate(sample.store.documents(None)):
        documents = tuple(
            replace(
                gold,
                annotator=name,
                gold=None,
                created_at=f"2031-07-{place + 1:02}T10:00:00Z",
                statements=tuple(made for each in gold.statements if (made := change(each, place)) is not None),
            )
            for name, change in sorted(changes.items())
        )
        found.append(ArticleReadings(gold.article_id, documents))
    return found


def slips(seed: int, share: float, labels: Sequence[str]) -> Change:
    """Return an annotator who gets a share of the labels wrong, evenly."""
    random = Random(seed)

    def change(statement: Statement, _: int) -> Statement:
        label = random.choice(labels) if random.random() < share else statement.fields["stance"]
        return replace(statement, fields={**statement.fields, "stance": label})

    return change


def person(people: People, name: str) -> Person:
    return next(each for each in people.people if each.annotator == name)


def stances(sample: Workspace) -> list[str]:
    return list(sample.scheme.values(sample.scheme.label))


@pytest.mark.slow
def test_a_label_that_is_given_too_often_is_named_with_figures(sample: Workspace) -> None:
    labels = stances(sample)

    def rejects(statement: Statement, _: int) -> Statement:
        known = statement.fields["stance"]
        return replace(statement, fields={**statement.fields, "stance": "reject" if known == "deny" else known})

    changes = {"ann-1": slips(1, 0.05, labels), "ann-2": slips(2, 0.05, labels), "ann-3": rejects}
    people = measure_people(read(sample, changes), sample.scheme, lambda _: None)
    sure = {name: {use.value: use for use in person(people, name).abilities[0].uses if use.is_sure} for name in changes}
    assert (set(sure["ann-1"]), set(sure["ann-2"])) == (set(), set())
    assert set(sure["ann-3"]) == {"reject", "deny"}
    gold = [
        each.fields["stance"] for doc in sample.store.documents(None) for each in doc.statements if not each.same_as
    ]
    reject, deny = sure["ann-3"]["reject"], sure["ann-3"]["deny"]
    assert reject.given == gold.count("reject") + gold.count("deny")
    assert reject.expected == pytest.approx(gold.count("reject"), abs=3)
    assert (deny.given, deny.more) == (0, 0)
    assert deny.expected == pytest.approx(gold.count("deny"), abs=3)
    table = person(people, "ann-3").abilities[0].confusion
    assert table["deny"]["reject"] > 0.9


@pytest.mark.slow
def test_who_gets_worse_is_told_from_who_does_not(sample: Workspace) -> None:
    labels = stances(sample)
    rested, tired = slips(3, 0.02, labels), slips(4, 0.7, labels)
    changes: dict[str, Change] = {
        "ann-1": slips(1, 0.1, labels),
        "ann-2": slips(2, 0.1, labels),
        "ann-3": lambda each, place: (rested if place < 8 else tired)(each, place),
    }
    readings = read(sample, changes)
    people = measure_people(readings, sample.scheme, lambda _: None)
    assert [person(people, name).trend.is_sure for name in sorted(changes)] == [False, False, True]
    thirds = person(people, "ann-3").trend.thirds
    assert thirds[0] > 0.9 > 0.8 > thirds[2]
    at_once = [
        replace_times(each, lambda document: replace(document, created_at="2031-07-01T10:00:00Z")) for each in readings
    ]
    trend = person(measure_people(at_once, sample.scheme, lambda _: None), "ann-3").trend
    assert (trend.thirds, trend.chance.reason) == ((), "all readings are of one time")
    few = person(measure_people(readings[:8], sample.scheme, lambda _: None), "ann-3").trend
    assert few.chance.reason == "it takes 9 articles, and there are 8"


def replace_times(readings: ArticleReadings, change: Callable[[Document], Document]) -> ArticleReadings:
    return ArticleReadings(readings.article_id, tuple(map(change, readings.documents)))


@pytest.mark.slow
def test_who_misses_statements_is_told_by_those_that_two_others_have(sample: Workspace) -> None:
    random = Random(5)
    changes: dict[str, Change] = {
        "ann-1": lambda each, _: each,
        "ann-2": lambda each, _: each if random.random() < 0.9 else None,
        "ann-3": lambda each, _: each if random.random() < 0.6 else None,
    }
    readings = read(sample, changes)
    people = measure_people(readings, sample.scheme, lambda _: None)
    one, two, three = (person(people, name) for name in sorted(changes))
    assert one.found.value == 1
    assert two.found.value == pytest.approx(0.9, abs=0.06)
    assert three.found.value == pytest.approx(0.6, abs=0.08)
    ids = [[{one.id for one in doc.statements if not one.same_as} for doc in each.documents] for each in readings]
    alone = sum(len(all_of - some - others) for all_of, some, others in ids)
    assert one.alone.value == alone / sum(len(all_of) for all_of, *_ in ids)
    assert (two.alone.value, three.alone.value) == (0, 0)
    pair = measure_people(read(sample, dict(list(changes.items())[:2])), sample.scheme, lambda _: None)
    assert person(pair, "ann-2").found.reason == "it takes 20 statements that two others have, not 0"
    single = measure_people(read(sample, dict(list(changes.items())[:1])), sample.scheme, lambda _: None)
    assert (single.articles, single.units, person(single, "ann-1").articles) == (0, 0, 15)
    assert person(single, "ann-1").alone.reason == "nobody else has read what they read"


def test_gold_is_compared_where_it_is_not_their_own_and_controls_apart(sample: Workspace) -> None:
    labels = stances(sample)
    gold = {each.article_id: each for each in sample.store.documents(None)}
    names = sorted(gold)
    for name in names[:5]:
        gold[name] = replace(gold[name], updated_at="2031-06-01T00:00:00Z")
    for name in names[5:]:
        gold[name] = replace(gold[name], updated_at="2031-09-01T00:00:00Z")
    gold[names[14]] = replace(gold[names[14]], annotator="ann-1")
    del gold[names[13]]
    changes: dict[str, Change] = {"ann-1": lambda each, _: each, "ann-2": slips(2, 0.3, labels)}
    people = measure_people(read(sample, changes), sample.scheme, gold.get)
    one, two = (person(people, name) for name in sorted(changes))
    assert (one.articles, one.gold.articles, one.gold.controls) == (15, 13, 5)
    assert (one.gold.found.value, one.gold.label.value, one.gold.control_label.value) == (1, 1, 1)
    assert (two.gold.articles, two.gold.controls, two.gold.found.value) == (14, 5, 1)
    assert two.gold.label.value == pytest.approx(0.7 + 0.3 / len(labels), abs=0.1)
    assert one.abilities[0].dawid_skene.reason == "it takes 3 annotators, and there are 2"
    assert (one.abilities[0].uses, one.trend.chance.reason) == ((), "nothing says which answers are right")


@pytest.mark.parametrize("folder", ["other_domain", "minimal"])
def test_other_schemes_are_measured_as_well(folder: str) -> None:
    workspace = open_workspace(Path(__file__).parent.parent / folder)
    changes: dict[str, Change] = {f"ann-{number}": lambda each, _: each for number in range(3)}
    people = measure_people(read(workspace, changes), workspace.scheme, workspace.store.gold)
    assert len(people.people) == 3
    questions = [each.question for each in people.people[0].abilities]
    assert questions[0] == workspace.scheme.label.title
    for each in people.people:
        assert each.gold.label.value == 1
        assert {one.dawid_skene.value for one in each.abilities} == {None}
        assert all(one.dawid_skene.reason and one.mace.reason for one in each.abilities)
