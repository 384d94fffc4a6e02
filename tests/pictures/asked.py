"""Statements with conditions, invented, for pictures of who asks what of whom."""

from collections.abc import Iterable

from stancebank.model import Condition, DateValue, Entity, Mention, Span, Statement, Target, TargetEntry
from stancebank.pictures.positions import Position, Positions
from tests.pictures.dated import SCHEME, article

_SPAN = Span(begin=0, end=1, fingerprint="0" * 16)
Asked = tuple[str, str, tuple[str, ...], int | None]
"""Role, kind, obligors, alternative."""


def ask(role: str, kind: str = "unspecified", *obligors: str, way: int | None = 1) -> Asked:
    return role, kind, obligors, way


def said(
    speaker: str,
    stance: str,
    *asked: Asked,
    target: str = "talks",
    parties: tuple[str, ...] = (),
    on: str = "2031-02-03",
    copy: bool = False,
) -> Position:
    """A position with conditions. Its place is set by `positions_of`."""
    conditions = []
    for number, (role, kind, obligors, way) in enumerate(asked):
        about = SCHEME.vocabularies.values("condition_role")[role]
        fields: dict[str, object] = {} if about.get("is_waiver") else {"kind": kind, "obligors": obligors}
        if about["grouped"]:
            fields["alternative"] = way
        conditions.append(Condition(id=f"c{number}", spans=(_SPAN,), role=role, fields=fields))  # type: ignore[arg-type]
    statement = Statement(
        id="s",
        content=(_SPAN,),
        speaker=Mention(entity=speaker),
        target=Target(id=target, fields={"parties": parties} if parties else {}),
        conditions=tuple(conditions),
        fields={"stance": stance, "said_on": DateValue(date=on, basis="stated")},
    )
    return Position(0, statement, article("article"), is_copy=copy)


def positions_of(*items: Position, entities: Iterable[Entity] = (), targets: Iterable[TargetEntry] = ()) -> Positions:
    """Positions with their places."""
    placed = [Position(place, each.statement, each.article, is_copy=each.is_copy) for place, each in enumerate(items)]
    return Positions(SCHEME, {each.id: each for each in entities}, {each.id: each for each in targets}, tuple(placed))
