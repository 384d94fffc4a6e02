"""Which articles may hold statements: those that name a target where they say who says something.

A passage speaks for an article if it has all the words of a target's name, or synonyms of them, near one another
(`stancebank.corpus.target_words`), and words that attribute, as the language file has them, or a quotation. What an
article is a candidate by is counted in passages: a rule of thumb that needs no model, for a choice and no label.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from stancebank.batches.run import pack, run, unpack
from stancebank.corpus.language import known_tags, load_language
from stancebank.corpus.phrases import words_of
from stancebank.corpus.selectors import find_passages, quotations
from stancebank.corpus.target_words import TargetIndex
from stancebank.model import Article, TargetEntry, TargetRegistry

STAGE = "stancebank.corpus.candidates:find_evidence"
BATCH = 200
"""Articles of a batch."""

_SURE = 1 - 1e-9  # of a target's name: all of its words


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for an article. passages: how many name a target and attribute words.

    targets: the ids of the targets in these passages, the most frequent first.
    """

    article_id: str
    passages: int
    targets: tuple[str, ...]


def score_candidates(
    articles: Iterable[tuple[Article, str]],
    targets: TargetRegistry,
    zones: Iterable[str],
    root: Path,
    *,
    engine: str = "",
    workers: int = 1,
) -> Iterator[Evidence]:
    """Yield what speaks for each article, in their order.

    articles: with their texts. zones: those that are annotated. root: of the workspace, for languages of its own.
    engine, workers: see `stancebank.batches.run.run`.
    """
    zones = frozenset(zones)
    languages = {tag: load_language(tag, root) for tag in known_tags(root)}
    settings = {
        "targets": {each.id: each.name for each in targets.targets if each.use in ("target", "both")},
        "languages": {
            tag: {
                "cues": [each.cues.pattern, each.attribution["says"].pattern, each.attribution["sources"].pattern],
                "synonyms": each.synonyms,
                "fillers": sorted(each.fillers),
            }
            for tag, each in languages.items()
        },
    }
    for batch in run(STAGE, _batches(articles, zones, root), settings, engine=engine, workers=workers):
        for row in unpack(batch).to_pylist():
            yield Evidence(row["article_id"], row["passages"], tuple(row["targets"]))


def _batches(articles: Iterable[tuple[Article, str]], zones: frozenset[str], root: Path) -> Iterator[bytes]:
    rows: list[dict[str, Any]] = []
    for article, text in articles:
        passages = [text[each.begin : each.end] for each in find_passages(article, text, zones)]
        tag = load_language(article.language_tag or None, root).tag
        rows.append({"article_id": article.id, "language": tag, "passages": passages})
        if len(rows) == BATCH:
            yield _packed(rows)
            rows = []
    if rows:
        yield _packed(rows)


def _packed(rows: list[dict[str, Any]]) -> bytes:
    import pyarrow as pa

    kinds = {"article_id": pa.string(), "language": pa.string(), "passages": pa.list_(pa.string())}
    return pack(pa.RecordBatch.from_pydict({key: pa.array([row[key] for row in rows], kinds[key]) for key in kinds}))


def find_evidence(batch: bytes, settings: Mapping[str, Any]) -> bytes:
    """Say of articles what speaks for each: a stage of `stancebank.batches.run`.

    batch: the columns article_id, language (a tag of the settings) and passages, their words. Returns article_id,
    passages and targets; see `Evidence`. settings: names of targets by id, and of each language cues, synonyms and
    fillers.
    """
    import pyarrow as pa

    found: list[dict[str, Any]] = []
    told = json.dumps(settings, sort_keys=True)
    for row in unpack(batch).to_pylist():
        finder = _finder(told, row["language"])
        targets: Counter[str] = Counter()
        passages = 0
        for words in row["passages"]:
            if named := finder.find(words):
                passages += 1
                targets.update(named)
        ranked = sorted(targets, key=lambda name: (-targets[name], name))
        found.append({"article_id": row["article_id"], "passages": passages, "targets": ranked})
    kinds = {"article_id": pa.string(), "passages": pa.int64(), "targets": pa.list_(pa.string())}
    return pack(pa.RecordBatch.from_pydict({key: pa.array([row[key] for row in found], kinds[key]) for key in kinds}))


class _TargetFinder:
    """Finds targets in passages of one language."""

    def __init__(self, targets: Mapping[str, str], language: Mapping[str, Any]) -> None:
        entries = [TargetEntry(id=name, name=words, definition="", use="target") for name, words in targets.items()]
        self._index = TargetIndex(entries, language["synonyms"], frozenset(language["fillers"]))
        self._cues = [re.compile(pattern, re.IGNORECASE) for pattern in language["cues"]]

    def find(self, words: str) -> list[str]:
        """Return the targets that a passage names, if it attributes words; else none."""
        if not (any(cue.search(words) for cue in self._cues) or quotations(words)):
            return []
        named = self._index.find(words_of(words, (0, len(words))))
        return sorted(name for name, evidence in named.items() if evidence.name >= _SURE)


@lru_cache(maxsize=32)
def _finder(settings: str, language: str) -> _TargetFinder:
    """Return the finder of a language. settings: as JSON, since each batch brings them and the finder takes long."""
    told = json.loads(settings)
    return _TargetFinder(told["targets"], told["languages"][language])
