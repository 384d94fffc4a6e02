"""Ledgers of adjudications: that they contradict neither themselves nor what is there, and are not behind it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from stancebank.agreement.compare import fingerprint
from stancebank.errors import Finding
from stancebank.model import Adjudication, Article, Decision, Document, Statement, is_of_people
from stancebank.schema.fields import Scheme


def check_adjudications(
    ledgers: Mapping[str, Adjudication],
    articles: Mapping[str, Article],
    documents: Mapping[str, Document],
    scheme: Scheme,
    unread: Iterable[str] = (),
) -> Iterator[Finding]:
    """Check ledgers, by their path. articles: by id; documents: by path. unread: paths of what could not be read."""
    faulty = {Path(each).stem for each in unread}
    of_article: dict[str, list[Document]] = {}
    for document in documents.values():
        of_article.setdefault(document.article_id, []).append(document)
    for file, ledger in sorted(ledgers.items()):
        wrong = list(_contradictions(file, ledger))
        yield from wrong
        if wrong or ledger.article_id in faulty:
            continue
        article = articles.get(ledger.article_id)
        if article is None:
            yield Finding(file, "/article_id", "adjudication-unknown", f"there is no article {ledger.article_id!r}.")
            continue
        held = of_article.get(ledger.article_id, [])
        gold = next((each for each in held if each.gold), None)
        yield from _gold_unknown(file, ledger, gold)
        people = {each.annotator: each for each in held if not each.gold and is_of_people(each.origin)}
        yield from _behind(file, ledger, article, people, gold, scheme)


def _contradictions(file: str, ledger: Adjudication) -> Iterator[Finding]:
    if ledger.article_id != Path(file).stem:
        message = f"it names {ledger.article_id!r}, and its file another article."
        yield Finding(file, "/article_id", "adjudication-invalid", message)
    statements, held = Counter[str](), Counter[tuple[str, str]]()
    for number, each in enumerate(ledger.decisions):
        pointer = f"/decisions/{number}"
        statements.update([each.statement] if each.statement else [])
        held.update((name, one) for name, one in each.readings.items() if one is not None)
        for said in _decision_faults(each):
            yield Finding(file, pointer, "adjudication-invalid", said)
        if each.statement and statements[each.statement] > 1:
            message = f"{each.statement!r} is decided a second time."
            yield Finding(file, f"{pointer}/statement", "adjudication-invalid", message)
        for name, one in each.readings.items():
            if one is not None and held[name, one] > 1:
                message = f"{one!r} of {name} is in a second decision."
                yield Finding(file, f"{pointer}/readings", "adjudication-invalid", message)


def _decision_faults(decision: Decision) -> Iterator[str]:
    lacking = {name for name, each in decision.readings.items() if each is None}
    if decision.readings.keys() != decision.seen.keys() or lacking != {
        name for name, each in decision.seen.items() if each is None
    }:
        yield "readings and seen are not of the same annotators."
    elif len(lacking) == len(decision.readings):
        yield "no annotator has anything here."
    if decision.taken is not None and decision.readings.get(decision.taken) is None:
        yield f"what is taken is said to be of {decision.taken}, who has nothing here."
    if decision.taken is not None and decision.statement is None:
        yield f"something of {decision.taken} is taken, and it names no statement of gold."
    if decision.by in decision.readings:
        yield f"{decision.by} decides on a reading of their own."


def _gold_unknown(file: str, ledger: Adjudication, gold: Document | None) -> Iterator[Finding]:
    known = {each.id for each in gold.statements} if gold else set()
    for number, each in enumerate(ledger.decisions):
        if each.statement and each.statement not in known:
            where = "gold has no statement" if gold else "there is no gold, and so no statement"
            yield Finding(
                file, f"/decisions/{number}/statement", "adjudication-unknown", f"{where} {each.statement!r}."
            )


def _behind(
    file: str,
    ledger: Adjudication,
    article: Article,
    people: Mapping[str, Document],
    gold: Document | None,
    scheme: Scheme,
) -> Iterator[Finding]:
    """Yield that a ledger is behind the text, the readings or gold, as one finding."""
    if ledger.text_sha256 != article.text_sha256:
        message = "the article's stored text has another SHA-256 than the one that was read."
        yield Finding(file, "/text_sha256", "adjudication-stale", message)
        return
    by_id = {name: {each.id: each for each in document.statements} for name, document in people.items()}
    said = []
    changed = sum(
        any(
            one is not None and (one not in by_id.get(name, {}) or _print(by_id[name], one, scheme) != each.seen[name])
            for name, one in each.readings.items()
        )
        for each in ledger.decisions
    )
    if changed:
        said.append(f"readings changed in {changed} of {len(ledger.decisions)} decisions")
    decided = {(name, one) for each in ledger.decisions for name, one in each.readings.items()}
    new = sum((name, one) not in decided for name, held in by_id.items() for one in held)
    if new:
        said.append(f"{new} {'statement' if new == 1 else 'statements'} of readings came since")
    known = {each.statement for each in ledger.decisions}
    if gold and (others := sum(each.id not in known for each in gold.statements)):
        said.append(f"gold has {others} that no decision names")
    if said:
        yield Finding(file, "", "adjudication-stale", f"{'; '.join(said)}.")


def _print(reading: Mapping[str, Statement], name: str, scheme: Scheme) -> str:
    return fingerprint(reading[name], reading, scheme)
