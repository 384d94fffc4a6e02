import pytest

from stancebank.errors import list_some, shorten


@pytest.mark.parametrize(
    ("text", "longest", "said"),
    [("", 5, ""), ("twelve words", 12, "twelve words"), ("twelve words.", 12, "twelve wo..."), ("ääää", 3, "...")],
)
def test_a_text_is_shortened_to_so_many_characters_dots_included(text: str, longest: int, said: str) -> None:
    assert shorten(text, longest) == said


def test_of_many_names_the_first_are_listed() -> None:
    assert [list_some(["a", "b", "c", "d"][:many]) for many in (0, 1, 3, 4)] == ["", "a", "a, b, c", "a, b, c, ..."]
    assert list_some(("a", "b"), 1) == "a, ..."
