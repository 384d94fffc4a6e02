"""What the engine `rules` says of words: target, stance, force, conditions with their roles, and how sure it is."""

from dataclasses import replace
from pathlib import Path

import pytest
from msgspec.structs import replace as changed

from stancebank.corpus.language import load_language
from stancebank.corpus.phrases import Phrases, same_stem, words_of
from stancebank.corpus.quoted import QuotedStatement
from stancebank.corpus.selectors import Passage
from stancebank.suggest.engine import Example, ReadArticle, Surroundings, look_around
from stancebank.suggest.rules import learning
from stancebank.suggest.rules.candidates import Parse, Rendering, SpokenCandidate
from stancebank.suggest.rules.labelling import Labeller
from stancebank.suggest.rules.parser import load_parser
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import REPO, lay_workspace


@pytest.fixture(scope="module")
def around() -> Surroundings:
    """The scheme and the targets of this repository, and no gold."""
    return replace(look_around(open_workspace(REPO)), examples=())


def spoken(
    text: str, content: str | None = None, cue: str | None = None, rendering: Rendering = "indirect", *, parse: bool
) -> SpokenCandidate:
    """Return a candidate in a text of one paragraph; its content is the whole text where none is given."""
    begin = text.index(content) if content else 0
    bounds = begin, begin + len(content or text.rstrip("."))
    at = (text.index(cue), text.index(cue) + len(cue)) if cue else None
    doc = Parse(next(iter(load_parser().parse([text]))), 0) if parse else None
    names_act = at is not None and bounds[0] <= at[0] < bounds[1]
    return SpokenCandidate(
        (bounds,), rendering, at, names_act, "norland", True, None, (0, len(text)), 0, 1, "body", doc, ("a rule",)
    )


def labelled(
    around: Surroundings, text: str, *candidates: SpokenCandidate, least: float = 0.0, tag: str = "en"
) -> list[QuotedStatement]:
    article = changed(next(iter(around.workspace.store.articles())), id="norland-post-2031-02-11-quay")
    source = ReadArticle(article, text, (Passage(f"{article.id}/p1", 1, 0, len(text), "body"),))
    return Labeller(around, lambda _: [], lambda _: load_language(tag), least).label(source, candidates)


def label(around: Surroundings, text: str, cue: str | None = None, *, parse: bool = False) -> QuotedStatement:
    (found,) = labelled(around, text, spoken(text, None, cue, parse=parse))
    return found


@pytest.mark.parametrize(
    ("text", "cue", "stance", "target"),
    [
        ("Norland will never sit down for talks with Suvia", None, "reject", "talks"),
        ("roundly rejected the offer of talks", "rejected", "reject", "talks"),
        ("rejected reports that talks had been held in Vesta", "rejected", "deny", "talks"),
        ("did not rule out negotiations with Suvia", "did not rule out", "open", "talks"),
        ("There are no ongoing negotiations with Norland", None, "deny", "talks"),
        ("Suvia is ready to negotiate with Norland", None, "offer", "talks"),
        ("offered to lift the sanctions on salt", "offered", "offer", "lift-sanctions"),
        ("Norland must lift its embargo on grain", None, "demand", "lift-sanctions"),
        ("called on both sides to declare a ceasefire", "called on", "demand", "ceasefire"),
        ("welcomed the planned summit", "welcomed", "support", "meet"),
        ("Such a summit would be a waste of paper", None, "disapprove", "meet"),
        ("the soldiers of Norland must leave the lake", None, "demand", "withdraw-forces"),
        ("Suvia will apologise for the shots at the ferry", None, "offer", "apologise"),
        ("threatened to attack the ferry house", "threatened", "threaten", "attack"),
    ],
)
def test_words_say_stance_and_target_without_any_gold(
    around: Surroundings, text: str, cue: str | None, stance: str, target: str
) -> None:
    found = label(around, text, cue)
    assert (found.fields["stance"], found.target.id) == (stance, target), found.because


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ("Suvia will negotiate once the ships leave the lake", [("if", "once the ships leave the lake", 1)]),
        ("No talks until the ships leave, the envoy said", [("only_if", "until the ships leave", 1)]),
        ("There will be no talks while the ships are here", [("while", "while the ships are here", None)]),
        ("Suvia stays in the treaty unless Norland tears it up", [("unless", "unless Norland tears it up", None)]),
        ("Suvia would not talk, even if they apologised", [("even_if", "even if they apologised", 1)]),
        ("Suvia will negotiate without preconditions", [("dropped", "without preconditions", None)]),
        ("We will only meet if the ships leave", [("only_if", "if the ships leave", 1)]),
        (
            "Suvia will negotiate if Norland lifts the ban and pays for the ferry",
            [("if", "if Norland lifts the ban", 1), ("if", "and pays for the ferry", 1)],
        ),
        (
            "Suvia will negotiate if Norland lifts the ban or pays for the ferry",
            [("if", "if Norland lifts the ban", 1), ("if", "or pays for the ferry", 2)],
        ),
        ("Suvia will negotiate in spring", []),
        ("Suvia asked if the ships would leave", []),
    ],
)
def test_conditions_have_their_roles_and_take_their_connectives_along(
    around: Surroundings, text: str, conditions: list[tuple[str, str, int | None]]
) -> None:
    found = label(around, text, parse=True)
    said = [
        (each.role, text[each.spans[0].begin : each.spans[0].end], each.fields.get("alternative"))
        for each in found.conditions
    ]
    assert said == conditions


