"""Documents in a file beside the workspace, to be shown as pre-annotations."""

from pathlib import Path

from stancebank.errors import InputError
from stancebank.model import Document, from_builtins
from stancebank.records import read_json
from stancebank.schema.validate import validate


def read_documents(path: Path, schema_dir: Path) -> list[Document]:
    """Read one document or a list of them. Raises InputError where one does not follow the schema."""
    value = read_json(path)
    documents = []
    for number, each in enumerate(value if isinstance(value, list) else [value]):
        found = validate(each, "annotation", schema_dir, path.name)
        if found:
            first = found[0]
            raise InputError(
                f"{path.name}, document {number}, {first.pointer or '/'}: {first.message}\nHint: {first.hint}."
            )
        documents.append(from_builtins(each, Document))
    return documents
