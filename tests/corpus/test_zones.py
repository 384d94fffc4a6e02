"""Zones: those of the founding articles by their offsets, and rules that hold for any text."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import OWN_SCHEMA, REPO, examples

from stancebank.corpus.cleaning import Source
from stancebank.corpus.ingest import text_lines
from stancebank.corpus.language import load_language
from stancebank.corpus.metadata import found
from stancebank.corpus.segment import infer_zones
from stancebank.corpus.sources import read_sources
from stancebank.corpus.store import Store
from stancebank.text import are_ascending, folding_in, normalise

ARTICLES = Path(os.environ.get("STANCEBANK_ARTICLES", REPO.parent / "shared" / "seeds"))

FOUNDING = {
    "al-jazeera-undated-no-war-no-negotiations": [
        ("standfirst", 0, 113),
        ("title", 115, 166),
        ("caption", 167, 257),
        ("boilerplate", 258, 294),
        ("body", 296, 633),
        ("boilerplate", 635, 648),
        ("body", 650, 2243),
        ("related", 2245, 2336),
        ("body", 2338, 3326),
        ("boilerplate", 3328, 3380),
        ("related", 3382, 3525),
        ("boilerplate", 3527, 3565),
    ],
    "aletho-news-2019-07-14-no-ongoing-negotiations": [
        ("boilerplate", 0, 11),
        ("title", 14, 85),
        ("dateline", 87, 111),
        ("body", 113, 3232),
        ("boilerplate", 3234, 3784),
    ],
    "pakistan-point-news-2020-01-28-iran-will-never-negotiate": [
        ("title", 0, 84),
        ("repeat", 86, 170),
        ("standfirst", 172, 413),
        ("dateline", 415, 474),
        ("repeat", 475, 717),
        ("body", 719, 2639),
    ],
    "tasnim-undated-adviser-dismisses-us-talks": [
        ("title", 0, 49),
        ("dateline", 51, 59),
        ("body", 60, 2281),
    ],
    "tasnim-undated-khamenei-rules-out-talks": [
        ("title", 0, 42),
        ("dateline", 44, 61),
        ("body", 62, 325),
        ("repeat", 327, 369),
        ("body", 371, 3909),
        ("related", 3911, 3981),
    ],
}


@pytest.mark.parametrize("name", sorted(FOUNDING))
def test_a_founding_article_has_these_zones(name: str) -> None:
    zones = Store(REPO, OWN_SCHEMA.name).article(name).zones
    assert [(zone.zone, zone.begin, zone.end) for zone in zones] == FOUNDING[name]


@pytest.mark.skipif(not ARTICLES.is_dir(), reason="the founding articles are not at hand")
def test_the_zones_of_the_founding_articles_are_inferred_from_their_layout() -> None:
    by_lines = {
        tuple(line.fingerprint for line in each.lines): each for each in Store(REPO, OWN_SCHEMA.name).articles()
    }
    folding, found = folding_in(next(iter(by_lines))[0]), {}
    for source in read_sources([ARTICLES]):
        assert isinstance(source, Source)
        article = by_lines[tuple(line.fingerprint for line in text_lines(source.text, folding))]
        assert article.outlet
        zones = infer_zones(source.text, article.outlet.value)
        found[article.id] = [(zone.zone, zone.begin, zone.end) for zone in zones]
    assert found == FOUNDING


pages = st.lists(
    st.sampled_from(
        [
            "Envoy back in port",
            "VESTA (Norland Press) – The envoy came back to the port of Vesta on Monday evening.",
            "The envoy came back to the port of Vesta on Monday evening",
            "The quay at dawn. [Photo: Norland Press]",
            "OPINION",
            "Related news",
            "Leave a Reply",
            "SOURCE: NORLAND POST",
            "winter boots",
            "• first point",
            "",
            "\u00a0",
        ]
    ),
    min_size=1,
    max_size=14,
).map("\n".join)


@pytest.mark.slow
@settings(max_examples=examples(200), deadline=None)
@given(st.one_of(pages, st.text(max_size=200)).map(normalise))
def test_zones_cover_all_but_white_space_of_any_text_without_overlap(text: str) -> None:
    if not text.strip():
        return
    zones = infer_zones(text, "Norland Post")
    assert are_ascending([(zone.begin, zone.end) for zone in zones], len(text))
    covered = {place for zone in zones for place in range(zone.begin, zone.end)}
    assert all(place in covered for place, character in enumerate(text) if not character.isspace())


def test_one_english_sentence_makes_no_other_script_boilerplate() -> None:
    for body in (
        "苏维亚的部长星期二表示港口委员会不会在春季之前开放北部码头。",
        "آیا وزیر سوویا پیش از بهار با شورای بندر گفتگو خواهد کرد؟",
        "सूविया के मंत्री ने मंगलवार को कहा कि बंदरगाह वसंत से पहले नहीं खुलेगा।",
        "รัฐมนตรีของซูเวียกล่าวเมื่อวันอังคารว่าคณะกรรมการท่าเรือจะไม่เปิดท่าเทียบเรือทางเหนือก่อนฤดูใบไม้ผลิ",
    ):
        text = f"Sorne\n\n{body}\n\nThe council of Sorne will not open its quay before the spring.\n\n{body[3:]}\n"
        zones = infer_zones(text)
        assert {zone.zone for zone in zones if zone.end > text.index("The council")} == {"body"}, body


LEAD = "The envoy of Suvia came back to the port of Vesta on Monday evening, her office said."
NEXT = "She had spent eleven days in Keth, where the council of the harbour heard her twice."


def told(text: str, language: str = "en") -> list[tuple[str, str]]:
    return [
        (zone.zone, " / ".join(text[zone.begin : zone.end].split("\n\n")))
        for zone in infer_zones(text, "Norland Post", load_language(language))
    ]


@pytest.mark.parametrize(
    ("line", "caption", "credit", "language"),
    [
        ("The quay of Vesta at dawn. Image: Lena Orlo.", "The quay of Vesta at dawn.", "Image: Lena Orlo.", "en"),
        ("The quay of Vesta at dawn Photo: Norland Press", "The quay of Vesta at dawn", "Photo: Norland Press", "en"),
        ("Credit: Norland Press / Lena Orlo", "", "Credit: Norland Press / Lena Orlo", "en"),
        ("Die Mole von Vesta am Morgen. Foto: dpa", "Die Mole von Vesta am Morgen.", "Foto: dpa", "de"),
        (
            "Der Hafen, wie er 2029 war. Archivbild: Lena Orlo",
            "Der Hafen, wie er 2029 war.",
            "Archivbild: Lena Orlo",
            "de",
        ),
    ],
)
def test_a_credit_without_brackets_makes_a_caption(line: str, caption: str, credit: str, language: str) -> None:
    first = [("caption", caption)] if caption else []
    for text in (
        f"Envoy back in port\n\n{LEAD}\n\n{line}\n\n{NEXT}\n",
        f"Envoy back in port\n\n{line}\n\n{LEAD}\n\n{NEXT}\n",
    ):
        zones = told(text, language)
        assert [each for each in zones if each[0] in ("caption", "boilerplate")] == [*first, ("boilerplate", credit)]
        assert zones[0] == ("title", "Envoy back in port")
        assert LEAD in " / ".join(words for zone, words in zones if zone == "body")


@pytest.mark.parametrize(
    "line",
    [
        "She painted a new image: the harbour of Keth as it will be in the year after next, with two more quays.",
        "Photographers were told to wait outside: no image of the talks was to leave the house of the council.",
        f"{NEXT} {NEXT} {NEXT} {NEXT} Of the harbour there is one Photo: Lena Orlo",
    ],
)
def test_a_sentence_that_speaks_of_a_picture_is_no_caption(line: str) -> None:
    assert told(f"Envoy back in port\n\n{LEAD}\n\n{line}\n")[-1] == ("body", f"{LEAD} / {line}")


@pytest.mark.parametrize("dash", ["—", "–", "-", "--"])
@pytest.mark.parametrize("place", ["Port Essa, Suvia", "Vesta, North Keth, Suvia", "VESTA, Suvia", "St. Orlo, Suvia"])
def test_a_dateline_may_be_places_without_an_agency(place: str, dash: str) -> None:
    text = f"Envoy back in port\n\nMonday, February 3, 2031\n\n{place} {dash} {LEAD}\n\n{NEXT}\n"
    assert told(text)[1:] == [("dateline", f"Monday, February 3, 2031 / {place} {dash}"), ("body", f"{LEAD} / {NEXT}")]
    assert found(text, infer_zones(text), load_language("en"))["place"].casefold() == place.split(",")[0].casefold()


def test_a_weekday_is_no_place() -> None:
    for line in ("Monday, February 3, 2031", "Updated: Monday, February 3, 2031, 10:15"):
        text = f"Envoy back in port\n\n{line}\n\n{LEAD}\n"
        values = found(text, infer_zones(text), load_language("en"))
        assert values == {"title": "Envoy back in port", "published": "2031-02-03"}
    text = f"Botschafterin zurück\n\nMontag, 3. Februar 2031\n\n{LEAD}\n"
    german = load_language("de")
    assert "place" not in found(text, infer_zones(text, None, german), german)
    text = f"Envoy back in port\n\nMONDAY, 3 February 2031 – {LEAD}\n\n{NEXT}\n"
    assert found(text, infer_zones(text), load_language("en")).get("place") is None


def test_a_date_that_ends_the_headline_is_no_part_of_it() -> None:
    text = f"Envoy back in port with seven ships Monday, February 3, 2031\n\n{LEAD}\n\n{NEXT}\n"
    assert told(text)[:2] == [
        ("title", "Envoy back in port with seven ships"),
        ("dateline", "Monday, February 3, 2031"),
    ]
    assert found(text, infer_zones(text), load_language("en")) == {
        "title": "Envoy back in port with seven ships",
        "published": "2031-02-03",
    }
    for title in ("Talks to begin on Monday, February 3, 2031", "A look back at February 3, 2031"):
        assert told(f"{title}\n\n{LEAD}\n\n{NEXT}\n")[0] == ("title", title)


def test_sources_and_links_below_an_article_are_not_its_body() -> None:
    listed = (
        "“Envoy back from Keth after eleven days at the council” — Norland Post, February 3, 2031",
        "Lena Orlo. “No ship will leave before the spring, says council” — Suvia Courier, February 2, 2031",
        "Harbour council of Keth",
    )
    for head in ("Sources", "References:", "External links"):
        text = "\n\n".join(("Envoy back in port", LEAD, NEXT, head, *listed)) + "\n"
        assert told(text)[1:] == [("body", f"{LEAD} / {NEXT}"), ("related", " / ".join((head, *listed)))]
    text = f"Envoy back in port\n\n{LEAD}\n\nSources\n\n{NEXT}\n"
    assert ("body", NEXT) in told(text)


def test_a_list_below_a_colon_is_body_without_marks_too() -> None:
    items = ("The north quay of Vesta", "Two ferries of the Orlo line", "A road to Port Essa")
    text = "\n\n".join(("Envoy back in port", LEAD, "The council of Keth asks for three things:", *items, NEXT)) + "\n"
    assert [zone for zone, _ in told(text)] == ["title", "body"]
    text = f"Envoy back in port\n\n{LEAD}\n\nThe council of Keth had asked for it:\n\nPrint this page\n\n{NEXT}\n"
    assert ("boilerplate", "Print this page") in told(text)
