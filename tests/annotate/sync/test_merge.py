"""What a pull does with a document, for every way that two sides can differ."""

from hypothesis import given
from hypothesis import strategies as st

from stancebank.annotate.sync.merge import decide

SIDES = st.one_of(st.none(), st.sampled_from("abc"))


@given(SIDES, SIDES, SIDES)
def test_labels_that_only_one_side_has_are_never_overwritten(
    base: str | None, here: str | None, there: str | None
) -> None:
    deed = decide(base, here, there)
    if deed in ("take", "remove"):
        assert here in (None, base)
    if deed == "keep":
        assert there in (None, base)
    if deed == "conflict":
        assert here is not None
        assert here != there
        assert base not in (here, there) or there is None


@given(SIDES, SIDES)
def test_equal_sides_agree_whatever_was_before(base: str | None, side: str | None) -> None:
    assert decide(base, side, side) == ("forget" if side is None else "same")


@given(SIDES, SIDES)
def test_without_a_memory_unequal_sides_are_a_conflict(here: str | None, there: str | None) -> None:
    if here is not None and there is not None and here != there:
        assert decide(None, here, there) == "conflict"


def test_what_was_removed_there_goes_here_only_if_it_is_unchanged() -> None:
    assert decide("a", "a", None) == "remove"
    assert decide("a", "b", None) == "conflict"
    assert decide(None, "a", None) == "keep"
