"""What statements are put together from: the regions of an annotation with their places, ties, answers and names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import get_args

from stancebank.annotate.controls import SLASH
from stancebank.annotate.ledger import Ledger
from stancebank.annotate.linking import Tie
from stancebank.annotate.names import Names
from stancebank.annotate.offsets import Bounds
from stancebank.annotate.regions import Region
from stancebank.model import Span
from stancebank.text import fingerprint


def id_of(region: Region) -> str:
    """Return the id in a document of what a region started."""
    return region.id.replace(SLASH, "/")


@dataclass(frozen=True, slots=True)
class Sources:
    """The regions of an annotation that have a place. bounds: in code points; quoted: insides of quotations."""

    text: str
    regions: Mapping[str, Region]
    bounds: Mapping[str, tuple[Bounds, ...]]
    ties: tuple[Tie, ...]
    names: Names
    quoted: list[tuple[int, int]]

    def low(self, high: str, *labels: str) -> list[tuple[Region, int | None]]:
        """Return the regions with these labels that belong to a region, in the order of the text, with their arrows."""
        ties = [tie for tie in self.ties if tie.high == high and self.regions[tie.low].label in labels]
        return [(self.regions[tie.low], tie.item) for tie in sorted(ties, key=lambda tie: self.bounds[tie.low])]

    def spans(self, names: Iterable[str]) -> tuple[Span, ...]:
        """Return the spans of regions, in the order of the text, each once."""
        places = sorted({place for name in names for place in self.bounds[name]})
        return tuple(Span(begin=b, end=e, fingerprint=fingerprint(self.text[b:e])) for b, e in places)

    def words(self, region: Region) -> str:
        """Return the words of a region."""
        begin, end = self.bounds[region.id][0]
        return self.text[begin:end]

    def put_spans(self, ledger: Ledger, pointer: str, pieces: Iterable[tuple[Region, int | None]]) -> tuple[Span, ...]:
        """Return the spans of regions, and note in which place of a list of spans each of them lands."""
        pieces = list(pieces)
        spans = self.spans(region.id for region, _ in pieces)
        places = [(span.begin, span.end) for span in spans]
        for region, arrow in pieces:
            for bounds in self.bounds[region.id]:
                ledger.put(f"{pointer}/{places.index(bounds)}", region.item, arrow)
        return spans

    def chosen(self, ledger: Ledger, region: Region, question: str, kind: object, pointer: str) -> str | None:
        """Return the answer from a closed vocabulary, a Literal. Another value is a fault, and no answer."""
        answer = region.answers.get(question)
        if answer is None:
            return None
        for value in get_args(kind):  # its own object, not an equal one: records leave out their defaults by identity
            if answer.values == (value,):
                ledger.put(pointer, answer.item)
                return str(value)
        reason = f"{question} is {' and '.join(answer.values) or 'empty'}."
        ledger.fault(answer.item, region.id, reason, f"choose one of {', '.join(get_args(kind))}")
        return None

    def listed(self, ledger: Ledger, region: Region, question: str, pointer: str) -> tuple[str, ...]:
        """Return the registry ids that were chosen, each once and in that order; a fault where one has no name."""
        answer = region.answers.get(question)
        found: list[str] = []
        for value in answer.values if answer else ():
            name, item = self.names.resolve(question, value)
            if answer and name is None:
                hint = "write it in that line of the new names, or choose another entry"
                ledger.fault(answer.item, region.id, f"{question} is {value}, which has no name.", hint)
                return ()
            if answer and name is not None:
                found += [name] if name not in found else []
                ledger.put(pointer, answer.item, item)
        return tuple(found)

    def one(self, ledger: Ledger, region: Region, question: str, pointer: str) -> str | None:
        """Return the one registry id that was chosen; several are a fault."""
        found = self.listed(Ledger(), region, question, pointer)
        if len(found) > 1:
            item = region.answers[question].item
            ledger.fault(item, region.id, f"{question} is {' and '.join(found)}.", "choose one")
            return None
        found = self.listed(ledger, region, question, pointer)
        return found[0] if found else None

    def written(self, ledger: Ledger, region: Region, question: str, pointer: str) -> str | None:
        """Return what was written, several entries as lines; None where it is blank."""
        answer = region.answers.get(question)
        if answer is None:
            return None
        ledger.put(pointer, answer.item)
        return "\n".join(value.strip() for value in answer.values).strip() or None
