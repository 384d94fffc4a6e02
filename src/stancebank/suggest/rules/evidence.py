"""What the words of a candidate say for each target and each value of the label, as rules and models take it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from stancebank.corpus.language import Language
from stancebank.corpus.phrases import PhraseHit, Phrases, PhraseWord, phrases_of, words_of
from stancebank.corpus.target_words import TargetEvidence, TargetIndex
from stancebank.model import Bounds
from stancebank.schema.fields import Scheme
from stancebank.search import search_fold
from stancebank.suggest.engine import ReadArticle, Surroundings
from stancebank.suggest.rules.candidates import SpokenCandidate
from stancebank.suggest.rules.conditions import FoundCondition, find_conditions

POLARITY = "polarity"
AT_CUE, MAIN, ASIDE = "cue", "main", "aside"
"""Where a phrase stands: in the words that attribute, in the position itself, in its conditions and grounds."""

_WEIGHTS: Mapping[str, float] = {AT_CUE: 3.0, MAIN: 1.0, ASIDE: 0.25}
_WEAK = 0.2
_BEFORE = 400  # characters before a content in which a target may be named that it points back to


@dataclass(frozen=True, slots=True)
class LabelSign:
    """A phrase that speaks for a value of the label."""

    value: str
    where: str
    phrase: str
    weight: float


@dataclass(frozen=True)
class ReadCandidate:
    """A candidate as it is read. words: of the content; aside: places of those in conditions and grounds.

    cue: the words that attribute. targets: what the position itself says of each target; whole: what all of its words
    say. before: targets whose names stand in the title or shortly before, from 0 to 1. conditions: in their order.
    grounds: of the position. signs: phrases that speak for values of the label. named: how many actors of the registry
    the position names. others: phrases that speak for values of other fields, by the names of these. is_piece: whether
    there is nothing but a condition or a ground, so that it belongs to another candidate.
    """

    candidate: SpokenCandidate
    words: tuple[PhraseWord, ...]
    aside: frozenset[int]
    cue: tuple[PhraseWord, ...]
    targets: Mapping[str, TargetEvidence]
    whole: Mapping[str, TargetEvidence]
    before: Mapping[str, float]
    conditions: tuple[FoundCondition, ...]
    grounds: tuple[Bounds, ...]
    signs: tuple[LabelSign, ...]
    named: int
    others: tuple[tuple[str, PhraseHit], ...]
    is_piece: bool = False

    @cached_property
    def scores(self) -> Mapping[str, float]:
        """What the signs say of each value of the label, together."""
        found: dict[str, float] = {}
        for each in self.signs:
            found[each.value] = found.get(each.value, 0.0) + each.weight
        return found

    @cached_property
    def main(self) -> tuple[PhraseWord, ...]:
        """The words of the position itself."""
        return tuple(each for place, each in enumerate(self.words) if place not in self.aside)


class CandidateReader:
    """Reads candidates in one language. Nothing of it is learned from gold."""

    def __init__(self, surroundings: Surroundings, language: Language) -> None:
        self.scheme: Scheme = surroundings.scheme
        self.language = language
        uses, words = ("target", "both"), (language.synonyms, language.fillers)
        self.index = TargetIndex((each for each in surroundings.targets.targets if each.use in uses), *words)
        kinds = ("condition", "both")
        self.kinds = TargetIndex((each for each in surroundings.targets.targets if each.use in kinds), *words)
        self.phrases = label_phrases(language, self.scheme)
        self.others = {
            field.name: phrases_of(language, str(field.vocabulary))
            for field in self.scheme.of("statement")
            if field.kind == "vocabulary" and not field.is_label
        }
        self.causes = Phrases((each, [each]) for each in language.causes)
        names = (name for each in surroundings.entities.entities for name in (each.name, *each.aliases))
        self.actors = Phrases(("actor", [search_fold(name)]) for name in names if len(name) > 1)

    def read(self, source: ReadArticle, candidates: Sequence[SpokenCandidate]) -> list[ReadCandidate]:
        """Return the candidates of one article as they are read."""
        title = [each for each in source.passages if each.zone == source.passages[0].zone][:2]
        titled: set[str] = set()
        for each in title:
            found = self.index.find(words_of(source.text, (each.begin, each.end)))
            titled |= {name for name, one in found.items() if one.name == 1}
        read = [self._read(source, each, titled) for each in candidates]
        joined = join_pieces(read)
        known = {id(each.candidate): each for each in read}
        return [known[id(each)] if id(each) in known else self._read(source, each, titled) for each in joined]

    def _read(self, source: ReadArticle, candidate: SpokenCandidate, titled: Iterable[str]) -> ReadCandidate:
        text, content = source.text, candidate.content
        cue = words_of(text, candidate.cue) if candidate.cue else ()
        act = candidate.cue if candidate.names_act else None
        found = find_conditions(text, content, self.language, self.scheme, candidate.parse, act)
        conditions = [replace(each, kind=self._kind(words_of(text, each.span))) for each in found]
        words = tuple(word for piece in content for word in words_of(text, piece))
        grounds = tuple(self._grounds(words, candidate))
        outside = [*(each.span for each in conditions), *grounds]
        aside = frozenset(
            place for place, word in enumerate(words) if any(begin <= word.begin < end for begin, end in outside)
        )
        is_piece = len(aside) == sum(not each.is_mark for each in words) or len(aside) == len(words)
        if is_piece:
            aside = frozenset()
        main = [word for place, word in enumerate(words) if place not in aside]
        targets = self.index.find(main)
        whole = self.index.find(words) if aside else targets
        named = {place for one in targets.values() if one.name == 1 for place in one.places}
        inside = {word.begin for word in cue} if candidate.names_act else set()
        signs = list(self._signs(main, named, inside, MAIN))
        signs += self._signs([word for place, word in enumerate(words) if place in aside], (), set(), ASIDE)
        if not candidate.names_act:
            signs += self._signs(cue, (), set(), AT_CUE)
        line = next((each for each in source.passages if each.begin <= candidate.begin < each.end), None)
        first = max(0, candidate.begin - _BEFORE)
        earlier = self.index.find(words_of(text, (first, candidate.begin))) if line is not None else {}
        before = dict.fromkeys(titled, 0.5)
        before |= {name: 1.0 for name, one in earlier.items() if one.name == 1}
        folded = [PhraseWord(search_fold(word.text), word.begin, word.end) for word in main if not word.is_mark]
        others = tuple((name, hit) for name, phrases in self.others.items() for hit in phrases.find(main))
        return ReadCandidate(
            candidate=candidate,
            words=words,
            aside=aside,
            cue=cue,
            targets=targets,
            whole=whole,
            before=before,
            conditions=tuple(conditions),
            grounds=grounds,
            signs=tuple(signs),
            named=len(self.actors.find(folded)),
            others=others,
            is_piece=is_piece,
        )

    def _kind(self, words: Sequence[PhraseWord]) -> str | None:
        """Return what a condition asks for: the target that its words name most fully; None where they name none."""
        found = self.kinds.find(words)
        named = {name: (one.name == 1, one.size, one.defined) for name, one in found.items() if one.name >= 0.6}
        return max(sorted(named), key=lambda name: named[name], default=None)

    def _signs(
        self, words: Sequence[PhraseWord], named: "set[int] | tuple[()]", inside: set[int], where: str
    ) -> Iterable[LabelSign]:
        for hit in self.phrases.find(words, named):
            at_cue = any(words[place].begin in inside for place in range(hit.first, hit.last + 1))
            place = AT_CUE if at_cue else where
            weight = _WEIGHTS[place] * (_WEAK if hit.is_weak else 1 + 0.25 * (len(hit.phrase.split()) - 1))
            yield LabelSign(str(hit.owner), place, hit.phrase, weight)

    def _grounds(self, words: Sequence[PhraseWord], candidate: SpokenCandidate) -> Iterable[Bounds]:
        """Yield what words of cause open, to the end of their clause."""
        end = 0
        for hit in self.causes.find(words):
            begin = words[hit.first].begin
            if begin < end:
                continue
            piece = next(each for each in candidate.content if each[0] <= begin < each[1])
            end = piece[1]
            yield begin, end


def join_pieces(read: Sequence[ReadCandidate]) -> list[SpokenCandidate]:
    """Return candidates in which a mere condition or ground is joined to what hangs on its cue, before or after it.

    One that has nothing to be joined to stays.
    """
    found: list[SpokenCandidate] = []
    waiting: SpokenCandidate | None = None
    for each in read:
        candidate = each.candidate
        before = found[-1] if found else None
        if each.is_piece and before is not None and _hang_together(before, candidate):
            found[-1] = replace(before, content=(*before.content, *candidate.content))
        elif each.is_piece and waiting is None:
            waiting = candidate
        elif waiting is not None and _hang_together(waiting, candidate):
            found.append(replace(candidate, content=(*waiting.content, *candidate.content)))
            waiting = None
        else:
            found += [waiting] if waiting is not None else []
            waiting = None
            found.append(candidate)
    return found + ([waiting] if waiting is not None else [])


def _hang_together(one: SpokenCandidate, other: SpokenCandidate) -> bool:
    """Whether the second follows the first in one passage, on the same cue."""
    return one.saying == other.saying and one.line == other.line and one.end <= other.begin


def label_phrases(language: Language, scheme: Scheme) -> Phrases:
    """Return the phrases for the values of the label: their own, else those for the side that each is on."""
    field = scheme.label
    values = scheme.values(field)
    own = {value: words for value, words in language.values.get(str(field.vocabulary), {}).items() if value in values}
    sides = language.values.get(POLARITY, {})
    owned: list[tuple[str, Sequence[str]]] = list(own.items())
    done = {str(values[value].get("polarity", "")) for value in own}
    for value, about in values.items():
        side = str(about.get("polarity", ""))
        if side in sides and side not in done:
            owned.append((value, sides[side]))
            done.add(side)
    return Phrases(owned)
