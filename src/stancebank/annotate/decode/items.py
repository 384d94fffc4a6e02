"""What an annotation holds: regions with their places, the answers about them, and relations, from Label Studio's JSON.

Every item of a result has a number, its place in the list. Each item ends in a document or among the rejected, so
that nothing is lost without a word.

Label Studio counts code points of the text that it shows. Older servers and other tools counted UTF-16 units, or the
carriage returns of a text that the corpus stores without them. The words of each region say which it was.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain
from typing import Any

import msgspec
from msgspec.structs import replace

from stancebank.annotate.controls import (
    CONTENT,
    ENTITY,
    NAMED,
    SPANS,
    SPEAKER,
    ZONES,
    Controls,
)
from stancebank.corpus.language import Habits, is_mark, tidy, whole
from stancebank.model import Bounds
from stancebank.text import line_bounds, trim

CODE_POINTS = "code points"
UNTOUCHED = "prediction"  # Label Studio's word for a region that a pre-annotation brought and nobody changed
_KEYS = frozenset(  # of an item and of its value; the words under any other key would be lost
    (
        *("id", "from_name", "to_name", "type", "origin", "value", "from_id", "to_id", "direction", "meta", "parentID"),
        *("text", "labels", "choices", "taxonomy", "start", "end", "hypertextlabels", "startOffset", "endOffset"),
        *("readonly", "hidden", "locked", "score", "globalOffsets", "item_index", "color", "unique_id", "lead_time"),
    )
)

Places = dict[str, tuple[Bounds, ...]]
Notes = list[tuple[str, str]]


class Answer(msgspec.Struct, frozen=True, gc=False):  # a struct is made in a fraction of a dataclass's time
    """The answers to one question, in the order in which they were given. item: its number."""

    item: int
    question: str
    values: tuple[str, ...]


class Region(msgspec.Struct, gc=False):
    """Words with a label. begin, end: in the unit of the export. origin: who made it, as Label Studio says it.

    unusable: the questions about it that were answered, but not so that the answer can be used.
    """

    item: int
    id: str
    label: str
    begin: int
    end: int
    words: str | None
    origin: str
    answers: dict[str, Answer] = msgspec.field(default_factory=dict)
    unusable: set[str] = msgspec.field(default_factory=set)

    def items(self) -> Iterator[int]:
        """Yield the numbers of the region and of all answers about it."""
        yield self.item
        yield from (answer.item for answer in self.answers.values())


class Relation(msgspec.Struct, frozen=True, gc=False):
    """An arrow between two regions. label: what it was called, if anything."""

    item: int
    start: str
    end: str
    label: str | None


class ItemFault(msgspec.Struct, frozen=True, gc=False):
    """An item that cannot be used, and why. region: the id it names, or ""; item: None where something is missing.

    is_fatal: whether the rest of the annotation cannot be trusted either. is_follow_on: whether it goes with
    another fault, so that a person need not be told.
    """

    item: int | None
    region: str
    reason: str
    hint: str
    is_fatal: bool = False
    is_follow_on: bool = False


@dataclass(slots=True)
class Items:
    """An annotation, item by item.

    notes: what was written in Label Studio's own panel, by region. strays: words under keys that no document has a
    place for, each with its region and key. wordless: cues of punctuation alone, which are none.
    """

    regions: dict[str, Region] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)
    general: dict[str, Answer] = field(default_factory=dict)
    faults: list[ItemFault] = field(default_factory=list)
    notes: dict[str, list[str]] = field(default_factory=dict)
    strays: list[tuple[str, str, str]] = field(default_factory=list)
    wordless: dict[str, Region] = field(default_factory=dict)


def read_items(result: list[Any], controls: Controls) -> Items:
    """Read the result of an annotation. What has no known form becomes a fault."""
    items = Items()
    named: list[tuple[int, dict[str, Any]]] = []
    late: list[tuple[int, dict[str, Any]]] = []
    for item, raw in enumerate(result):
        if not isinstance(raw, dict):
            items.faults.append(_odd(item, "", "it is no object"))
            continue
        value, name = raw.get("value"), raw.get("from_name")
        if "meta" in raw or not _KEYS.issuperset(raw) or (isinstance(value, dict) and not _KEYS.issuperset(value)):
            _read_words(items, raw)
        if raw.get("type") == "relation":
            _read_relation(items, item, raw)
        elif name in (SPANS, ZONES):
            _read_region(items, item, raw, controls)
        else:
            (named if name == NAMED else late).append((item, raw))
    for item, raw in named:
        _read_named(items, item, raw, controls)
    for item, raw in late:  # an answer may stand before its region
        _read_answer(items, item, raw, controls)
    return items


def _odd(item: int, region: str, why: str, *, is_fatal: bool = False) -> ItemFault:
    hint = "compare the project's labelling interface with annotate/labeling.xml"
    return ItemFault(item, region, f"{why}.", hint, is_fatal=is_fatal)


def _read_words(items: Items, raw: dict[str, Any]) -> None:
    """Keep the note of a region's panel, and the words under keys that nothing else reads."""
    meta, value = raw.get("meta"), raw.get("value")
    name = str(raw.get("id") or raw.get("from_id") or "")
    meta = meta if isinstance(meta, dict) else {"text": meta}
    for text in _words_in(meta.get("text")):
        if text not in items.notes.setdefault(name, []):  # each answer about a region repeats it
            items.notes[name].append(text)
    others = [] if raw.keys() <= _KEYS else list(raw.items())
    others += [(f"meta.{key}", each) for key, each in meta.items() if key != "text"]
    others += value.items() if isinstance(value, dict) and not value.keys() <= _KEYS else []
    for key, each in others:
        words = " ".join(_words_in(each)) if key not in _KEYS else ""
        if words and (name, key, words) not in items.strays:
            items.strays.append((name, key, words))


