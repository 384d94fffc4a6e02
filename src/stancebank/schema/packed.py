"""The schemas that the toolkit itself brings."""

from pathlib import Path

_PACKAGE = Path(__file__).parent.parent


def schema_folder(root: Path, version: str) -> Path:
    """Return the folder of a schema version: the workspace's own, or else the one that the toolkit brings.

    root: of the workspace.
    """
    own = root / "schema" / version
    return own if own.is_dir() else packed_schema(version) or own


def packed_schema(version: str) -> Path | None:
    """Return the folder of a schema version, such as ``v1``, that the toolkit brings; None where it knows none.

    In a wheel it is packed with what `stancebank init` lays; in a checkout it lies at the root.
    """
    folders = {path.name: path for path in (_packed_root() / "schema").glob("v*/")}
    return folders.get(version)


def packed_file(path: str) -> Path:
    """Return a file that the toolkit brings for new workspaces. path: of it in a workspace."""
    return _packed_root() / path


def _packed_root() -> Path:
    packed = _PACKAGE / "starter" / "packed"
    return packed if packed.is_dir() else _PACKAGE.parent.parent
