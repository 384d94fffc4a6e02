"""The rules find what is said, by whom, and with which words."""

import sys
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from stancebank.corpus.language import load_habits, load_language
from stancebank.corpus.selectors import Passage
from stancebank.errors import InputError
from stancebank.model import Entity, EntityRegistry, Role
from stancebank.schema.fields import load_scheme
from stancebank.suggest.engine import ReadArticle, Surroundings, look_around
from stancebank.suggest.engines import make_engine
from stancebank.suggest.rules.candidates import SpokenCandidate
from stancebank.suggest.rules.engine import RulesEngine
from stancebank.suggest.rules.finding import find_candidates
from stancebank.suggest.rules.parser import PACKED, load_parser
from stancebank.suggest.rules.speakers import EntityNames
from stancebank.text import line_bounds
from stancebank.workspace import open_workspace
from tests.conftest import OWN_SCHEMA, REPO

_ENTITIES = (
    Entity(id="suvia", name="Suvia", aliases=("Essa",), kind="state"),
    Entity(id="norland", name="Norland", aliases=("Vesta",), kind="state"),
    Entity(id="suvian-ministry", name="Suvian Foreign Ministry", kind="ministry", part_of="suvia"),
    Entity(id="unnamed-officials-norland", name="Unnamed officials of Norland", kind="unnamed", affiliation="norland"),
    Entity(
        id="dora-lenk",
        name="Dora Lenk",
        aliases=("Lenk",),
        kind="person",
        affiliation="suvia",
        roles=(Role(title="Foreign Minister of Suvia"),),
    ),
    Entity(
        id="tor-aven",
        name="Tor Aven",
        aliases=("Aven",),
        kind="person",
        affiliation="norland",
        roles=(Role(title="President of Norland"),),
    ),
)


@cache
def _names() -> EntityNames:
    entities = EntityRegistry(schema_version="v2", entities=_ENTITIES)
    return EntityNames(cast("Surroundings", SimpleNamespace(entities=entities, scheme=load_scheme(OWN_SCHEMA))))


def _find(text: str, language: str = "en", *, parsed: bool = True) -> list[SpokenCandidate]:
    lines = [(number, *each) for number, each in enumerate(line_bounds(text), 1) if text[each[0] : each[1]].strip()]
    passages = tuple(Passage(f"a/p{number}", number, begin, end, "body") for number, begin, end in lines)
    source = ReadArticle(cast("Any", SimpleNamespace(id="a", published=None)), text, passages)
    parser = load_parser() if parsed else None
    return find_candidates(source, _names(), load_language(language), load_habits(), parser)


def _told(text: str, language: str = "en", *, parsed: bool = True) -> list[tuple[str, str | None, str | None, str]]:
    """Return of each candidate its content, pieces with | between, its speaker, its cue and how it is rendered."""

    def words(bounds: tuple[int, int] | None) -> str | None:
        return None if bounds is None else text[slice(*bounds)]

    return [
        (" | ".join(text[b:e] for b, e in each.content), each.speaker, words(each.cue), each.rendering)
        for each in _find(text, language, parsed=parsed)
    ]


