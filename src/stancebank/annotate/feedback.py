"""What one annotator can learn from gold: some telling disagreements by guideline rule, and what they do well.

It is for that annotator: it has nothing of other annotators, and words of articles that may not be published.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from stancebank.agreement.compare import FOUND, Comparison, f1_of
from stancebank.agreement.people import SURE, Person, sign_test
from stancebank.annotate.practice import Feedback, StatementFeedback
from stancebank.pictures.page import make_page
from stancebank.schema.fields import Scheme

MOST = 20
"""Disagreements that are shown."""

_WELL, _OFTEN = 0.95, 20  # the share that is as in gold, and of how many, where a field is done well
_ALWAYS = 5  # how often a label is in gold, before having it right each time says anything
_LISTED = 8


@dataclass(frozen=True, slots=True)
class Lesson:
    """A disagreement with gold. rules: of the remark that it is shown for, "" where none is named."""

    rules: str
    article_id: str
    statement: StatementFeedback


@dataclass(frozen=True, slots=True)
class RuleLessons:
    """The disagreements that one rule decides. count: of all, shown or not."""

    rules: str
    title: str
    count: int
    shown: tuple[Lesson, ...]


@dataclass(frozen=True, slots=True)
class ConfusedValues:
    """Two values of a field that were taken for each other, and how often."""

    field: str
    yours: str
    gold: str
    count: int


@dataclass(frozen=True, slots=True)
class LabelUse:
    """How often a label is given on statements that gold has as well. is_sure: whether chance hardly explains it."""

    value: str
    yours: int
    gold: int
    is_sure: bool


@dataclass(frozen=True, slots=True)
class DoneWell:
    """What is nearly always as in gold: of a field, or of a value of the label."""

    what: str
    right: int
    of: int


@dataclass(frozen=True, slots=True)
class AnnotatorFeedback:
    """The feedback for one annotator. articles: of theirs that are compared with gold. disagreements: of all.

    scores: F1, by name. person: their own figures.
    """

    annotator: str
    articles: int
    disagreements: int
    rules: tuple[RuleLessons, ...]
    confused: tuple[ConfusedValues, ...]
    uses: tuple[LabelUse, ...]
    well: tuple[DoneWell, ...]
    scores: Mapping[str, float]
    person: Person

    @property
    def lessons(self) -> int:
        """How many disagreements are shown."""
        return sum(len(each.shown) for each in self.rules)


def collect_feedback(
    person: Person, given: Sequence[Feedback], titles: Mapping[str, str], scheme: Scheme
) -> AnnotatorFeedback:
    """Return what an annotator can learn. given: on each of their readings that there is gold of.

    titles: of the rules, by number.
    """
    total = Comparison()
    for each in given:
        total.merge(each.comparison)
    by_rule: dict[str, list[Lesson]] = {}
    for lesson in _lessons(given, scheme):
        by_rule.setdefault(lesson.rules, []).append(lesson)
    order = sorted(by_rule, key=lambda rules: (not rules, -len(by_rule[rules]), rules))  # those without a rule last
    chosen = _choose({rules: by_rule[rules] for rules in order})
    rules = (RuleLessons(each, titles.get(each, ""), len(by_rule[each]), chosen[each]) for each in order)
    return AnnotatorFeedback(
        annotator=person.annotator,
        articles=len(given),
        disagreements=sum(map(len, by_rule.values())),
        rules=tuple(each for each in rules if each.shown),
        confused=tuple(_confused(total, scheme)),
        uses=tuple(_uses(total, scheme)),
        well=tuple(_done_well(total, scheme)),
        scores=f1_of(total, scheme),
        person=person,
    )


def _lessons(given: Sequence[Feedback], scheme: Scheme) -> Iterator[Lesson]:
    for each in given:
        for statement in each.statements:
            if statement.remarks:
                yield Lesson(_shown_for(statement, scheme), each.article_id, statement)


def _shown_for(statement: StatementFeedback, scheme: Scheme) -> str:
    """Return the rules that a statement is shown for: those about the label, else the first that are named."""
    of_label = [each.rules for each in statement.remarks if each.field == scheme.label.title]
    return next((rules for rules in (*of_label, *(each.rules for each in statement.remarks)) if rules), "")


def _choose(by_rule: Mapping[str, Sequence[Lesson]]) -> dict[str, tuple[Lesson, ...]]:
    """Return up to `MOST` disagreements: one of each rule in turn, the most telling of it first.

    Telling is what gold explains in a note, and what differs in one thing alone; articles take turns as well.
    """
    waiting = {rules: list(lessons) for rules, lessons in by_rule.items()}
    chosen: dict[str, list[Lesson]] = {rules: [] for rules in by_rule}
    seen: dict[str, int] = {}
    number = 0
    while number < MOST and any(waiting.values()):
        for rules, lessons in waiting.items():
            if number == MOST or not lessons:
                continue
            best = min(lessons, key=lambda each: (seen.get(each.article_id, 0), *_dullness(each)))
            lessons.remove(best)
            chosen[rules].append(best)
            seen[best.article_id] = seen.get(best.article_id, 0) + 1
            number += 1
    return {rules: tuple(lessons) for rules, lessons in chosen.items()}


def _dullness(lesson: Lesson) -> tuple[bool, int, str, str]:
    statement = lesson.statement
    name = statement.yours or statement.gold or ""
    return not statement.note, len(statement.remarks), lesson.article_id, name


def _confused(total: Comparison, scheme: Scheme) -> list[ConfusedValues]:
    names = [each.title for each in scheme.fields if each.kind == "vocabulary" and each.compared]
    names += ["role"] if scheme.has_conditions else []
    found = [
        ConfusedValues(name, yours, gold, count)
        for name in dict.fromkeys(names)
        if name in total.tallies
        for (yours, gold), count in total.tallies[name].said.items()
        if yours != gold
    ]
    return sorted(found, key=lambda each: (-each.count, each.field, each.yours, each.gold))[:_LISTED]


def _uses(total: Comparison, scheme: Scheme) -> Iterator[LabelUse]:
    """Yield the labels that are given more often than in gold, or less, by two at least, the farthest off first."""
    said = total.tally(scheme.label.title).said
    found = []
    for value in scheme.values(scheme.label):
        yours = sum(count for (one, _), count in said.items() if one == value)
        gold = sum(count for (_, other), count in said.items() if other == value)
        both = said[value, value]
        if abs(yours - gold) > 1:
            found.append(LabelUse(value, yours, gold, sign_test(yours - both, gold - both) < SURE))
    yield from sorted(found, key=lambda each: (-abs(each.yours - each.gold), each.value))[:_LISTED]


def _done_well(total: Comparison, scheme: Scheme) -> list[DoneWell]:
    found = []
    if (score := total.tally(FOUND)).compared >= _OFTEN and score.agreed >= _WELL * score.compared:
        found.append(DoneWell("statements found", round(score.agreed / 2), score.compared // 2))
    for name, tally in total.tallies.items():
        if tally.said and tally.compared >= _OFTEN and tally.agreed >= _WELL * tally.compared:
            found.append(DoneWell(name, round(tally.agreed), tally.compared))
    said = total.tally(scheme.label.title).said
    for value in scheme.values(scheme.label):
        gold = sum(count for (_, other), count in said.items() if other == value)
        yours = sum(count for (one, _), count in said.items() if one == value)
        if gold >= _ALWAYS and said[value, value] == gold == yours:
            found.append(DoneWell(f"{scheme.label.title} {value}", gold, gold))
    return found


def to_page(feedback: AnnotatorFeedback, scheme: Scheme) -> str:
    """Return feedback as one HTML page that needs no network."""
    from stancebank.text import escape_hidden

    def share(value: float | None) -> str:
        return "–" if value is None else f"{value:.0%}"

    label = feedback.person.abilities[0] if feedback.person.abilities else None
    figures = [(f"F1 with gold, {name}", share(value), "") for name, value in feedback.scores.items()]
    if label is not None:
        about = "estimated from the answers of all annotators together, without gold"
        figures.append((f"{label.question} right", share(label.dawid_skene.value), label.dawid_skene.reason or about))
    found = feedback.person.found
    figures.append(("statements found", share(found.value), found.reason or "of those that two others have"))
    trend = feedback.person.trend
    if trend.thirds:
        thirds = " → ".join(map(share, trend.thirds))
        figures.append(("right, over time", thirds, "in the first, second and last third of your articles"))
    return make_page(
        "feedback.html",
        parts=("feedback",),
        title=f"Feedback for {feedback.annotator}",
        feedback=feedback,
        figures=figures,
        shown=escape_hidden,
        label=scheme.label.title,
    )
