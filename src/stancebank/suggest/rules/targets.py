"""Which target words are about: by the words of its name and definition, and by synonyms of the language file."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stancebank.corpus.language import Language
from stancebank.model import TargetEntry
from stancebank.suggest.rules.phrases import Phrases, PhraseWord, same_stem, words_of

NEAR = 12
"""How many words apart the words of a name may be, from the first to the last."""


@dataclass(frozen=True, slots=True)
class TargetEvidence:
    """What in words speaks for a target.

    name: the share of the words of its name that are found near one another, from 0 to 1. defined: of the words of its
    definition, weighted by how few targets have them. places: of the words of the name. size: how many words the name
    has. said: the words that were found, in small letters.
    """

    name: float
    defined: float
    places: tuple[int, ...]
    size: int
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Concept:
    """A word of a name or definition, with the groups of synonyms that it is in."""

    word: str
    groups: frozenset[int]


class TargetIndex:
    """The targets of a registry, by their words in one language."""

    def __init__(self, targets: Iterable[TargetEntry], language: Language) -> None:
        self.entries: Mapping[str, TargetEntry] = {each.id: each for each in sorted(targets, key=lambda one: one.id)}
        self._fillers = language.fillers
        self._synonyms = Phrases(enumerate(language.synonyms), outer=False)
        self._names = {each.id: self._concepts(each.name) for each in self.entries.values()}
        self._definitions = {each.id: self._concepts(each.definition) for each in self.entries.values()}
        known = Counter(one for own in self._names.values() for one in own)
        self._rarity = {each: math.log(1 + len(self.entries) / n) for each, n in known.items()}
        counted = Counter(one.word for own in self._definitions.values() for one in own)
        self._weights = {word: math.log(1 + len(self.entries) / n) for word, n in counted.items()}

    def _concepts(self, words: str) -> tuple[_Concept, ...]:
        """Return the words that say something; all of them where none does."""
        own = [each for each in words_of(words, (0, len(words))) if not each.is_mark]
        said = [each for each in own if each.text not in self._fillers] or own
        found: dict[str, _Concept] = {}
        for each in said:
            hits = self._synonyms.find((each,))
            found.setdefault(each.text, _Concept(each.text, frozenset(int(str(hit.owner)) for hit in hits)))
        return tuple(found.values())

    def find(self, words: Sequence[PhraseWord]) -> dict[str, TargetEvidence]:
        """Return what words say of each target, by its id; those of which nothing is found are left out."""
        groups: dict[int, list[int]] = {}
        for hit in self._synonyms.find(words):
            groups.setdefault(int(str(hit.owner)), []).append(hit.joins)
        known: dict[_Concept, list[int]] = {}
        found = {}
        for name in self.entries:
            places = [self._places(each, words, groups, known) for each in self._names[name]]
            chosen = _nearest(places)
            share = self._share(self._names[name], places, chosen)
            defined = self._definitions[name]
            total = sum(self._weights[each.word] for each in defined)
            said = sum(self._weights[each.word] for each in defined if self._places(each, words, groups, known))
            evidence = TargetEvidence(
                share,
                said / total if total else 0.0,
                chosen,
                len(places),
                tuple(words[place].text for place in chosen),
            )
            if evidence.name or evidence.defined:
                found[name] = evidence
        return found

    def _share(self, concepts: Sequence[_Concept], places: Sequence[Sequence[int]], chosen: Sequence[int]) -> float:
        """Return the share of a name that was found; a word that few names have is more of it."""
        if len(chosen) == len(concepts):
            return 1.0
        total = sum(self._rarity[each] for each in concepts)
        found = sum(
            self._rarity[each] for each, own in zip(concepts, places, strict=True) if any(one in chosen for one in own)
        )
        return found / total if total else 0.0

    def _places(
        self,
        concept: _Concept,
        words: Sequence[PhraseWord],
        groups: Mapping[int, list[int]],
        known: dict[_Concept, list[int]],
    ) -> list[int]:
        if concept not in known:
            own = {place for group in concept.groups for place in groups.get(group, ())}
            own |= {place for place, word in enumerate(words) if same_stem(concept.word, word.text)}
            known[concept] = sorted(own)
        return known[concept]


def _nearest(places: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """Return a place of each concept, all of them near one another, of as many concepts as there are."""
    best: tuple[int, ...] = ()
    for start in sorted({place for each in places for place in each}):
        chosen: list[int] = []
        for each in places:
            own = [one for one in each if start <= one <= start + NEAR and one not in chosen]
            if own:
                chosen.append(own[0])
        if len(chosen) > len(best):
            best = tuple(sorted(chosen))
    return best
