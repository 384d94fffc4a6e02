"""Zones: those of the founding articles by their offsets, and rules that hold for any text."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import OWN_SCHEMA, REPO, examples

from stancebank.corpus.cleaning import Source
from stancebank.corpus.ingest import text_lines
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
