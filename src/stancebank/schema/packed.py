"""The schema that this toolkit brings with it: packed beside the starter in a wheel, at the root in a checkout."""

from pathlib import Path

from stancebank.errors import WorkspaceError

_PACKAGE = Path(__file__).parent.parent


def packed_schema(version: str) -> Path:
    """Return the folder of a schema version, such as ``v1``. Raises WorkspaceError where this toolkit lacks it."""
    for root in (_PACKAGE / "starter/packed", _PACKAGE.parent.parent):
        if (root / "schema" / version / "vocabularies.json").is_file():
            return root / "schema" / version
    raise WorkspaceError(
        f"This toolkit does not know the schema {version!r}.\nMend: get the one that made the dataset, or newer."
    )
