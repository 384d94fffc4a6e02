"""A workspace whose scheme has changed, and its server: what waits is asked there, and what was agreed stays agreed."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from stancebank.annotate.client import Server
from stancebank.annotate.connection import local_folder
from stancebank.annotate.sync.bases import fingerprint
from stancebank.annotate.users import UserTable
from stancebank.model import Document, replace_spans
from stancebank.workspace import Workspace, open_workspace
from tests.annotate.sync.pulling import ALL, MINISTER, document_of, only, task_of
from tests.annotate.tasks import value
from tests.command import call_whole
from tests.conftest import REPO
from tests.frozen.command import require
from tests.frozen.command import run as run_process
from tests.frozen.label_studio import Studio as StandIn
from tests.frozen.label_studio import serving
from tests.migration.changing import add_urgency, edit, run, write_steps
from tests.migration.test_fingerprints import forms, second_draft, texts
from tests.studio import Studio

Json = dict[str, Any]


class Kept:
    """A workspace after a migration to edition 2 and its server: of one article, the text was not at hand.

    path: of the annotator's document of that article, which keeps the fingerprints of edition 1. text, words: where its
    text is when it is at hand, and what it says. task, annotation: on the server.
    """

    def __init__(self, root: Path, studio: StandIn) -> None:
        self.root, self.studio = root, studio
        self._do("push", "--gold")
        for gold in root.glob("corpus/gold/*.json"):
            task = studio.task_of(gold.stem)
            studio.label("user-3", task, studio.shown(task))
        studio.changes += 1000  # a while later: what changed shortly before a pull, the next one asks for again
        self._do("pull")
        self.path = min(root.glob("corpus/annotations/user-3/*.json"))
        self.text = texts(root)[self.path.stem]
        self.words = self.text.read_bytes()
        self.text.unlink()
        run(root, "schema", "migrate")
        self.task = studio.task_of(self.path.stem)
        (self.annotation,) = [each["id"] for each in studio.data["annotations"].values() if each["task"] == self.task]

    def _do(self, *arguments: str) -> str:
        return require("annotate", *arguments, cwd=self.root, **self.studio.env).out

    def hydrate(self) -> None:
        """Bring the text back, and no more."""
        self.text.write_bytes(self.words)

    def push(self, *options: str) -> dict[str, str]:
        """Push, and return what was done about the article, by the list that it is in."""
        ended = run_process("annotate", "push", "--json", *options, cwd=self.root, **self.studio.env)
        done = ((name, each) for name, some in json.loads(ended.out).items() for each in some)
        return {name: each["reason"] for name, each in done if each["article_id"] == self.path.stem}

    def pull(self, *options: str) -> list[str]:
        """Pull, and return what became of the article's document."""
        ended = run_process("annotate", "pull", "--json", *options, cwd=self.root, **self.studio.env)
        return [each["kind"] for each in json.loads(ended.out)["outcomes"] if each["article_id"] == self.path.stem]

    def edit(self) -> None:
        """Give the first statement another stance."""
        document = json.loads(self.path.read_bytes())
        document["statements"][0]["stance"] = other(document["statements"][0]["stance"])
        self.path.write_text(json.dumps(document), "utf-8")

    def relabel(self) -> None:
        """Let the annotator change the stance of the first statement."""
        result = json.loads(json.dumps(self.studio.data["annotations"][self.annotation]["result"]))
        item = next(each for each in result if each.get("from_name") == "stance")
        item["value"]["choices"] = [other(item["value"]["choices"][0])]
        self.studio.relabel(self.annotation, result)


def other(stance: str) -> str:
    return "support" if stance == "oppose" else "oppose"


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    with serving(StandIn()) as studio:
        yield Kept(second_draft("other_domain", tmp_path / "w"), studio)


@pytest.mark.slow
def test_a_document_with_older_fingerprints_says_what_its_annotation_says(kept: Kept) -> None:
    before = kept.path.read_bytes()
    assert forms(kept.path) == {""}
    assert kept.push() == {"no-text": "its text is not available: run `stancebank corpus hydrate DIR`"}
    assert kept.pull() == []
    assert kept.pull("--full") == ["rejected"]  # its task is still of the older version, since no push can renew it
    assert kept.path.read_bytes() == before
    kept.hydrate()
    assert kept.push("--annotations", "user-3") == {
        "changed": "it differs in rejected, schema_version",
        "annotations": "user-3: unchanged",
    }
    assert kept.pull("--full") == ["unchanged"]
    assert forms(kept.path) == {""}
    run(kept.root, "schema", "migrate")
    assert forms(kept.path) == {"k"}
    assert kept.pull("--full") == ["unchanged"]
    assert kept.push("--annotations", "user-3")["annotations"] == "user-3: unchanged"


