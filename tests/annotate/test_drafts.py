"""A reading is begun from a draft, and becomes gold by one command."""

import json
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from stancebank.annotate.drafts import draft_reading
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import Run
from tests.publish.builds import ENVOY, HARVEST, lay_toy


def filled(draft: dict[str, Any], **values: Any) -> dict[str, Any]:
    """Fill in what a draft asks: the first of the values offered, and ids."""
    (statement,) = draft["statements"]
    for holder in (statement, statement["target"]):
        for name, value in holder.items():
            if isinstance(value, str) and " | " in value:
                holder[name] = value.split(" | ")[0]
    statement["target"] |= {"id": "talks", "parties": ["norland", "suvia"]}
    statement["speaker"] = {"entity": "ilse-marrow", **values}
    return draft


def with_reader(workspace: Workspace) -> None:
    gold = workspace.store.gold(ENVOY)
    assert gold is not None
    workspace.store.write_document(replace(gold, annotator="ada", gold=None, statements=gold.statements[:2]))


def test_a_draft_is_refused_as_it_is_and_taken_once_it_is_filled_in(run: Run, toy_root: Path) -> None:
    told = run("-w", toy_root, "annotate", "new", ENVOY, "--annotator", "eve")
    assert told.returncode == 0
    draft = json.loads(told.stdout)
    assert (draft["article_id"], draft["annotator"], len(draft["statements"])) == (ENVOY, "eve", 1)
    path = toy_root / "readings" / "eve.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(told.stdout)
    refused = run("-w", toy_root, "annotate", "import", path)
    assert refused.returncode == 1
    for said in ("speaker.entity", "target.id", "is not a stance. Allowed: reject", "is not an attribution"):
        assert said in refused.stderr
    path.write_text(json.dumps(filled(draft)))
    taken = run("-w", toy_root, "annotate", "import", path)
    assert taken.returncode == 0, taken.stderr
    document = open_workspace(toy_root).store.document(f"corpus/annotations/eve/{ENVOY}.json")
    assert [each.fields["stance"] for each in document.statements] == ["reject"]


def test_the_first_statement_of_a_draft_is_that_of_the_first_quotation_or_cue(toy_root: Path) -> None:
    workspace = open_workspace(toy_root)
    for article in workspace.store.articles():
        text = workspace.store.text(article)
        assert text is not None
        (statement,) = draft_reading(workspace, article, text, "me")["statements"]
        line = text.split("\n")[statement["line"] - 1]
        assert statement["content"][0] in line
        assert statement.get("cue", "") in line
    silent = workspace.store.article(HARVEST)
    assert draft_reading(workspace, replace(silent, zones=()), "Nothing.\n", "me")["statements"] == []


def test_a_reading_becomes_gold_and_replaces_gold_only_when_told(run: Run, toy_root: Path) -> None:
    workspace = open_workspace(toy_root)
    with_reader(workspace)
    path = workspace.root / workspace.store.document_name(ENVOY, None)
    before = path.read_bytes()
    promote = ("-w", toy_root, "annotate", "promote", ENVOY, "--annotator", "ada", "--gold", "single")
    refused = run(*promote)
    assert refused.returncode == 4
    assert "Hint: add --replace." in refused.stderr
    dry = run(*promote, "--replace", "--dry-run")
    assert (dry.returncode, path.read_bytes() == before) == (0, True)
    assert "2 statements" in dry.stdout
    assert run(*promote, "--replace").returncode == 0
    gold = workspace.store.gold(ENVOY)
    assert gold is not None
    assert gold.gold is not None
    assert (gold.gold.method, gold.annotator, len(gold.statements)) == ("single", "ada", 2)
    assert {each.id for each in gold.statements} <= {f"{ENVOY}/s{number}" for number in range(1, 10)}
    after = path.read_bytes()
    again = run(*promote)
    assert (again.returncode, "unchanged" in again.stdout, path.read_bytes() == after) == (0, True, True)


def test_what_cannot_be_promoted_says_why(run: Run, toy_root: Path) -> None:
    with_reader(open_workspace(toy_root))
    promote = ("-w", toy_root, "annotate", "promote", ENVOY)
    unknown = run(*promote, "--annotator", "eve", "--gold", "single")
    assert unknown.returncode == 1
    assert "There are those of ada." in unknown.stderr
    unproved = run(*promote, "--annotator", "ada", "--gold", "adjudicated", "--replace")
    assert unproved.returncode == 1
    for said in ("says who decided", "for what reason", "needs the readings of 2 annotators"):
        assert said in unproved.stderr


def test_gold_that_is_new_needs_no_leave(run: Run, tmp_path: Path) -> None:
    workspace = lay_toy(tmp_path / "toy")
    with_reader(workspace)
    (workspace.root / workspace.store.document_name(ENVOY, None)).unlink()
    told = run("-w", workspace.root, "annotate", "promote", ENVOY, "--annotator", "ada", "--gold", "single")
    assert (told.returncode, "written" in told.stdout) == (0, True), told.stderr


def test_the_dateline_is_no_part_of_a_draft(run: Run, empty_root: Path) -> None:
    path = empty_root / "envoy.txt"
    said = "The envoy of Norland said on Saturday that he would not come back to the table in Vesta."
    path.write_text(f"Envoy stays away\n\nVESTA, 3 April 2032 – {said}\n", "utf-8")
    assert run("-w", empty_root, "corpus", "add", path, "--outlet", "Norland Post").returncode == 0
    workspace = open_workspace(empty_root)
    (article,) = workspace.store.articles()
    text = workspace.store.text(article)
    assert text is not None
    assert draft_reading(workspace, article, text, "me")["statements"][0]["content"] == [said]
