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


def packed_files() -> list[Path]:
    """Return the schemas, the guidelines and what else of `annotate/` the toolkit brings for new workspaces."""
    root = _packed_root()
    return sorted((*root.glob("schema/v*/*.json"), *root.glob("annotate/*.*")))


def _packed_root() -> Path:
    packed = _PACKAGE / "starter" / "packed"
    return packed if packed.is_dir() else _PACKAGE.parent.parent


EARLIER: dict[str, dict[str, str]] = {
    "v1": {
        "annotation.schema.json": "4ff81629d473792d31c868bcce2c550fa1ae3a447bdf88aa3a6ac6e89ffb8356",
        "article.schema.json": "449cf76605f203a9bbe87e9a6944c2bf41f37832466d125b4c5a8c5ac6b9ad1a",
        "entities.schema.json": "2c3efc5eac560492a74b9093c8ffc4430e0215d70b23a591b586cfc1fad4767c",
        "prediction.schema.json": "f4a47a92867dd64a926af30ca42a8d7530c3ff28e4bac23210559beca3826128",
        "targets.schema.json": "63bd5cc38af3f236973d034652684c9111bd3a72ec9a4ae358b8ebac2e6c3158",
        "vocabularies.json": "d8ffa1bd5a47d3c148f714bb590bf3cd87a314a91bb5b64df376f7155adea617",
        "withdrawal.schema.json": "fb98c6fddec1b7b5b91c5956d91ae9851cf756c21ba4f7fcc1dbf8e363129e37",
    }
}
"""SHA-256 of the files of earlier editions of a schema version, by file name, as 64 hex digits.

The edition of 0.1.0 means the same by a document as today's; it did not yet say what each field is.
"""