_SENTENCES = {
    # a clause
    "Dora Lenk said that Suvia would stay in the treaty.": [
        ("Suvia would stay in the treaty", "dora-lenk", "said", "indirect")
    ],
    "Lenk said there was “nothing” to discuss.": [("there was “nothing” to discuss", "dora-lenk", "said", "mixed")],
    "Lenk said a visit would be “early,” and “a gift to Aven.”": [
        ("a visit would be “early,” and “a gift to Aven.”", "dora-lenk", "said", "mixed")
    ],
    "Suvia will not meet anybody, Lenk said on Friday.": [
        ("Suvia will not meet anybody", "dora-lenk", "said", "indirect")
    ],
    "The only way to open the river, Lenk said, is to talk.": [
        ("The only way to open the river | is to talk", "dora-lenk", "said", "indirect")
    ],
    "Aven told the state radio on Monday evening that Norland would keep its boats there.": [
        ("Norland would keep its boats there", "tor-aven", "told", "indirect")
    ],
    # clauses with subjects of their own are split, verbs with one subject are not
    "Lenk said Suvia would stay in the treaty but Norland must haul off its guns.": [
        ("Suvia would stay in the treaty", "dora-lenk", "said", "indirect"),
        ("Norland must haul off its guns", "dora-lenk", "said", "indirect"),
    ],
    "Lenk said Suvia would stay in the treaty and not meet Aven.": [
        ("Suvia would stay in the treaty and not meet Aven", "dora-lenk", "said", "indirect")
    ],
    # another saying behind a comma
    "Lenk said there were no talks at any level, denying a newspaper's report.": [
        ("there were no talks at any level", "dora-lenk", "said", "indirect"),
        ("denying a newspaper's report", "dora-lenk", "denying", "indirect"),
    ],
    # quotations
    "“We will meet them,” Aven said.": [("We will meet them", "tor-aven", "said", "direct")],
    "“We will meet them,” said Aven.": [("We will meet them", "tor-aven", "said", "direct")],
    "“We will meet them,” Aven said, “only if Keth is in the chair.”": [
        ("We will meet them | only if Keth is in the chair", "tor-aven", "said", "direct")
    ],
    "“We stay in the treaty, but they must haul off their guns,” Lenk said.": [
        ("We stay in the treaty", "dora-lenk", "said", "direct"),
        ("they must haul off their guns", "dora-lenk", "said", "direct"),
    ],
    "Speaking in Essa, Lenk said: “We will not go. Do they mean it?”": [
        ("We will not go", "dora-lenk", "said", "direct"),
        ("Do they mean it?", "dora-lenk", "said", "direct"),
    ],
    "“I will not go, because a meeting would be a gift to the generals,” said Lenk.": [
        ("I will not go, because a meeting would be a gift to the generals", "dora-lenk", "said", "direct"),
        ("because a meeting would be a gift to the generals", "dora-lenk", "said", "direct"),
    ],
    # acts
    "Aven had roundly rejected the offer of a visit.": [
        ("roundly rejected the offer of a visit", "tor-aven", "rejected", "indirect")
    ],
    "Aven did not rule out a meeting with Lenk.": [
        ("did not rule out a meeting with Lenk", "tor-aven", "did not rule out", "indirect")
    ],
    "Lenk condemned and criticised Norland for the toll.": [
        ("condemned and criticised Norland for the toll", "dora-lenk", "condemned and criticised", "indirect")
    ],
    "Aven rejected a visit and offered to lift the ban.": [
        ("rejected a visit and offered to lift the ban", "tor-aven", "rejected", "indirect"),
        ("rejected a visit and offered to lift the ban", "tor-aven", "offered", "indirect"),
    ],
    "A visit was ruled out by Aven.": [("A visit was ruled out", "tor-aven", "ruled out", "indirect")],
    "Norland's proposal to meet in spring came late.": [
        ("proposal to meet in spring", "norland", "proposal", "indirect")
    ],
    # what he will do is what the other says of him
    "Lenk said Norland would reject the offer.": [("Norland would reject the offer", "dora-lenk", "said", "indirect")],
    # sources
    "According to Aven, no meeting is planned.": [("no meeting is planned", "tor-aven", "According to", "indirect")],
    # a relative clause
    "Aven proposed the toll on salt, which, he said, only feeds smugglers.": [
        ("proposed the toll on salt", "tor-aven", "proposed", "indirect"),
        ("the toll on salt | only feeds smugglers", "tor-aven", "said", "indirect"),
    ],
    # headlines
    "Lenk: No talks, no visits before spring": [
        ("No talks", "dora-lenk", None, "indirect"),
        ("no visits before spring", "dora-lenk", None, "indirect"),
    ],
    "Envoy: Suvia to meet Norland": [("Suvia to meet Norland", "Envoy", None, "indirect")],
    "Suvian Foreign Ministry: “No talks before spring”": [
        ("No talks before spring", "suvian-ministry", None, "direct")
    ],
    "Aven Rules Out Talks With Suvia": [("Rules Out Talks With Suvia", "tor-aven", "Rules Out", "indirect")],
    "Suvia Will Never Meet Norland - President Aven": [("Suvia Will Never Meet Norland", "tor-aven", None, "indirect")],
    "NO TALKS WILL BE HELD, AVEN SAYS IN ESSA": [("NO TALKS WILL BE HELD", "tor-aven", "SAYS", "indirect")],
    "Suvia to meet Norland once it lifts the ban": [
        ("Suvia to meet Norland once it lifts the ban", "suvia", None, "indirect")
    ],
    "Lenk met the miners.": [],
    # words that hang on nothing come to an end all the same
    "Who says the toll must go?": [("the toll must go", None, "says", "indirect")],
    "According to nobody.": [],
}

