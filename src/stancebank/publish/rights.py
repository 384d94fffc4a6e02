"""RIGHTS.md: what a folder shows of the articles' words, by whose leave, and how to have it taken out.

It is made of the folder's rows, and of what its manifest says under `rights`; so anyone can make it again.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stancebank.corpus.quotes import JOIN, Cap
from stancebank.publish.facts import markdown_table
from stancebank.publish.shown import Audit, Shown, audit
from stancebank.publish.tables import Row
from stancebank.schema.fields import Scheme
from stancebank.text_policy import TextPolicy
from stancebank.workspace import Workspace

RIGHTS = "RIGHTS.md"

WORST = 20
"""How many articles with quotations are listed one by one, those that show most first."""

_WORDS = {
    TextPolicy.WITHHELD: ("none", "no words"),
    TextPolicy.QUOTES: ("the annotated spans, up to the cap", "annotated spans"),
    TextPolicy.FULL: ("the whole text", "the whole text"),
}
"""What a policy lets be published, and what a folder shows that follows it to its end."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """An article that was taken out: its id, when, and why."""

    id: str
    date: str
    reason: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What a folder's manifest says under `rights`. contact: whom to write to, or ""."""

    cap: Cap
    contact: str = ""
    withdrawn: tuple[Withdrawn, ...] = ()

    def to_builtins(self) -> dict[str, Any]:
        """Return the terms as the manifest holds them."""
        return {
            "longest_quote": self.cap.longest,
            "quoted_share": self.cap.share,
            "contact": self.contact,
            "withdrawn": [{"id": each.id, "date": each.date, "reason": each.reason} for each in self.withdrawn],
        }


def make_terms(workspace: Workspace) -> Terms:
    """Return the terms of a workspace: its settings, and the withdrawals that count."""
    gone = (each for each in workspace.store.withdrawals() if each.lifted is None)
    return Terms(
        workspace.settings.cap,
        workspace.settings.contact,
        tuple(Withdrawn(each.id, each.date, each.reason) for each in gone),
    )


def read_terms(manifest: Mapping[str, Any]) -> Terms:
    """Return the terms that a manifest holds. Raises KeyError or TypeError where it holds none."""
    held = manifest["rights"]
    return Terms(
        Cap(held["longest_quote"], held["quoted_share"]),
        held["contact"],
        tuple(Withdrawn(each["id"], each["date"], each["reason"]) for each in held["withdrawn"]),
    )


def make_rights(rows: Mapping[str, Iterable[Row]], terms: Terms, scheme: Scheme) -> str:
    """Return RIGHTS.md of a folder. rows: by view, as they were written; terms: as its manifest says."""
    found = audit(rows, terms.cap, scheme)
    parts = (
        _head(found),
        _holders(found.articles),
        _quotations(found),
        _beyond(found),
        _withdrawn(terms),
        _removal(terms),
    )
    return "\n".join(parts)


def _head(found: Audit) -> str:
    every = Counter((each.policy, each.shows) for each in found.articles)
    rows = [
        (f"`{policy}`", allowed, _WORDS[shows][1], every[policy, shows])
        for policy, (allowed, _) in _WORDS.items()
        for shows in TextPolicy
        if every[policy, shows]
    ]
    verdict = "It may not be handed on: see below." if found.beyond else "No article shows more than its tier allows."
    return (
        "# Rights in the articles' words\n\n"
        "Annotations and metadata are under the licence in `LICENSE`. The words of an article belong to its holder. "
        "Every article has a tier, the column `text_policy` of the views, which says how much of its words may be "
        "published. Headlines stand in the metadata whatever the tier, as bibliography.\n\n"
        "This page is computed from the rows of this folder and from the key `rights` of `manifest.json`.\n\n"
        f"{markdown_table(('tier', 'may be published', 'is shown here', 'articles'), rows)}\n{verdict}\n"
    )


