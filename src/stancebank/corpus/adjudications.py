"""Ledgers of adjudications follow what becomes of the readings without anybody having labelled anew.

A decision keeps a fingerprint of what each annotator had. An entity that is merged, an annotator who gets another
pseudonym and a migration of the scheme change the readings and not what was decided: fingerprints and names are
renewed. What differed before still differs, and is decided again.
"""

from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from stancebank.agreement.compare import fingerprint
from stancebank.corpus.store import Store
from stancebank.model import Adjudication, Decision, Document
from stancebank.schema.fields import Scheme

Renewed = Mapping[tuple[str, str], tuple[str, str]]
"""By annotator and id of a statement, its fingerprint before and after."""


def renew(pairs: Iterable[tuple[Document, Document]], before: Scheme, after: Scheme) -> dict[str, Renewed]:
    """Return the fingerprints that change with readings, by article. pairs: each reading before and after."""
    found: dict[str, dict[tuple[str, str], tuple[str, str]]] = {}
    for old, new in pairs:
        if old.gold is not None:
            continue
        ours, theirs = ({each.id: each for each in document.statements} for document in (old, new))
        for name in ours.keys() & theirs.keys():
            prints = fingerprint(ours[name], ours, before), fingerprint(theirs[name], theirs, after)
            found.setdefault(old.article_id, {})[old.annotator, name] = prints
    return dict(found)


def renewed(ledger: Adjudication, prints: Renewed) -> Adjudication:
    """Return a ledger with the fingerprints of what changed; those of what had changed already stay behind."""

    def follow(decision: Decision) -> Decision:
        seen = dict(decision.seen)
        for name, one in decision.readings.items():
            old, new = prints.get((name, one or ""), ("", ""))
            if one is not None and seen[name] == old:
                seen[name] = new
        return replace(decision, seen=seen)

    return replace(ledger, decisions=tuple(map(follow, ledger.decisions)))


def follow_documents(store: Store, changed: Iterable[Document]) -> Iterator[Adjudication]:
    """Yield the ledgers that change with documents that are about to be written in the place of those before them."""
    scheme = store.scheme
    pairs = [
        (store.document(store.document_name(each.article_id, each.annotator)), each)
        for each in changed
        if each.gold is None
    ]
    for name, prints in sorted(renew(pairs, scheme, scheme).items()):
        ledger = store.adjudication(name)
        if ledger is not None and (made := renewed(ledger, prints)) != ledger:
            yield made


def rename_in_adjudications(store: Store, old: str, new: str) -> None:
    """Let an annotator have another pseudonym in all ledgers."""

    def follow(decision: Decision) -> Decision:
        def name(each: str) -> str:
            return new if each == old else each

        return replace(
            decision,
            readings={name(key): value for key, value in decision.readings.items()},
            seen={name(key): value for key, value in decision.seen.items()},
            taken=name(decision.taken) if decision.taken else None,
            by=name(decision.by) if decision.by else None,
        )

    for article_id in store.adjudicated():
        ledger = store.adjudication(article_id)
        if ledger is None:
            continue
        made = replace(ledger, decisions=tuple(map(follow, ledger.decisions)))
        if made != ledger:
            store.write_together((), adjudications=[made])