@pytest.mark.slow
def test_an_edit_of_a_document_with_older_fingerprints_is_sent(kept: Kept) -> None:
    kept.edit()
    kept.hydrate()
    sent = f"user-3: changed; annotation {kept.annotation} was not changed on the server"
    assert kept.push("--annotations", "user-3")["annotations"] == sent
    assert kept.pull("--full") == ["unchanged"]


@pytest.mark.slow
def test_a_later_answer_is_taken_over_a_document_with_older_fingerprints(kept: Kept) -> None:
    kept.relabel()
    assert kept.pull() == ["rejected"]
    kept.hydrate()
    kept.push()
    assert kept.pull() == ["written"]
    assert forms(kept.path) == {"k"}


def test_what_both_sides_agree_on_holds_the_fingerprints_of_spans_in_edition_1_alone(toy_workspace: Workspace) -> None:
    def blank(document: Document) -> str:
        return fingerprint(replace_spans(document, lambda span: replace(span, fingerprint="0" * 16)))

    for workspace, differs in ((open_workspace(REPO / "tests/other_domain"), True), (toy_workspace, False)):
        document = next(each for each in workspace.store.documents(None) if each.statements)
        assert (blank(document) != fingerprint(document)) is differs


QUESTION = "Is it urgent?"


def ask(root: Path, *, but: str = "deny", required: bool = True) -> None:
    """Migrate a workspace to a scheme with a field more, which a rule gives to all statements but those of a stance."""
    before = open_workspace(root).settings.schema
    run(root, "schema", "next")
    after = f"v{int(before[1:]) + 1}"

    edit(root, partial(add_urgency, required=required), after)
    stances = [each for each in open_workspace(root).scheme.vocabularies.values("stance") if each != but]
    step = {"do": "add-field", "field": "urgency", "derive": "stance", "map": dict.fromkeys(stances, "high")}
    write_steps(root, [step | {"ask": QUESTION}], before, after)
    run(root, "schema", "migrate")


def waiting(root: Path) -> list[tuple[str, str, str]]:
    """What waits: article, reading and the number of the statement."""
    form = json.loads(run(root, "schema", "queue", "--json").stdout)
    return [(each["article"], each["reading"], each["statement"].rpartition("/")[2]) for each in form]


class Derived:
    """A workspace after a migration that derived a field of each statement, and a server with older annotations."""

    def __init__(self, root: Path, studio: StandIn, *, required: bool) -> None:
        self.root, self.studio = root, studio
        self.do("push", "--gold")
        self.task = studio.task_of(MINISTER)
        self.annotation = studio.label("user-3", self.task, studio.shown(self.task))["id"]
        self.do("pull")
        ask(root, but="", required=required)
        self.path = root / f"corpus/annotations/user-3/{MINISTER}.json"
        self.do("push")
        self.derived = self.path.read_bytes()

    def do(self, *arguments: str) -> tuple[int, Json]:
        ended = run_process("annotate", *arguments, "--json", cwd=self.root, **self.studio.env)
        return ended.code, json.loads(ended.out)

    def answer(self, *stances: str) -> None:
        """Let the annotator answer the new question for statements with some stances."""
        result = self.studio.data["annotations"][self.annotation]["result"]
        found = [
            each for each in result if each.get("from_name") == "stance" and each["value"]["choices"][0] in stances
        ]
        made = [each | {"from_name": "urgency", "value": each["value"] | {"choices": ["low"]}} for each in found]
        self.studio.relabel(self.annotation, [*result, *made])

    def urgency(self) -> list[str | None]:
        return [each.get("urgency") for each in json.loads(self.path.read_bytes())["statements"]]


