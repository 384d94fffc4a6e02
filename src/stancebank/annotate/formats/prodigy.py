"""Prodigy's files: JSON Lines of tasks with `spans`, `relations` and an `answer`.

A task is often one sentence of a text; all those of an article and an annotator are one reading. Offsets are code
points; a span may also be given by its tokens. The ends of a relation are spans, or the last tokens of them.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stancebank.annotate.formats.sheet import (
    COUNTS,
    Arrow,
    Json,
    Mark,
    Sheet,
    bounds,
    named_article,
    record_sheets,
    to_code_points,
)
from stancebank.model import Bounds

_TAKEN = "accept"


def read_prodigy(path: Path, counts: str | None = None, article: str | None = None) -> Iterator[Sheet]:
    """Return the sheets of a file. counts: what its offsets count; None: code points. article: the key of an article.

    Answers that were rejected or ignored are counted, and left out. Raises InputError where the file is not UTF-8, or
    no JSON.
    """
    return record_sheets(path, lambda value, where: _Task(value, where, counts or COUNTS[0]).sheet(article))


class _Task:
    def __init__(self, value: Json, where: str, counts: str) -> None:
        self.value, self.where = value, where
        text = value.get("text")
        self.text = text if isinstance(text, str) else None
        self.convert = to_code_points(self.text or "", counts)
        self.tokens = [each for each in _list(value, "tokens") if isinstance(each, dict)]
        self.marks: list[Mark] = []
        self.faults: list[str] = []

    def sheet(self, article: str | None) -> Sheet:
        value, where = self.value, self.where
        answer = value.get("answer", _TAKEN)
        meta = value.get("meta")
        names = [meta[key] for key in ("source", "id", "title") if meta.get(key)] if isinstance(meta, dict) else []
        name = str(names[0]) if names else ""
        session = value.get("_annotator_id") or value.get("_session_id")
        annotator = session if isinstance(session, str) else None
        article_id = named_article(value, article)
        if answer != _TAKEN:
            said = {"reject": "rejected", "ignore": "ignored"}.get(str(answer), f"answered {answer!r}")
            return Sheet(name, where, self.text, (), (), article_id, annotator, Counter({f"answers {said}": 1}))
        if self.text is None:
            return Sheet(name, where, None, faults=(f"{where}: it has no text.",))
        for number, each in enumerate(_list(value, "spans"), 1):
            self._mark(each, f"{where}, span {number}", f"span {number}")
        links = [
            link
            for number, each in enumerate(_list(value, "relations"), 1)
            if (link := self._link(each, f"{where}, relation {number}"))
        ]
        label = value.get("label")
        others = [str(each) for each in (*_list(value, "accept"), *([label] if isinstance(label, str) else ()))]
        return Sheet(
            name,
            where,
            self.text,
            tuple(self.marks),
            tuple(links),
            article_id,
            annotator,
            {},
            tuple(others),
            tuple(self.faults),
        )

    def _place(self, span: Any) -> Bounds | None:
        if not isinstance(span, dict):
            return None
        place = bounds(span.get("start"), span.get("end"))
        if place is None and isinstance(first := span.get("token_start"), int) and self.tokens:
            last = span.get("token_end", first)
            if isinstance(last, int) and 0 <= first <= last < len(self.tokens):
                place = bounds(self.tokens[first].get("start"), self.tokens[last].get("end"))
        return self.convert(place) if place else None

    def _mark(self, span: Any, where: str, name: str) -> Mark | None:
        place = self._place(span)
        if place is None or not isinstance(span.get("label", ""), str):
            self.faults.append(f"{where}: it has no place in the text: {str(span)[:80]}.")
            return None
        mark = Mark(name, span.get("label", ""), (place,), where, span.get("text"))
        self.marks.append(mark)
        return mark

    def _link(self, relation: Any, where: str) -> Arrow | None:
        if not isinstance(relation, dict):
            self.faults.append(f"{where}: it is no object.")
            return None
        ends = [self._end(relation, side, where) for side in ("head", "child")]
        if ends[0] is None or ends[1] is None:
            self.faults.append(f"{where}: one of its ends is no span of the task.")
            return None
        return Arrow(str(relation.get("label", "")), ends[0], ends[1], where)

    def _end(self, relation: Json, side: str, where: str) -> str | None:
        """Return the id of the mark at an end of a relation; None where that is no mark."""
        span, token = relation.get(f"{side}_span"), relation.get(side)
        if isinstance(span, dict):
            place, label = self._place(span), span.get("label")
            same = [mark for mark in self.marks if mark.pieces == (place,)]
            same = [mark for mark in same if label in (None, mark.label)] or same
            if len(same) == 1:
                return same[0].id
            if same or place is None or not label:
                return None
            mark = self._mark(span, where, f"{where}, {side}")
            return mark.id if mark else None
        if isinstance(token, int) and 0 <= token < len(self.tokens):
            begin, end = self.tokens[token].get("start"), self.tokens[token].get("end")
            if isinstance(begin, int) and isinstance(end, int):
                around = [mark for mark in self.marks if mark.pieces[0][0] <= begin and end <= mark.pieces[0][1]]
                return around[0].id if len(around) == 1 else None
        return None


def _list(value: Json, key: str) -> list[Any]:
    found = value.get(key)
    return found if isinstance(found, list) else []
