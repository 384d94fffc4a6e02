"""What a pull or push does with a document, for every way that two sides can differ."""

from hypothesis import given
from hypothesis import strategies as st

from stancebank.annotate.sync.merge import three_way

SIDES = st.one_of(st.none(), st.sampled_from("abc"))


@given(SIDES, SIDES, SIDES)
def test_labels_that_only_one_side_has_are_never_overwritten(
    base: str | None, local: str | None, remote: str | None
) -> None:
    action = three_way(base, local, remote)
    if action in ("take", "remove"):
        assert local in (None, base)
    if action == "keep":
        assert remote in (None, base)
    if action == "conflict":
        assert local is not None
        assert local != remote
        assert base not in (local, remote) or remote is None


@given(SIDES, SIDES)
def test_equal_sides_agree_whatever_was_before(base: str | None, side: str | None) -> None:
    assert three_way(base, side, side) == ("forget" if side is None else "same")


@given(SIDES, SIDES)
def test_without_a_memory_unequal_sides_are_a_conflict(local: str | None, remote: str | None) -> None:
    if local is not None and remote is not None and local != remote:
        assert three_way(None, local, remote) == "conflict"


def test_what_was_removed_there_goes_here_only_if_it_is_unchanged() -> None:
    assert three_way("a", "a", None) == "remove"
    assert three_way("a", "b", None) == "conflict"
    assert three_way(None, "a", None) == "keep"
