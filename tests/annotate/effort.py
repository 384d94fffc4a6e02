"""One statement with two conditions, labelled in either profile by mouse and keyboard: what it takes, step by step."""

from typing import Any

from stancebank.annotate.controls import Profile
from stancebank.corpus.ingest import text_lines
from stancebank.model import Article, Document, Rights, TextPolicy, Zone
from stancebank.text import sha256
from tests.annotate.tasks import INTERFACES, shown
from tests.annotator import Annotator
from tests.conftest import OWN_SCHEMA

CONTENT = "We will meet Norland once it lifts the blockade, and only if Keth is in the chair"
FIRST, SECOND = "once it lifts the blockade", "only if Keth is in the chair"
# an emoji first, so that code points and UTF-16 units differ; two spaces, a tab and a paragraph from right to left
TEXT = f"""Envoy: Suvia to sit down with Norland before spring

VESTA (Norland Press) – 😀 “{CONTENT},” Ilse Marrow told reporters in Vesta.

She added:\t“We   are patient.” Tor Aven said Norland would not answer letters.

وزیر گفت: «ما با نورلند مذاکره نمی‌کنیم 😀»، و رفت.

Ferry fares to rise in spring
"""
# the same, but of a speaker whose words are no name that the lists know
OTHER_TEXT = TEXT.replace("Ilse Marrow told", "the envoy told").replace("She added", "Ilse Marrow added")
LIMIT: dict[Profile, int] = {"core": 20, "full": 35}


def article(text: str = TEXT) -> Article:
    """The record of a text, with a dateline and a last line that are not read."""
    lines = text_lines(text)
    zones = [Zone(begin=line.begin, end=line.end, zone="body") for line in lines]
    dateline = lines[1].begin + len("VESTA (Norland Press) –")
    zones[1:2] = [
        Zone(begin=lines[1].begin, end=dateline, zone="dateline"),
        Zone(begin=dateline + 1, end=lines[1].end, zone="body"),
    ]
    zones[0] = Zone(begin=lines[0].begin, end=lines[0].end, zone="title")
    zones[-1] = Zone(begin=lines[-1].begin, end=lines[-1].end, zone="related")
    return Article(
        schema_version=OWN_SCHEMA.name,
        id="norland-post-2031-02-11-envoy",
        rights=Rights(holder="Norland Post", licence="CC0-1.0", text_policy=TextPolicy.FULL),
        raw_sha256=sha256(text),
        text_sha256=sha256(text),
        length=len(text),
        lines=lines,
        zones=tuple(zones),
    )


def task(*documents: Document, profile: Profile = "full", text: str = TEXT) -> dict[str, Any]:
    return shown(article(text), text, *documents, interface=INTERFACES[profile])


def label(annotator: Annotator, profile: Profile) -> None:
    """Label the statement: all spans first, then the answers. What the conversion infers is left out."""
    annotator.mark("1", CONTENT)
    if annotator.text == TEXT:
        annotator.mark("2", "Ilse Marrow")
    else:
        annotator.mark_as("Ilse Marrow", "the envoy")
    annotator.mark("3", FIRST)
    annotator.mark("3", SECOND)
    if profile == "full":
        annotator.mark("6", "told")
        annotator.mark("8", "meet Norland")
    annotator.shot(f"{profile}-1-marked")
    annotator.select("We will")
    annotator.key("r")
    annotator.choose("target_id", "talks")
    if profile == "full":
        annotator.choose("parties", "Suvia")
        annotator.choose("parties", "Norland")
        annotator.choose("mediators", "Keth")
    annotator.shot(f"{profile}-2-content")
    for words, key, kind, obligor in (
        (FIRST, "z", "lift a blockade", "Norland"),
        (SECOND, "x", "format of talks", "Keth"),
    ):
        annotator.select(words[:12])
        annotator.key(key)
        annotator.choose("kind", kind)
        if profile == "full":
            annotator.choose("obligors", obligor)
    annotator.shot(f"{profile}-3-conditions")
