"""The list of a dossier's articles, and what is searched in them."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from stancebank.model import Article
from stancebank.pictures.picture import count as _count
from stancebank.view.collection import Collection, ShownArticle


@dataclass(frozen=True, slots=True)
class ListedArticle:
    """A line of the list. anchor: the fragment that leads to the article. about: what is said of it beside its title.

    statements: in gold; None where it is not in gold.
    """

    anchor: str
    title: str
    outlet: str
    date: str
    statements: int | None
    zones: int

    @property
    def about(self) -> str:
        """What is said of it beside its title, in one line."""
        count = "not in gold" if self.statements is None else _count(self.statements, "statement")
        told = (self.outlet, self.date, count, _count(self.zones, "zone"))
        return " · ".join(each for each in told if each)


def anchor_of(article_id: str) -> str:
    """Return the fragment that leads to an article in all pages."""
    return f"article-{article_id}"


def list_article(collection: Collection, article: Article) -> ListedArticle:
    """Return the line of an article."""
    gold = collection.side.documents.get(article.id)
    return ListedArticle(
        anchor=anchor_of(article.id),
        title=article.title.value if article.title else article.id,
        outlet=article.outlet.value if article.outlet else "",
        date=article.published.value if article.published else "",
        statements=None if gold is None else len(gold.statements),
        zones=len(article.zones),
    )


def list_data(listed: Iterable[ListedArticle]) -> list[dict[str, Any]]:
    """Return lines as a page's script draws them."""
    return [{"anchor": each.anchor, "about": each.about, **_sorted_by(each)} for each in listed]


def text_data(listed: ListedArticle, shown: ShownArticle) -> dict[str, str]:
    """Return what is searched in an article: its title, its source, and as much of its text as is shown whole."""
    source = ", ".join(each for each in (listed.outlet, listed.date) if each)
    return {"anchor": listed.anchor, "title": listed.title, "source": source, "text": shown.text or ""}


def _sorted_by(listed: ListedArticle) -> dict[str, Any]:
    found = asdict(listed)
    return {name: found[name] for name in ("title", "outlet", "date", "statements")}
