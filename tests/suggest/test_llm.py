"""The engine `llm` against a stand-in that answers well, badly, partly, slowly, or not at all."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace as changed

from stancebank.corpus.suggestions import read_engines, read_suggestion
from stancebank.corpus.withdraw import holdings
from stancebank.errors import InputError, ServerError
from stancebank.model import TextPolicy
from stancebank.suggest.engine import Surroundings, look_around
from stancebank.suggest.engines import make_engine
from stancebank.suggest.llm.engine import LlmEngine
from stancebank.suggest.run import Suggested, suggest
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import Run
from tests.publish.builds import ENVOY, MINISTER
from tests.suggest.endpoint import MODEL, Reply, StandIn, fault, find_one, last_words, question, serving, statements

HARVEST = "keth-tribune-undated-harvest"
KEY = "sk-a-key-of-nobody-5f2c"

Ask = Callable[..., tuple[list[Suggested], list[tuple[str, ServerError]], LlmEngine]]


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with serving() as running:
        yield running


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that runs only where somebody sleeps. The first item is the time in seconds."""
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr("stancebank.suggest.llm.endpoint.monotonic", lambda: now[0])
    monkeypatch.setattr("stancebank.suggest.llm.endpoint.sleep", sleep)
    return now


@pytest.fixture
def ask(toy_workspace: Workspace, stand_in: StandIn) -> Ask:
    """Let the engine read articles: all, or those that are named."""

    def call(*names: str, surroundings: Surroundings | None = None, **settings: Any) -> Any:
        around = surroundings or look_around(toy_workspace)
        engine = make_engine("llm", around, {"url": stand_in.url, "model": "m", "examples": 1, **settings})
        assert isinstance(engine, LlmEngine)
        sources = [each.source for each in around.examples if not names or each.source.article.id in names]
        engine.foresee(sources)
        failed: list[tuple[str, ServerError]] = []
        return list(suggest(engine, around, sources, failed)), failed, engine

    return call


def words(suggested: Suggested, text: str) -> list[str]:
    return [text[span.begin : span.end] for each in suggested.statements for span in each.content]


def text_of(workspace: Workspace, name: str) -> str:
    text = workspace.store.text(workspace.store.article(name))
    assert text is not None
    return text


MARROW: dict[str, Any] = {
    "speaker": {"entity": "Ilse Marrow", "mention": None},
    "stance": "offer",
    "force": "plain",
    "target": {"id": "talks", "mention": None, "parties": None},
}


def test_what_a_model_quotes_is_placed_and_what_it_invents_is_left_out(
    toy_workspace: Workspace, ask: Ask, stand_in: StandIn
) -> None:
    stand_in.answer = lambda body: statements(
        MARROW
        | {
            "content": ["“We will sit down with Norland”"],
            "cue": "told",
            "conditions": [
                {
                    "spans": [{"quote": "once it lifts the blockade on the river", "line": 9}],
                    "role": "if",
                    "kind": None,
                },
                {"spans": ["once the moon is full"], "role": "if", "kind": "nothing-known"},
            ],
        },
        MARROW | {"content": [{"quote": "offered to lift the blockade", "line": 3, "occurrence": None}]},
        MARROW | {"content": ["words that nobody ever wrote in this article"]},
        MARROW | {"content": ["to meet without preconditions"], "target": {"id": "the-moon"}},
        MARROW | {"content": ["refused to meet the envoy"], "stance": "rejecting"},
        MARROW | {"content": ["called on both governments"], "force": "very", "target": "Talks", "mood": "grim"},
    )
    (found,), failed, engine = ask(ENVOY)
    assert not failed
    text = text_of(toy_workspace, ENVOY)
    assert words(found, text) == [
        "We will sit down with Norland",
        "offered to lift the blockade",
        "called on both governments",
    ]
    first, second, last = found.statements
    assert [(each.speaker.entity, each.target.id) for each in found.statements] == [("ilse-marrow", "talks")] * 3
    (condition,) = first.conditions  # the other one is in no article
    (span,) = condition.spans
    assert text[span.begin : span.end] == "once it lifts the blockade of the river"
    assert "once the moon is full" in found.unplaced
    assert "words that nobody ever wrote in this article" in found.unplaced
    because = [each["because"] for each in found.value["statements"]]
    assert because[0][0] == f"the model {MODEL} answered it"
    assert any("condition 1: not word for word; the place is 9" in each for each in because[0])
    assert "left out: kind: there is no such entry in the registry of targets" in because[0]
    assert "content: the words are not on the line that was given" in because[1]
    assert "left out: force is not as the scheme has it" in because[2]
    assert "force" not in last.fields
    assert second.conditions == ()
    left_out = [each["message"] for each in engine.account().value["left_out"]]
    assert left_out == [
        "statement 4 of the answer was left out: there is no target 'the-moon'.",
        "statement 5 of the answer was left out: stance is not as the scheme has it.",
    ]
    assert engine.account().value["mended"] == 2
    assert "Norland" not in json.dumps(found.value["statements"])  # not a word of the article is kept


