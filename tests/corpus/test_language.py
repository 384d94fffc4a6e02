"""What is known of a language: the package's files, and those of a workspace over them."""

from pathlib import Path

import msgspec
import pytest

from stancebank.corpus import language
from stancebank.corpus.language import FOLDER, load_habits, load_language, tidy
from stancebank.corpus.metadata import find_date
from stancebank.corpus.segment import infer_zones
from stancebank.errors import InputError
from stancebank.model import Sourced
from stancebank.workspace import Workspace


def lay(root: Path, tag: str, text: str) -> Path:
    (root / FOLDER).mkdir(parents=True, exist_ok=True)
    (root / FOLDER / f"{tag}.toml").write_text(text, encoding="utf-8")
    return root


def test_a_language_that_is_not_known_is_read_as_english() -> None:
    assert load_language(None).tag == load_language("xx").tag == load_language("").tag == "en"


@pytest.mark.parametrize("tag", ["de", "DE", "de-AT"])
def test_a_regional_tag_leads_to_its_language(tag: str) -> None:
    assert load_language(tag).tag == "de"


def test_a_date_is_read_in_the_language_of_the_article() -> None:
    words = "Steinau, 6. Mai 2031"
    assert find_date(words, load_language("de")) == "2031-05-06"
    assert find_date("March 6th, 2031", load_language("en")) == "2031-03-06"
    assert find_date("6. Jänner 2031", load_language("de")) == "2031-01-06"


def test_german_furniture_is_not_read_as_body() -> None:
    text = (
        "Streit um die Abgabe\n\nDie Waldpartei stimmte am Dienstag in Steinau für die Abgabe auf Kohle.\n\n"
        "Lesen Sie auch: Was die Abgabe kostet\n\nAlle Rechte vorbehalten\n"
    )
    zones = {text[zone.begin : zone.end].split()[0]: zone.zone for zone in infer_zones(text, None, load_language("de"))}
    assert zones["Lesen"] == "related"
    assert zones["Alle"] == "boilerplate"
    assert zones["Die"] == "body"


def test_a_workspace_goes_over_the_package_key_by_key(tmp_path: Path) -> None:
    root = lay(tmp_path, "de", 'cues = ["raun(?:t|te)"]\n[page]\nrelated = ["nebenbei"]\n')
    mine, packed = load_language("de", root), load_language("de")
    assert mine.cues.search("sie raunte")
    assert not mine.cues.search("sie sagte")
    assert mine.related.match("Nebenbei gesagt")
    assert mine.tail.pattern == packed.tail.pattern


@pytest.mark.parametrize("pattern", ["(a+)+$", "(?:a|a)*b", "((?:x?))+", "(a{2,}b)*", r"([\])a]+)+"])
def test_a_pattern_of_a_workspace_that_could_be_searched_for_ever_is_refused(pattern: str, tmp_path: Path) -> None:
    root = lay(tmp_path, "de", f"[page]\ntail = ['{pattern}']\n")
    with pytest.raises(InputError, match="searched for ever"):
        load_language("de", root)


@pytest.mark.parametrize("pattern", ["raun(?:t|te)", "a+b*", "(?:ab)+", r"\(\*\)+", "[(|)*]+", "lesen sie(?: auch)?"])
def test_a_pattern_that_ends_is_taken(pattern: str, tmp_path: Path) -> None:
    assert load_language("de", lay(tmp_path, "de", f"[page]\ntail = ['{pattern}']\n")).tail.pattern == pattern


def test_a_workspace_may_bring_a_language_of_its_own(tmp_path: Path) -> None:
    root = lay(tmp_path, "ga", 'cues = ["dúirt"]\n')
    assert load_language("ga", root).cues.search("dúirt sé")
    assert load_language("ga").tag == "en"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("cues = 3", "cues"),
        ("verbs = []", "verbs"),
        ("[page]\nfoot = 'x'", "foot"),
        ("[page]\ntail = 'x'", "tail"),
        ("cues = [", "TOML"),
        ('cues = ["("]', "regular expression"),
        ('months = ["jan"]', "twelve"),
        ("page = 3", "page"),
    ],
)
def test_a_language_file_that_cannot_be_used_says_why(tmp_path: Path, text: str, word: str) -> None:
    with pytest.raises(InputError, match=word):
        load_language("de", lay(tmp_path, "de", text))


