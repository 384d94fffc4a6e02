"""What candidates are statements of: target, label and all else; and how probable it is that they are any.

Lexicons say something of every article. What the gold of other events teaches is laid over them; each article has
models of its own, of which it is no example, and articles of one event share them.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import is_
from typing import Any

from stancebank.corpus.language import Language
from stancebank.corpus.quoted import QuotedCondition, QuotedMention, QuotedStatement, QuotedTarget, QuotedValue
from stancebank.corpus.selectors import Selector
from stancebank.model import Bounds, Statement
from stancebank.schema.fields import CUE, Field, Scheme
from stancebank.schema.rules import constraint_of
from stancebank.search import QUOTATION_MARKS
from stancebank.suggest.engine import Example, ReadArticle, Surroundings
from stancebank.suggest.rules.candidates import SpokenCandidate
from stancebank.suggest.rules.conditions import ROLES, FoundCondition
from stancebank.suggest.rules.evidence import CandidateReader, ReadCandidate
from stancebank.suggest.rules.learning import (
    Features,
    LinearModel,
    label_features,
    target_features,
    train,
    usual,
)
from stancebank.suggest.rules.topical import density_of, score_of, topical_features, usual_score

LEAST = 0.4
"""How probable a statement has to be to be suggested."""

ALIKE = 0.5
"""How far a candidate and a gold statement have to be of the same words, by Dice, to be one."""

_LEARNT_TARGET = 0.4
_LEARNT_LABEL = 0.3
"""How much a learnt probability counts beside what lexicons say, as the factor of its logarithm."""

_FLOOR = 0.01
_NOTHING: Mapping[str, float] = {}

Find = Callable[[ReadArticle], Sequence[SpokenCandidate]]


@dataclass(frozen=True, slots=True)
class LabelledCandidate:
    """A candidate with what it seems to be. sure_of_target, sure_of_label: from 0 to 1, given that it is a statement.

    features: by which it is told whether it is one.
    """

    read: ReadCandidate
    target: str
    label: str
    sure_of_target: float
    sure_of_label: float
    features: Features
    because: tuple[str, ...]


@dataclass(frozen=True)
class LearntModels:
    """What the gold of some events teaches. usual: the most frequent value of each field, by its name."""

    target: LinearModel | None = None
    label: LinearModel | None = None
    topical: LinearModel | None = None
    usual: Mapping[str, str] | None = None


class Labeller:
    """Labels the candidates of articles. find: returns those of an article. least: the confidence that is asked for."""

    def __init__(
        self, surroundings: Surroundings, find: Find, language: Callable[[ReadArticle], Language], least: float = LEAST
    ) -> None:
        self.surroundings = surroundings
        self.scheme: Scheme = surroundings.scheme
        self.least = least
        self._find = find
        self._language = language
        self._readers: dict[str, CandidateReader] = {}
        self._read: dict[str, tuple[list[SpokenCandidate], list[tuple[ReadCandidate, Statement]]]] = {}
        self._topical: dict[str, list[tuple[Features, bool]]] = {}
        self._learnt: dict[frozenset[str], LearntModels] = {}
        self._gold = frozenset(each.source.article.id for each in surroundings.examples)
        self._whole: dict[str, tuple[Sequence[SpokenCandidate], list[ReadCandidate]]] = {}

    # Reading

    def _reader(self, source: ReadArticle) -> CandidateReader:
        language = self._language(source)
        if language.tag not in self._readers:
            self._readers[language.tag] = CandidateReader(self.surroundings, language)
        return self._readers[language.tag]

    def _read_all(self, source: ReadArticle, candidates: Sequence[SpokenCandidate]) -> list[ReadCandidate]:
        """Return candidates of an article as they are read. Of one with gold that is kept, since it teaches, too."""
        name = source.article.id
        known = self._whole.get(name)
        if known is not None and len(known[0]) == len(candidates) and all(map(is_, known[0], candidates)):
            return known[1]
        read = self._reader(source).read(source, candidates)
        if name in self._gold:
            self._whole[name] = candidates, read
        return read

    def label(self, source: ReadArticle, candidates: Sequence[SpokenCandidate]) -> list[QuotedStatement]:
        """Return the statements of an article, each with its confidence, in the order of the candidates."""
        models = self._models(self.surroundings.without(source.article.id))
        found = self._labelled(source, candidates, models)
        said = [(each, self._confidence(each, models)) for each in found if each.read.candidate.speaker is not None]
        kept = _told_once([(each, sure) for each, sure in said if sure >= self.least])
        return [self._statement(each, sure, models) for each, sure in kept]

    def _labelled(
        self, source: ReadArticle, candidates: Sequence[SpokenCandidate], models: LearntModels
    ) -> list[LabelledCandidate]:
        reader = self._reader(source)
        read = self._read_all(source, candidates)
        dense = density_of(read, reader.index.entries)
        found = (self._one(each, reader, models, dense) for each in read)
        return [each for each in found if each is not None]

    def _one(
        self, read: ReadCandidate, reader: CandidateReader, models: LearntModels, density: float
    ) -> LabelledCandidate | None:
        scores = {name: score_of(read, name) for name in reader.index.entries}
        if not scores:
            return None
        topical = topical_features(read, scores, density)
        because = []
        told = target_features(read)
        if models.target is not None:
            learnt = models.target.probabilities(told)
            scores = {
                name: score + _LEARNT_TARGET * math.log(learnt.get(name, 0.0) + _FLOOR)
                for name, score in scores.items()
            }
        target, sure_of_target = _choose(scores)
        evidence = read.targets.get(target)
        if evidence is not None and evidence.said:
            because.append(f"target by the words {_listed(evidence.said)}")
        elif read.before.get(target):
            because.append("target by words before it")
        if models.target is not None and target in models.target.classes:
            because += _reasons("target", models.target, told, target)
        values = dict.fromkeys(self.scheme.values(self.scheme.label), 0.0)
        values |= {value: score for value, score in read.scores.items() if value in values}
        features = label_features(read, target)
        if models.label is not None:
            learnt = models.label.probabilities(features)
            values = {
                value: score + _LEARNT_LABEL * math.log(learnt.get(value, 0.0) + _FLOOR)
                for value, score in values.items()
            }
        label, sure_of_label = _choose(values)
        title = self.scheme.label.title
        said = [f"“{each.phrase}”" for each in read.signs if each.value == label]
        if said:
            because.append(f"{title} by {', '.join(dict.fromkeys(said))}")
        if models.label is not None and label in models.label.classes:
            because += _reasons(title, models.label, features, label)
        return LabelledCandidate(read, target, label, sure_of_target, sure_of_label, topical, tuple(because))

    def _confidence(self, labelled: LabelledCandidate, models: LearntModels) -> float:
        if models.topical is None:
            return 1 / (1 + math.exp(-usual_score(labelled.features)))
        return models.topical.probabilities(labelled.features)[_YES]

    # Learning

    def _models(self, examples: Sequence[Example]) -> LearntModels:
        """Return what examples teach; articles that have the same ones share it."""
        key = frozenset(each.source.article.id for each in examples)
        if key not in self._learnt:
            self._learnt[key] = self._learn(examples)
        return self._learnt[key]

    def _learn(self, examples: Sequence[Example]) -> LearntModels:
        label = self.scheme.label
        ordered = sorted(examples, key=lambda each: each.source.article.id)
        gold = [pair for each in ordered for pair in self._examples(each)[1]]
        gold = [(read, one) for read, one in gold if label.text(one) in self.scheme.values(label)]
        fields = [each for each in self.scheme.of("statement") if each.kind == "vocabulary"]
        rows, are = [], []
        for each in ordered:
            for features, is_statement in self._topical_rows(each):
                rows.append(features)
                are.append(_YES if is_statement else "no")
        return LearntModels(
            target=train([target_features(read) for read, _ in gold], [one.target.id for _, one in gold]),
            label=train(
                [label_features(read, one.target.id) for read, one in gold],
                [str(label.text(one)) for _, one in gold],
            ),
            topical=train(rows, are),
            usual={
                field.name: value
                for field in fields
                if (value := usual(str(field.text(one)) for _, one in gold if field.text(one))) is not None
            },
        )

    def _examples(self, example: Example) -> "tuple[list[SpokenCandidate], list[tuple[ReadCandidate, Statement]]]":
        """Return the candidates of an article with gold, and its gold statements as they are read; made once."""
        name = example.source.article.id
        if name not in self._read:
            candidates = list(self._find(example.source))
            parses = {each.line: each.parse for each in candidates}
            own = [_as_candidate(one, example.source, parses, self.scheme) for one in example.gold.statements]
            read = self._reader(example.source).read(example.source, own)
            self._read[name] = candidates, list(zip(read, example.gold.statements, strict=True))
        return self._read[name]

    def _topical_rows(self, example: Example) -> list[tuple[Features, bool]]:
        """Return what is known of the candidates of an article, and whether each is a statement; made once.

        So that a registry with other targets is not read as this one, candidates come again without targets: those
        whose target is then missing are no statements.
        """
        name = example.source.article.id
        if name not in self._topical:
            reader = self._reader(example.source)
            read = self._read_all(example.source, self._examples(example)[0])
            gold = [
                (tuple((span.begin, span.end) for span in one.content), one.target.id)
                for one in example.gold.statements
            ]
            alike = [
                {target for content, target in gold if _dice(each.candidate.content, content) >= ALIKE} for each in read
            ]
            every = list(reader.index.entries)
            used = {target for _, target in gold}
            rows = []
            for targets in (every, [each for each in every if each not in used], every[::2], every[1::2]):
                dense = density_of(read, targets)
                for each, own in zip(read, alike, strict=True):
                    if targets:
                        scores = {target: score_of(each, target) for target in targets}
                        rows.append((topical_features(each, scores, dense), bool(own & set(targets))))
            self._topical[name] = rows
        return self._topical[name]

    # Statements

    def _statement(self, labelled: LabelledCandidate, sure: float, models: LearntModels) -> QuotedStatement:
        read, candidate = labelled.read, labelled.read.candidate
        fields: dict[str, QuotedValue] = {}
        for field in self.scheme.of("statement"):
            value = self._value(field, labelled, models)
            if value is not None:
                fields[field.name] = value
        if candidate.cue is not None and (cue := self.scheme.find("statement", CUE)) and cue.kind == "span":
            fields[CUE] = _selector(candidate.cue)
        mention = _selector(candidate.mention) if candidate.mention else None
        return QuotedStatement(
            content=tuple(map(_selector, candidate.content)),
            speaker=QuotedMention(candidate.speaker, mention),
            target=QuotedTarget(labelled.target),
            conditions=tuple(self._condition(each, labelled) for each in read.conditions),
            fields=fields,
            confidence=round(sure, 3),
            because=(
                *candidate.because,
                *labelled.because,
                *(f"{each.role} by {each.because}" for each in read.conditions),
            ),
        )

    def _value(self, field: Field, labelled: LabelledCandidate, models: LearntModels) -> QuotedValue | None:
        """Return what a field of a statement has to say; None to leave it out."""
        read, candidate = labelled.read, labelled.read.candidate
        if field.is_label:
            return labelled.label
        if constraint_of(self.scheme, "statement", field.name).is_ground and field.kind == "spans":
            return tuple(map(_selector, read.grounds)) or None
        if field.kind != "vocabulary":
            return None
        values = self.scheme.values(field)
        if candidate.names_act:
            own = next((value for value, about in values.items() if about.get("cue_inside")), None)
            if own is not None:
                return own
        share = _SHARES[candidate.rendering]
        told = next((value for value, about in values.items() if about.get("needs_quotation") == share), None)
        if told is not None:
            return told
        hits = [hit for name, hit in read.others if name == field.name and str(hit.owner) in values]
        if hits:
            return str(max(hits, key=lambda hit: hit.last - hit.first).owner)
        words = " ".join(word.text for word in read.main)
        for value, about in values.items():
            if any(f" {each} " in f" {words} " for each in about.get("words", ())):
                return value
        if not field.required:
            return None
        return (models.usual or {}).get(field.name) or next(iter(values))

    def _condition(self, found: FoundCondition, labelled: LabelledCandidate) -> QuotedCondition:
        about = self.scheme.vocabularies.values(ROLES)[found.role]
        fields: dict[str, QuotedValue] = {}
        for field in self.scheme.of("condition"):
            if field.kind == "group" and about.get("grouped"):
                fields[field.name] = found.group
            elif field.kind == "target" and not about.get("is_waiver") and found.kind is not None:
                fields[field.name] = found.kind
        return QuotedCondition((_selector(found.span),), found.role, fields=fields)


_NO_MODELS = LearntModels()
_SHARES: Mapping[str, str] = {"direct": "all", "mixed": "some", "indirect": "none"}
_YES = "yes"


def _told_once(said: Sequence[tuple[LabelledCandidate, float]]) -> list[tuple[LabelledCandidate, float]]:
    """Return candidates of which none lies inside another one on the same target, and neighbours of one kind as one.

    Of two, the inner one stays where it is an act that somebody else is said to have done: *she said that they had
    ruled it out*; it goes where it is no act, but what may be done: *they will never agree to it*.
    """
    gone: set[int] = set()
    for number, (outer, _) in enumerate(said):
        for other, (inner, _) in enumerate(said):
            if number == other or outer.target != inner.target or {number, other} & gone:
                continue
            if inner.read.is_piece and inner.label != outer.label:
                continue  # a ground may be a statement of its own
            if _holds(outer.read.candidate.content, inner.read.candidate.content):
                gone.add(number if _is_done(inner.read.candidate) else other)
    return [each for number, each in enumerate(said) if number not in gone]


def _holds(outer: Sequence[Bounds], inner: Sequence[Bounds]) -> bool:
    """Whether a content lies inside another, larger one."""
    inside = all(any(begin <= one[0] and one[1] <= end for begin, end in outer) for one in inner)
    return inside and sum(end - begin for begin, end in outer) > sum(end - begin for begin, end in inner)


def _is_done(candidate: SpokenCandidate) -> bool:
    """Whether a candidate is an act that is told as done, by a finite verb or a noun."""
    if not candidate.names_act or candidate.cue is None or candidate.parse is None:
        return False
    cue = [each for each in candidate.parse.tokens(candidate.cue) if not each.is_punct]
    verbs = [each for each in cue if each.pos_ in ("VERB", "AUX")]
    if not verbs:
        return True
    helpers = [one for one in verbs[0].children if one.dep_ == "aux"]
    return "Inf" not in verbs[0].morph.get("VerbForm", []) and not any(
        "Mod" in one.morph.get("VerbType", []) for one in helpers
    )


def _choose(scores: Mapping[str, float]) -> tuple[str, float]:
    """Return the first of the highest scores, and its share when all are taken as logarithms."""
    chosen = max(scores, key=lambda name: scores[name])
    total = sum(math.exp(score - scores[chosen]) for score in scores.values())
    return chosen, 1 / total


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"“{each}”" for each in dict.fromkeys(words))


def _reasons(what: str, model: LinearModel, features: Features, chosen: str) -> list[str]:
    said = ", ".join(f"{name} {weight:+.2f}" for name, weight in model.reasons(features, chosen))
    return [f"{what} learnt: {said}"] if said else []


def _selector(bounds: Bounds) -> Selector:
    return Selector(begin=bounds[0], end=bounds[1])


def _dice(one: Sequence[Bounds], other: Sequence[Bounds]) -> float:
    """Return how alike two contents are, in code points."""
    shared = sum(max(0, min(a[1], b[1]) - max(a[0], b[0])) for a in one for b in other)
    size = sum(end - begin for begin, end in (*one, *other))
    return 2 * shared / size if size else 0.0


def _as_candidate(
    statement: Statement, source: ReadArticle, parses: Mapping[int, Any], scheme: Scheme
) -> SpokenCandidate:
    """Return a gold statement as the candidate that it would have been."""
    content = tuple((span.begin, span.end) for span in statement.content)
    passage = next((each for each in source.passages if each.begin <= content[0][0] < each.end), source.passages[0])
    field = scheme.find("statement", CUE)
    spans = field.spans(statement) if field is not None else ()
    cue = (spans[0].begin, spans[0].end) if spans else None
    text = source.text
    around = text[max(0, content[0][0] - 1)] + text[min(len(text) - 1, content[-1][1])]
    is_quoted = all(each in QUOTATION_MARKS for each in around)
    return SpokenCandidate(
        content=content,
        rendering="direct" if is_quoted else "indirect",
        cue=cue,
        names_act=cue is not None and any(begin <= cue[0] < end for begin, end in content),
        speaker=statement.speaker.entity,
        is_known=True,
        mention=None,
        sentence=content[0],
        saying=content[0][0],
        line=passage.line,
        zone=passage.zone,
        parse=parses.get(passage.line),
        because=(),
    )
