"""Label Studio's JSON exports: one task after the other, however long the file is. The one door to ijson."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stancebank.errors import InputError


def is_export(path: Path) -> bool:
    """Whether a file holds a JSON list, as an export does; a reading by quotes is an object."""
    with path.open("rb") as file:
        start = file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    return start.startswith(b"[")


def read_export(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the tasks of an export, each when it is asked for, so that memory holds one at a time.

    Raises InputError where the file is no JSON, or holds what is no task: an export of the type JSON_MIN or CSV has
    lost regions and relations, and cannot be read.
    """
    import ijson

    try:
        with path.open("rb") as file:
            for number, task in enumerate(ijson.items(file, "item", use_float=True)):
                if not isinstance(task, dict) or not isinstance(task.get("annotations"), list) or "data" not in task:
                    raise InputError(
                        f"{path.name}: item {number} is no task with annotations.\n"
                        "Hint: export the project as JSON, not as JSON-MIN, CSV or another type, which lose relations."
                    )
                yield task
    except ijson.JSONError as error:
        raise InputError(f"{path.name} is not JSON: {error}.") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} is not UTF-8: byte {error.start}.") from None