@pytest.mark.parametrize(
    ("wrap", "requests"),
    [
        ("```json\n%s\n```", 1),
        ('<think>{"statements": [1]}</think>\nHere it is: %s\nI hope it helps!', 1),
        ("I cannot find any.", 2),
    ],
)
def test_json_is_read_in_what_it_is_wrapped_in_or_asked_for_again(
    ask: Ask, stand_in: StandIn, wrap: str, requests: int
) -> None:
    def answer(body: dict[str, Any]) -> Reply:
        return Reply(wrap.replace("%s", find_one(body).content or ""))

    stand_in.answer_in_turn(answer, find_one if requests == 2 else answer)
    (found,), failed, engine = ask(ENVOY)
    assert not failed
    assert len(found.statements) == 1
    assert len(stand_in.bodies) == requests
    if requests == 2:
        assert [each["role"] for each in stand_in.bodies[1]["messages"][-2:]] == ["assistant", "user"]
        assert engine.account().value["answers"] == 2  # both were paid for


def test_one_article_without_an_answer_stops_no_other(ask: Ask, stand_in: StandIn) -> None:
    def answer(body: dict[str, Any]) -> Reply:
        is_lost = "Envoy: Suvia" in str(body["messages"])
        return Reply("no JSON at all") if is_lost else find_one(body)

    stand_in.answer = answer
    found, failed, _ = ask(examples=0)
    assert [each.article_id for each in found] == [HARVEST, MINISTER]
    assert [(name, "no JSON with a list of statements" in str(error)) for name, error in failed] == [(ENVOY, True)]


def test_the_whole_statements_of_an_answer_that_was_cut_off_are_taken(ask: Ask, stand_in: StandIn) -> None:
    whole = json.dumps(MARROW | {"content": ["refused to meet the envoy"]})
    stand_in.answer = lambda _: Reply(f'{{"statements": [{whole}, {whole[:40]}', finish="length")
    (found,), failed, engine = ask(ENVOY)
    assert not failed
    assert len(found.statements) == 1
    assert "raise max_tokens" in "".join(engine.account().lines)
    stand_in.answer = lambda _: Reply('{"statements": [{"content"', finish="length")
    _, failed, _ = ask(ENVOY, max_tokens=5)
    assert "cut off after 5 tokens" in str(failed[0][1])


