"""The page "Suggestions", from raw articles to reviewed gold, done as it stands there, against a real server.

Label Studio is the one that all tests share, and the language model is a stand-in. Where the page says that somebody
corrects drafts, the test submits what Label Studio would, through its API.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from stancebank.annotate.connection import connect, local_folder
from stancebank.annotate.controls import CONDITION, CONTENT, NOTHING, ROLE, SPANS, SPEAKER, TARGET_ID
from stancebank.annotate.local.accounts import add_member
from stancebank.annotate.sync.projects import find_projects
from stancebank.annotate.users import UserTable
from stancebank.corpus.suggestions import read_begun, read_shown, suggested_articles
from stancebank.workspace import open_workspace
from tests.annotate.adjudication.submitting import submit
from tests.conftest import REPO
from tests.following import Maintainer, blocks
from tests.studio import Studio
from tests.suggest.endpoint import Reply, last_words, question, serving, statements

pytestmark = [pytest.mark.server, pytest.mark.slow]

MODEL = "http://localhost:11434/v1"

MEANT = {  # by the id of the article: what anna takes for its only statement, whose, its stance and target
    "norland-post-2031-02-11-ferry-talks": ("We will talk to Suvia if", "Ilse Marrow", "offer", "talks"),
    "suvia-courier-2031-02-12-no-talks-before-spring": ("We will not negotiate", "Tor Aven", "reject", "talks"),
    "norland-post-2031-02-14-marrow-repeats-her-offer": ("Norland is ready to talk", "Ilse Marrow", "offer", "talks"),
    "suvia-courier-2031-02-14-marrow-says-it-again": ("Norland is ready to talk", "Ilse Marrow", "offer", "talks"),
    "keth-tribune-2031-02-15-a-table-and-two-chairs": ("We demand talks", "Dora Quill", "demand", "talks"),
}

Json = dict[str, Any]


def test_the_page_is_done_from_raw_articles_to_reviewed_gold(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1", "LABEL_STUDIO_URL": studio.url}
    given |= {"LABEL_STUDIO_API_KEY": studio.token}
    for who in ("AUTHOR", "COMMITTER"):
        given |= {f"GIT_{who}_NAME": "Somebody", f"GIT_{who}_EMAIL": "somebody@paper.example"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    (chapter,) = (each for each in (REPO / "docs/suggesting.md").read_text().split("\n## ") if each.startswith("From "))
    page = tmp_path / "page.md"
    page.write_text(chapter)
    person = Maintainer(tmp_path, tmp_path)
    with serving() as model:
        model.answer = answer
        for language, body in blocks(page):
            if language == "csv":
                (person.cwd / "sources/river.csv").write_text(body)
            for line in body.splitlines() if language == "sh" else ():
                if line.startswith("stancebank annotate studio start"):
                    anna = add_member(studio.folder, studio.url, "anna")
                    UserTable(local_folder(open_workspace(person.cwd))).rename(anna, "anna")
                    continue
                told = person.type(line.replace(MODEL, model.url))
                if "push --suggest" in line:
                    correct(studio, person.cwd)
                if line.startswith("stancebank annotate agreement"):
                    assert "uggestion" in told
                if "--dry-run" in line:
                    assert model.bodies == []
    store = open_workspace(person.cwd).store
    assert suggested_articles(store, "rules") == suggested_articles(store, "llm") == sorted(store.article_ids())
    assert {each.suggestion for each in read_shown(store)} >= {"rules"}
    assert {each.annotator for each in read_begun(store)} == {"anna"}
    gold = list(store.documents(None))
    assert len(gold) == 6
    for document in gold:
        said = [(each.fields["stance"], each.target.id) for each in document.statements]
        assert said == [MEANT[document.article_id][2:]] if document.article_id in MEANT else said == []
    manifest = json.loads((person.cwd / "build/dataset/manifest.json").read_text())
    assert manifest["tables"]


def answer(body: Json) -> Reply:
    """What the language model says: of an article that names Ilse Marrow that all of its last paragraph is hers."""
    if "Ilse Marrow" not in question(body):
        return statements()
    about = {
        "speaker": {"entity": "Ilse Marrow", "mention": "Ilse Marrow"},
        "stance": "open",
        "target": {"id": "talks"},
    }
    return statements({"content": [last_words(body)], **about})


def correct(studio: Studio, root: Path) -> None:
    """Correct and submit each open task as anna: what a draft has of what she means stays, all else is taken away."""
    workspace = open_workspace(root)
    (project,) = find_projects(connect(workspace), workspace)
    anna = studio.add_person("anna")
    tasks = studio.ask("GET", "/api/tasks/", params={"project": project.id, "fields": "all"})["tasks"]
    for task in tasks:
        if not task["annotations"]:
            submit(studio, anna, task, corrected(task["data"], task["predictions"][0]["result"]))


def corrected(data: Json, draft: list[Json], meant: Mapping[str, tuple[str, str, str, str]] = MEANT) -> list[Json]:
    """What Label Studio stores of a corrected draft. meant: as `MEANT`."""
    contents = [each for each in draft if each.get("from_name") == SPANS and each["value"]["labels"] == [CONTENT]]
    if data["article_id"] not in meant:
        tick = {"id": "tick", "from_name": NOTHING, "to_name": "text", "type": "choices"}
        return [*without(draft, contents), {**tick, "value": {"choices": [NOTHING]}}]
    words, speaker, stance, target = meant[data["article_id"]]
    begin = data["text"].index(words)
    right = [each for each in contents if each["value"]["start"] < begin + len(words) and each["value"]["end"] > begin]
    kept = without(draft, [each for each in contents if each not in right[:1]])
    place = {"start": begin, "end": begin + len(words), "text": words}
    if right:
        content = right[0]
        asked = ("stance", TARGET_ID, "attribution", "force")
        kept = [each for each in kept if not (each.get("id") == content["id"] and each["from_name"] in asked)]
        place = {key: content["value"][key] for key in place}
    else:
        content = {"id": "mine", "from_name": SPANS, "to_name": "text", "type": "labels", "origin": "manual"}
        kept.append({**content, "value": {**place, "labels": [CONTENT]}})
        mention = data["text"].index(speaker)
        told = {"start": mention, "end": mention + len(speaker), "text": speaker, "labels": [SPEAKER]}
        arrow = {"type": "relation", "from_id": "who", "to_id": "mine", "direction": "right"}
        kept += [{**content, "id": "who", "value": told}, arrow]
    about = {"id": content["id"], "to_name": "text", "origin": content["origin"]}
    kept.append({**about, "from_name": "stance", "type": "choices", "value": {**place, "choices": [stance]}})
    kept.append({**about, "from_name": TARGET_ID, "type": "taxonomy", "value": {**place, "taxonomy": [[target]]}})
    for each in [each for each in kept if each.get("from_name") == SPANS and each["value"]["labels"] == [CONDITION]]:
        kept = [one for one in kept if not (one.get("id") == each["id"] and one["from_name"] in (ROLE, "kind"))]
        about = {"id": each["id"], "to_name": "text", "origin": each["origin"]}
        place = {key: each["value"][key] for key in place}
        kept.append({**about, "from_name": ROLE, "type": "choices", "value": {**place, "choices": ["if"]}})
        kind = {**place, "taxonomy": [["lift-sanctions"]]}
        kept.append({**about, "from_name": "kind", "type": "taxonomy", "value": kind})
    return kept


def without(draft: list[Json], contents: list[Json]) -> list[Json]:
    """Return what is left of a draft where contents are deleted: no answer about them, and no arrow to them."""
    names = {each["id"] for each in contents}
    return [each for each in draft if not {each.get("id"), each.get("from_id"), each.get("to_id")} & names]
