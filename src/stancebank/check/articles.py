"""Article records and stored texts: do they describe one another?"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from stancebank.errors import Finding
from stancebank.model import Article
from stancebank.text import are_ascending, fingerprint, line_number, sha256


def check_articles(articles: dict[str, Article]) -> Iterator[Finding]:
    """Check the records themselves. articles: by their path in the workspace."""
    by_text: dict[str, str] = {}
    for file, article in articles.items():
        if file != f"corpus/articles/{article.id}.json":
            yield Finding(file, "/id", "article-id", f"the id is {article.id!r}.")
        if (other := by_text.setdefault(article.text_sha256, file)) != file:
            yield Finding(file, "/text_sha256", "article-twice", f"{other} holds the same text.")
        if not are_ascending([(line.begin, line.end) for line in article.lines], article.length):
            yield Finding(file, "/lines", "lines-differ", "they overlap, are out of order or leave the text.")
        for place, (before, after) in enumerate(pairwise(article.zones)):
            if before.end > after.begin:
                yield Finding(
                    file,
                    f"/zones/{place + 1}",
                    "zone-order",
                    f"{after.begin} is before {before.end}, where the zone above ends.",
                )
        for place, zone in enumerate(article.zones):
            if not are_ascending([(zone.begin, zone.end)], article.length):
                yield Finding(
                    file,
                    f"/zones/{place}",
                    "zone-order",
                    f"[{zone.begin}, {zone.end}) is no stretch of {article.length} characters.",
                )


def check_text(file: str, article: Article, text: str) -> Iterator[Finding]:
    """Check a record against its text, which is known to be the one it was made of."""
    recorded = [(line.begin, line.end, line.fingerprint) for line in article.lines]
    if len(text) != article.length:
        yield Finding(file, "/length", "lines-differ", f"the text has {len(text)} characters, not {article.length}.")
    for place, (begin, end, recorded_fingerprint) in enumerate(recorded):
        if "\n" in text[begin:end] or fingerprint(text[begin:end]) != recorded_fingerprint:
            yield Finding(file, f"/lines/{place}", "lines-differ", f"text[{begin}:{end}] is another line.")
    covered = bytearray(len(text))
    for begin, end, _ in recorded:
        covered[begin:end] = b"\1" * len(covered[begin:end])
    if any(not seen and not character.isspace() for seen, character in zip(covered, text, strict=True)):
        yield Finding(file, "/lines", "lines-differ", "a line of the text is missing.")
    zoned = bytearray(len(text))
    for zone in article.zones:
        zoned[zone.begin : zone.end] = b"\1" * len(zoned[zone.begin : zone.end])
    for place, character in enumerate(text):
        if not zoned[place] and not character.isspace():
            yield Finding(file, "/zones", "zone-gap", f"line {line_number(text, place)}, offset {place} is in none.")
            break


def read_text(root: Path, article: Article, path: Path) -> tuple[str | None, Finding | None]:
    """Return the text of a record if it is at hand and right, else perhaps what is wrong with it."""
    if not path.is_file():
        return None, None
    name = path.relative_to(root).as_posix()
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError:
        return None, Finding(name, "", "text-changed", "it is not UTF-8.")
    if sha256(text) != article.text_sha256:
        return None, Finding(
            name, "", "text-changed", f"its SHA-256 begins {sha256(text)[:12]}, not {article.text_sha256[:12]}."
        )
    return text, None


def check_text_places(root: Path, articles: dict[str, Article]) -> Iterator[Finding]:
    """Check that only free texts lie in corpus/texts/, and that each text belongs to an article."""
    policies = {article.id: article.rights.text_policy for article in articles.values()}
    for folder in ("corpus/texts", ".stancebank/texts"):
        for path in sorted((root / folder).glob("*.txt")):
            name = path.relative_to(root).as_posix()
            if path.stem not in policies:
                yield Finding(name, "", "text-unknown", "no article record has this id.")
            elif folder == "corpus/texts" and not policies[path.stem].shows_all:
                yield Finding(name, "", "text-not-public", f"the article's text policy is {policies[path.stem]}.")