def test_a_workspace_may_add_abbreviations_and_words_that_introduce(tmp_path: Path) -> None:
    root = lay(tmp_path, "ga", 'abbreviations = ["Uas.", "Iml"]\nintroduces = ["go"]\n')
    habits = load_habits(root)
    assert {"Uas", "Iml", "Jr", "usw"} <= habits.abbreviations
    assert {"go", "that", "dass"} <= set(habits.introduces)
    assert "Uas" not in load_habits().abbreviations
    for text, kept in (("an tUas.", "an tUas"), ("Brian Uas.", "Brian Uas."), ("go dtiocfaidh sé.", "dtiocfaidh sé")):
        begin, end = tidy(text, 0, len(text), content=True, habits=habits)
        assert text[begin:end] == kept


def test_what_introduces_is_cut_off_in_the_language_that_has_it() -> None:
    for text in ("that no talks are held", "dass no talks are held"):
        begin, end = tidy(text, 0, len(text), content=True)
        assert text[begin:end] == "no talks are held"
        assert tidy(text, 0, len(text), content=False) == (0, len(text))


def test_habits_are_those_of_all_languages_together() -> None:
    known = [load_language(path.stem) for path in sorted(Path(language.__file__).parent.glob("languages/*.toml"))]
    assert len(known) > 3
    habits = load_habits()
    for name in ("introduces", "connectives", "causes"):
        assert getattr(habits, name) == tuple(dict.fromkeys(word for each in known for word in getattr(each, name)))
    assert habits.abbreviations == frozenset().union(*(each.abbreviations for each in known))


@pytest.mark.parametrize("line", ['cues = ["(says"]', 'introduces = "that"', "unknown = 1"])
def test_a_file_of_a_workspace_that_cannot_be_used_is_told_whatever_its_language_is_needed_for(
    tmp_path: Path, line: str
) -> None:
    with pytest.raises(InputError, match=r"annotate/languages/nl\.toml"):
        load_habits(lay(tmp_path, "nl", line))


def test_a_language_of_the_package_is_read_once_for_all_workspaces(tmp_path: Path) -> None:
    assert load_language("de", tmp_path / "a") is load_language("de", tmp_path / "b")


def test_the_language_of_an_article_is_looked_up_by_its_tag(toy_workspace: Workspace) -> None:
    articles = {each.language_tag: each for each in toy_workspace.store.articles()}
    assert set(articles) == {"en"}
    (article,) = articles.values()
    for tag, found in (("de-AT", "de"), ("xx", "en"), ("", "en")):
        language = Sourced(value=tag, basis="stated") if tag else None
        changed = msgspec.structs.replace(article, language=language)
        assert changed.language_tag == tag
        assert load_language(changed.language_tag).tag == found


def test_phrases_of_a_workspace_go_over_those_of_the_package_value_by_value(tmp_path: Path) -> None:
    text = '[suggest]\nsynonyms = [["quay", "pier*"]]\n[suggest.values.stance]\nreject = ["not on our quay"]'
    english, packed = load_language("en", lay(tmp_path, "en", text)), load_language("en")
    assert english.values["stance"]["reject"] == ("not on our quay",)
    assert english.values["stance"]["demand"] == packed.values["stance"]["demand"]
    assert (english.values["force"], english.fillers) == (packed.values["force"], packed.fillers)
    assert english.synonyms == (("quay", "pier*"),)


@pytest.mark.parametrize(
    "text",
    [
        "[suggest]\nsynonyms = ['quay']",
        "[suggest.values]\nstance = ['no']",
        "[suggest]\nfillers = 1",
        "[suggest]\nx = 1",
    ],
)
def test_words_for_suggestions_in_another_form_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"annotate/languages/en\.toml has"):
        load_language("en", lay(tmp_path, "en", text))


@pytest.mark.parametrize("tag", language.known_tags())
def test_a_file_of_the_package_is_right_as_a_whole_and_begins_with_its_habits(tag: str) -> None:
    load_language(tag).complete()
    whole = language._read(language._PACKAGE / f"{tag}.toml")
    assert language._habits(tag) == language.Habits(**language._words(whole))


def test_patterns_are_made_when_they_are_asked_for() -> None:
    language._load.cache_clear()
    english = load_language("en")
    assert not {"cues", "attribution"} & vars(english).keys()
    assert english.cues is english.cues
    assert {"cues", "attribution"} & vars(english).keys() == {"cues"}
    with pytest.raises(AttributeError, match="nothing"):
        english.nothing  # noqa: B018
