"""Which marks of a sheet belong together: pieces of one, and what is tied to a statement."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from stancebank.annotate.formats.mapping import PartSource
from stancebank.annotate.formats.sheet import Mark, Sheet
from stancebank.text import line_number


class MissingPartError(Exception):
    """A part of a statement has no value, or more than one."""


class MarkTies:
    """The marks of a sheet, and what ties them.

    faults: what was noted. used: ids of marks that are part of something.
    """

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.faults: list[str] = []
        self.used: set[str] = set()
        self._links: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for link in sheet.links:
            self._links[link.begin].append((link.label, link.end))
            self._links[link.end].append((link.label, link.begin))

    def note(self, where: str, said: str) -> None:
        """Note a fault with its place."""
        self.faults.append(f"{where}: {said}")

    def with_label(self, part: PartSource) -> Iterator[tuple[Mark, list[Mark]]]:
        """Yield the marks of a part, each with those that continue it."""
        marks = [mark for mark in self.sheet.marks if mark.label in part.labels]
        above = {mark.id: mark.id for mark in marks}
        for link in self.sheet.links:
            if link.label in part.continues and link.begin in above and link.end in above:
                one, other = self._top(above, link.begin), self._top(above, link.end)
                above[other] = one
        groups: dict[str, list[Mark]] = defaultdict(list)
        for mark in marks:
            groups[self._top(above, mark.id)].append(mark)
        for several in groups.values():
            several.sort(key=lambda mark: mark.pieces)
            self.used |= {mark.id for mark in several}
            yield several[0], several

    @staticmethod
    def _top(above: Mapping[str, str], name: str) -> str:
        while above[name] != name:
            name = above[name]
        return name

    def belonging(self, part: PartSource | None, holders: list[Mark]) -> list[list[Mark]]:
        """Return the marks of a part that belong to a mark and those that continue it; each with what continues it."""
        if part is None or not part.labels:
            return []
        candidates = list(self._groups(part))
        own = {mark.id for mark in holders}
        if part.relations:
            tied = {end for name in own for label, end in self._links[name] if label in part.relations}
            found = [group for group in candidates if any(mark.id in tied for mark in group)]
        elif part.place == "inside":
            found = [group for group in candidates if all(_is_inside(mark, holders) for mark in group)]
        else:
            found = self._nearest(candidates, holders)
        self.used |= {mark.id for group in found for mark in group}
        return found

    def _groups(self, part: PartSource) -> list[list[Mark]]:
        known, self.used = set(self.used), set(self.used)
        groups = [group for _, group in self.with_label(part)]
        self.used = known
        return groups

    def _nearest(self, candidates: list[list[Mark]], holders: list[Mark]) -> list[list[Mark]]:
        """Return the mark of the same line that is nearest, if there is one; raises where two are as near."""
        text = self.sheet.text or ""
        first, last = holders[0].pieces[0][0], max(piece[1] for mark in holders for piece in mark.pieces)
        lines = {line_number(text, mark.pieces[0][0]) for mark in holders}
        near = [group for group in candidates if line_number(text, group[0].pieces[0][0]) in lines]

        def distance(group: list[Mark]) -> int:
            begin, end = group[0].pieces[0][0], group[-1].pieces[-1][1]
            return max(begin - last, first - end, 0)

        if not near:
            return []
        least = min(map(distance, near))
        found = [group for group in near if distance(group) == least]
        if len(found) > 1:
            where = " and ".join(group[0].where for group in found)
            self.note(holders[0].where, f"{where} are as near to it as one another.")
            raise MissingPartError
        return found


def _is_inside(mark: Mark, holders: list[Mark]) -> bool:
    pieces = [piece for holder in holders for piece in holder.pieces]
    return all(any(first <= begin and end <= last for first, last in pieces) for begin, end in mark.pieces)
