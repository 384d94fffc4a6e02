"""The law of a pull: nothing that an annotator marked is lost. Counted from the raw task, apart from the conversion."""

from collections.abc import Mapping
from typing import Any

from stancebank.annotate.decode.document import Conversion
from stancebank.annotate.decode.origin import number_of
from stancebank.model import to_builtins


def find_lost_items(task: Mapping[str, Any], conversion: Conversion) -> list[str]:
    """Return which items of a raw task are neither in a document nor rejected, or not where the reading places them.

    Skipped annotations are left out on purpose. Each other annotation needs a reading, and each item of its result
    must be placed or rejected, and be at the place that the reading names.
    """
    raw = task.get("annotations")
    if not isinstance(raw, list) or not all(isinstance(annotation, dict) for annotation in raw):
        return ["its annotations are no list of annotations"]
    live = [annotation for annotation in raw if not annotation.get("was_cancelled")]
    if [number_of(annotation.get("id")) for annotation in live] != [
        reading.annotation for reading in conversion.readings
    ]:
        return ["an annotation has no reading"]
    losses = []
    for annotation, reading in zip(live, conversion.readings, strict=True):
        size = count_items(annotation)
        placed = set(reading.placed)
        rejected = {rejection.item for rejection in reading.rejected if rejection.item is not None}
        losses += [
            f"annotation {annotation.get('id')}: item {item} is neither placed nor rejected"
            for item in range(size)
            if item not in placed and item not in rejected
        ]
        losses += [
            f"annotation {annotation.get('id')}: item {item} is placed and rejected, or does not exist"
            for item in sorted((placed & rejected) | {item for item in placed | rejected if item >= size})
        ]
        if reading.document is None and not reading.rejected:
            losses.append(f"annotation {annotation.get('id')}: it gave no document, and no reason for it")
        value = to_builtins(reading.document) if reading.document is not None else None
        losses += [
            f"annotation {annotation.get('id')}: item {item} is not at {pointer} of the document"
            for item, pointers in reading.placed.items()
            for pointer in pointers
            if pointer and (value is None or not _exists(value, pointer))
        ]
    return losses


def count_items(annotation: Mapping[str, Any]) -> int:
    """Return how many items an annotation has."""
    result = annotation.get("result")
    return len(result) if isinstance(result, list) else 0


def _exists(value: Any, pointer: str) -> bool:
    """Whether a JSON pointer leads somewhere; a field at its default is not in the record, so its owner is enough."""
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
