"""What a candidate is a statement of: its stance, its target and the rest."""

from collections import Counter

from stancebank.corpus.quoted import QuotedMention, QuotedStatement, QuotedTarget, QuotedValue
from stancebank.corpus.selectors import Selector
from stancebank.model import Bounds
from stancebank.schema.fields import CUE
from stancebank.suggest.engine import ReadArticle, Surroundings
from stancebank.suggest.rules.candidates import SpokenCandidate


def label(candidate: SpokenCandidate, source: ReadArticle, surroundings: Surroundings) -> QuotedStatement | None:
    """Return a candidate as a statement; None where it seems to be none."""
    target = _target(candidate, source, surroundings)
    if target is None or candidate.speaker is None:
        return None
    scheme = surroundings.scheme
    examples = surroundings.without(source.article.id)
    field = scheme.label
    counted = Counter(
        scheme.label_of(one) for each in examples for one in each.gold.statements if one.target.id == target
    )
    usual = next((value for value, _ in counted.most_common() if value), None) or next(iter(scheme.values(field)))
    fields: dict[str, QuotedValue] = {field.name: usual}
    if candidate.cue is not None and scheme.find("statement", CUE) is not None:
        fields[CUE] = _selector(candidate.cue)
    return QuotedStatement(
        content=tuple(_selector(each) for each in candidate.content),
        speaker=QuotedMention(candidate.speaker, _selector(candidate.mention) if candidate.mention else None),
        target=QuotedTarget(target),
        fields=fields,
        confidence=0.5,
        because=candidate.because,
    )


def _target(candidate: SpokenCandidate, source: ReadArticle, surroundings: Surroundings) -> str | None:
    words = candidate.words(source.text).casefold()
    for each in surroundings.targets.targets:
        if each.name.casefold() in words or each.id.replace("-", " ") in words:
            return each.id
    return None


def _selector(bounds: Bounds) -> Selector:
    return Selector(begin=bounds[0], end=bounds[1])
