"""Tasks as Label Studio would hand them back, and a count of what is in them that knows nothing of the converter."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from stancebank.annotate.controls import Profile
from stancebank.annotate.decode.document import Conversion, from_task
from stancebank.annotate.encode import to_task
from stancebank.annotate.interface_settings import Interface, load_interface
from stancebank.annotate.lists import Lists, make_lists
from stancebank.corpus.store import Store
from stancebank.model import Article, Document, Statement, Target
from stancebank.schema.fields import Holder, Level, Scheme
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import OWN_SCHEMA, REPO, TOY

INTERFACES: dict[Profile, Interface] = {
    "full": load_interface(open_workspace(REPO), "full"),
    "core": load_interface(open_workspace(REPO), "core"),
}
INTERFACE = INTERFACES["full"]
SCHEME = INTERFACE.controls.scheme


def toy_lists() -> Lists:
    store = Store(TOY, OWN_SCHEMA.name)
    return make_lists(store.entities(), store.targets(), store.documents(None), INTERFACE)


def shown(
    article: Article, text: str, *documents: Document, interface: Interface = INTERFACE, version: str = "1.0"
) -> dict[str, Any]:
    """The task of an article with readings of it, as a push sends it."""
    return to_task(article, text, documents, LISTS, interface, guideline_version=version)


def task_of(article: Article, text: str, document: Document, interface: Interface = INTERFACE) -> dict[str, Any]:
    """The task of a reading, as if an annotator had submitted the pre-annotation unchanged; by way of JSON."""
    task = shown(article, text, document, interface=interface)
    return submitted(task, task["predictions"][0]["result"])


def read(task: dict[str, Any], annotators: Mapping[int, str] | None = None, scheme: Scheme = SCHEME) -> Conversion:
    """What the annotations of a task say, in the scheme of this checkout or another one."""
    return from_task(task, scheme, annotators)


def value(holder: Holder, name: str, scheme: Scheme = SCHEME) -> Any:
    """What a statement, target or condition says in a field."""
    level: Level = (
        "statement" if isinstance(holder, Statement) else "target" if isinstance(holder, Target) else "condition"
    )
    field = scheme.find(level, name)
    assert field is not None
    return field.value(holder)


def submitted(task: dict[str, Any], result: list[Any]) -> dict[str, Any]:
    """A task with one annotation, as an export has it."""
    annotation = {
        "id": 5,
        "completed_by": 7,
        "created_at": "2031-02-12T08:00:00.123456Z",
        "updated_at": "2031-02-12T08:30:00.000001Z",
        "was_cancelled": False,
        "result": result,
    }
    task = {"id": 3, "project": 2, "data": task["data"], "annotations": [annotation]}
    exported: dict[str, Any] = json.loads(json.dumps(task))
    return exported


def count_raw(task: dict[str, Any]) -> Counter[str]:
    """Regions, relations and items of all annotations, counted from the JSON alone."""
    counted: Counter[str] = Counter()
    for annotation in task["annotations"]:
        if annotation.get("was_cancelled"):
            continue
        for item in annotation["result"]:
            counted["items"] += 1
            if isinstance(item, dict) and item.get("type") == "relation":
                counted["relations"] += 1
            elif isinstance(item, dict) and item.get("type") == "labels":
                counted["regions"] += 1
    return counted


LISTS = toy_lists()


def require_gold_back(workspace: Workspace) -> list[Document]:
    """Demand that the statements of all gold come back equal from a submitted task; return the documents."""
    interface, store = load_interface(workspace), workspace.store
    lists = make_lists(store.entities(), store.targets(), store.documents(None), interface)
    documents, back = list(store.documents(None)), []
    assert documents
    for document in documents:
        article = store.article(document.article_id)
        text = store.text(article)
        assert text is not None
        task = to_task(article, text, [document], lists, interface, guideline_version="1.0")
        found = read(submitted(task, task["predictions"][0]["result"]), scheme=workspace.scheme)
        assert found.rejected == ()
        assert found.documents[0].statements == document.statements
        back.append(found.documents[0])
    return back
