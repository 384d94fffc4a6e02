"""The places of regions in the stored text: converted from the export's unit, tidied where a hand drew them."""

from stancebank.annotate.controls import CONDITIONS, ZONES
from stancebank.annotate.offsets import CODE_POINTS, Bounds, common_ruler, fitting, only_bounds, tidy
from stancebank.annotate.regions import Fault, Marks, Region
from stancebank.text import line_bounds

_SEVERAL = ("content", *CONDITIONS, "more", "reason")  # what may have a span in each of several paragraphs
_BY_HAND = "manual"  # Label Studio's word for a region that no pre-annotation brought

Places = dict[str, tuple[Bounds, ...]]
Notes = list[tuple[str, str]]


def place_regions(marks: Marks, text: str) -> tuple[Places, Notes, list[Fault]]:
    """Return the bounds of every region in code points, what was repaired, and the regions without a place.

    The unit is that in which the words of all regions stand where they should. Where there is none, each region is
    looked at by itself, and one that could stand in two places is a fault: nothing is guessed.
    """
    ruler = common_ruler(text, ((each.begin, each.end, each.words) for each in marks.regions.values()))
    places: Places = {}
    notes: Notes = []
    faults: list[Fault] = []
    for name, region in marks.regions.items():
        given = (region.begin, region.end)
        bounds = fitting(ruler, text, *given, region.words) if ruler else only_bounds(text, *given, region.words)
        if bounds is None:
            reason = f"its words are not those at [{region.begin}, {region.end}), in any unit or in one place only."
            faults.append(Fault(region.item, name, reason, "mark it anew"))
            continue
        if bounds != given or (ruler and ruler.unit != CODE_POINTS):
            unit = ruler.unit if ruler else "a unit of its own"
            notes.append((name, f"[{region.begin}, {region.end}) counted {unit}; in code points {_form(bounds)}."))
        parts = _tidied(region, bounds, text, notes)
        if parts:
            places[name] = parts
        else:
            faults.append(Fault(region.item, name, "it has no words.", "remove it, or mark the words that are meant"))
    return places, notes, faults


def _tidied(region: Region, bounds: Bounds, text: str, notes: Notes) -> tuple[Bounds, ...]:
    if region.label == ZONES:
        return (bounds,)
    parts = [bounds]
    if "\n" in text[bounds[0] : bounds[1]] and region.label in (*_SEVERAL, "passed_over"):
        cut = ((max(b, bounds[0]), min(e, bounds[1])) for b, e in line_bounds(text))
        parts = [(begin, end) for begin, end in cut if text[begin:end].strip()]
        notes.append((region.id, f"cut at {len(parts) - 1} line ends: a span lies in one paragraph."))
    if region.origin == _BY_HAND:
        parts = [tidy(text, begin, end, content=region.label == "content") for begin, end in parts]
    kept = tuple((begin, end) for begin, end in parts if begin < end)
    if len(kept) == 1 and kept[0] != bounds and region.origin == _BY_HAND:
        notes.append((region.id, f"trimmed from {_form(bounds)} to {_form(kept[0])} (G-14)."))
    return kept


def _form(bounds: Bounds) -> str:
    return f"[{bounds[0]}, {bounds[1]})"
