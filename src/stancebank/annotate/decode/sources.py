"""What statements are put together from: regions with their places, ties and answers, and the ids that names stand for.

The trace says where every item of an annotation went, or why it went nowhere.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import msgspec

from stancebank.annotate.controls import BETWEEN_NAMES, NEW, NEW_NAMES, SLASH, Controls, Question
from stancebank.annotate.decode.items import Answer, ItemFault, Region
from stancebank.annotate.decode.relations import RegionTie
from stancebank.corpus.ingest import latin_slug
from stancebank.model import Bounds, Span
from stancebank.search import search_fold
from stancebank.text import sha256, span_marker

Pieces = list[tuple[Region, int | None]]
"""Regions that belong to another one, each with the arrow that says so; None where it was inferred."""


@dataclass(slots=True)
class Trace:
    """Where the items of an annotation went.

    placed: JSON pointers into the document, by the number of the item; inferred: region and what was concluded.
    """

    placed: dict[int, list[str]] = field(default_factory=dict)
    faults: list[ItemFault] = field(default_factory=list)
    inferred: list[tuple[str, str]] = field(default_factory=list)

    def put(self, pointer: str, *items: int | None) -> None:
        """Note where items go; None, for an arrow that was inferred, is none."""
        for item in items:
            if item is not None:
                if (before := self.placed.get(item)) is None:
                    self.placed[item] = [pointer]
                else:
                    before.append(pointer)

    def fault(
        self,
        item: int | None,
        region: str,
        reason: str,
        hint: str,
        *,
        is_fatal: bool = False,
        is_follow_on: bool = False,
    ) -> None:
        """Note what goes nowhere. item: None where something is missing rather than wrong."""
        self.faults.append(ItemFault(item, region, reason, hint, is_fatal, is_follow_on))

    def infer(self, region: str, what: str) -> None:
        """Note what was concluded about a region."""
        self.inferred.append((region, what))

    def adopt(self, other: "Trace", prefix: str) -> None:
        """Take over the trace of a part that is at a pointer; its faults are not among it."""
        placed = self.placed
        for item, pointers in other.placed.items():
            moved = [prefix + pointers[0]] if len(pointers) == 1 else [prefix + pointer for pointer in pointers]
            if (before := placed.get(item)) is None:
                placed[item] = moved
            else:
                before += moved
        self.inferred += other.inferred


@dataclass(frozen=True, slots=True)
class Proposal:
    """A name that a registry lacks. registry: entities or targets; id: what the documents call it."""

    registry: str
    id: str
    name: str


ByWords = Mapping[str, Collection[str]]
"""The ids of what has a name, by the folded name."""

Registries = Mapping[str, ByWords]
"""The names of all entries of a workspace, below `entities` and `targets`."""


def by_words(names: Mapping[str, object]) -> ByWords:
    """Return ids by the names that they go by. names: of each id, a list of them."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, spellings in names.items():
        for words in spellings if isinstance(spellings, list) else ():
            found[search_fold(str(words))].add(str(name))
    return found


def _by_same_words(names: Mapping[str, object]) -> ByWords:
    """Return what `by_words` does, of names that come again in task after task."""
    try:
        return _by_written_words(msgspec.json.encode(names))
    except UnicodeEncodeError:  # half a character
        return by_words(names)


@lru_cache(maxsize=16)
def _by_written_words(names: bytes) -> ByWords:
    return by_words(msgspec.json.decode(names))


def _only(known: ByWords, words: str) -> str | None:
    """Return the one id of that name, if there is exactly one."""
    folded = search_fold(words)
    found = known.get(folded.removesuffix("'s"), ()) or known.get(folded, ())
    return next(iter(found)) if len(found) == 1 else None


