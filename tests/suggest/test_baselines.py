"""Baselines suggest whole sentences, paragraphs and quotations, and know nothing of the event that they read."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from stancebank.corpus.language import load_habits
from stancebank.suggest.baselines import BASELINES, find_sentences
from stancebank.suggest.engine import Surroundings, look_around
from stancebank.suggest.engines import make_engine
from stancebank.suggest.run import Suggested, suggest
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import REPO, lay_workspace

SENTENCES = {
    "The envoy left. “No talks!” he said. Nobody asked why.": [
        "The envoy left.",
        "“No talks!” he said.",
        "Nobody asked why.",
    ],
    "Dr. Orlo met J. Tavos of the U.N. on Monday; 3.5 hours.": [
        "Dr. Orlo met J. Tavos of the U.N. on Monday; 3.5 hours."
    ],
    "“We agree.” The other side waited... (It had to.) Why?!": [
        "“We agree.”",
        "The other side waited...",
        "(It had to.)",
        "Why?!",
    ],
    "没有谈判。我们等着。": ["没有谈判。", "我们等着。"],
    "No stop": ["No stop"],
}


@pytest.mark.parametrize("text", SENTENCES)
def test_sentences_end_at_stops_that_end_one(text: str) -> None:
    padded = f"Before. {text} After."
    begin, end = len("Before. "), len(padded) - len(" After.")
    found = [padded[first:last] for first, last in find_sentences(padded, begin, end, load_habits())]
    assert found == SENTENCES[text]


def read(name: str, surroundings: Surroundings) -> list[Suggested]:
    sources = [each.source for each in surroundings.examples]
    return list(suggest(make_engine(name, surroundings, {}), surroundings, sources))


def test_target_and_label_are_the_most_frequent_of_other_events(toy_workspace: Workspace) -> None:
    known = look_around(toy_workspace)
    assert len({known.group(each.source.article.id) for each in known.examples}) < len(known.examples)
    surroundings = replace(known, groups={})  # each article is an event of its own
    persons = {each.id for each in surroundings.entities.entities if each.kind == "person"}
    for found in read("paragraphs", surroundings):
        others = [one for each in surroundings.without(found.article_id) for one in each.gold.statements]
        pairs = Counter((each.target.id, surroundings.scheme.label.value(each)) for each in others)
        (pair,) = {(each.target.id, surroundings.scheme.label.value(each)) for each in found.statements}
        assert pairs[pair] == max(pairs.values())
        source = next(each.source for each in surroundings.examples if each.source.article.id == found.article_id)
        bounds = [(each.begin, each.end) for each in source.passages]
        assert len(found.statements) == len(bounds)
        for statement, (begin, end) in zip(found.statements, bounds, strict=True):
            (span,) = statement.content
            assert begin <= span.begin < span.end <= end
        assert {each.speaker.entity for each in found.statements} & persons


def test_the_speaker_is_the_nearest_person_that_is_named_before(toy_workspace: Workspace) -> None:
    surroundings = look_around(toy_workspace)
    names = {each.id: (each.name, *each.aliases) for each in surroundings.entities.entities if each.kind == "person"}
    counted = 0
    for found in read("quotations", surroundings):
        text = next(each.source.text for each in surroundings.examples if each.source.article.id == found.article_id)
        for statement in found.statements:
            before = text[: statement.content[0].begin]
            last = {entity: max(before.rfind(name) for name in several) for entity, several in names.items()}
            if max(last.values()) >= 0:
                assert last[statement.speaker.entity] == max(last.values())
                counted += 1
    assert counted > 2


@pytest.mark.parametrize("name", ["other_domain", "minimal"])
def test_baselines_read_workspaces_of_other_schemes(name: str, tmp_path: Path) -> None:
    surroundings = look_around(open_workspace(lay_workspace(REPO / "tests" / name, tmp_path / name)))
    assert surroundings.examples
    for baseline in BASELINES:
        for found in read(baseline, surroundings):
            assert {surroundings.scheme.label.value(each) for each in found.statements} <= {
                *surroundings.scheme.values(surroundings.scheme.label)
            }
