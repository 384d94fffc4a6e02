"""Positions with invented speakers, labels and dates, for pictures; no words and no workspace."""

from collections.abc import Iterable

from stancebank.model import (
    Article,
    Condition,
    DateValue,
    Entity,
    Mention,
    Rights,
    Sourced,
    Span,
    Statement,
    Target,
    TextPolicy,
)
from stancebank.pictures.positions import Position, Positions
from stancebank.schema.fields import load_scheme
from tests.conftest import OWN_SCHEMA

SCHEME = load_scheme(OWN_SCHEMA)
_SPAN = Span(begin=0, end=1, fingerprint="0" * 16)


def article(name: str, published: str | None = None, **values: object) -> Article:
    """An article without words. values: other parts of its record."""
    told: dict[str, object] = {
        "schema_version": "v2",
        "published": Sourced(value=published, basis="given") if published else None,
        "rights": Rights(holder="House", licence="CC0-1.0", text_policy=TextPolicy.WITHHELD),
        "raw_sha256": "0" * 64,
        "text_sha256": f"{name:0>64}",
        "length": 1,
        "lines": (),
        "zones": (),
    }
    return Article(id=name, **{**told, **values})  # type: ignore[arg-type]


def said(
    speaker: str,
    label: str,
    date: str | None = None,
    *,
    published: str | None = None,
    basis: str = "stated",
    conditional: bool = False,
    copy: bool = False,
    target: str = "talks",
) -> Position:
    """A position. date: of the utterance, as EDTF; published: of its article. place: is set by `positions_of`."""
    fields: dict[str, object] = {"stance": label} if label else {}
    if date:
        fields["said_on"] = DateValue(date=date, basis=basis)
    statement = Statement(
        id="s",
        content=(_SPAN,),
        speaker=Mention(entity=speaker),
        target=Target(id=target),
        conditions=(Condition(id="c", spans=(_SPAN,), role="only_if"),) if conditional else (),
        fields=fields,  # type: ignore[arg-type]
    )
    return Position(0, statement, article("article", published), is_copy=copy)


def positions_of(items: Iterable[Position], entities: Iterable[Entity] = ()) -> Positions:
    """Positions with their places."""
    placed = [Position(place, each.statement, each.article, is_copy=each.is_copy) for place, each in enumerate(items)]
    return Positions(SCHEME, {each.id: each for each in entities}, {}, tuple(placed))