_ARTICLES = {
    # a pronoun, a title, a name beside an office, unnamed ones of a side, and a quotation without a cue
    "Dora Lenk met the miners in Essa. She said talks were useless.\n"
    "The foreign minister added that the toll must go.\n"
    "The president of Norland, Tor Aven, spoke in Vesta. He said a visit was possible.\n"
    "A Norland official said Suvia was not ready.\n"
    "“The boats can wait.”": [
        ("dora-lenk", "She"),
        ("dora-lenk", "The foreign minister"),
        ("tor-aven", "He"),
        ("unnamed-officials-norland", "A Norland official"),
        ("unnamed-officials-norland", None),
    ],
    # names that the registry lacks
    "Pell Hast, a deputy, said the ban must go.\n“We are ready to talk,” Hast added.\n"
    "The ministry in Essa denied that talks were held.": [
        ("Pell Hast", "Pell Hast"),
        ("Pell Hast", "Hast"),
        ("suvian-ministry", "The ministry in Essa"),
    ],
    # a quotation over paragraphs: by the speaker before, or by who ends it
    "“We are not afraid,” Aven said. “We have guns.\n“We will not talk.”": [
        ("tor-aven", "Aven"),
        ("tor-aven", "Aven"),
        ("tor-aven", None),
    ],
    "Lenk said the toll must go.\n“We have guns.\n“We will not talk,” said Aven.": [
        ("dora-lenk", "Lenk"),
        ("tor-aven", None),
        ("tor-aven", "Aven"),
    ],
}


@pytest.mark.parametrize("text", _SENTENCES)
def test_sentences(text: str) -> None:
    wanted = _SENTENCES[text]
    assert _told(text) == wanted


@pytest.mark.parametrize("text", _ARTICLES)
def test_speakers(text: str) -> None:
    found = [(each.speaker, text[slice(*each.mention)] if each.mention else None) for each in _find(text)]
    assert found == _ARTICLES[text]
    assert all(each.is_known == (each.speaker in _names().entities) for each in _find(text))
    assert all(each.because[-1].startswith("speaker: ") for each in _find(text))


def test_pieces_of_one_saying_have_one_number_and_others_have_their_own() -> None:
    first, second, third = _find("“We stay in the treaty, but they must go,” Lenk said. She denied a visit.")
    assert first.saying == second.saying != third.saying
    assert (third.names_act, first.names_act) == (True, False)
    assert third.parse is not None
    assert [token.lemma_ for token in third.parse.tokens(third.content[0])] == ["deny", "a", "visit"]


def test_without_a_parse_marks_and_cues_are_read() -> None:
    text = "„Wir bleiben im Vertrag“, sagte Lenk in Essa. „Sie müssen gehen.“\nAven lehnt ein Treffen ab."
    assert _told(text, "de", parsed=False) == [
        ("Wir bleiben im Vertrag", "dora-lenk", "sagte", "direct"),
        ("Sie müssen gehen", "dora-lenk", "sagte", "direct"),
        ("lehnt ein Treffen ab", "tor-aven", "lehnt", "indirect"),
    ]
    assert all("read without a parse" in each.because for each in _find(text, "de", parsed=False))
    assert [each.parse for each in _find(text, "de", parsed=False)] == [None] * 3


def test_an_engine_reads_a_language_without_a_model_and_says_so() -> None:
    surroundings = look_around(open_workspace(REPO / "tests/other_domain"))
    engine = make_engine("rules", surroundings, {})
    assert isinstance(engine, RulesEngine)
    found = [each for example in surroundings.examples for each in engine.candidates(example.source)]
    assert {each.speaker for each in found} >= {"jorun-falk", "hedwig-brandner", "bergbund", "klimawacht"}
    assert engine.record.settings["parse"] is False
    assert engine.record.model == ""


def test_a_model_is_known_by_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_parser().sha256 == PACKED[0].sha256
    changed = tmp_path / PACKED[0].module
    (changed / PACKED[0].folder).mkdir(parents=True)
    (changed / "__init__.py").touch()
    (changed / PACKED[0].folder / "meta.json").write_text("{}")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(InputError, match="is not the one that was checked"):
        load_parser()
    for model, said in (
        ("no-such-model", "There is no model 'no-such-model'"),
        (str(tmp_path), "is no model of spaCy"),
    ):
        with pytest.raises(InputError, match=said):
            load_parser(model)
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(InputError, match=r"spacy is not installed.\nHint: pip install"):
        load_parser()


def test_settings_that_are_none_are_refused() -> None:
    surroundings = look_around(open_workspace(REPO / "tests/other_domain"))
    for settings in ({"model": ""}, {"model": 1}, {"parse": "no"}):
        with pytest.raises(InputError):
            make_engine("rules", surroundings, settings)
    assert make_engine("rules", surroundings, {"parse": False}).record.settings["parse"] is False