def _words_in(value: object) -> Iterator[str]:
    """Yield the texts in a value that hold a letter."""
    if isinstance(value, str) and is_writable(value) and any(map(str.isalpha, value)):
        yield value.strip()
    elif isinstance(value, list | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _words_in(each)


def is_writable(text: str) -> bool:
    """Whether a text can be stored as UTF-8: JSON can hold halves of characters."""
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


def _read_relation(items: Items, item: int, raw: dict[str, Any]) -> None:
    start, end, named = raw.get("from_id"), raw.get("to_id"), raw.get("labels")
    if not isinstance(start, str) or not isinstance(end, str):
        items.faults.append(_odd(item, "", "a relation without two ends"))
        return
    if raw.get("direction") == "left":
        start, end = end, start
    label = named[0] if isinstance(named, list) and named and isinstance(named[0], str) else None
    items.relations.append(Relation(item, start, end, label))


def _read_region(items: Items, item: int, raw: dict[str, Any], controls: Controls) -> None:
    name, value = raw.get("id"), raw.get("value")
    if not isinstance(name, str) or not name or not isinstance(value, dict) or not is_writable(name):
        items.faults.append(_odd(item, "", "a region without id or value"))
        return
    get = value.get
    found, words, begin, end = get("labels"), get("text"), get("start"), get("end")
    if begin.__class__ is not int or end.__class__ is not int or begin < 0 or end < 0:
        begin, end = whole_number(begin), whole_number(end)
    label = found[0] if isinstance(found, list) and len(found) == 1 and isinstance(found[0], str) else None
    is_zone = raw["from_name"] == ZONES
    if label is None or not (is_zone or label in controls.label_names):
        items.faults.append(ItemFault(item, name, _unknown_label(found), _relabel(controls)))
    elif begin is None or end is None or not isinstance(words, str | None):
        got = f"[{value.get('start')!r}, {value.get('end')!r})"
        items.faults.append(ItemFault(item, name, f"its offsets are {got}, no whole numbers.", "mark it again"))
    elif name in items.regions:
        items.faults.append(_odd(item, name, "another region has the same id", is_fatal=True))
    else:
        label = ZONES if is_zone else label
        items.regions[name] = Region(item, name, label, begin, end, words, str(raw.get("origin", "manual")))


def _read_named(items: Items, item: int, raw: dict[str, Any], controls: Controls) -> None:
    """Read a label that names an entity: of words without another label, which are a speaker; else as an answer."""
    name, value = raw.get("id"), raw.get("value")
    value = value if isinstance(value, dict) else {}
    found = value.get("labels")
    if not isinstance(found, list) or len(found) != 1:
        items.faults.append(ItemFault(item, str(name or ""), _unknown_label(found), _relabel(controls)))
        return
    if name not in items.regions:
        _read_region(items, item, {**raw, "from_name": SPANS, "value": {**value, "labels": [SPEAKER]}}, controls)
    if name in items.regions:
        answer = {"id": name, "from_name": ENTITY, "value": {"taxonomy": [found]}}
        _read_answer(items, item, answer, controls)


def _unknown_label(found: object) -> str:
    if not isinstance(found, list) or not found:
        return "it has no label."
    named = [str(each) for each in found]
    return f"{named[0]!r} is no label of this scheme." if len(named) == 1 else f"it has {len(named)} labels, not one."


def _relabel(controls: Controls) -> str:
    names = ", ".join(sorted(controls.label_names))
    return (
        f"in Label Studio, give it one of the labels {names}, or delete it; then `stancebank annotate push` takes "
        "foreign labels out of the interface"
    )


def whole_number(value: object) -> int | None:
    """Return a whole number that is not negative, however it is written: 20, or 20.0 as pandas does."""
    if value.__class__ is int:
        return value if value >= 0 else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _read_answer(items: Items, item: int, raw: dict[str, Any], controls: Controls) -> None:
    name, region, value = raw.get("from_name"), raw.get("id", ""), raw.get("value")
    region = region if region.__class__ is str else str(region)
    question = controls.by_name.get(name) if isinstance(name, str) else None
    values = _values(question.shape, value) if question and isinstance(value, dict) else None
    if question is None or values is None:
        if question is not None and region in items.regions:
            items.regions[region].unusable.add(question.name)
        items.faults.append(_odd(item, region, f"no question {name!r} has such an answer"))
        return
    holder = items.regions.get(region)
    if not question.labels:
        place, unusable = items.general, set[str]()
    elif holder is not None and holder.label in question.labels:
        place, unusable = holder.answers, holder.unusable
    else:
        fault = _odd(item, region, f"{question.name} is not asked about this region")
        is_lost = region not in items.regions and region in {each.region for each in items.faults}
        items.faults.append(replace(fault, is_follow_on=is_lost))
        return
    if question.name in place or question.name in unusable:
        items.faults.append(_odd(item, region, f"{question.name} is answered twice", is_fatal=not question.labels))
        if (first := place.pop(question.name, None)) is not None and question.labels:  # neither is known to hold
            unusable.add(question.name)
            items.faults.append(replace(items.faults[-1], item=first.item, is_follow_on=True))
    else:
        place[question.name] = Answer(item, question.name, values)


def _values(shape: str, value: dict[str, Any]) -> tuple[str, ...] | None:
    """Return the answers in a value: of a path its last part, of a text its lines."""
    found = value.get("text" if shape == "textarea" else shape)
    if isinstance(found, str):
        found = [found]
    if not isinstance(found, list):
        return None
    if shape == "taxonomy":
        found = [path[-1] if isinstance(path, list) and path else None for path in found]
    for each in found:
        if not isinstance(each, str) or not (each.isascii() or is_writable(each)):
            return None
    return tuple(found)


def place_regions(items: Items, text: str, controls: Controls, habits: Habits) -> tuple[Places, Notes, list[ItemFault]]:
    """Return the bounds of every region in code points, what was repaired, and the regions without a place.

    The unit is that in which the words of all regions stand where they should. Where there is none, each region is
    looked at by itself, and one that could stand in two places is a fault: nothing is guessed.
    """
    cue, several = controls.cue, controls.in_pieces
    ruler = common_ruler(text, ((each.begin, each.end, each.words) for each in items.regions.values()))
    places: Places = {}
    notes: Notes = []
    faults: list[ItemFault] = []
    is_plain, length = ruler is not None and ruler.unit == CODE_POINTS, len(text)
    for name, region in items.regions.items():
        begin, end = given = (region.begin, region.end)
        if is_plain and begin < end <= length and region.words is not None:
            bounds: Bounds | None = given  # the words were seen there when the unit was found
        else:
            bounds = fitting(ruler, text, *given, region.words) if ruler else only_bounds(text, *given, region.words)
        if bounds is None:
            reason = f"its words are not those at [{region.begin}, {region.end}), in any unit or in one place only."
            faults.append(ItemFault(region.item, name, reason, "mark it again"))
            continue
        if bounds != given or (ruler and not is_plain):
            unit = ruler.unit if ruler else "a unit of its own"
            notes.append((name, f"[{region.begin}, {region.end}) counted {unit}; in code points {_form(bounds)}."))
        parts = _tidied(region, bounds, text, notes, habits, is_one=region.label not in several)
        if region.label == cue and all(is_mark(text[place]) for b, e in parts for place in range(b, e)):
            items.wordless[name] = region
            notes.append((name, f"a cue without a word, {text[slice(*bounds)].strip()!r}, is no cue."))
        elif parts:
            places[name] = parts
        else:
            faults.append(
                ItemFault(region.item, name, "it has no words.", "remove it, or mark the words that are meant")
            )
    return places, notes, faults


def _tidied(
    region: Region, bounds: Bounds, text: str, notes: Notes, habits: Habits, *, is_one: bool
) -> tuple[Bounds, ...]:
    """Return the places of a region. is_one: whether it may have but one, and is not cut at line ends."""
    if region.label == ZONES:
        return (bounds,)
    parts = [bounds]
    begin, end = bounds
    is_cut = not is_one and "\n" in text[begin:end]
    is_trim = not (text[begin].isspace() or text[end - 1].isspace())
    if is_trim and not is_cut and region.origin == UNTOUCHED and whole(text, begin, end) == bounds:
        return (bounds,)  # a document was shown, and comes back as it was
    if is_cut:
        cut = ((max(b, bounds[0]), min(e, bounds[1])) for b, e in line_bounds(text))
        parts = [(begin, end) for begin, end in cut if text[begin:end].strip()]
        notes.append((region.id, f"cut at {len(parts) - 1} line ends: a span is in one paragraph."))
    if region.origin == UNTOUCHED:
        parts = [trim(text, *whole(text, begin, end)) for begin, end in parts]
    else:
        parts = [tidy(text, begin, end, content=region.label == CONTENT, habits=habits) for begin, end in parts]
    kept = tuple((begin, end) for begin, end in parts if begin < end)
    if len(kept) == 1 and len(parts) == 1 and kept[0] != bounds:
        notes.append((region.id, f"trimmed from {_form(bounds)} to {_form(kept[0])}."))
    return kept


def _form(bounds: Bounds) -> str:
    return f"[{bounds[0]}, {bounds[1]})"


@dataclass(frozen=True, slots=True)
class Ruler:
    """A unit that offsets may count, and where each code point of the stored text begins in it."""

    unit: str
    places: Sequence[int]

    def bounds(self, begin: int, end: int) -> Bounds | None:
        """Return offsets of this unit in code points; None where they fall into the middle of one, or outside."""
        first, last = self._place(begin), self._place(end)
        return (first, last) if first is not None and last is not None and first < last else None

    def _place(self, offset: int) -> int | None:
        if isinstance(self.places, range):
            return offset if offset in self.places else None
        place = bisect_left(self.places, offset)
        return place if place < len(self.places) and self.places[place] == offset else None


def rulers(text: str) -> tuple[Ruler, ...]:
    """Return the units in which offsets into a stored text may come, the right one first."""
    return (_code_points(text), *_other_rulers(text))


def _code_points(text: str) -> Ruler:
    return Ruler(CODE_POINTS, range(len(text) + 1))


def _other_rulers(text: str) -> Iterator[Ruler]:
    """Yield the units in which offsets come of older servers and of other tools."""
    wide = [2 if character > "\uffff" else 1 for character in text]
    returns = [1 if character == "\n" else 0 for character in text]
    ones = [1] * len(text)
    units = {
        "code points with carriage returns": [one + more for one, more in zip(ones, returns, strict=True)],
        "UTF-16 units": wide,
        "UTF-16 units with carriage returns": [one + more for one, more in zip(wide, returns, strict=True)],
    }
    yield from (Ruler(unit, (0, *accumulate(widths))) for unit, widths in units.items())


def fitting(ruler: Ruler, text: str, begin: int, end: int, words: str | None) -> Bounds | None:
    """Return the bounds in code points if the words stand there in this unit. words: None where none came along."""
    if ruler.unit == CODE_POINTS:
        bounds = (begin, end) if begin < end <= len(text) else None
    else:
        bounds = ruler.bounds(begin, end)
    if bounds is None or (words is not None and text[bounds[0] : bounds[1]] != plain(words)):
        return None
    return bounds


def plain(words: str) -> str:
    """Return words with the line ends of stored text."""
    return words.replace("\r\n", "\n").replace("\r", "\n") if "\r" in words else words


def common_ruler(text: str, places: Iterable[tuple[int, int, str | None]]) -> Ruler | None:
    """Return the first unit in which all the words stand where they should, code points before all others."""
    known = [place for place in places if place[2] is not None]
    length = len(text)
    if all(begin < end <= length and text[begin:end] == words for begin, end, words in known):
        return _code_points(text)  # as nearly always
    units = chain((_code_points(text),), _other_rulers(text))  # the others, which are long, only where it is none
    return next((ruler for ruler in units if all(fitting(ruler, text, *place) for place in known)), None)


def only_bounds(text: str, begin: int, end: int, words: str | None) -> Bounds | None:
    """Return the bounds of a single region; None where no unit fits, or two of them put it in different places."""
    found = {bounds for ruler in rulers(text) if (bounds := fitting(ruler, text, begin, end, words))}
    return found.pop() if len(found) == 1 else None
