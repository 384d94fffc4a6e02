"""The labelling interface in a real Label Studio server."""

import json
import re
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancebank.annotate.interface import INTERFACE, quoted_attribute
from stancebank.corpus.store import Store
from tests.annotate.tasks import read, shown
from tests.conftest import OWN_SCHEMA, REPO, TOY
from tests.studio import Studio

pytestmark = pytest.mark.server

XML = (REPO / INTERFACE).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def client(studio: Studio) -> Iterator[Any]:
    """Label Studio's own SDK, talking to the server."""
    import httpx
    from label_studio_sdk import LabelStudio

    with httpx.Client(timeout=60) as transport:
        yield LabelStudio(base_url=studio.url, api_key=studio.token, httpx_client=transport)


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
def test_gold_goes_to_the_server_and_comes_back_equal(client: Any, article_id: str) -> None:
    store = Store(TOY, OWN_SCHEMA.name)
    article, document = store.article(article_id), store.gold(article_id)
    text = store.text(article)
    assert text is not None
    assert document is not None
    task = shown(article, text, document)
    project = client.projects.create(title=f"Toy {article_id[:30]}", label_config=XML)
    sent = task["predictions"][0]["result"]
    client.projects.import_tasks(
        id=project.id,
        request=[{"data": task["data"], "annotations": [{"result": sent}]}],
        request_options={"max_retries": 0},
    )
    (found,) = list(client.tasks.list(project=project.id, fields="all"))
    back = found.dict()
    assert back["data"] == task["data"]
    assert back["annotations"][0]["result"] == sent
    conversion = read(json.loads(json.dumps(back, default=str)))
    assert conversion.rejected == ()
    assert [each.statements for each in conversion.documents] == [document.statements]


@given(st.text(st.sampled_from("a'\"&<>\n\r\t é\u00a0\u2028")))
def test_words_are_quoted_as_the_standard_library_quotes_them(words: str) -> None:
    assert quoted_attribute(words) == quoteattr(words)
