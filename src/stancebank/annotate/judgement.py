"""What speaks against writing a document into a workspace: its form, or the article that it is about."""

from stancebank.errors import InputError
from stancebank.model import Document, to_builtins
from stancebank.schema.validate import validate
from stancebank.workspace import Workspace


def find_faults(workspace: Workspace, document: Document) -> list[str]:
    """Return why a document may not be written, each fault a sentence with its hint; [] where it may."""
    found = validate(to_builtins(document), "annotation", workspace.schema_dir, document.article_id)
    faults = [f"{each.pointer}: {each.message} Hint: {each.hint}." for each in found]
    if faults:
        return faults
    try:
        if workspace.store.article(document.article_id).text_sha256 != document.text_sha256:
            faults.append("the article's stored text is another one by now. Hint: push the article anew.")
    except InputError as error:
        faults.append(str(error))
    return faults
