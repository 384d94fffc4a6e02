"""Frozen values in files: compared, or recorded where that was asked for."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

VALUES = Path(__file__).parent / "values"
RECORD = "STANCEBANK_RECORD_FROZEN"

Frozen = Callable[[str, Any], None]


def is_recording() -> bool:
    """Whether values are written and not compared."""
    return os.environ.get(RECORD) == "1"


def read_value(name: str) -> Any:
    """Return a frozen value; None where there is none."""
    path = VALUES / f"{name}.json"
    return json.loads(path.read_bytes()) if path.is_file() else None


def compare(name: str, value: Any) -> None:
    """Assert that a value is the frozen one of this name; write it where values are recorded."""
    text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    path = VALUES / f"{name}.json"
    if is_recording():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="")
        return
    assert path.is_file(), f"{name} has no frozen value; see tests/frozen/README.md"
    frozen = path.read_text("utf-8")
    if text != frozen:  # parsed, pytest shows where they differ
        assert json.loads(text) == json.loads(frozen), f"{path.name}; see tests/frozen/README.md"
        assert text == frozen
