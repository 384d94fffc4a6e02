"""The books of a conversion: where every item of an annotation went, or why it went nowhere."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from stancebank.annotate.regions import Fault


@dataclass(slots=True)
class Ledger:
    """placed: JSON pointers into the document, by the number of the item; inferred: region and what was concluded."""

    placed: dict[int, list[str]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    inferred: list[tuple[str, str]] = field(default_factory=list)

    def put(self, pointer: str, *items: int | None) -> None:
        """Note where items go; None, for an arrow that was inferred, is none."""
        for item in items:
            if item is not None:
                self.placed.setdefault(item, []).append(pointer)

    def fault(self, item: int | None, region: str, reason: str, hint: str) -> None:
        """Note what goes nowhere. item: None where something is missing rather than wrong."""
        self.faults.append(Fault(item, region, reason, hint))

    def infer(self, region: str, what: str) -> None:
        """Note what was concluded about a region."""
        self.inferred.append((region, what))

    def take(self, other: "Ledger", prefix: str) -> None:
        """Take over the books of a part that stands at a pointer."""
        for item, pointers in other.placed.items():
            self.put_all(item, (prefix + pointer for pointer in pointers))
        self.inferred += other.inferred

    def put_all(self, item: int, pointers: Iterable[str]) -> None:
        """Note that an item goes to several places."""
        self.placed.setdefault(item, []).extend(pointers)
