"""The scheme of a folder: what it means by a statement, known without the workspace that it was made of.

A folder carries the files of its schema version where they are not those that the toolkit brings; a release carries
them always. A folder that was made before the schema said what the fields are follows the toolkit's own.
"""

from pathlib import Path

from stancebank.errors import InputError
from stancebank.publish.folder import MANIFEST
from stancebank.records import read_json
from stancebank.schema.fields import KEYWORD, Scheme, load_scheme
from stancebank.schema.packed import packed_schema

SCHEMA = "schema"
"""The folder within a folder that holds the files of its schema version."""

ANNOTATION = "annotation.schema.json"


def find_schema(folder: Path, version: str) -> Path | None:
    """Return where the files of a folder's schema version are: in the folder or the toolkit; None for nowhere."""
    own = folder / SCHEMA
    try:
        is_told = (own / "vocabularies.json").is_file() and KEYWORD in (own / ANNOTATION).read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        is_told = False
    return own if is_told else packed_schema(version)


def read_scheme(folder: Path) -> Scheme:
    """Return the scheme of a folder that the toolkit has made. Raises InputError where it is not to be found out."""
    try:
        version = str(read_json(folder / MANIFEST)["schema_version"])
    except (OSError, InputError, KeyError, TypeError):
        raise InputError(
            f"{folder} is no dataset that this toolkit has made: {MANIFEST} is missing or of another form.\n"
            "Hint: name a folder that `stancebank publish build` or `publish release` has written."
        ) from None
    schema_dir = find_schema(folder, version)
    if schema_dir is None:
        raise InputError(
            f"{folder} follows the schema {version!r}, which this toolkit lacks.\nHint: get a newer toolkit."
        )
    return load_scheme(schema_dir, version)


def is_own(schema_dir: Path) -> bool:
    """Whether the files of a schema version are not, byte for byte, those that the toolkit brings."""
    packed = packed_schema(schema_dir.name)
    return packed is None or any(
        not (packed / path.name).is_file() or (packed / path.name).read_bytes() != path.read_bytes()
        for path in schema_dir.glob("*.json")
    )
