"""The schemas that the toolkit itself brings."""

from pathlib import Path

_PACKAGE = Path(__file__).parent.parent


def packed_schema(version: str) -> Path | None:
    """Return the folder of a schema version, such as ``v1``, that the toolkit brings; None where it knows none.

    In a wheel it is packed with what `stancebank init` lays; in a checkout it lies at the root.
    """
    packed = _PACKAGE / "starter" / "packed"
    root = packed if packed.is_dir() else _PACKAGE.parent.parent
    folders = {path.name: path for path in (root / "schema").glob("v*/")}
    return folders.get(version)
