"""A crowd of annotators is what measurements say they were made on, and its readings come back equal."""

import pytest

from tests.annotate.tasks import count_raw, task_of
from tests.annotate.test_conversion import require_equal
from tests.crowd import REGIONS, gather


@pytest.mark.slow
def test_every_reading_has_forty_regions_and_comes_back_equal() -> None:
    for made in gather(5, ("ann-1", "ann-2")):
        assert 3000 < len(made.text) < 6000
        for document in made.readings:
            assert count_raw(task_of(made.article, made.text, document))["regions"] == REGIONS == 40
            require_equal((made.article, made.text, document))


def test_it_is_the_same_at_every_run_and_annotators_differ_now_and_then() -> None:
    assert list(gather(3, ("ann-1",))) == list(gather(3, ("ann-1",)))
    readings = [made.readings for made in gather(20, ("ann-1", "ann-2"))]
    differing = sum(
        one.fields["stance"] != other.fields["stance"]
        for first, second in readings
        for one, other in zip(first.statements, second.statements, strict=True)
    )
    assert 0 < differing < 40