@pytest.mark.slow
@pytest.mark.parametrize("required", [True, False], ids=["required", "optional"])
def test_no_pull_takes_an_older_annotation_for_what_a_migration_derived(toy_root: Path, required: bool) -> None:
    with serving(StandIn()) as studio:
        made = Derived(toy_root, studio, required=required)
        assert made.urgency() == ["high"] * 7
        for options in ((), ("--full",)):
            _, said = made.do("pull", *options)
            assert said["counts"] in ({}, {"rejected": 1} if required else {"local-newer": 1})
            assert made.path.read_bytes() == made.derived
        _, said = made.do("push", "--annotations", "user-3")
        sent = f"user-3: changed; annotation {made.annotation} was not changed on the server"
        assert [each["reason"] for each in said["annotations"]] == [sent]
        code, said = made.do("pull", "--full")
        assert (code, said["counts"]) == (0, {"unchanged": 1})


@pytest.mark.slow
def test_an_answer_beside_what_a_migration_derived_costs_no_statement(toy_root: Path) -> None:
    with serving(StandIn()) as studio:
        made = Derived(toy_root, studio, required=True)
        made.answer("deny")  # the others have no answer in the older annotation
        code, said = made.do("pull")
        assert (code, said["counts"]) == (4, {"conflict": 1})
        assert made.path.read_bytes() == made.derived
        code, said = made.do("pull", "--theirs", MINISTER)
        assert said["counts"] == {"written": 1}
        assert made.urgency() == ["low", "low"]


@pytest.mark.server
def test_what_waits_is_asked_on_a_real_server_and_answered_there(
    studio: Studio, server: Server, workspace: Workspace
) -> None:
    root, ann = workspace.root, studio.add_person("ann-1")
    UserTable(local_folder(workspace)).rename(next(each for each in server.users() if each.id == ann.id), "ann-1")

    def annotate(*arguments: str) -> tuple[Json, str]:
        where = {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.token}
        ended = call_whole("annotate", *arguments, "--json", cwd=root, **where)
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout), ended.stderr

    def data() -> dict[str, Json]:
        found = server.tasks(only(server, workspace).id, ["data"])
        return {each["data"]["article_id"]: each["data"] for each in found}

    ask(root)
    before, task = data(), task_of(server, workspace, MINISTER)
    assert waiting(root) == [(MINISTER, "gold", "s2"), (MINISTER, "gold", "s4")]
    done, _ = annotate("push", "--queue")
    assert [each["article_id"] for each in done["changed"]] == [MINISTER]
    assert [done[each] for each in ("create", "unchanged", "refused")] == [[], [], []]
    after, asked = data(), f"{QUESTION} (urgency): statement 2, 4"
    assert {name: after[name] for name in ALL if name != MINISTER} == {
        name: before[name] for name in ALL if name != MINISTER
    }
    assert after[MINISTER]["queue"] == asked
    assert after[MINISTER]["title"] == f"{before[MINISTER]['title']} · {asked}"

    predictions = studio.ask("GET", f"/api/predictions/?task={task}", ann.token)
    result = max(predictions, key=lambda each: each["id"])["result"]
    stances = [each for each in result if each.get("from_name") == "stance"]
    answered = {each["id"] for each in result if each.get("from_name") == "urgency"}
    shown = [each for each in stances if each["id"] not in answered]  # in question: the answer alone is missing
    assert [each["value"]["choices"] for each in shown] == [["deny"], ["deny"]]
    answers = [each | {"from_name": "urgency", "value": each["value"] | {"choices": ["low"]}} for each in shown]
    studio.ask("POST", f"/api/tasks/{task}/annotations/", ann.token, json={"result": [*result, *answers]})

    done, said = annotate("pull")
    assert [(each["kind"], each["annotator"], each["faults"]) for each in done["outcomes"]] == [
        ("written", "ann-1", [])
    ]
    assert "ann-1: 2 answers taken; 0 fields of these articles still to be answered." in said
    assert waiting(root) == []
    taken = open_workspace(root)
    gold = taken.store.gold(MINISTER)
    assert gold is not None
    assert [value(each, "urgency", taken.scheme) for each in gold.statements] == [
        *("high", "low", "high", "low", "high", "high", "high")
    ]
    assert document_of(taken, MINISTER, "ann-1").statements == gold.statements
    done, _ = annotate("push")
    assert {each["article_id"] for each in done["changed"]} == set(ALL)  # the others are of the newer version now, too
    assert "queue" not in data()[MINISTER]
    assert data()[MINISTER]["title"] == before[MINISTER]["title"]
