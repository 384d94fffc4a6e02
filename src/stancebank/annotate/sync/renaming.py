"""Another pseudonym for an account: its documents move along, and what both sides agree on."""

from msgspec.structs import replace

from stancebank.annotate.annotators import Annotators
from stancebank.annotate.connection import local_folder
from stancebank.annotate.server import User
from stancebank.annotate.sync.bases import Bases, labels
from stancebank.annotate.sync.lock import holding
from stancebank.annotate.sync.pull import PROJECTS
from stancebank.errors import ConflictError
from stancebank.workspace import Workspace


def rename(workspace: Workspace, user: User, name: str) -> int:
    """Give an account a pseudonym and move its documents there. Return how many there were.

    It may be cut off at any moment and run again: the table changes last. Raises ConflictError where the other folder
    has a document of the same article with other labels, or the name belongs to another account.
    """
    folder, store = local_folder(workspace), workspace.store
    with holding(folder, "renaming"):
        table = Annotators(folder)
        old = table.name(user) or f"user-{user.id}"
        table.demand_free(name, user)
        documents = [] if old == name else list(store.documents(old))
        for document in documents:
            path = store.document_path(document.article_id, name)
            if path.is_file() and labels(store.document(path)) != labels(replace(document, annotator=name)):
                raise ConflictError(
                    f"{name} has another document of {document.article_id} than {old}.\n"
                    "Hint: compare them with `stancebank annotate compare`, keep one, and run it again. "
                    "Nothing was changed."
                )
        for document in documents:
            store.write_document(replace(document, annotator=name))
            for project in sorted((folder / PROJECTS).glob("*/bases.json")):
                bases = Bases(project.parent)
                base = bases.of(document.article_id, old)
                if base is not None and base.document == labels(document):
                    bases.agree(replace(document, annotator=name), base.annotation, base.updated_at)
                if base is not None:
                    bases.forget(document.article_id, old)
                    bases.write()
            store.document_path(document.article_id, old).unlink()
        if documents:
            place = store.document_path("any", old).parent
            if not any(place.iterdir()):
                place.rmdir()
        table.rename(user, name)
    return len(documents)
