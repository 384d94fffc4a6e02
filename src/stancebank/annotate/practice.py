"""Feedback for people who learn the guidelines: a reading beside gold, statement by statement, with the rules."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stancebank.agreement.align import align
from stancebank.agreement.compare import CONDITION_FOUND, FOUND, SAME_AS, Comparison, compare, f1_of, worded
from stancebank.annotate.controls import CONDITION, CONTENT, ENTITY, ROLE, SPEAKER, TARGET, TARGET_ID
from stancebank.annotate.guidelines import GUIDELINES
from stancebank.annotate.interface import find_rules
from stancebank.annotate.interface_settings import Interface
from stancebank.model import Document, Span, Statement
from stancebank.schema.fields import Scheme

ENOUGH = 0.8
"""The F1 of stances, and of roles, with which somebody can begin to annotate."""

_LABELS = {"content": CONTENT, "speaker mention": SPEAKER, "target mention": TARGET, "condition span": CONDITION}
_LABELS |= {FOUND: CONTENT, CONDITION_FOUND: CONDITION}
_QUESTIONS = {"speaker": ENTITY, "target": TARGET_ID, "role": ROLE}
"""What the parts of the frame are called in comparisons, and the label or question of the interface that asks them."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What a statement differs in from gold. yours, gold: what each says. rules: such as ``G-33`` or ``G-39, G-40``."""

    field: str
    yours: str
    gold: str
    rules: str


@dataclass(frozen=True, slots=True)
class StatementFeedback:
    """A statement of a reading beside that of gold.

    yours, gold: the ids; None for the one that is missing. words: of its content. remarks: what differs, none where
    nothing does. note: what gold notes on the statement, or why gold passes these words over.
    """

    yours: str | None
    gold: str | None
    words: str
    remarks: tuple[Remark, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Feedback:
    """The feedback on a reading of an article, in the order of the text. nothing: what to say of an empty reading."""

    article_id: str
    annotator: str
    statements: tuple[StatementFeedback, ...]
    comparison: Comparison = field(repr=False)
    nothing: str = ""

    @property
    def is_right(self) -> bool:
        """Whether nothing differs from gold."""
        return not self.nothing and not any(each.remarks for each in self.statements)


def give_feedback(reading: Document, gold: Document, text: str, interface: Interface) -> Feedback:
    """Compare a reading with gold. text: of the article. interface: of the workspace, whose hints name the rules.

    Raises ValueError where both are not of one article and one text.
    """
    scheme = interface.controls.scheme
    compared = compare([(reading, gold)], scheme)
    remarks: dict[tuple[str | None, str | None], list[Remark]] = {}
    for each in compared.differences:
        yours, theirs = worded(each, text, scheme)
        if each.field == SAME_AS:
            yours, theirs = (_repeated(name, text, doc) for name, doc in ((yours, reading), (theirs, gold)))
        rules = rules_of(interface, each.field, (each.one_value, each.other_value))
        remarks.setdefault((each.one, each.other), []).append(Remark(each.field, yours, theirs, rules))
    found = []
    for pair in align(reading.statements, gold.statements, scheme):
        one = None if pair.one is None else reading.statements[pair.one]
        other = None if pair.other is None else gold.statements[pair.other]
        shown = one or other
        assert shown is not None
        key = (one.id if one else None, other.id if other else None)
        note = _note(other, scheme) if other else _passed_over(one, gold, scheme) if one else ""
        place = shown.content[0].begin
        found.append((place, StatementFeedback(*key, _words(shown, text), tuple(remarks.get(key, ())), note)))
    found.sort(key=lambda each: each[0])
    return Feedback(
        reading.article_id, reading.annotator, tuple(each for _, each in found), compared, _nothing(reading, gold)
    )


def _nothing(reading: Document, gold: Document) -> str:
    """Return what to say where a reading and gold do not agree on whether there is nothing to annotate."""
    if reading.nothing_to_annotate == gold.nothing_to_annotate or reading.statements:
        return ""
    if gold.nothing_to_annotate:
        return "gold says that there is nothing to annotate; the reading does not say so"
    return "the reading says that there is nothing to annotate"


def rules_of(interface: Interface, field: str, values: Iterable[str] = ()) -> str:
    """Return the rules that decide a difference in a field, as the settings of the interface name them, or "".

    A ruling on the two values comes first, then one on the field, then what the hint of its label or question names.
    field: as in `Difference.field`.
    """
    said = frozenset(values)
    rulings = [each for each in interface.rulings if each.field == field]
    for ruling in sorted(rulings, key=lambda each: not each.values):
        if not ruling.values or frozenset(ruling.values) == said:
            return ruling.rules
    controls = interface.controls
    named = next((each for each in controls.scheme.fields if each.title == field), None)
    question = named and controls.question_of(named)
    hints = (
        *(
            each.hint
            for each in interface.questions
            if each.question.name in (_QUESTIONS.get(field), question and question.name)
        ),
        *(
            each.hint
            for each in interface.labels
            if each.name in (_LABELS.get(field), named and controls.label_of(named))
        ),
    )
    return next((rules for hint in hints if (rules := find_rules(hint))), "")


def rule_titles(root: Path) -> Mapping[str, str]:
    """Return the titles of the rules in the guidelines of a workspace, by number; empty where there are none."""
    path = root / GUIDELINES
    text = path.read_text("utf-8") if path.is_file() else ""
    return dict(re.findall(r"^#+ (G-\d+) (.+)$", text, re.MULTILINE))


def f1_scores(feedback: Iterable[Feedback], scheme: Scheme) -> dict[str, float]:
    """Return F1 scores over several articles: of statements found, and with the right label; of roles of conditions.

    A score is missing where there is nothing to count.
    """
    total = Comparison()
    for each in feedback:
        total.merge(each.comparison)
    return f1_of(total, scheme)


def _words(statement: Statement, text: str) -> str:
    return " ... ".join(text[span.begin : span.end] for span in statement.content)


def _repeated(name: str, text: str, document: Document) -> str:
    """Return the words of the statement that another one repeats."""
    names = {each.id.removeprefix(f"{document.article_id}/"): each for each in document.statements}
    return f"“{_words(names[name], text)}”" if name in names else name


def _note(statement: Statement, scheme: Scheme) -> str:
    note = next((each for each in scheme.of("statement") if each.name == "note"), None)
    return (note.text(statement) or "") if note else ""


def _passed_over(statement: Statement, gold: Document, scheme: Scheme) -> str:
    """Return why gold passes over words of a statement that it does not have, or ""."""
    for each in gold.non_statements:
        if any(_overlap(each.span, span) for span in statement.content):
            about = scheme.vocabularies.values(str(scheme.non_statements)).get(each.reason, {})
            parts = (f"passed over as {each.reason}:", str(about.get("description", "")), each.note or "")
            return " ".join(part for part in parts if part)
    return ""


def _overlap(one: Span, other: Span) -> bool:
    return one.begin < other.end and other.begin < one.end