class NameFinder:
    """Finds the ids that names stand for: choices, mentions that the lists know, and names that they lack.

    data: of the task; general: the answers about the whole article; registries: where new names are looked up.
    """

    def __init__(self, data: Mapping[str, Any], general: Mapping[str, Answer], registries: Registries) -> None:
        self.proposals: dict[str, Proposal] = {}
        self._general = general
        self._registries = registries
        known = data.get("names")
        self._by_words = _by_same_words(known) if isinstance(known, dict) else {}
        self._listed = data.get("entities")

    def mentioned(self, words: str) -> str | None:
        """Return the one entity that the article mentions, and that is called so, if there is exactly one."""
        return _only(self._by_words, words)

    @cached_property
    def _by_list(self) -> ByWords:
        """The entities of the task's list, also those that its text does not mention, by what they are called."""
        entries = self._listed if isinstance(self._listed, list) else []
        called = {str(each.get("alias")): str(each.get("value")) for each in entries if isinstance(each, dict)}
        own = {name: words for name, words in called.items() if not name.startswith(NEW)}
        return by_words({name: words.split(BETWEEN_NAMES) for name, words in own.items()})

    def resolve(self, question: Question, value: str) -> tuple[str | None, int | None]:
        """Return the id that a choice stands for, and the number of the item that names it, where that is another one.

        The id is None where a new name was chosen and not written down.
        """
        number = value.removeprefix(NEW)
        if number == value or not number.isdecimal():
            return value, None
        registry = "entities" if question.registry == "entities" else "targets"
        answer = self._general.get(NEW_NAMES[registry])
        lines = [line.strip() for text in answer.values for line in text.splitlines()] if answer else []
        lines = [line for line in lines if line]
        if answer is None or not 1 <= int(number) <= len(lines):
            return None, None
        name = lines[int(number) - 1]
        known = _only(self._registries.get(registry, {}), name)
        if known is None and registry == "entities":
            known = self.mentioned(name) or _only(self._by_list, name)
        if known is not None:
            return known, answer.item
        found = latin_slug(name)[:80].strip("-") or f"unlisted-{sha256(name)[:8]}"
        self.proposals[found] = Proposal(registry, found, name)
        return found, answer.item


def id_of(region: Region) -> str:
    """Return the id in a document of what a region started."""
    return region.id.replace(SLASH, "/")