def test_without_a_parse_a_condition_ends_at_the_next_mark(around: Surroundings) -> None:
    text = "Suvia will negotiate once the ships leave, so that children can sleep"
    (condition,) = label(around, text).conditions
    assert (condition.role, text[condition.spans[0].begin : condition.spans[0].end]) == ("if", "once the ships leave")


def test_force_and_rendering_go_by_what_the_scheme_says_of_its_values(around: Surroundings) -> None:
    text = "“Suvia will under no circumstances negotiate,” Lenk said"
    content = "Suvia will under no circumstances negotiate"
    (found,) = labelled(around, text, spoken(text, content, "said", "direct", parse=False))
    assert {key: found.fields[key] for key in ("stance", "force", "attribution")} == {
        "stance": "reject",
        "force": "categorical",
        "attribution": "direct",
    }
    assert text[found.fields["cue"].begin :] == "said"  # type: ignore[union-attr]
    said = label(around, "ruled out a summit because the ferry was shelled", "ruled out")
    assert said.fields["attribution"] == "reported"
    assert [each.begin for each in said.fields["reason"]] == [19]  # type: ignore[union-attr]
    assert label(around, "Suvia might negotiate").fields["force"] == "hedged"
    assert label(around, "Suvia has never ruled out talks").fields["force"] == "plain"


def test_a_condition_asks_for_a_target_of_the_registry(around: Surroundings) -> None:
    (condition,) = label(around, "Suvia will negotiate if Norland lifts its embargo").conditions
    assert condition.fields == {"kind": "lift-sanctions", "alternative": 1}
    (condition,) = label(around, "Suvia will negotiate if it rains").conditions
    assert condition.fields == {"alternative": 1}


def test_a_piece_that_is_a_mere_condition_is_joined_to_what_hangs_on_its_cue(around: Surroundings) -> None:
    text = "“We will negotiate with Norland,” Lenk said, “only if the ships leave the lake.”"
    pieces = ("We will negotiate with Norland", "only if the ships leave the lake")
    first, last = (spoken(text, each, "said", "direct", parse=False) for each in pieces)
    (found,) = labelled(around, text, first, last)
    assert [text[each.begin : each.end] for each in found.content] == list(pieces)
    assert [each.role for each in found.conditions] == ["only_if"]
    other = replace(last, saying=7)
    assert len(labelled(around, text, first, other)) == 2


@pytest.mark.slow
def test_an_act_that_is_told_takes_the_place_of_the_clause_around_it(around: Surroundings) -> None:
    text = "Lenk added that Norland had ruled out talks with Suvia"
    clause = spoken(text, "Norland had ruled out talks with Suvia", "added", parse=True)
    act = spoken(text, "ruled out talks with Suvia", "ruled out", parse=True)
    assert [text[each.content[0].begin :] for each in labelled(around, text, clause, act)] == [
        "ruled out talks with Suvia"
    ]
    text = "Lenk added that Norland would never agree to talks with Suvia"
    clause = spoken(text, "Norland would never agree to talks with Suvia", "added", parse=True)
    act = spoken(text, "agree to talks with Suvia", "agree", parse=True)
    assert [text[each.content[0].begin :] for each in labelled(around, text, clause, act)] == [
        "Norland would never agree to talks with Suvia"
    ]


def test_words_on_no_target_are_no_statement(around: Surroundings) -> None:
    on_topic = "Norland will not negotiate with Suvia"
    assert labelled(around, on_topic, spoken(on_topic, parse=False), least=0.4)
    for text in ("the harvest of barley was good", "She has sung in the choir of Vesta since May", "ruled out rain"):
        assert not labelled(around, text, spoken(text, parse=False), least=0.4)
    entries = tuple(each for each in around.targets.targets if each.id == "recognise")
    others = replace(around, targets=type(around.targets)(schema_version="v2", targets=entries))
    assert not labelled(others, on_topic, spoken(on_topic, parse=False), least=0.4)


def test_a_statement_says_what_made_it(around: Surroundings) -> None:
    found = label(around, "ruled out talks until the ships leave", "ruled out")
    assert found.because == ("a rule", "target by the words “talks”", "stance by “rul* out”", "only_if by “until”")
    assert 0.4 < (found.confidence or 0) < 1