def test_a_busy_or_failing_server_is_asked_again(ask: Ask, stand_in: StandIn, clock: list[float]) -> None:
    stand_in.answer_in_turn(
        fault(429, "slow down", Retry_After="7"), fault(500, "oops"), Reply(drops=True), fault(503, "busy"), find_one
    )
    (found,), failed, _ = ask(ENVOY)
    assert (len(found.statements), failed, len(stand_in.bodies)) == (1, [], 5)
    assert clock[0] == 7 + 2 + 4 + 8
    stand_in.answer_in_turn(fault(502, "gone"))
    _, failed, _ = ask(MINISTER, attempts=3)
    assert "answers 502 Bad Gateway. It says: gone" in str(failed[0][1])
    assert len(stand_in.bodies) == 5 + 3
    stand_in.answer_in_turn(fault(429, "tomorrow", Retry_After="9999"))
    _, failed, _ = ask(HARVEST, MINISTER)
    assert [error.status for _, error in failed] == [429, 429]
    assert "It asks to wait for 9999 seconds" in str(failed[0][1])
    assert len(stand_in.bodies) == 5 + 3 + 1  # nobody is asked for the second one
    stand_in.answer_in_turn(Reply(seconds=0.2))
    _, failed, _ = ask(HARVEST, timeout=0.05)
    assert "no answer in time (0.05 seconds)" in str(failed[0][1])
    assert len(stand_in.bodies) == 5 + 3 + 1 + 2


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (fault(401, f"wrong key {KEY}"), "does not take the key, or none was sent. It says: wrong key ...\n"),
        (fault(404, "no model m"), "has no such model or address. It says: no model m"),
        (fault(429, "insufficient_quota"), "answers 429 Too Many Requests. It says: insufficient_quota"),
        (Reply(status=307, value="", headers={"Location": "http://127.0.0.1:9/v1/chat/completions"}), "leads to http"),
        (Reply(value=b"<html>hello</html>"), "this is no answer of a chat completion"),
    ],
)
def test_what_cannot_succeed_is_asked_once(
    ask: Ask, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch, reply: Reply, said: str
) -> None:
    monkeypatch.setenv("KEY_OF_TESTS", KEY)
    stand_in.answer_in_turn(reply)
    found, failed, _ = ask(key_variable="KEY_OF_TESTS")
    assert not found
    assert len(failed) == 3
    assert len({str(error) for _, error in failed}) == 1
    assert said in str(failed[0][1])
    assert KEY not in str(failed[0][1])
    assert stand_in.keys == [f"Bearer {KEY}"]


def test_where_nobody_listens_the_run_ends_at_once(ask: Ask, stand_in: StandIn) -> None:
    _, failed, _ = ask(url="http://127.0.0.1:9/v1")
    assert len(failed) == 3
    assert "nothing listens there" in str(failed[0][1])


def test_what_a_server_does_not_take_is_left_out_for_the_run(ask: Ask, stand_in: StandIn) -> None:
    def answer(body: dict[str, Any]) -> Reply:
        kind = body.get("response_format", {}).get("type")
        if kind:
            return fault(400, f"response_format.type {kind} is not supported")
        if "seed" in body:
            return Reply(status=422, value={"detail": [{"loc": ["body", "seed"], "msg": "extra"}]})
        if "max_tokens" in body:
            return fault(400, "'max_tokens' is not supported with this model. Use 'max_completion_tokens'.")
        if body["max_completion_tokens"] > 99:
            return fault(400, "max_completion_tokens is too large: the context length is 99")
        return statements()

    stand_in.answer = lambda body: answer({"max_completion_tokens": 0, **body})
    found, failed, _ = ask()
    assert ([len(each.statements) for each in found], failed) == ([0, 0, 0], [])
    kinds = [each.get("response_format", {}).get("type") for each in stand_in.bodies]
    assert kinds == ["json_schema", "json_object", *[None] * (3 + 3)]
    last = stand_in.bodies[-1]
    assert "seed" not in last
    assert last.keys() & {"max_tokens", "max_completion_tokens"} == set()  # the limit, too, was too much
    stand_in.answer_in_turn(fault(400, "the prompt is 9000 tokens, too long for the context size 4096"))
    _, failed, _ = ask(ENVOY, seed=2)
    assert "too long for the context" in str(failed[0][1])


def test_a_model_that_changes_is_recorded_with_each_answer(
    toy_workspace: Workspace, ask: Ask, stand_in: StandIn
) -> None:
    stand_in.answer_in_turn(*(replace(statements(), model=f"m-{n}") for n in (1, 2, 2)))
    found, _, engine = ask()
    assert [each.value["engine"]["model"] for each in found] == ["m-1", "m-2", "m-2"]
    assert "The model changed: m-1, m-2." in "".join(engine.account().lines)
    again, _, _ = ask()
    assert [each.value for each in again] == [each.value for each in found]
    assert len(stand_in.bodies) == 3


def test_a_context_that_is_too_short_is_told(ask: Ask, stand_in: StandIn) -> None:
    value = {"choices": [{"message": {"content": '{"statements": []}'}}], "usage": {"prompt_tokens": 100}}
    stand_in.answer_in_turn(Reply(value=value))
    _, _, engine = ask(ENVOY)
    account = engine.account()
    assert "its context may be too short" in "".join(account.lines)
    assert (account.value["uncounted"], account.value["models"]) == (1, ["m"])