@dataclass(frozen=True)
class Sources:
    """What statements are put together from: the regions of an annotation that have a place, with ties and names.

    bounds: in code points; quoted: insides of quotations.
    """

    controls: Controls
    text: str
    regions: Mapping[str, Region]
    bounds: Mapping[str, tuple[Bounds, ...]]
    ties: tuple[RegionTie, ...]
    names: NameFinder
    quoted: Sequence[Bounds]

    @cached_property
    def _below(self) -> Mapping[str, Pieces]:
        """What belongs to each region, in the order of the text."""
        found: defaultdict[str, Pieces] = defaultdict(list)
        bounds, regions = self.bounds, self.regions
        for tie in sorted(self.ties, key=lambda tie: bounds[tie.low]):
            found[tie.high].append((regions[tie.low], tie.item))
        return found

    def low(self, high: str, *labels: str) -> Pieces:
        """Return the regions with these labels that belong to a region, in the order of the text, with their arrows."""
        below = self._below.get(high)
        return [piece for piece in below if piece[0].label in labels] if below else []

    @cached_property
    def _mark(self) -> Callable[[int, int], str]:
        return span_marker(self.text, self.controls.scheme.edition)

    def spans(self, names: Iterable[str]) -> tuple[Span, ...]:
        """Return the spans of regions, in the order of the text, each once."""
        return tuple(map(self._span, sorted({place for name in names for place in self.bounds[name]})))

    def _span(self, place: Bounds) -> Span:
        begin, end = place
        return Span(begin=begin, end=end, fingerprint=self._mark(begin, end))

    def words(self, region: Region) -> str:
        """Return the words of a region."""
        begin, end = self.bounds[region.id][0]
        return self.text[begin:end]

    def put_spans(self, trace: Trace, pointer: str, pieces: Pieces) -> tuple[Span, ...]:
        """Return the spans of regions, and note in which place of a list of spans each of them is."""
        if not pieces:
            return ()
        if len(pieces) == 1 and len(bounds := self.bounds[pieces[0][0].id]) == 1:
            trace.put(f"{pointer}/0", pieces[0][0].item, pieces[0][1])
            return (self._span(bounds[0]),)
        spans = self.spans(region.id for region, _ in pieces)
        places = [(span.begin, span.end) for span in spans]
        for region, arrow in pieces:
            for place in self.bounds[region.id]:
                trace.put(f"{pointer}/{places.index(place)}", region.item, arrow)
        return spans

    def single(self, trace: Trace, high: Region, label: str) -> Pieces:
        """Return the one region of a label that a content or condition may have; none, with faults, of several."""
        if not (found := self.low(high.id, label)):
            return found
        for region, arrow in found[1:]:
            reason = f"{high.id} has another {label} already, {found[0][0].id}."
            trace.fault(region.item if arrow is None else arrow, region.id, reason, "keep one of them")
        if len(found) > 1:  # which one is meant is not known
            return []
        if len(self.bounds[found[0][0].id]) > 1:
            region = found[0][0]
            trace.fault(region.item, region.id, f"a {label} over several paragraphs.", "mark words of one paragraph")
            return []
        return found[:1]

    def one_span(self, trace: Trace, pieces: Pieces, pointer: str) -> Span | None:
        """Return the span of the only piece; None where there is none."""
        for region, arrow in pieces:
            trace.put(pointer, region.item, arrow)
            return self._span(min(self.bounds[region.id]))
        return None

    def chosen(self, trace: Trace, region: Region, question: Question | None, pointer: str) -> str | None:
        """Return the answer from a closed list. Another value is a fault, and no answer."""
        answer = region.answers.get(question.name) if question else None
        if question is None or answer is None:
            return None
        if len(answer.values) == 1 and answer.values[0] in self.controls.answers_to[question.name]:
            trace.put(pointer, answer.item)
            return answer.values[0]
        values = [value for value, _ in question.values]
        reason = f"{question.name} is {' and '.join(answer.values) or 'empty'}."
        trace.fault(answer.item, region.id, reason, f"choose one of {', '.join(values)}")
        return None

    def listed(self, trace: Trace, region: Region, question: Question | None, pointer: str) -> tuple[str, ...]:
        """Return the registry ids that were chosen, each once and in that order; a fault where one has no name."""
        answer = region.answers.get(question.name) if question else None
        found: list[str] = []
        if question is None or answer is None:
            return ()
        for value in answer.values:
            name, item = self.names.resolve(question, value)
            if name is None:
                hint = "write it in that line of the new names, or choose another entry"
                trace.fault(answer.item, region.id, f"{question.name} is {value}, which has no name.", hint)
                return ()
            found += [name] if name not in found else []
            trace.put(pointer, answer.item, item)
        return tuple(found)

    def one(self, trace: Trace, region: Region, question: Question | None, pointer: str) -> str | None:
        """Return the one registry id that was chosen; several are a fault."""
        if question is None or question.name not in region.answers:
            return None
        if len(region.answers[question.name].values) != 1:
            found = self.listed(Trace(), region, question, pointer)
            if len(found) > 1:
                item = region.answers[question.name].item
                trace.fault(item, region.id, f"{question.name} is {' and '.join(found)}.", "choose one")
                return None
        found = self.listed(trace, region, question, pointer)
        return found[0] if found else None

    def written(self, trace: Trace, region: Region, question: Question | None, pointer: str) -> str | None:
        """Return what was written, several entries as lines; None where it is blank."""
        answer = region.answers.get(question.name) if question else None
        if answer is None:
            return None
        trace.put(pointer, answer.item)
        return "\n".join(value.strip() for value in answer.values).strip() or None
