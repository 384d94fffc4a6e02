"""Predictions are read, placed in the text, and scored against a published dataset."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from stancebank.corpus.selectors import Passage, find_passages
from stancebank.errors import InputError
from stancebank.model import Document, Mention, Span, Statement, Target
from stancebank.publish.build import build
from stancebank.publish.parquet import read_table
from stancebank.publish.predictions import PlacedPrediction, parse_predictions, place, presumed, read_predictions
from stancebank.publish.published import PublishedArticle, read_published
from stancebank.publish.score import measure_names, score, score_predictions
from stancebank.schema.fields import Holder, Level, load_scheme
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import OWN_SCHEMA, REPO, TOY, Run, lay_workspace
from tests.publish.hard import HARD, article_of

SCHEME = load_scheme(OWN_SCHEMA)
MEASURES = measure_names(SCHEME)
ENVOY = "norland-post-2031-02-11-envoy"
HARVEST = "keth-tribune-undated-harvest"
MINISTER = "suvia-courier-2031-02-12-minister"


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return open_workspace(lay_workspace(TOY, tmp_path_factory.mktemp("score") / "toy"))


@pytest.fixture(scope="module")
def release(toy: Workspace) -> Path:
    out = toy.root / "release"
    build(toy, out, None)
    return out


def predicted(document: Document, text: str, by_words: bool) -> dict[str, Any]:
    """A document as a model would predict it."""

    def span(each: Span) -> object:
        return text[each.begin : each.end] if by_words else {"begin": each.begin, "end": each.end}

    def mention(each: Mention) -> dict[str, object]:
        return {"entity": each.entity, "mention": span(each.span) if each.span else None}

    def fields(level: Level, holder: Holder) -> dict[str, object]:
        found: dict[str, object] = {}
        for field in SCHEME.of(level):
            if field.kind == "span":
                found[field.name] = next((span(part) for part in field.spans(holder)), None)
            elif field.kind == "spans":
                found[field.name] = [span(part) for part in field.spans(holder)]
            elif field.kind == "mentions":
                found[field.name] = [mention(part) for part in field.mentions(holder)]
            elif field.kind == "entities":
                found[field.name] = list(field.ids(holder))
            elif field.kind in ("vocabulary", "target", "group"):
                found[field.name] = field.value(holder)
        return found

    def one(each: Statement) -> dict[str, object]:
        return {
            "content": [span(part) for part in each.content],
            "speaker": mention(each.speaker),
            "target": {"id": each.target.id, **fields("target", each.target)},
            "conditions": [
                {"spans": [span(part) for part in item.spans], "role": item.role, **fields("condition", item)}
                for item in each.conditions
            ],
            **fields("statement", each),
        }

    return {"article_id": document.article_id, "statements": [one(each) for each in document.statements]}


def predictions_of(toy: Workspace, by_words: bool = False) -> dict[str, dict[str, Any]]:
    found = {}
    for document in toy.store.documents(None):
        text = toy.store.text(toy.store.article(document.article_id))
        assert text is not None
        found[document.article_id] = predicted(document, text, by_words)
    return found


def write(path: Path, predictions: dict[str, dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in predictions.values()), "utf-8")
    return path


def run_score(run: Run, path: Path, release: Path) -> dict[str, Any]:
    result = run("publish", "score", path, release, "--json", cwd=Path("/"))
    assert result.returncode == 0, result.stderr
    value: dict[str, Any] = json.loads(result.stdout)
    return value


@pytest.mark.parametrize("by_words", [True, False], ids=["by words", "by offsets"])
def test_gold_as_a_prediction_is_right_in_everything(
    by_words: bool, toy: Workspace, release: Path, run: Run, tmp_path: Path
) -> None:
    value = run_score(run, write(tmp_path / "p.jsonl", predictions_of(toy, by_words)), release)
    assert list(value["measures"]) == list(MEASURES)
    assert {each["f1"] for each in value["measures"].values()} == {1.0}
    assert value["measures"]["statement"]["gold"] > 10
    assert value["measures"]["condition"]["gold"] > 5
    assert (value["unplaced"], value["without_prediction"]) == ({}, [])


def test_the_answers_of_the_conversations_are_right_in_everything(release: Path, run: Run, tmp_path: Path) -> None:
    answers = {
        row["article_id"]: {"article_id": row["article_id"], **json.loads(row["messages"][2]["content"])}
        for row in read_table(release / "chat/train-00000-of-00001.parquet").to_pylist()
    }
    value = run_score(run, write(tmp_path / "p.jsonl", answers), release)
    assert {name: each["f1"] for name, each in value["measures"].items()} == dict.fromkeys(MEASURES, 1.0)
    assert (value["unplaced"], value["without_prediction"]) == ({}, [])


PLACES: list[tuple[Any, tuple[int, int] | None]] = [
    ("he", (24, 26)),
    ({"quote": "he", "line": 2}, (76, 78)),
    ({"quote": "talks", "occurrence": 2}, (7, 12)),
    ({"quote": "talks", "line": 1, "occurrence": 4}, (59, 64)),
    ({"quote": "talks", "line": 1, "occurrence": 5}, None),
    ({"quote": "help", "line": 2}, None),
    ({"begin": 0, "end": 5}, (0, 5)),
    ({"begin": 80, "end": 99}, None),
    ("Photo", None),
]


@pytest.mark.parametrize(("wanted", "bounds"), PLACES)
def test_a_predicted_span_is_placed_as_its_schema_says(wanted: Any, bounds: tuple[int, int] | None) -> None:
    text = HARD + " [Photo]"
    article = article_of(text, [(0, len(HARD), "body"), (len(HARD), len(text), "boilerplate")])
    statement = {"content": [wanted], "speaker": {"entity": "x"}, "stance": "open", "target": {"id": "talks"}}
    placed = place_one(statement, text, list(find_passages(article, text, ["body"])))
    assert [(span.begin, span.end) for span in placed.statements[0].content] == ([bounds] if bounds else [])
    assert bool(placed.unplaced) == (bounds is None)


def place_one(statement: dict[str, Any], text: str, passages: list[Passage]) -> PlacedPrediction:
    prediction = parse_predictions([{"article_id": "hard", "statements": [statement]}], SCHEME)["hard"]
    return place(prediction, PublishedArticle(text, len(text), [], passages), {}, SCHEME)


def test_words_of_a_field_are_looked_for_at_the_content_first() -> None:
    statement = {"content": ["Only he"], "cue": "said", "speaker": {"mention": "he"}, "stance": "open"}
    passages = list(find_passages(article_of(HARD), HARD, ["body"]))
    (found,) = place_one(statement | {"target": {"id": "talks"}}, HARD, passages).statements
    cue = found.fields["cue"]
    assert isinstance(cue, Span)
    assert (cue.begin, HARD[cue.begin : cue.end]) == (HARD.rindex("said"), "said")
    assert found.speaker.span
    assert found.speaker.span.begin == HARD.rindex("he")


def test_a_required_value_that_is_left_out_is_the_one_that_asks_for_nothing_in_the_words() -> None:
    statement = {"content": ["he"], "speaker": {"entity": "x"}, "stance": "open", "target": {"id": "talks"}}
    (found,) = place_one(statement, HARD, list(find_passages(article_of(HARD), HARD, ["body"]))).statements
    assert found.fields == {"stance": "open", "attribution": "indirect"}
    other = load_scheme(REPO / "tests/other_domain/schema/v1")
    certainty = other.find("statement", "certainty")
    assert certainty
    assert presumed(certainty, other) == "low"


def first_condition(prediction: dict[str, Any]) -> dict[str, Any]:
    return next(each["conditions"][0] for each in prediction["statements"] if each["conditions"])


def a_quarter(span: dict[str, int]) -> int:
    return span["begin"] + (span["end"] - span["begin"]) // 4


JOINT = {"speaker, target and stance", "speaker, target and stance at Dice ≥ 0.5"}
CHANGES: dict[str, tuple[Callable[[dict[str, Any]], object], set[str]]] = {
    "another stance": (
        lambda p: p["statements"][0].update(stance="doubt"),
        {"stance", *JOINT},
    ),
    "another speaker": (
        lambda p: p["statements"][0].update(speaker={"entity": "nobody"}),
        {"speaker", *JOINT},
    ),
    "another target": (
        lambda p: p["statements"][0].update(target={"id": "war"}),
        {"target", *JOINT},
    ),
    "another force": (lambda p: p["statements"][0].update(force="hedged"), {"force"}),
    "another attribution": (lambda p: p["statements"][0].update(attribution="mixed"), {"attribution"}),
    "another role": (lambda p: first_condition(p).update(role="dropped"), {"role", "role and kind"}),
    "another kind": (lambda p: first_condition(p).update(kind="war"), {"kind", "role and kind"}),
    "a shorter content": (
        lambda p: p["statements"][0]["content"][0].update(end=p["statements"][0]["content"][0]["end"] - 1),
        {"content", "content overlap"},
    ),
    "a quarter of the content": (
        lambda p: p["statements"][0]["content"][0].update(end=a_quarter(p["statements"][0]["content"][0])),
        {"content", "content overlap", "statement at Dice ≥ 0.5", "speaker, target and stance at Dice ≥ 0.5"},
    ),
    "a statement less": (
        lambda p: p["statements"].pop(next(n for n, each in enumerate(p["statements"]) if not each["conditions"])),
        set(MEASURES) - {"condition", "condition span", "role", "kind", "role and kind"},
    ),
    "a condition less": (
        lambda p: next(each for each in p["statements"] if each["conditions"])["conditions"].pop(0),
        {"condition", "condition span", "role", "kind", "role and kind"},
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_mistake_lowers_the_measures_that_it_concerns_and_no_other(
    name: str, toy: Workspace, release: Path, tmp_path: Path
) -> None:
    change, lowered = CHANGES[name]
    predictions = predictions_of(toy)
    change(predictions[MINISTER])
    found = read_predictions(write(tmp_path / "p.jsonl", predictions), SCHEME)
    published = read_published(release)
    result = score_predictions(found, published).score
    assert {key for key, each in result.measures.items() if each.f1 != 1} == lowered


def test_what_was_predicted_too_much_costs_precision_and_what_is_missing_recall(
    toy: Workspace, release: Path, run: Run, tmp_path: Path
) -> None:
    predictions = predictions_of(toy)
    total = sum(len(each["statements"]) for each in predictions.values())
    predictions[HARVEST]["statements"].append(predictions[ENVOY]["statements"][0])
    more = run_score(run, write(tmp_path / "more.jsonl", predictions), release)["measures"]["statement"]
    assert (more["precision"], more["recall"]) == (pytest.approx(total / (total + 1)), 1)
    del predictions[HARVEST], predictions[MINISTER]
    fewer = run_score(run, write(tmp_path / "fewer.jsonl", predictions), release)
    assert fewer["without_prediction"] == [HARVEST, MINISTER]
    assert fewer["measures"]["statement"]["precision"] == 1
    assert fewer["measures"]["statement"]["recall"] == pytest.approx(len(predictions[ENVOY]["statements"]) / total)


def test_contents_are_alike_from_a_dice_coefficient_of_a_half_on() -> None:
    """Of 30 code points, 10 in 30 have 2 * 10 / 40, and 9 have less; all of them lie in the longer one."""

    def said(end: int) -> Statement:
        span = Span(begin=0, end=end, fingerprint="")
        return Statement(
            id="s1", content=(span,), speaker=Mention(entity="a"), target=Target(id="t"), fields={"stance": "reject"}
        )

    for length, alike in ((10, 1), (9, 0)):
        measures = score([([said(length)], [said(30)])], SCHEME).measures
        found = [measures[f"{name} at Dice ≥ 0.5"] for name in ("statement", "speaker, target and stance")]
        assert [(each.right, each.aligned) for each in found] == [(alike, 1)] * 2
        assert (measures["statement"].f1, measures["content overlap"].right) == (1, length)


def test_an_entity_may_be_given_by_its_name(toy: Workspace, release: Path, run: Run, tmp_path: Path) -> None:
    predictions = predictions_of(toy)
    names = {each.id: each.name for each in toy.store.entities().entities}
    for prediction in predictions.values():
        for each in prediction["statements"]:
            each["speaker"]["entity"] = names[each["speaker"]["entity"]].upper()
    value = run_score(run, write(tmp_path / "p.jsonl", predictions), release)
    assert value["measures"]["speaker"]["f1"] == 1


def test_words_that_do_not_stand_in_the_text_are_reported_and_found_nothing(
    toy: Workspace, release: Path, run: Run, tmp_path: Path
) -> None:
    predictions = predictions_of(toy, by_words=True)
    predictions[ENVOY]["statements"][0]["content"] = ["words that nobody said"]
    path = write(tmp_path / "p.jsonl", predictions)
    value = run_score(run, path, release)
    assert value["unplaced"] == {ENVOY: ["words that nobody said"]}
    measure = value["measures"]["statement"]
    assert measure["right"] == measure["predicted"] - 1
    shown = run("publish", "score", path, release)
    assert "1 spans have no place in their text, such as 'words that nobody said'" in shown.stderr


@pytest.mark.slow
def test_words_of_a_release_that_withholds_them_have_no_place_and_offsets_do(
    toy: Workspace, run: Run, tmp_path: Path
) -> None:
    out = tmp_path / "withheld"
    build(toy, out, "withheld")
    by_words = run_score(run, write(tmp_path / "w.jsonl", predictions_of(toy, by_words=True)), out)
    by_offsets = run_score(run, write(tmp_path / "o.jsonl", predictions_of(toy)), out)
    assert by_words["measures"]["statement"]["right"] == 0
    assert by_offsets["measures"]["statement"]["f1"] == 1


BAD = {
    "no JSON": ("{", "line 1 is not JSON"),
    "no statements": ('{"article_id": "a"}', "statements"),
    "no article": ('{"statements": []}', 'no "article_id"'),
    "an unknown stance": (
        '{"article_id": "a", "statements": [{"content": ["x"], "speaker": {"entity": "e"}, "stance": "yes", '
        '"target": {"id": "t"}}]}',
        '"yes" is not a stance. Allowed: reject',
    ),
    "a key too much": ('{"article_id": "a", "statements": [], "score": 1}', "unknown key 'score'"),
    "no content": (
        '{"article_id": "a", "statements": [{"content": [], "speaker": {"entity": "e"}, "stance": "open", '
        '"target": {"id": "t"}}]}',
        "statements[0].content: ",
    ),
    "nothing": ("\n", "holds no prediction"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_prediction_is_refused_with_its_line(name: str, tmp_path: Path) -> None:
    words, message = BAD[name]
    path = tmp_path / "p.jsonl"
    path.write_text(words + "\n")
    with pytest.raises(InputError) as error:
        read_predictions(path, SCHEME)
    assert message in str(error.value)
    assert "Hint: " in str(error.value)
    assert name == "nothing" or "line 1" in str(error.value)


def test_the_schema_refuses_what_the_reader_refuses_and_takes_what_it_takes(toy: Workspace) -> None:
    schema = json.loads((OWN_SCHEMA / "prediction.schema.json").read_text())
    validator = jsonschema.Draft202012Validator(schema)
    for by_words in (True, False):
        for prediction in predictions_of(toy, by_words).values():
            validator.validate(prediction)
    for name in ("no statements", "an unknown stance", "a key too much", "no content"):
        assert not validator.is_valid(json.loads(BAD[name][0])), name


def test_an_article_predicted_twice_an_unknown_one_and_a_folder_without_data_are_refused(
    toy: Workspace, release: Path, run: Run, tmp_path: Path
) -> None:
    twice = tmp_path / "twice.jsonl"
    twice.write_text('{"article_id": "a", "statements": []}\n{"article_id": "a", "statements": []}\n')
    result = run("publish", "score", twice, release)
    assert (result.returncode, "line 2: a was predicted before" in result.stderr) == (1, True)
    unknown = tmp_path / "unknown.jsonl"
    unknown.write_text('{"article_id": "a", "statements": []}\n')
    result = run("publish", "score", unknown, release)
    assert (result.returncode, "holds no article 'a'" in result.stderr) == (1, True)
    (tmp_path / "empty").mkdir()
    result = run("publish", "score", unknown, tmp_path / "empty")
    assert (result.returncode, "holds no dataset" in result.stderr) == (1, True)


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\x85"])
def test_lines_of_predictions_end_at_lf_alone(sign: str, tmp_path: Path) -> None:
    value = predictions_of(open_workspace(lay_workspace(TOY, tmp_path / "toy")))
    article_id, given = next(each for each in value.items() if each[1]["statements"])
    given["statements"][0]["target"]["mention"] = f"the{sign} talks"
    path = tmp_path / "p.jsonl"
    line = json.dumps(given, ensure_ascii=False)
    for ends in ("\n", "\r\n", ""):
        path.write_bytes(b"\xef\xbb\xbf" + f"{line}{ends}".encode())
        assert set(read_predictions(path, SCHEME)) == {article_id}
    path.write_bytes(f"{line}{sign}{line}".encode())
    with pytest.raises(InputError, match="line 1 is not JSON"):
        read_predictions(path, SCHEME)


def test_predictions_that_are_not_utf8_are_refused_with_the_byte(tmp_path: Path) -> None:
    values = predictions_of(open_workspace(lay_workspace(TOY, tmp_path / "toy"))).values()
    value = next(each for each in values if each["statements"])
    value["statements"][0]["target"]["mention"] = "café"
    path = tmp_path / "p.jsonl"
    path.write_bytes(b"\n" + json.dumps(value, ensure_ascii=False).encode("cp1252", "ignore"))
    with pytest.raises(InputError, match=r"line 2 is not UTF-8: byte \d+ is 0xe9"):
        read_predictions(path, SCHEME)


def test_predicted_words_are_trimmed_as_those_of_the_dataset_are(
    toy: Workspace, release: Path, run: Run, tmp_path: Path
) -> None:
    document, text = toy.store.gold(ENVOY), toy.store.text(toy.store.article(ENVOY))
    assert document is not None
    assert text is not None
    value = predicted(document, text, by_words=True) | {"article_id": ENVOY}
    plain, untidy = tmp_path / "plain.jsonl", tmp_path / "untidy.jsonl"
    plain.write_text(json.dumps(value) + "\n")
    number = next(n for n, each in enumerate(value["statements"]) if each["attribution"] == "direct")
    words = value["statements"][number]["content"][0]
    assert f"“{words},”" in text
    value["statements"][number]["content"][0] = f"“{words},”"
    untidy.write_text(json.dumps(value) + "\n")
    files = (plain, untidy)
    one, other = (json.loads(run("publish", "score", str(each), str(release), "--json").stdout) for each in files)
    assert one.pop("trimmed") == {}
    said = "content without its outer quotation marks and its final “,”"
    assert other.pop("trimmed") == {ENVOY: [f"p{number + 1}: {said}"]}
    assert one == other
    told = run("publish", "score", str(untidy), str(release)).stderr
    assert f"1 span was trimmed before it was compared: {ENVOY}, p{number + 1}: {said}." in told
