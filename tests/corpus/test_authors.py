"""The author that a byline names, and the ids that names of all scripts give."""

import json
from pathlib import Path

import pytest
from tests.corpus.test_intake import add

from stancebank.corpus.ingest import latin_slug, slugify
from stancebank.corpus.language import load_language
from stancebank.corpus.metadata import find_author
from stancebank.corpus.segment import infer_zones

SAID = {
    "en": (
        "The envoy said Norland would not meet Suvia before the garrisons leave.",
        "Nobody else was asked about it by anybody.",
    ),
    "de": (
        "Die Gesandte sagte, Norland werde Suvia vor dem Abzug nicht treffen.",
        "Niemand sonst wurde danach gefragt.",
    ),
    "fr": ("L'envoyée a dit que le Norland ne rencontrerait pas la Suvie avant cela.", "Personne d'autre n'a répondu."),
    "es": ("La enviada dijo que Norland no se reuniría con Suvia antes de la salida.", "Nadie más respondió a eso."),
    "fa": ("فرستاده گفت نورلند پیش از خروج پادگان‌ها با سوویا دیدار نخواهد کرد.", "هیچ کس دیگری پاسخ نداد و کار ماند."),
}


def author(line: str, language: str, place: int = 1) -> str | None:
    """Return who is found to have written a text. place: of the line in it."""
    lines = ["The Weir of Keth", *SAID[language]]
    lines.insert(place, line)
    text = "\n\n".join(lines)
    known = load_language(language)
    return find_author(text, infer_zones(text, "Norland Post", known), known, "Norland Post")


@pytest.mark.parametrize(
    ("language", "line", "found"),
    [
        ("en", "By Anna Felk", "Anna Felk"),
        ("en", "BY ANNA FELK", "Anna Felk"),
        ("en", "By Anna Felk and Jon Brill", "Anna Felk and Jon Brill"),
        ("en", "By Anna Felk, Jon Brill and Ada Orn", "Anna Felk, Jon Brill and Ada Orn"),
        ("en", "By Anna Felk, Norland Post", "Anna Felk"),
        ("en", "By Anna Felk in Vesta", "Anna Felk"),
        ("en", "By Jan van der Berg", "Jan van der Berg"),
        ("en", "By A. B. Felk", "A. B. Felk"),
        ("en", "By Ольга Фельк", "Ольга Фельк"),
        ("de", "Von Anna Felk und Jon Brill, Vesta", "Anna Felk und Jon Brill"),
        ("fr", "Par Anne-Marie Felk", "Anne-Marie Felk"),
        ("es", "Por Anna Felk y José Brill", "Anna Felk y José Brill"),
        ("fa", "نویسنده: آنا فلک", "آنا فلک"),
        ("fa", "به قلم آنا فلک", "آنا فلک"),
    ],
)
def test_a_byline_names_the_author(language: str, line: str, found: str) -> None:
    assert author(line, language) == found
    assert author(line, language, place=2) == found


@pytest.mark.parametrize(
    ("language", "line"),
    [
        *(("en", f"By {each}") for each in ("Norland Post", "Norland Press", "Staff Writer", "Our Correspondent")),
        *(
            ("en", f"By {each}")
            for each in ("Design", "Sea Or Land", "Monday Evening", "The Envoy", "Anna Felk said so.")
        ),
        *(("en", each) for each in ("Edited by Anna Felk", "Photo by Anna Felk", "Anna Felk", "Read by Anna Felk")),
        *(
            ("de", f"Von {each}")
            for each in ("Wahlen bis Krieg", "Norland nach Suvia", "Unserer Redaktion", "der Front")
        ),
        ("fr", "Par Notre Correspondante"),
        ("fr", "By Anna Felk"),
        ("es", "Por Nuestra Redacción"),
        ("fa", "گزارش از خبرگزاری نورلند"),
    ],
)
def test_whoever_is_only_mentioned_is_no_author(language: str, line: str) -> None:
    assert author(line, language) is None


def test_a_byline_further_down_is_of_something_else() -> None:
    assert author("By Anna Felk", "en", place=3) is None


def test_a_record_says_that_its_author_was_found(empty_root: Path, tmp_path: Path) -> None:
    text = "\n\n".join(("The Weir of Keth", "By Anna Felk", *SAID["en"]))
    (tmp_path / "a.jsonl").write_text(
        json.dumps({"text": text, "outlet": "Norland Post"})
        + "\n"
        + json.dumps({"text": f"{text}\n", "outlet": "Norland Post", "author": "A. Felk", "slug": "given"})
        + "\n"
    )
    add(empty_root, tmp_path / "a.jsonl")
    found = {
        path.stem: json.loads(path.read_text())["author"] for path in (empty_root / "corpus/articles").glob("*.json")
    }
    assert found == {
        "norland-post-undated-the-weir-of-keth": {"value": "Anna Felk", "basis": "found"},
        "norland-post-undated-given": {"value": "A. Felk", "basis": "given"},
    }


@pytest.mark.parametrize(
    ("words", "slug"),
    [
        ("Новая Газета", "novaya-gazeta"),
        ("Καθημερινή", "kathimerini"),
        ("تسنیم", "tsnym"),
        ("新华社", "xinhuashe"),
        ("Tasnim (تسنیم)", "tasnim-tsnym"),
        ("Łódź Post", "lodz-post"),
        ("Straßenblatt", "strassenblatt"),
        ("Ørsted Avis", "orsted-avis"),
        ("O’Brien’s ½ page", "obriens-1-2-page"),
        ("★", ""),
    ],
)
def test_letters_of_all_scripts_are_spelled_out_in_ids(words: str, slug: str) -> None:
    assert slugify(words) == slug
    if words.isascii() or "Ł" in words or "ß" in words:
        assert latin_slug(words) == slug


def test_ids_of_entities_that_annotators_name_stay_as_they_were_made() -> None:
    assert (latin_slug("Новая Газета"), latin_slug("Tasnim (تسنیم)")) == ("", "tasnim")
