"""The labelling interface in a real Label Studio server."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from stancebank.annotate.interface import INTERFACE
from stancebank.corpus.store import Store
from stancebank.model import Span
from tests.conftest import REPO, TOY
from tests.studio import Studio, running_studio

pytestmark = pytest.mark.server

XML = (REPO / INTERFACE).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """One server for all tests of this file."""
    with running_studio(tmp_path_factory.mktemp("studio")) as studio:
        yield studio


@pytest.fixture(scope="module")
def client(studio: Studio) -> Iterator[Any]:
    """Label Studio's own SDK, talking to the server."""
    import httpx
    from label_studio_sdk import LabelStudio

    with httpx.Client(timeout=60) as transport:
        yield LabelStudio(base_url=studio.url, api_key=studio.token, httpx_client=transport)


def regions(article_id: str, text: str) -> list[dict[str, Any]]:
    """The gold of a toy article as an annotator would leave it: spans, choices, relations."""
    document = Store(TOY).gold(article_id)
    assert document is not None
    found: list[dict[str, Any]] = []

    def region(name: str, span: Span, label: str, **choices: str) -> None:
        value = {"start": span.begin, "end": span.end, "text": text[span.begin : span.end]}
        base = {"id": name, "to_name": "text", "origin": "manual"}
        found.append({**base, "from_name": "span", "type": "labels", "value": {**value, "labels": [label]}})
        for control, choice in choices.items():
            found.append({**base, "from_name": control, "type": "choices", "value": {**value, "choices": [choice]}})

    for number, statement in enumerate(document.statements):
        labels = {"stance": statement.stance, "attribution": statement.attribution, "force": statement.force}
        region(f"s{number}", statement.content[0], "content", **labels)
        if statement.speaker.span:
            region(f"p{number}", statement.speaker.span, "speaker")
            found.append(_relation(f"p{number}", f"s{number}", "speaker_of"))
        for place, condition in enumerate(statement.conditions):
            region(f"c{number}-{place}", condition.spans[0], "condition", condition_role=condition.role)
            found.append(_relation(f"c{number}-{place}", f"s{number}", "condition_of"))
    return found


def _relation(start: str, end: str, label: str) -> dict[str, Any]:
    return {"type": "relation", "from_id": start, "to_id": end, "direction": "right", "labels": [label]}


def test_the_server_takes_the_interface_and_refuses_a_broken_one(client: Any) -> None:
    from label_studio_sdk.core.api_error import ApiError

    project = client.projects.create(title="The interface", label_config=XML)
    kept = client.projects.get(id=project.id)
    assert kept.label_config == XML.rstrip()
    broken = re.sub('toName="text"', 'toName="words"', XML, count=1)
    with pytest.raises(ApiError) as caught:
        client.projects.create(title="Broken", label_config=broken)
    assert caught.value.status_code == 400
    assert "words" in str(caught.value.body)


@pytest.mark.parametrize("article_id", ["norland-post-2031-02-11-envoy", "suvia-courier-2031-02-12-minister"])
def test_gold_goes_to_the_server_and_comes_back_with_its_words(client: Any, article_id: str) -> None:
    store = Store(TOY)
    text = store.text(store.article(article_id))
    assert text is not None
    project = client.projects.create(title=f"Toy {article_id[:30]}", label_config=XML)
    sent = regions(article_id, text)
    assert len(sent) > 30
    client.projects.import_tasks(
        id=project.id,
        request=[{"data": {"text": text}, "annotations": [{"result": sent}]}],
        request_options={"max_retries": 0},
    )
    (task,) = list(client.tasks.list(project=project.id, fields="all"))
    assert task.data["text"] == text
    (annotation,) = task.annotations
    result = annotation["result"] if isinstance(annotation, dict) else annotation.result
    assert result == sent
    for item in result:
        if "value" in item:
            value = item["value"]
            assert text[value["start"] : value["end"]] == value["text"]
