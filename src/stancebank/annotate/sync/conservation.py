"""The law of a pull: nothing that an annotator marked is lost. Counted from the raw task, apart from the conversion."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stancebank.annotate.decode.document import Conversion
from stancebank.model import to_builtins


@dataclass(slots=True)
class Count:
    """Items of annotations, by where they went."""

    in_documents: int = 0
    rejected: int = 0
    set_aside: int = 0


def find_losses(task: Mapping[str, Any], conversion: Conversion) -> list[str]:
    """Return what of a raw task is in no document and not among the rejected, or is said to be where it is not.

    Annotations that were skipped are set aside on purpose; every other one has to have a reading, and every item of
    its result has to be placed or rejected, and stand where the reading says.
    """
    raw = task.get("annotations")
    if not isinstance(raw, list) or not all(isinstance(each, dict) for each in raw):
        return ["its annotations are no list of annotations"]
    live = [each for each in raw if not each.get("was_cancelled")]
    if [each.get("id") for each in live] != [each.annotation for each in conversion.readings]:
        return ["an annotation has no reading"]
    losses = []
    for annotation, reading in zip(live, conversion.readings, strict=True):
        result = annotation.get("result")
        size = len(result) if isinstance(result, list) else 0
        placed = set(reading.placed)
        rejected = {each.item for each in reading.rejected if each.item is not None}
        losses += [
            f"annotation {annotation.get('id')}: item {item} went nowhere"
            for item in range(size)
            if item not in placed and item not in rejected
        ]
        losses += [
            f"annotation {annotation.get('id')}: item {item} is placed and rejected, or was never there"
            for item in sorted((placed & rejected) | {each for each in placed | rejected if each >= size})
        ]
        if reading.document is None and not reading.rejected:
            losses.append(f"annotation {annotation.get('id')}: it became nothing, and nothing says why")
        value = to_builtins(reading.document) if reading.document is not None else None
        if not rejected:
            losses += [
                f"annotation {annotation.get('id')}: item {item} is not at {pointer} of the document"
                for item, pointers in reading.placed.items()
                for pointer in pointers
                if pointer and (value is None or not _is_there(value, pointer))
            ]
    return losses


def count_items(annotation: Mapping[str, Any]) -> int:
    """Return how many items an annotation has."""
    result = annotation.get("result")
    return len(result) if isinstance(result, list) else 0


def _is_there(value: Any, pointer: str) -> bool:
    """Whether a pointer leads somewhere; a field at its default is left out of the record, so its owner is enough."""
    parts = pointer.split("/")[1:]
    for place, part in enumerate(parts):
        if isinstance(value, list):
            if not part.isdecimal() or int(part) >= len(value):
                return False
            value = value[int(part)]
        elif isinstance(value, dict):
            if part not in value:
                return place == len(parts) - 1
            value = value[part]
        else:
            return False
    return True