def _holders(articles: Sequence[Shown]) -> str:
    groups: defaultdict[tuple[str, str, str], list[Shown]] = defaultdict(list)
    for each in articles:
        groups[each.holder, each.licence, each.policy].append(each)
    rows = []
    for (holder, licence, policy), held in sorted(groups.items()):
        most = max(held, key=_share)
        longest = max(each.extent.longest for each in held)
        rows.append((holder, licence, f"`{policy}`", len(held), longest, most.extent.percent))
    head = ("holder", "licence of the words", "tier", "articles", "longest run", "largest share of an article")
    return f"## Holders\n\n{markdown_table(head, rows)}"


def _quotations(found: Audit) -> str:
    said = (
        f"## Quotations\n\nOf an article of the tier `quotes` at most {found.cap.longest} characters may be shown in "
        f"one run, and at most {found.cap.share}% of the article. All views count together. Spans that overlap, or "
        f"have no more than {JOIN} characters between them, are one run. The share is that of the article's own text; "
        "links to other articles, boilerplate and repetitions on its page do not count. Characters are Unicode code "
        "points.\n"
    )
    quoted = sorted((each for each in found.articles if each.shows.is_capped), key=_most_first)
    if not quoted:
        return f"{said}\nNo article is shown by quotations here.\n"
    rows = [
        (f"`{each.article_id}`", each.holder, f"`{each.policy}`", each.extent.longest, each.extent.percent)
        for each in quoted[:WORST]
    ]
    more = f"\nAnd {len(quoted) - WORST} more, none of which shows a larger share.\n" if len(quoted) > WORST else ""
    return f"{said}\n{markdown_table(('article', 'holder', 'tier', 'longest run', 'share'), rows)}{more}"


def _beyond(found: Audit) -> str:
    said = (
        "## Beyond the tier\n\nWhoever holds copies of the articles may build a folder that shows more words than the "
        "tiers allow, for use at home. Such a folder is not publishable, and handing it on would publish the words of "
        "others without their leave.\n"
    )
    reasons = []
    for each in found.articles:
        why = []
        if each.is_beyond and not each.strays:
            why.append(f"shows {_WORDS[each.shows][1]}, and its tier is `{each.policy}`")
        if each.strays:
            why.append(f"has words that no span accounts for, in {', '.join(each.strays)}")
        if over := each.over(found.cap):
            why.append(over.message.removesuffix("."))
        reasons += [f"- `{each.article_id}` {'; '.join(why)}."] if why else []
    return said + ("\n" + "\n".join(reasons) + "\n" if reasons else "\nThis folder is none of these.\n")


def _withdrawn(terms: Terms) -> str:
    if not terms.withdrawn:
        return "## Withdrawn articles\n\nNo article has been withdrawn.\n"
    rows = [(f"`{each.id}`", each.date, each.reason) for each in sorted(terms.withdrawn, key=lambda each: each.id)]
    return (
        "## Withdrawn articles\n\nThese were part of the corpus once. Their words, labels and metadata are no longer "
        "in it. Whoever holds an earlier release is asked to stop using them.\n\n"
        f"{markdown_table(('article', 'withdrawn on', 'reason'), rows)}"
    )


def _removal(terms: Terms) -> str:
    whom = terms.contact or "the maintainers, as the card (`README.md`) names them"
    return (
        "## How to have an article taken out\n\n"
        f"Holders of rights, and people who are named in a row, write to {whom}. Name the article by its id, its "
        "address or its headline, and say what should go: its words, or all that is recorded of it. What is withdrawn "
        "is in no later release, its id stays on this page with the reason, and its text is recognised and refused "
        "when somebody adds it again. Earlier releases that were copied cannot be called back.\n"
    )


def _share(each: Shown) -> float:
    return each.extent.shown / each.extent.length if each.extent.length else 0.0


def _most_first(each: Shown) -> tuple[float, int, str]:
    return -_share(each), -each.extent.longest, each.article_id


__all__ = [
    "RIGHTS",
    "Audit",
    "Shown",
    "Terms",
    "Withdrawn",
    "audit",
    "make_rights",
    "make_terms",
    "read_terms",
]
