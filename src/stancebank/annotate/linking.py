"""Which region belongs to which: arrows by the labels of their ends, and what the guidelines let one infer.

Only a region without any arrow is tied by inference, and only where one place is possible; an arrow overrules it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from stancebank.annotate.controls import CONDITIONS, TIES
from stancebank.annotate.offsets import Bounds
from stancebank.annotate.regions import Fault, Marks, Region, Relation
from stancebank.text import line_number

_INSIDE = (*CONDITIONS, "reason", "target")  # what lies inside the content that it belongs to (G-20)
_SHARED = ("cue", "speaker")  # what serves its whole paragraph where it is the only one there (G-19)
_TIE = "tie it to its content: select it, press Alt+R, click the content"


@dataclass(frozen=True, slots=True)
class Tie:
    """A region that belongs to a higher one. item: the arrow that says so, or None where it was inferred."""

    low: str
    high: str
    item: int | None


@dataclass(slots=True)
class Links:
    """All ties of an annotation; what was inferred, with its rule; what cannot be tied."""

    ties: list[Tie] = field(default_factory=list)
    inferred: list[tuple[str, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def link(marks: Marks, bounds: Mapping[str, tuple[Bounds, ...]], text: str) -> Links:
    """Tie the regions of an annotation. bounds: of those that have a place in the text, in code points."""
    linker = _Linker({name: region for name, region in marks.regions.items() if name in bounds}, bounds, text)
    for relation in marks.relations:
        linker.read(relation)
    linker.infer()
    return linker.links


class _Linker:
    """Ties the regions that have a place."""

    def __init__(self, regions: Mapping[str, Region], bounds: Mapping[str, tuple[Bounds, ...]], text: str) -> None:
        self.regions = regions
        self.bounds = bounds
        self.text = text
        self.links = Links()

    def read(self, relation: Relation) -> None:
        """Tie what an arrow ties, whichever way it was drawn."""
        one, two = self.regions.get(relation.start), self.regions.get(relation.end)
        if one is None or two is None:
            missing = relation.start if one is None else relation.end
            self.fault(relation.item, missing, "an arrow ends at no usable region.", "draw it between two regions")
            return
        low, high = (one, two) if (one.label, two.label) in TIES else (two, one)
        if (low.label, high.label) not in TIES or low is high:
            what = f"{one.label} and {two.label} cannot be tied."
            self.fault(relation.item, one.id, what, "remove the arrow, or correct the label of one of its ends")
        elif any((tie.low, tie.high) == (low.id, high.id) for tie in self.links.ties):
            self.fault(relation.item, low.id, "the same arrow is there twice.", "remove one of them")
        else:
            self.links.ties.append(Tie(low.id, high.id, relation.item))

    def infer(self) -> None:
        """Tie the regions that no arrow ties: pieces first, for they say where a content lies."""
        tied = {tie.low for tie in self.links.ties}
        for label in ("more", *_INSIDE, *_SHARED, "via"):
            mine = [region for region in self.regions.values() if region.label == label]
            lines = [self.line(region) for region in mine]
            for region in mine:
                if region.id not in tied:
                    self.infer_one(region, only=label in _SHARED and lines.count(self.line(region)) == 1)

    def infer_one(self, region: Region, *, only: bool) -> None:
        """Tie a region to the one content that it can belong to. only: whether no other of its label is near."""
        taken = {tie.high for tie in self.links.ties if self.regions[tie.low].label == region.label}
        contents = [name for name, each in self.regions.items() if each.label == "content"]
        if region.label in ("cue", "speaker", "target"):  # a content has one of them
            contents = [name for name in contents if name not in taken]
        around = [name for name in contents if region.label in (*_INSIDE, "cue") and self.holds(name, region)]
        near = [
            name for name in contents if self.line(region) in {line_number(self.text, b) for b, _ in self.parts(name)}
        ]
        candidates = around if around and (region.label in _INSIDE or len(around) == 1) else near
        if region.label == "speaker" and "entity" in region.answers:
            mine = region.answers["entity"].values
            candidates = [
                n for n in candidates if getattr(self.regions[n].answers.get("entity"), "values", mine) == mine
            ]
        if len(candidates) == 1 or (only and candidates):
            self.links.ties += [Tie(region.id, name, None) for name in candidates]
            rule = (
                "the only content there" if len(candidates) == 1 else f"the only {region.label} of its paragraph (G-19)"
            )
            self.links.inferred.append((region.id, f"{region.label} of {', '.join(candidates)}: {rule}."))
            return
        what = f"{len(candidates)} contents could be meant" if candidates else "its paragraph has no content for it"
        self.fault(region.item, region.id, f"{region.label} without an arrow, and {what}.", _TIE)

    def parts(self, content: str) -> Iterator[Bounds]:
        """Yield the pieces of a content."""
        yield from self.bounds[content]
        for tie in self.links.ties:
            if tie.high == content and self.regions[tie.low].label == "more":
                yield from self.bounds[tie.low]

    def holds(self, content: str, region: Region) -> bool:
        """Whether a content has a region inside."""
        parts = list(self.parts(content))
        return all(any(b <= begin and end <= e for b, e in parts) for begin, end in self.bounds[region.id])

    def line(self, region: Region) -> int:
        """Return the number of the paragraph that a region begins in."""
        return line_number(self.text, self.bounds[region.id][0][0])

    def fault(self, item: int, region: str, reason: str, hint: str) -> None:
        """Note what cannot be tied."""
        self.links.faults.append(Fault(item, region, reason, hint))
