"""The fingerprints of a workspace, across a migration from edition 1 of the frame to a later one.

From edition 2 on the fingerprint of a span is keyed by the line that it is in, and lines are folded with their case in
full. Both can be computed from the text only. Where it is not at hand, a record keeps the fingerprints of edition 1,
which stay valid. The archive holds no fingerprint of edition 1, since short words can be guessed from them: the way
back computes them again, and needs the texts, too.
"""

from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from stancebank.corpus.store import Store
from stancebank.errors import InputError, WorkspaceError
from stancebank.schema.archive import RecordKind
from stancebank.schema.migration import Migration
from stancebank.text import fingerprint, folding_in, folding_of, is_of_place, span_fingerprint

Json = dict[str, Any]


class Fingerprints:
    """Gives records other fingerprints. counts: spans and lines by what became of them; missing: ids of articles.

    Counted are `keyed` spans, `folded` lines, and what is `older`: spans that keep the fingerprint of edition 1.
    """

    def __init__(self, store: Store, migration: Migration) -> None:
        self._store, self._migration = store, migration
        self._last: tuple[str, str | None] = "", None
        self.counts: Counter[str] = Counter()
        self.missing: set[str] = set()

    def forth(self, record: Json, kind: RecordKind) -> Json:
        """Return a record with the fingerprints of the newer scheme, as far as its text is at hand."""
        return self._changed(record, kind, self._migration.after.edition)

    def back(self, record: Json, kind: RecordKind) -> Json:
        """Return a record with the fingerprints of the older scheme, as far as its text is at hand."""
        return self._changed(record, kind, self._migration.before.edition)

    def told(self) -> Iterator[str]:
        """Yield what a person should know of the way forth, in sentences."""
        if not self.counts:
            return
        said = [f"{self.counts['keyed']} spans keyed by their line", f"{self.counts['folded']} lines folded again"]
        yield f"Fingerprints: {', '.join(said)}."
        if self.missing:
            yield (
                f"{self.counts['older']} spans keep the older fingerprint, from which short words can be guessed: the "
                f"text of {_listed(self.missing)} is not at hand. After `stancebank corpus hydrate DIR`, run the "
                "migration again."
            )

    def faults(self) -> Iterator[str]:
        """Yield what stands against the way back, in sentences."""
        if self.missing:
            yield (
                f"the way back needs the text of {_listed(self.missing)}, for its fingerprints: run `stancebank corpus "
                "hydrate DIR` first."
            )

    def _changed(self, record: Json, kind: RecordKind, edition: int) -> Json:
        is_article = kind == "article"
        if not is_article and kind != "annotation":  # of a withdrawn article nobody has the text
            return record
        changed = deepcopy(record)
        places = [each for each in _places(changed) if folding_in(each["fingerprint"]) != folding_of(edition)]
        if not places:
            return record
        article = record["id" if is_article else "article_id"]
        text = self._text(article, record["text_sha256"])
        if text is None:
            self.missing.add(article)
            self.counts["older"] += 0 if is_article else len(places)
            return record
        for each in places:
            begin, end = each["begin"], each["end"]
            if not is_of_place(each["fingerprint"], text, begin, end):
                continue  # it is a finding of `check`, and stays one
            words = text[begin:end]
            known = fingerprint(words, folding_of(edition)) if is_article else None
            each["fingerprint"] = known or span_fingerprint(text, begin, end, edition)
            self.counts["folded" if is_article else "keyed"] += 1
        return changed

    def _text(self, article: str, text_sha256: str) -> str | None:
        """Return the text that a record was made of, or None. That of the last article is kept."""
        if self._last[0] != text_sha256:
            try:
                found = self._store.article(article)
                text = self._store.text(found) if found.text_sha256 == text_sha256 else None
            except (InputError, WorkspaceError):
                text = None
            self._last = text_sha256, text
        return self._last[1]


def _places(value: Any) -> Iterator[Json]:
    """Yield the spans or lines of a record, however deep."""
    if isinstance(value, dict):
        if {"begin", "end", "fingerprint"} <= value.keys():
            yield value
        for each in value.values():
            yield from _places(each)
    elif isinstance(value, list):
        for each in value:
            yield from _places(each)


def _listed(names: set[str]) -> str:
    few = sorted(names)[:5]
    return ", ".join(few) + (f" and {len(names) - len(few)} more" if len(names) > len(few) else "")
