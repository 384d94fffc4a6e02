"""Tasks of Label Studio with a reading as a finished annotation."""

from typing import Any

from stancebank.annotate.encode import to_result, to_task
from stancebank.annotate.formats.flatten import Loss, add_of_document
from stancebank.annotate.guidelines import guideline_version
from stancebank.annotate.interface_settings import load_interface
from stancebank.annotate.lists import make_lists
from stancebank.model import Article, Document
from stancebank.workspace import Workspace

Json = dict[str, Any]


class Tasks:
    """Makes tasks for the full interface of a workspace. loss: takes what tasks do not say of a document."""

    def __init__(self, workspace: Workspace, loss: Loss) -> None:
        store = workspace.store
        self._interface = load_interface(workspace, "full")
        self._lists = make_lists(store.entities(), store.targets(), store.documents(None), self._interface)
        self._version = guideline_version(workspace.root)
        self._loss = loss

    def make(self, article: Article, text: str, document: Document) -> Json:
        """Return the task of an article. Raises InputError where the interface cannot show the document."""
        task = to_task(article, text, [document], self._lists, self._interface, guideline_version=self._version)
        result = to_result(article, text, document, self._interface)
        annotation = {"result": result, "created_at": document.created_at, "updated_at": document.updated_at}
        add_of_document(document, self._loss, kept=("times", "guideline version"))
        return {"data": task["data"], "annotations": [annotation]}
