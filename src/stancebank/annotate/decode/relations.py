"""Which region belongs to which: arrows by the labels of their ends, and what can be inferred without one.

Only a region without any arrow is tied by inference, and only where one place is possible; an arrow overrules it. What
belongs to a condition, in schemes where one has words of its own fields, is tied as what belongs to a content is.

Who takes a pre-annotated statement away deletes its content alone. Label Studio keeps the other regions, without their
arrows; what of them nobody touched goes with the content, and is no other statement's.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import msgspec

from stancebank.annotate.controls import CONTENT, ENTITY, MORE, SLASH, SPEAKER, Controls
from stancebank.annotate.decode.items import UNTOUCHED, ItemFault, Items, Region, Relation
from stancebank.model import Bounds
from stancebank.text import line_bounds

_HINT = "tie it to its {holder}: select it, press Alt+R, click the {holder}"


class RegionTie(msgspec.Struct, frozen=True, gc=False):
    """A region that belongs to a higher one. item: the arrow that says so, or None where it was inferred."""

    low: str
    high: str
    item: int | None


@dataclass(slots=True)
class Links:
    """All ties of an annotation; what was inferred, with its rule; what cannot be tied.

    idle: arrows to cues without a word, which are none, and between what is gone. gone: what goes with a pre-annotated
    content or condition that was taken away.
    """

    ties: list[RegionTie] = field(default_factory=list)
    idle: list[int] = field(default_factory=list)
    inferred: list[tuple[str, str]] = field(default_factory=list)
    faults: list[ItemFault] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)


def link(items: Items, bounds: Mapping[str, tuple[Bounds, ...]], text: str, controls: Controls) -> Links:
    """Tie the regions of an annotation. bounds: of those that have a place in the text, in code points."""
    regions = {name: region for name, region in items.regions.items() if name in bounds}
    linker = _Linker(regions, bounds, text, controls)
    linker.lost = {name: region.label for name, region in items.regions.items() if name not in bounds}
    linker.lost |= {fault.region: "" for fault in items.faults if fault.region and fault.region not in items.regions}
    linker.wordless = frozenset(items.wordless)
    linker.take_away(items)
    for relation in items.relations:
        linker.read(relation)
    linker.infer()
    return linker.links


class _Linker:
    """Ties the regions that have a place.

    lost: the labels of those that cannot be used, "" where it is not known. wordless: cues that are none.
    """

    def __init__(
        self,
        regions: dict[str, Region],
        bounds: Mapping[str, tuple[Bounds, ...]],
        text: str,
        controls: Controls,
    ) -> None:
        self.regions = regions
        self.bounds = bounds
        self.text = text
        self.controls = controls
        self.links = Links()
        self.lost: Mapping[str, str] = {}
        self.wordless: frozenset[str] = frozenset()
        self.tied: set[tuple[str, str]] = set()  # by arrows
        self.held: set[str] = set()  # what belongs to a lost region, and to no other
        self.pieces: defaultdict[str, list[Bounds]] = defaultdict(list)  # of what was interrupted, beside its own
        self.holder_lines: dict[str, set[int]] = {}  # the paragraphs of contents and conditions

    def take_away(self, items: Items) -> None:
        """Put aside what goes with a pre-annotated content or condition that was taken away.

        A part that nobody touched goes, if what it is named after is no longer there, no arrow leads from it to what
        stays, and nobody has marked a new content or condition in its paragraph, which it could be meant for.
        """
        low = self.controls.lower
        gone: set[str] = set()
        parts = [
            each
            for each in self.regions.values()
            if SLASH in each.id and each.origin == UNTOUCHED and each.label in low
        ]
        parts.sort(key=lambda each: len(each.id))  # a holder before its parts
        for region in parts:
            holder = region.id.rpartition(SLASH)[0]
            is_left = holder and (holder in gone or not (holder in items.regions or holder in self.lost))
            if is_left and not self.is_near_new(region):
                gone.add(region.id)
        stays = bool(gone)
        while stays:
            ends = [{each.start, each.end} for each in items.relations]
            kept = {name for pair in ends if pair - gone and pair <= items.regions.keys() for name in pair & gone}
            kept |= {
                name for name in gone if (above := name.rpartition(SLASH)[0]) in items.regions and above not in gone
            }
            gone -= kept
            stays = bool(kept)
        for name in [each for each in self.regions if each in gone]:  # a set has another order in each process
            del self.regions[name]
            self.links.inferred.append(
                (name, "it goes with the suggestion that it was a part of, which was taken away.")
            )
        self.links.gone = gone

    def is_near_new(self, region: Region) -> bool:
        """Whether the paragraph of a region has a content or condition that no pre-annotation brought."""
        holders = {CONTENT, *self.controls.conditions}
        return any(
            each.label in holders and not each.origin.startswith(UNTOUCHED) and self.line(each) == self.line(region)
            for each in self.regions.values()
        )

    def read(self, relation: Relation) -> None:
        """Tie what an arrow ties, whichever way it was drawn."""
        gone = self.links.gone
        if gone and relation.start in gone and relation.end in gone:
            self.links.idle.append(relation.item)
            return
        one, two = self.regions.get(relation.start), self.regions.get(relation.end)
        if one is None or two is None:
            missing, there = (relation.start, two) if one is None else (relation.end, one)
            if missing in self.wordless:
                self.links.idle.append(relation.item)
                return
            if there is not None:
                label = self.lost.get(missing, "")
                is_low = (there.label, label) in self.controls.ties if label else there is one
                self.held |= {there.id} if is_low else set()
            is_lost = missing in self.lost and (there is not None or relation.end in self.lost)
            reason, hint = "an arrow ends at no usable region.", "draw it between two regions"
            self.fault(relation.item, missing, reason, hint, is_fatal=not is_lost, is_follow_on=is_lost)
            return
        low, high = (one, two) if (one.label, two.label) in self.controls.ties else (two, one)
        if (low.label, high.label) not in self.controls.ties or low is high:
            what = f"{one.label} and {two.label} cannot be tied."
            self.fault(relation.item, one.id, what, "remove the arrow, or correct the label of one of its ends")
        elif (low.id, high.id) in self.tied:
            self.fault(relation.item, low.id, "the same arrow is there twice.", "remove one of them", is_fatal=True)
        else:
            self.tied.add((low.id, high.id))
            self.tie(RegionTie(low.id, high.id, relation.item))

    def tie(self, tie: RegionTie) -> None:
        """Note a tie."""
        self.links.ties.append(tie)
        if self.regions[tie.low].label == MORE:
            self.pieces[tie.high] += self.bounds[tie.low]
            self.holder_lines.pop(tie.high, None)

    def infer(self) -> None:
        """Tie the regions that no arrow ties: pieces first, for they say where a content is."""
        tied = {tie.low for tie in self.links.ties} | self.held
        labels = (MORE, *self.controls.inside, *self.controls.shared, *self.controls.mentioned)
        untied = {region.label for region in self.regions.values() if region.id not in tied}
        for label in labels if not untied.isdisjoint(labels) else ():
            mine = [region for region in self.regions.values() if region.label == label]
            loose = [region for region in mine if region.id not in tied]
            lines = Counter(map(self.line, mine)) if loose and label in self.controls.shared else {}
            for region in loose:
                self.infer_one(region, only=bool(lines) and lines[self.line(region)] == 1)

    def infer_one(self, region: Region, *, only: bool) -> None:
        """Tie a region to the one content that it can belong to. only: whether no other of its label is near."""
        holder = self.controls.holder_of(region.label)
        taken = {tie.high for tie in self.links.ties if self.regions[tie.low].label == region.label}
        holders = [name for name, each in self.regions.items() if each.label == holder]
        if region.label in self.controls.single:
            holders = [name for name in holders if name not in taken]
        is_inside = region.label in self.controls.inside
        may_be_inside = is_inside or region.label in self.controls.cues
        around = [name for name in holders if may_be_inside and self.holds(name, region)]
        line = self.line(region)
        near = [name for name in holders if line in self.lines_of(name)]
        candidates = around if around and (is_inside or len(around) == 1) else near
        if region.label == SPEAKER and ENTITY in region.answers:
            mine = region.answers[ENTITY].values
            candidates = [n for n in candidates if getattr(self.regions[n].answers.get(ENTITY), "values", mine) == mine]
        if len(candidates) == 1 or (only and candidates):
            for name in candidates:
                self.tie(RegionTie(region.id, name, None))
            rule = f"the only {holder} there" if len(candidates) == 1 else f"the only {region.label} of its paragraph"
            self.links.inferred.append((region.id, f"{region.label} of {', '.join(candidates)}: {rule}."))
            return
        what = f"{len(candidates)} {holder}s could be meant" if candidates else f"its paragraph has no {holder} for it"
        reason = f"{region.label} without an arrow, and {what}."
        is_follow_on = not candidates and holder in self.lost.values()
        self.fault(region.item, region.id, reason, _HINT.format(holder=holder), is_follow_on=is_follow_on)

    def parts(self, holder: str) -> list[Bounds]:
        """Return the pieces of a content or condition."""
        return [*self.bounds[holder], *self.pieces.get(holder, ())]

    def holds(self, holder: str, region: Region) -> bool:
        """Whether a content or condition has a region inside."""
        parts = self.parts(holder)
        return all(any(b <= begin and end <= e for b, e in parts) for begin, end in self.bounds[region.id])

    def lines_of(self, holder: str) -> set[int]:
        """Return the numbers of the paragraphs that the pieces of a content or condition begin in."""
        found = self.holder_lines.get(holder)
        if found is None:
            found = self.holder_lines[holder] = {self.line_at(begin) for begin, _ in self.parts(holder)}
        return found

    def line(self, region: Region) -> int:
        """Return the number of the paragraph that a region begins in."""
        return self.line_at(self.bounds[region.id][0][0])

    def line_at(self, offset: int) -> int:
        """Return the number of the paragraph that holds a place, counted from 1."""
        return bisect_right(self.line_begins, offset)

    @cached_property
    def line_begins(self) -> list[int]:
        """Where the paragraphs begin; counted once, however many regions are looked at."""
        return [begin for begin, _ in line_bounds(self.text)]

    def fault(
        self, item: int, region: str, reason: str, hint: str, *, is_fatal: bool = False, is_follow_on: bool = False
    ) -> None:
        """Note what cannot be tied."""
        self.links.faults.append(ItemFault(item, region, reason, hint, is_fatal, is_follow_on))
