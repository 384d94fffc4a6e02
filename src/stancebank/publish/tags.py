"""Tags of tokens: spans in two layers of BIO.

A layer is one list of tags, in which no two spans overlap. Of the spans of a label, the longest come first, in tokens;
of equally long ones the first in the text. Each takes layer 1 if nothing there overlaps it, else layer 2 if nothing
there does, else none. So layer 1 holds the outermost spans, and layer 2 what they hold.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LAYERS = (1, 2)
OUTSIDE = "O"

Bounds = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Placed:
    """A span among tokens.

    bounds: as given. tokens: first token and one past the last, snapped outward. is_exact: the bounds are those of
    tokens. layer: None where it fits in none.
    """

    bounds: Bounds
    tokens: Bounds
    is_exact: bool
    layer: int | None


def tag_names(label: str) -> tuple[str, ...]:
    """Return the tags of a label, in the order of their ids."""
    return OUTSIDE, f"B-{label}", f"I-{label}"


def place_spans(tokens: Sequence[Bounds], spans: Iterable[Bounds]) -> list[Placed]:
    """Place the spans of one label, in the order of the text; equal ones count as one.

    tokens: their ``(begin, end)``, ascending. spans: ``(begin, end)`` in the same text, each touching a token.
    """
    taken: dict[int, set[int]] = {layer: set() for layer in LAYERS}
    among = {bounds: snap(tokens, bounds) for bounds in set(spans)}
    placed = []
    for bounds in sorted(among, key=lambda each: (among[each][0] - among[each][1], *among[each], *each)):
        first, last = among[bounds]
        layer = next((layer for layer in LAYERS if taken[layer].isdisjoint(range(first, last))), None)
        if layer:
            taken[layer].update(range(first, last))
        is_exact = (tokens[first][0], tokens[last - 1][1]) == bounds
        placed.append(Placed(bounds, (first, last), is_exact, layer))
    return sorted(placed, key=lambda each: each.bounds)


def snap(tokens: Sequence[Bounds], bounds: Bounds) -> Bounds:
    """Return the first token that a stretch of text touches, and one past the last."""
    touched = [place for place, (begin, end) in enumerate(tokens) if begin < bounds[1] and bounds[0] < end]
    return touched[0], touched[-1] + 1


def encode(label: str, layer: int, placed: Iterable[Placed], length: int) -> list[str]:
    """Return the tags of a layer. length: how many tokens there are."""
    outside, begins, goes_on = tag_names(label)
    tags = [outside] * length
    for each in placed:
        if each.layer == layer:
            first, last = each.tokens
            tags[first:last] = [begins] + [goes_on] * (last - first - 1)
    return tags


def decode(tags: Sequence[str]) -> list[Bounds]:
    """Return the spans of a layer: first token and one past the last, in order."""
    spans: list[Bounds] = []
    for place, tag in enumerate(tags):
        if tag.startswith("B-"):
            spans.append((place, place + 1))
        elif tag.startswith("I-"):
            spans[-1] = (spans[-1][0], place + 1)
    return spans
