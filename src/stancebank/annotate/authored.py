"""The form in which statements are authored by hand: every span by its words. docs/authoring.md shows it.

A quote is a text, or ``{"quote": ..., "line": ..., "occurrence": ...}``.
"""

import msgspec

from stancebank.errors import InputError
from stancebank.model import Attribution, ConditionRole, Force, PassedOverReason, SaidOn, Stance


class _Strict(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class Quote(_Strict, kw_only=True):
    """Words of the text. line: counted from 1. occurrence: which match inside the line, counted from 1."""

    quote: str
    line: int | None = None
    occurrence: int | None = None


AnyQuote = str | Quote


class QuotedMention(_Strict, kw_only=True):
    """An entity and the words that mention it."""

    entity: str
    mention: AnyQuote | None = None


class QuotedTarget(_Strict, kw_only=True):
    """A target and the words that name it."""

    id: str
    parties: tuple[str, ...] = ()
    mediators: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    scope: str | None = None
    mention: AnyQuote | None = None


class QuotedCondition(_Strict, kw_only=True):
    """A condition, by its words."""

    id: str
    spans: list[AnyQuote]
    role: ConditionRole
    kind: str | None = None
    obligors: tuple[str, ...] = ()
    group: int | None = None


class QuotedStatement(_Strict, kw_only=True):
    """A statement, by its words. id: short, such as s3; line: where its quotes are looked for."""

    id: str
    line: int | None = None
    same_as: str | None = None
    content: list[AnyQuote]
    speaker: QuotedMention
    cue: AnyQuote | None = None
    attribution: Attribution
    via: list[QuotedMention] = []
    stance: Stance
    force: Force = "plain"
    target: QuotedTarget
    conditions: list[QuotedCondition] = []
    reason: list[AnyQuote] = []
    said_on: SaidOn | None = None
    doubt: bool = False
    note: str | None = None


class QuotedPassage(_Strict, kw_only=True):
    """Words passed over, and why."""

    quote: str
    line: int | None = None
    occurrence: int | None = None
    reason: PassedOverReason
    note: str | None = None


class QuotedDocument(_Strict, kw_only=True):
    """A whole reading of one article, by its words."""

    article_id: str
    annotator: str
    origin: str
    guideline_version: str
    nothing_to_annotate: bool = False
    statements: list[QuotedStatement]
    passed_over: list[QuotedPassage] = []


def parse_quoted(value: object, name: str) -> QuotedDocument:
    """Make a quoted document of what JSON holds. Raises InputError that names the place of a fault."""
    try:
        return msgspec.convert(value, QuotedDocument)
    except msgspec.ValidationError as error:
        raise InputError(f"{name} is no quoted document: {error}") from None
