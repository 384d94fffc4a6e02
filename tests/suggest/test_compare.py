"""Suggestions are scored against gold beside baselines and people, and what cannot be measured is told."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace

import pytest

from stancebank.corpus.quoted import QuotedStatement
from stancebank.corpus.suggestions import (
    SHOWN,
    ShownLine,
    read_suggestion,
    suggestion_name,
    write_lines,
    write_suggestion,
)
from stancebank.suggest.calibration import LEAST_SUGGESTIONS, calibrate
from stancebank.suggest.compare import ReaderScore, SuggestionReport, compare_suggestions
from stancebank.suggest.engine import EngineRecord, ReadArticle, Surroundings, look_around
from stancebank.suggest.run import keep, suggest
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import Run
from tests.frozen.scene import write_as

ENVOY = "norland-post-2031-02-11-envoy"
HARVEST = "keth-tribune-undated-harvest"
MINISTER = "suvia-courier-2031-02-12-minister"
JOINT = "speaker, target and stance"


class Parrot:
    """Says the gold of an article, the first statement with another stance and little confidence, the last one not."""

    record = EngineRecord("parrot", "3")

    def __init__(self, surroundings: Surroundings) -> None:
        self.surroundings = surroundings

    def suggest(self, source: ReadArticle) -> Iterator[QuotedStatement]:
        (example,) = (each for each in self.surroundings.examples if each.source.article.id == source.article.id)
        for number, each in enumerate(example.quoted(self.surroundings.scheme)[:-1]):
            fields = {name: each.fields[name] for name in ("force", "attribution") if name in each.fields}
            conditions = tuple(
                replace(one, id=None, fields={"kind": one.fields["kind"]} if "kind" in one.fields else {})
                for one in each.conditions
            )
            yield QuotedStatement(
                content=each.content,
                speaker=each.speaker,
                target=replace(each.target, fields={}),
                conditions=conditions,
                fields={**fields, "stance": each.fields["stance"] if number else "doubt"},
                confidence=0.9 if number else 0.1,
            )


@pytest.fixture
def surroundings(toy_workspace: Workspace) -> Surroundings:
    """The toy workspace, with what a parrot suggests for two of its three articles."""
    known = look_around(toy_workspace)
    sources = [each.source for each in known.examples if each.source.article.id != HARVEST]
    for each in suggest(Parrot(known), known, sources):
        keep(known, "mine", each)
    return known


def reader(report: SuggestionReport, name: str) -> ReaderScore:
    (found,) = (each for each in report.readers if each.name == name)
    return found


def counts(of: ReaderScore, measure: str) -> tuple[int, int, int]:
    found = of.measures[measure].measure
    return found.right, found.predicted, found.gold


def test_suggestions_are_counted_against_gold_and_above_the_baselines(surroundings: Surroundings) -> None:
    report = compare_suggestions(surroundings)
    mine = reader(report, "mine")
    assert (mine.kind, mine.engines, mine.lacking, mine.of_other_text) == ("suggestions", ("parrot 3",), (HARVEST,), ())
    assert set(mine.articles) == {ENVOY, HARVEST, MINISTER}
    assert report.statements == 13
    for name in ("statement", "statement at Dice ≥ 0.5"):
        assert counts(mine, name) == (11, 11, 13)
    for name in (JOINT, f"{JOINT} at Dice ≥ 0.5"):
        assert counts(mine, name) == (9, 11, 13)
    assert counts(mine, "role") == counts(mine, "condition") == (11, 11, 12)
    assert mine.measures[JOINT].f1.value == pytest.approx(18 / 24)
    assert mine.measures[JOINT].f1.low is None  # of three articles there is no interval
    for name in ("every sentence", "every paragraph", "every quotation"):
        baseline = reader(report, name)
        assert (baseline.kind, baseline.lacking, baseline.calibration) == ("baseline", (), ())
        (lead,) = (each for each in report.leads if (each.other, each.measure) == (name, JOINT))
        assert lead.difference.value == pytest.approx(18 / 24 - (baseline.measures[JOINT].f1.value or 0))
    outlets = {each.name: each for each in mine.by_outlet}
    assert list(outlets) == ["Keth Tribune", "Norland Post", "Suvia Courier"]
    assert outlets["Norland Post"].measures["statement"].measure.right == 5
    assert outlets["Keth Tribune"].measures["statement"].f1.reason
    for each, right in zip(mine.calibration, (11, 9), strict=True):
        assert (each.suggestions, each.right, each.brier) == (11, right, None)
        assert "11 suggestions say how sure they are, fewer than 50" in each.reason


@pytest.mark.slow
def test_people_are_scored_on_what_they_have_read_against_gold_and_one_another(surroundings: Surroundings) -> None:
    root = surroundings.workspace.root
    write_as(root, ENVOY, "user-2")
    for article_id in (ENVOY, MINISTER):
        write_as(root, article_id, "user-3")
    path = root / f"corpus/annotations/user-2/{ENVOY}.json"
    value = json.loads(path.read_bytes())
    value["statements"][0]["stance"] = "doubt"
    path.write_text(json.dumps(value), "utf-8")
    report = compare_suggestions(surroundings)
    assert counts(reader(report, "user-2"), JOINT) == (5, 6, 6)
    assert counts(reader(report, "user-3"), JOINT) == (13, 13, 13)
    both = reader(report, "user-2 and user-3")
    assert (both.kind, both.articles, counts(both, JOINT)) == ("two readings", (ENVOY,), (5, 6, 6))
    against = compare_suggestions(surroundings, ["mine"], "user-2")
    assert (against.articles, [each.name for each in against.readers if each.kind != "baseline"]) == (
        (ENVOY,),
        ["mine", "user-3"],
    )
    assert counts(reader(against, "mine"), JOINT) == (5, 5, 6)  # both have the same other stance
    assert against.without_reference == {"mine": (MINISTER,)}


@pytest.mark.slow
def test_articles_that_people_read_with_suggestions_are_told_apart(surroundings: Surroundings, run: Run) -> None:
    store = surroundings.workspace.store
    shown = [ShownLine(ENVOY, "user-2", "mine"), ShownLine(MINISTER, "user-2", ""), ShownLine(MINISTER, "user-3", "x")]
    write_lines(store, SHOWN, shown[:2])
    mine = reader(compare_suggestions(surroundings, ["mine"]), "mine")
    assert mine.shown == (ENVOY,)
    assert mine.blind is not None
    assert mine.blind.articles == 2
    found = mine.blind.measures[JOINT].measure
    assert (found.right, found.predicted, found.gold) == (5, 6, 7)
    write_as(surroundings.workspace.root, MINISTER, "user-2")
    assert reader(compare_suggestions(surroundings, ["mine"], "user-2"), "mine").shown == ()
    write_lines(store, SHOWN, [*shown, ShownLine(HARVEST, "", "mine")])
    every = compare_suggestions(surroundings, ["mine"])
    assert (reader(every, "mine").shown, reader(every, "mine").blind) == ((HARVEST, ENVOY, MINISTER), None)
    assert reader(every, "every sentence").shown == ()
    told = run("annotate", "suggest", "compare", cwd=surroundings.workspace.root).stdout
    assert "gold of 3 articles was made by people who began with suggestions: that flatters engines." in told
    assert "Not measured: there is no such article." in told


def test_what_is_of_another_text_or_without_words_is_told(surroundings: Surroundings) -> None:
    store = surroundings.workspace.store
    value = read_suggestion(store, "mine", MINISTER)
    assert value is not None
    write_suggestion(store, "mine", value | {"text_sha256": "0" * 64})
    (store.root / store.text_name(store.article(ENVOY))).unlink()
    report = compare_suggestions(look_around(open_workspace(surroundings.workspace.root)))
    mine = reader(report, "mine")
    assert (mine.of_other_text, report.wordless) == ((MINISTER,), (ENVOY,))
    assert counts(mine, "statement") == (5, 5, 13)  # its offsets need no words
    assert ENVOY not in reader(report, "every sentence").articles
    path = store.root / store.document_name(MINISTER, None)
    path.write_text(path.read_text().replace(store.article(MINISTER).text_sha256, "1" * 64))
    again = compare_suggestions(surroundings, ["mine"])
    assert again.reference_of_other_text == (MINISTER,)
    assert counts(reader(again, "mine"), "statement") == (5, 5, 6)


@pytest.mark.slow
def test_the_command_scores_files_and_refuses_what_is_none(surroundings: Surroundings, run: Run) -> None:
    root = surroundings.workspace.root
    values = [read_suggestion(surroundings.workspace.store, "mine", each) for each in (ENVOY, MINISTER)]
    (root / "p.jsonl").write_text("".join(json.dumps(each) + "\n" for each in values))
    done = run("annotate", "suggest", "compare", "p.jsonl", "mine", "--json", cwd=root)
    assert done.returncode == 0, done.stderr
    found = {each["name"]: each for each in json.loads(done.stdout)["scores"]}
    assert found["p.jsonl"]["measures"] == found["mine"]["measures"]
    shown = run("annotate", "suggest", "compare", "--by", "outlet", cwd=root)
    assert "mine: made by parrot 3." in shown.stdout
    assert "Not measured: 11 suggestions say how sure they are, fewer than 50." in shown.stdout
    assert f"mine: nothing counts as found in 1 article, as there is none: {HARVEST}." in shown.stderr
    assert "There are no suggestions 'yours'" in run("annotate", "suggest", "compare", "yours", cwd=root).stderr
    assert "No document of 'nobody'" in run("annotate", "suggest", "compare", "--against", "nobody", cwd=root).stderr
    (root / "p.jsonl").write_text(json.dumps({"article_id": "gone", "statements": []}))
    refused = run("annotate", "suggest", "compare", "p.jsonl", cwd=root)
    assert "p.jsonl is about articles that the workspace does not have: gone." in refused.stderr
    (surroundings.workspace.root / suggestion_name("mine", ENVOY)).write_text('{"article_id": "x"}')
    refused = run("annotate", "suggest", "compare", cwd=root)
    assert f"corpus/suggestions/mine/{ENVOY}.json" in refused.stderr
    assert refused.returncode == 1
    shutil.rmtree(root / "corpus/gold")
    assert "There is no gold." in run("annotate", "suggest", "compare", cwd=root).stderr


def test_calibration_has_the_figures_of_its_definitions() -> None:
    said = [(0.25, False)] * 30 + [(0.25, True)] * 10 + [(1.0, True)] * 8 + [(0.95, False)] * 2
    found = calibrate("statement", said)
    assert [(each.low, each.suggestions, each.right) for each in found.bins] == [(0.2, 40, 10), (0.9, 10, 8)]
    assert found.brier == pytest.approx((30 * 0.0625 + 10 * 0.5625 + 2 * 0.9025) / 50)
    assert found.error == pytest.approx((40 * 0 + 10 * (0.99 - 0.8)) / 50)
    assert found.constant == pytest.approx(0.36 * 0.64)
    assert calibrate("statement", said[: LEAST_SUGGESTIONS - 1]).error is None
    assert calibrate("statement", []).reason == "no suggestion says how sure it is"
