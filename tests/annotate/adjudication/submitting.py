"""What Label Studio stores of an adjudicator's answers, so that tests can submit them without a browser."""

from typing import Any

from stancebank.annotate.adjudication.desk import CHOICE, CONFLICT, NOTE, REASON, RULE
from stancebank.annotate.adjudication.push import ADJUDICATION
from stancebank.annotate.adjudication.types import Verdict
from stancebank.annotate.client import Server
from stancebank.annotate.encode import to_result
from stancebank.annotate.interface_settings import load_interface
from stancebank.annotate.sync.projects import find_projects
from stancebank.model import Document
from stancebank.workspace import Workspace
from tests.studio import Person, Studio

Json = dict[str, Any]
SHAPES = {CHOICE: "choices", REASON: "choices", RULE: "taxonomy", NOTE: "textarea"}


def answer(**given: str) -> list[Json]:
    """The items of answers. given: by `choice`, `reason`, `rule` and `note`."""
    items = []
    for name, value in given.items():
        shape = SHAPES[f"verdict-{name}"]
        held = [[value]] if shape == "taxonomy" else [value]
        told = {"id": f"answer-{name}", "from_name": f"verdict-{name}", "to_name": "text", "type": shape}
        items.append({**told, "value": {"text" if shape == "textarea" else shape: held}})
    return items


def items_of(workspace: Workspace, verdict: Verdict) -> list[Json]:
    """The items of what an adjudicator submits to say a verdict: of their own, with the statement marked."""
    rule = {"rule": verdict.rule} if verdict.rule else {}
    said = answer(choice=verdict.choice, reason=verdict.reason, **rule)
    if verdict.statement is None:
        return said
    article = workspace.store.article(verdict.article_id)
    text = workspace.store.text(article)
    assert text is not None
    marked = Document(
        schema_version=workspace.scheme.version,
        guideline_version="1.0",
        article_id=article.id,
        text_sha256=article.text_sha256,
        annotator=verdict.by,
        origin="human",
        created_at=verdict.decided_at,
        updated_at=verdict.decided_at,
        statements=(verdict.statement,),
        edition=workspace.scheme.edition,
    )
    return [*to_result(article, text, marked, load_interface(workspace)), *said]


def tasks_of(server: Server, workspace: Workspace) -> dict[str, Json]:
    """The tasks of all projects for adjudication, by the key of their conflict."""
    found: dict[str, Json] = {}
    for project in find_projects(server, workspace, ADJUDICATION):
        for task in server.tasks(project.id, ["data", "predictions"]):
            assert task["data"][CONFLICT] not in found
            found[task["data"][CONFLICT]] = task
    return found


def submit(studio: Studio, person: Person, task: Json, result: list[Json]) -> int:
    """Submit an annotation as somebody."""
    body = {"result": result, "lead_time": 5}
    return int(studio.ask("POST", f"/api/tasks/{task['id']}/annotations/", person.token, json=body)["id"])
