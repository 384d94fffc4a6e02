"""What a dossier says first: what is looked at, in a few numbers, and which words it shows."""

from collections.abc import Iterator

from stancebank.model import Article
from stancebank.pictures.positions import Positions
from stancebank.view.collection import Collection, Words


def say_what(collection: Collection) -> str:
    """Say in a sentence what a collection is."""
    kind = "A workspace" if collection.folder is None else "A published dataset"
    conditions = ", and under which conditions" if collection.scheme.has_conditions else ""
    return (
        f"{kind} of news articles in which statements are annotated: who takes which position on what{conditions}. "
        "Pictures are drawn of gold alone, which is what was agreed on."
    )


def say_words(collection: Collection, article: Article | None = None) -> str:
    """Say which words a page shows, and what follows from that. article: whose page it is, if it is that of one."""
    if collection.words is Words.NONE:
        return "This page holds no words of the articles."
    if collection.is_private if article is None else collection.shows_private(article):
        return (
            "This page holds words of articles that may not be published. Keep it out of the repository, and do not "
            "pass it on; the option --words published makes one that you can."
        )
    return "This page holds such words of the articles as their text policies allow to be published."


def overview(collection: Collection) -> list[tuple[str, str]]:
    """Return the numbers of a collection, each with what it counts."""
    return [(number, what) for number, what in _numbers(collection, collection.positions) if number]


def _numbers(collection: Collection, positions: Positions) -> Iterator[tuple[str, str]]:
    unique, copies = positions.unique, positions.copies
    yield _count(len(collection.article_ids), "article")
    read = len(collection.side.documents)
    if read < len(collection.article_ids):
        yield f"{read:,}", "of them in gold"
    yield _count(len(unique), "statement")
    if copies:
        yield f"{copies:,}", "more that say one of these again"
    if not unique:
        return
    yield _count(len({each.statement.speaker.entity for each in unique}), "speaker")
    yield _count(len({each.statement.target.id for each in unique}), "target")
    if collection.scheme.has_conditions:
        share = sum(map(positions.is_conditional, unique)) / len(unique)
        yield f"{share:.0%}", "of the statements depend on a condition"
    days = sorted(
        each.published.value[:10] for each in map(collection.article, collection.article_ids) if each.published
    )
    if days and days[0] == days[-1]:
        yield days[0], "is the date of all articles"
    elif days:
        yield days[0], "is the date of the first article"
        yield days[-1], "of the last one"


def _count(number: int, noun: str) -> tuple[str, str]:
    return f"{number:,}", noun if number == 1 else f"{noun}s"