def test_several_articles_are_asked_for_at_a_time(ask: Ask, stand_in: StandIn) -> None:
    alone, _, _ = ask()
    stand_in.answer = lambda body: replace(find_one(body), seconds=0.05)
    together, failed, engine = ask(concurrency=2, seed=2)
    assert not failed
    assert [each.statements for each in together] == [each.statements for each in alone]
    assert stand_in.most_at_once == 2
    assert engine.account().value["requests"] == 3


# Words that leave this machine


def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the stand-in count as a server that is not on this machine."""
    monkeypatch.setattr("stancebank.suggest.llm.settings.is_loopback", lambda _: False)


def with_policies(workspace: Workspace, **policies: str) -> Workspace:
    """Give articles a text policy, by the last word of their ids."""
    for article in list(workspace.store.articles()):
        policy = policies.get(article.id.rpartition("-")[2])
        if policy:
            rights = changed(article.rights, text_policy=TextPolicy(policy))
            workspace.store.write_article(changed(article, rights=rights), text_of(workspace, article.id))
    return open_workspace(workspace.root)


def test_words_that_may_not_be_published_leave_only_with_consent(
    toy_workspace: Workspace, ask: Ask, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere(monkeypatch)
    workspace = with_policies(toy_workspace, minister="withheld", envoy="quotes")
    around = look_around(workspace)
    with pytest.raises(InputError, match="is not on this machine, and 2 of the articles may not be published in full"):
        ask(surroundings=around)
    engine = make_engine("llm", around, {"url": stand_in.url, "model": "m"})
    with pytest.raises(InputError, match=f"1 of the articles may not be published in full: {MINISTER}"):
        list(engine.suggest(next(each.source for each in around.examples if each.source.article.id == MINISTER)))
    assert stand_in.bodies == []
    found, _, _ = ask(HARVEST, surroundings=around, examples=3)  # it may be sent, and the others may not be examples
    assert len(found) == 1
    assert [each["role"] for each in stand_in.bodies[0]["messages"]] == ["system", "user"]
    assert "Norland" not in question(stand_in.bodies[0]).replace("Suvia and Norland", "")
    found, _, _ = ask(surroundings=replace(around, may_upload=True), examples=3)
    assert len(found) == 3
    assert len(stand_in.bodies[-1]["messages"]) > 2


def test_a_model_that_is_handed_on_is_not_on_this_machine(
    toy_workspace: Workspace, ask: Ask, stand_in: StandIn
) -> None:
    around = look_around(with_policies(toy_workspace, envoy="withheld"))
    with pytest.raises(InputError, match="The model big:120b-cloud at http://127"):
        ask(ENVOY, surroundings=around, model="big:120b-cloud")
    assert stand_in.bodies == []


def test_the_key_is_sent_and_written_nowhere(toy_root: Path, stand_in: StandIn, run: Run) -> None:
    settings = ("--set", f"url={stand_in.url}/chat/completions", "--set", "model=m", "--set", "price_in=2")
    asked = ("suggest", "--engine", "llm", *settings, "--set", "price_out=10", "--set", "key_variable=KEY_OF_TESTS")
    done = run(*asked, cwd=toy_root, KEY_OF_TESTS=KEY)
    assert done.returncode == 0, done.stderr
    assert set(stand_in.keys) == {f"Bearer {KEY}"}
    assert set(stand_in.paths) == {"/v1/chat/completions"}
    assert KEY not in done.stdout + done.stderr
    held = [path for path in toy_root.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
    assert held == []
    store = open_workspace(toy_root).store
    (line,) = read_engines(store)
    assert (line.name, line.model) == ("llm", MODEL)
    assert json.loads(line.settings)["asked_for"] == "m"
    assert stand_in.url not in line.settings
    kept = read_suggestion(store, "llm", ENVOY)
    assert kept is not None
    assert [len(kept["statements"]), kept["engine"]["model"]] == [1, MODEL]
    answers = list(toy_root.glob(".stancebank/suggest/llm/*/*.json"))
    assert len(answers) == 3
    assert all(path.stat().st_mode & 0o077 == 0 for path in answers)
    named = {path.relative_to(toy_root).as_posix() for path in answers}
    assert named & set(holdings(store, ENVOY))  # they go with the article
    assert (toy_root / ".stancebank/.gitignore").read_text() == "*\n"
    assert "at these prices" in done.stderr
    done = run(*asked, "--json", cwd=toy_root, KEY_OF_TESTS=KEY)
    value = json.loads(done.stdout)
    assert (value["estimate"]["answered_before"], value["taken"]["requests"], value["failed"]) == (3, 0, [])
    done = run(*asked, cwd=toy_root, KEY_OF_TESTS="")
    assert "The variable KEY_OF_TESTS is not set" in done.stderr


def test_a_trial_sends_nothing_and_shows_what_it_would(toy_root: Path, stand_in: StandIn, run: Run) -> None:
    asked = ("suggest", ENVOY, "--engine", "llm", "--set", f"url={stand_in.url}", "--set", "model=m", "--dry-run")
    done = run(*asked, cwd=toy_root)
    assert done.returncode == 0, done.stderr
    assert "Articles to ask m for: 1 of 1; about " in done.stderr
    assert "estimated from the characters" in done.stderr
    assert done.stdout.startswith("--- system\nYou read one news article")
    assert "[5] “We will sit down with Norland,”" in done.stdout
    value = json.loads(run(*asked, "--json", cwd=toy_root).stdout)
    assert value["estimate"]["articles"] == 1
    assert stand_in.bodies == []
    assert not (toy_root / ".stancebank/suggest").exists()
    shutil.rmtree(toy_root / "corpus/texts")
    done = run(*asked, cwd=toy_root)
    assert (done.returncode, "The words of 1 article are not at hand" in done.stderr) == (1, True)


def test_a_server_that_fails_is_exit_code_3_and_wrong_settings_are_told_together(
    toy_root: Path, stand_in: StandIn, run: Run
) -> None:
    def answer(body: dict[str, Any]) -> Reply:
        return fault(418, "I am a teapot") if "Envoy: Suvia" in question(body) else find_one(body)

    stand_in.answer = answer
    done = run("suggest", "--engine", "llm", "--set", f"url={stand_in.url}", "--set", "model=m", cwd=toy_root)
    assert done.returncode == 3
    assert f"- {ENVOY}: {stand_in.url} answers 418 I'm a Teapot. It says: I am a teapot" in done.stderr
    assert len(list((toy_root / "corpus/suggestions/llm").glob("*.json"))) == 2
    wrong = ("url=ftp://x", "key=sk-1", "exampels=2", "timeout=soon", "attempts=0", "price_in=1", "key_variable=sk-1")
    done = run("suggest", "--engine", "llm", *(part for each in wrong for part in ("--set", each)), cwd=toy_root)
    assert done.returncode == 1
    for said in (
        "url is 'ftp://x'",
        "no setting key: ",
        "did you mean examples?",
        "timeout is 'soon', which is no number",
        "attempts is 0; it is at least 1",
        "needs model",
        "price_in and price_out",
        "not the key itself",
    ):
        assert said in done.stderr


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_where_it_was(toy_root: Path, stand_in: StandIn, run: Run) -> None:
    stand_in.answer_in_turn(find_one, Reply(seconds=20))
    command = ("suggest", "--engine", "llm", "--set", f"url={stand_in.url}", "--set", "model=m")
    process = subprocess.Popen(
        [sys.executable, "-m", "stancebank", *command],
        cwd=toy_root,
        env={**os.environ},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while len(stand_in.bodies) < 2:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(list((toy_root / "corpus/suggestions/llm").glob("*.json"))) == 1
    stand_in.answer = find_one
    assert run(*command, cwd=toy_root).returncode == 0
    assert [last_words(each)[:10] for each in stand_in.bodies].count(last_words(stand_in.bodies[0])[:10]) == 1
    assert len(stand_in.bodies) == 2 + 2  # the second was lost; the first is not asked for again
    assert len(list((toy_root / "corpus/suggestions/llm").glob("*.json"))) == 3
