"""How far suggestions pull people: figures by hand, and planted pulls that are found again."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec
import pytest
from tests.agreement.bending import draw_suggested
from tests.agreement.readers import SCHEME, Errors, read_articles
from tests.conftest import SWEEP

from stancebank.agreement.figures import Figure
from stancebank.agreement.influence import SuggestedReading, measure_influence
from stancebank.model import Statement

FRAME = "speaker + target + stance"


def values(figures: Sequence[Figure | None]) -> list[float | None]:
    return [None if each is None or each.value is None else round(each.value, 4) for each in figures]


def relabelled(statement: Statement) -> Statement:
    other = "deny" if statement.fields["stance"] != "deny" else "offer"
    return msgspec.structs.replace(statement, fields={**statement.fields, "stance": other})


def by_hand() -> list[SuggestedReading]:
    """Twelve readings of one annotator with four statements each; every second one is blind.

    The engine lacks one of the four, and has another stance in a second. Who sees it takes one suggestion away in every
    second article, and nothing else differs from their own reading.
    """
    found = []
    never = Errors(label=0, name=0, bounds=0, missed=0)
    for number, readings in enumerate(read_articles(12, 1, statements=4, errors=never)):
        (document,) = readings.documents
        first, second, third, last = document.statements
        suggested = (first, relabelled(second), third)
        reading = SuggestedReading(document, is_shown=False, suggested=suggested, seconds=50.0)
        if number % 2 == 0:
            takes_away = number % 4 == 0
            kept = (first, second, *(() if takes_away else (third,)), last)
            reading = SuggestedReading(
                msgspec.structs.replace(document, statements=kept),
                is_shown=True,
                suggested=suggested,
                fates=((), ("stance", "force"), None if takes_away else ()),
                seconds=40.0,
            )
        found.append(reading)
    return found


def test_what_became_of_suggestions_is_counted() -> None:
    found = measure_influence(by_hand(), SCHEME, samples=100)
    assert (found.seen, found.unseen, found.seen_articles, found.unseen_articles, found.suggested) == (6, 6, 6, 6, 18)
    assert [(each.name, each.count) for each in found.fates] == [
        ("accepted unchanged", 9),
        ("edited", 6),
        ("taken away", 3),
        ("added by people", 6),
    ]
    assert values([each.share for each in found.fates]) == [0.5, 0.3333, 0.1667, 0.2857]  # 6 of 21 statements
    assert found.fates[2].share.low is not None
    assert [(each.name, each.count) for each in found.changed] == [("force", 6), ("stance", 6)]


def test_agreement_with_suggestions_is_that_of_those_who_saw_them_less_that_of_those_who_did_not() -> None:
    """Seen: three times 2 of 3 and 3, three times 3 of 4 and 3 statements are one; unseen six times 3 of 4 and 3."""
    statement, frame, whole = measure_influence(by_hand(), SCHEME, samples=100).with_suggestions
    assert (statement.name, frame.name, whole.name) == ("statement", FRAME, "whole record")
    assert values([statement.seen, statement.unseen, statement.difference]) == [0.7692, 0.8571, -0.0879]  # 30/39, 6/7
    assert values([frame.seen, frame.unseen, frame.difference]) == [0.4615, 0.5714, -0.1099]  # 18/39, 4/7
    assert values([frame.followed]) == [-0.2564]
    assert values([whole.seen, whole.unseen]) == [0.4615, 0.5714]


def test_time_is_compared_within_each_annotator() -> None:
    """Ben is slow and works mostly without suggestions: the means differ by more than suggestions save."""
    readings = by_hand()
    assert values([measure_influence(readings, SCHEME, samples=50).time.difference]) == [0.8]
    of_ben = [
        replace(each, document=msgspec.structs.replace(each.document, annotator="ben"), seconds=each.seconds * 4)
        for each in readings
        if each.seconds and (not each.is_shown or each.article_id.endswith("0"))
    ]
    time = measure_influence([*readings, *of_ben], SCHEME, samples=50).time
    assert values([time.difference]) == [0.8]
    assert time.seen.value is not None
    assert time.unseen.value is not None
    assert time.seen.value / time.unseen.value < 0.7


def test_what_too_few_have_read_is_not_measured_and_what_is_missing_is_said() -> None:
    found = measure_influence(by_hand()[:8], SCHEME)
    assert {each.share.reason for each in found.fates} == {"4 articles were read with suggestions; 5 are needed"}
    contrasts = [*found.with_suggestions, *found.with_others, found.time]
    assert {each.difference.value for each in contrasts} == {None}
    assert found.with_suggestions[0].seen.reason == (
        "4 articles were read with suggestions and 4 without; 5 of each are needed"
    )
    assert found.with_others[0].difference.reason == (
        "0 articles were read by two or more with suggestions and 0 without; 5 of each are needed"
    )
    unknown = [replace(each, suggested=None, seconds=None) for each in by_hand()]
    found = measure_influence(unknown, SCHEME, samples=50)
    assert found.fates[0].share.value == 0.5
    assert found.with_suggestions[0].difference.reason.startswith("0 articles were read with suggestions and 0 without")
    assert found.time.difference.reason.startswith("0 articles were read in a known time")
    assert measure_influence([], SCHEME).fates[0].share.value is None


@pytest.mark.slow
def test_people_agree_with_one_another_the_more_the_more_they_follow() -> None:
    follow, own = (
        measure_influence(list(draw_suggested(40, pull, 3, annotators=2, blind=0.5)), SCHEME, samples=50)
        for pull in (1.0, 0.0)
    )
    found, label, alpha = follow.with_others
    assert values([found.seen, label.seen, alpha.seen]) == [1.0, 1.0, 1.0]
    assert label.difference.value is not None
    assert label.difference.low is not None
    assert label.difference.low > 0.05
    assert own.with_others[1].difference.value == pytest.approx(0, abs=0.08)
    assert values([each.followed for each in follow.with_suggestions]) == [1.0, 1.0, 1.0]


@pytest.mark.slow
@pytest.mark.parametrize("pull", [0.0, 0.3])
def test_a_planted_pull_is_found_again_and_none_is_found_where_there_is_none(pull: float) -> None:
    seeds = range(100) if SWEEP else (1,)
    truth = {0.0: 0.0, 0.3: 0.139}[pull]  # what 4000 articles give
    found = [measured(seed, pull) for seed in seeds]
    assert sum(low <= truth <= high for low, high, _ in found) >= 0.92 * len(seeds)
    assert abs(sum(followed for *_, followed in found) / len(found) - pull) < 0.05 + 0.1 / len(found)
    excluded = sum(not low <= 0 <= high for low, high, _ in found)
    assert excluded <= 0.08 * len(seeds) if pull == 0 else excluded >= 0.9 * len(seeds)


def measured(seed: int, pull: float) -> tuple[float, float, float]:
    found = measure_influence(list(draw_suggested(150, pull, seed, annotators=1)), SCHEME, samples=300)
    of_frame = next(each for each in found.with_suggestions if each.name == FRAME)
    assert of_frame.difference.low is not None
    assert of_frame.difference.high is not None
    assert of_frame.followed
    assert of_frame.followed.value is not None
    return of_frame.difference.low, of_frame.difference.high, of_frame.followed.value