def test_another_scheme_is_labelled_by_the_sides_of_its_values_and_the_names_of_its_roles(tmp_path: Path) -> None:
    found = look_around(open_workspace(lay_workspace(REPO / "tests/other_domain", tmp_path / "other")))
    german = replace(found, examples=())
    text = "Die Partei lehnt die Kohleabgabe ab, solange der Strom teuer ist"
    (said,) = labelled(german, text, spoken(text, parse=False), tag="de")
    assert (said.target.id, said.fields["stance"], said.fields["certainty"]) == ("kohleabgabe", "oppose", "low")
    (condition,) = said.conditions
    assert (condition.role, text[condition.spans[0].begin :]) == ("solange", "solange der Strom teuer ist")
    text = "Die Regierung unterstützt die Kohleabgabe, wenn der Strom billiger wird"
    (said,) = labelled(german, text, spoken(text, parse=False), tag="de")
    assert (said.fields["stance"], said.conditions[0].role) == ("support", "sofern")


def test_a_scheme_without_conditions_or_sides_is_labelled_too(tmp_path: Path) -> None:
    found = look_around(open_workspace(lay_workspace(REPO / "tests/minimal", tmp_path / "minimal")))
    target = found.targets.targets[0]
    text = f"{target.name} will never come about unless it rains"
    (said,) = labelled(found, text, spoken(text, parse=False))
    assert (set(said.fields), said.conditions) == ({"stance"}, ())
    assert said.fields["stance"] in ("for", "against")


# What gold teaches


def as_found(example: Example) -> list[SpokenCandidate]:
    """Return the gold contents of an article as candidates, none of them parsed."""
    return [
        SpokenCandidate(
            tuple((span.begin, span.end) for span in one.content),
            *("indirect", None, False, one.speaker.entity, True, None),
            *((one.content[0].begin, one.content[0].end), number, 1, "body", None, ()),
        )
        for number, one in enumerate(example.gold.statements)
    ]


def suggested(around: Surroundings, examples: tuple[Example, ...]) -> dict[str, list[QuotedStatement]]:
    """Return what is said of each article of the examples, whose gold they are."""
    known = {each.source.article.id: as_found(each) for each in around.examples}
    labeller = Labeller(
        replace(around, examples=examples, groups={}),
        lambda source: known[source.article.id],
        lambda _: load_language("en"),
        0.0,
    )
    return {each.source.article.id: labeller.label(each.source, known[each.source.article.id]) for each in examples}


@pytest.mark.slow
def test_gold_teaches_other_events_and_never_its_own(toy_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "FEWEST", 4)
    around = look_around(toy_workspace)
    around = replace(around, examples=tuple(each for each in around.examples if each.gold.statements))
    one, other = around.examples
    target = "lift-blockade"
    nonsense = changed(
        one.gold,
        statements=tuple(
            changed(each, fields={**each.fields, "stance": value}, target=changed(each.target, id=target))
            for each, value in zip(one.gold.statements, ["threaten", "support"] * 9, strict=False)
        ),
    )
    before = suggested(around, around.examples)
    after = suggested(around, (Example(one.source, nonsense), other))
    assert after[one.source.article.id] == before[one.source.article.id]
    assert after[other.source.article.id] != before[other.source.article.id]
    assert before == suggested(around, around.examples[::-1])
    learnt = [said for each in before.values() for one in each for said in one.because if "learnt" in said]
    assert learnt
    tied = replace(around, groups={each.source.article.id: "one-event" for each in around.examples})
    assert all(not tied.without(each.source.article.id) for each in around.examples)


# Phrases


def test_the_longest_phrase_counts_and_gaps_stay_in_a_clause() -> None:
    phrases = Phrases([("no", ["rul* out", "no <target>"]), ("yes", ["not rul* out"]), ("far", ["only ... if"])])

    def found(text: str, *targets: int) -> list[tuple[object, str]]:
        words = words_of(text, (0, len(text)))
        return [(hit.owner, words[hit.joins].text) for hit in phrases.find(words, targets)]

    assert found("She did not rule out talks") == [("yes", "not")]
    assert found("She ruled out talks") == [("no", "ruled")]
    assert found("only talk to us if asked") == [("far", "if")]
    assert found("only talk to us, if asked") == []
    assert found("no talks", 1) == [("no", "no")]
    assert found("no talks") == []


@pytest.mark.parametrize(
    ("one", "other", "are"),
    [
        ("talks", "talk", True),
        ("sanctions", "sanctioned", True),
        ("withdraw", "withdrawal", True),
        ("war", "wars", True),
        ("war", "warning", False),
        ("mediation", "media", False),
    ],
)
def test_forms_of_one_word_are_told_from_others(one: str, other: str, are: bool) -> None:
    assert same_stem(one, other) is same_stem(other, one) is are
