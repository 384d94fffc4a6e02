"""What the tests of pull share: annotators who submit what a document says, and a look at what came of it."""

import json
import random
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from stancebank.annotate.client import Server, User
from stancebank.annotate.forms import HasId
from stancebank.annotate.sync.projects import Project, find_projects
from stancebank.annotate.sync.pull import pull
from stancebank.annotate.sync.types import PullOptions, PullResult
from stancebank.model import Document, Statement
from stancebank.workspace import Workspace
from tests.annotate.tasks import shown, value

ENVOY = "norland-post-2031-02-11-envoy"
MINISTER = "suvia-courier-2031-02-12-minister"
HARVEST = "keth-tribune-undated-harvest"
ALL = [ENVOY, MINISTER, HARVEST]
Json = dict[str, Any]


def only(server: Server, workspace: Workspace) -> Project:
    (project,) = find_projects(server, workspace)
    return project


def task_of(server: Server, workspace: Workspace, article_id: str = ENVOY) -> int:
    (task,) = server.tasks(only(server, workspace).id, ["updated_at"], articles=[article_id])
    return int(task["id"])


def marks(workspace: Workspace, article_id: str = ENVOY, document: Document | None = None) -> list[Json]:
    """What an annotator submits whose reading is a document, or the gold one."""
    store = workspace.store
    article = store.article(article_id)
    document, text = document or store.gold(article_id), store.text(article)
    assert document is not None
    assert text is not None
    task = shown(article, text, document, version="1.1")
    result: list[Json] = task["predictions"][0]["result"]
    return result


def submit(server: Server, workspace: Workspace, article_id: str = ENVOY, **more: Any) -> Json:
    task = task_of(server, workspace, article_id)
    return server.create_annotation(task, {"result": marks(workspace, article_id), **more})


def leave_draft(server: Server, workspace: Workspace, article_id: str) -> None:
    """Begin to label an article, and do not submit it."""
    project, task = only(server, workspace), task_of(server, workspace, article_id)
    body = {"result": marks(workspace, article_id)}
    server._send("POST", f"/api/tasks/{task}/drafts", HasId, body, {"project": project.id})


def run_pull(server: Server, workspace: Workspace, **options: Any) -> list[PullResult]:
    return list(pull(server, workspace, PullOptions(**options)))


def kinds(outcomes: list[PullResult]) -> list[str]:
    return sorted(each.kind for each in outcomes)


def path_of(workspace: Workspace, article_id: str = ENVOY, annotator: str = "user-1") -> Path:
    return workspace.root / workspace.store.document_name(article_id, annotator)


def document_of(workspace: Workspace, article_id: str = ENVOY, annotator: str = "user-1") -> Document:
    return workspace.store.document(workspace.store.document_name(article_id, annotator))


def state(root: Path) -> dict[str, bytes]:
    """All files of documents and of the local store, but the lock, and the file that says when the last pull was."""
    found = {}
    for folder in ("corpus", ".stancebank"):
        for path in (root / folder).rglob("*"):
            if path.is_file() and path.name not in ("lock", "pulled.json"):
                found[str(path.relative_to(root))] = path.read_bytes()
    return found


def edit(workspace: Workspace, stance: str, article_id: str = ENVOY) -> Document:
    """Give the first free statement of the document another stance, as a person with an editor would."""
    document = document_of(workspace, article_id)
    first = _first_free(document)
    changed = replace(first, fields={**first.fields, "stance": stance})
    statements = tuple(changed if each is first else each for each in document.statements)
    document = replace(document, statements=statements)
    workspace.store.write_document(document)
    return document


def _first_free(document: Document) -> Statement:
    """The first statement that neither repeats another one nor is repeated: these must have one stance."""
    repeated = {each.same_as for each in document.statements}
    return next(each for each in document.statements if each.same_as is None and each.id not in repeated)


def change_stance(result: list[Json], stance: str, old: str) -> list[Json]:
    """The same marks, with one stance changed."""
    result = json.loads(json.dumps(result))
    item = next(each for each in result if each["from_name"] == "stance" and each["value"]["choices"] == [old])
    item["value"]["choices"] = [stance]
    return result


def first_stance(workspace: Workspace) -> str:
    """The stance of the first free statement, which no other one has."""
    gold = workspace.store.gold(ENVOY)
    assert gold is not None
    return str(value(_first_free(gold), "stance"))


def make_account(server: Server) -> User:
    """Make somebody who can be named as an annotator."""
    name = f"somebody-{random.SystemRandom().randrange(10**9)}"
    made = server._send("POST", "/api/users/", HasId, {"email": f"{name}@example.org", "username": name})
    return next(user for user in server.users() if user.id == made["id"])
