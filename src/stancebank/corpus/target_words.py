"""Which target words are about: by the words of its name and definition, and by synonyms of the language file."""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from stancebank.corpus.phrases import Phrases, PhraseWord, same_stem, words_of
from stancebank.model import TargetEntry

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
    """The targets of a registry, by their words in one language.

    synonyms, fillers: see `stancebank.corpus.language.Language`.
    """

    def __init__(
        self, targets: Iterable[TargetEntry], synonyms: Iterable[Sequence[str]], fillers: Collection[str]
    ) -> None:
        self.entries: Mapping[str, TargetEntry] = {each.id: each for each in sorted(targets, key=lambda one: one.id)}
        self._fillers = fillers
        self._synonyms = Phrases(enumerate(synonyms), outer=False)
        self._names = {each.id: self._concepts(each.name) for each in self.entries.values()}
        self._definitions = {each.id: self._concepts(each.definition) for each in self.entries.values()}
        known = Counter(one for own in self._names.values() for one in own)
        self._rarity = {each: math.log(1 + len(self.entries) / n) for each, n in known.items()}
        counted = Counter(one.word for own in self._definitions.values() for one in own)
        self._weights = {word: math.log(1 + len(self.entries) / n) for word, n in counted.items()}
        both = (*self._names.values(), *self._definitions.values())
        self._concepts_known = tuple({one: None for own in both for one in own})
        self._in_group: dict[int, list[_Concept]] = {}
        for concept in self._concepts_known:
            for group in concept.groups:
                self._in_group.setdefault(group, []).append(concept)
        self._forms: dict[str, tuple[_Concept, ...]] = {}

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
        places: dict[_Concept, set[int]] = {}
        for hit in self._synonyms.find(words):
            for concept in self._in_group.get(int(str(hit.owner)), ()):
                places.setdefault(concept, set()).add(hit.joins)
        for place, word in enumerate(words):
            for concept in self._forms_of(word.text):
                places.setdefault(concept, set()).add(place)
        found = {}
        for name in self.entries if places else ():
            own = [sorted(places.get(each, ())) for each in self._names[name]]
            defined = self._definitions[name]
            said = sum(self._weights[each.word] for each in defined if each in places)
            if not said and not any(own):
                continue
            chosen = _nearest(own)
            found[name] = TargetEvidence(
                self._share(self._names[name], own, chosen),
                said / sum(self._weights[each.word] for each in defined) if said else 0.0,
                chosen,
                len(own),
                tuple(words[place].text for place in chosen),
            )
        return found

    def _forms_of(self, word: str) -> tuple[_Concept, ...]:
        """Return the words of names and definitions of which a word seems to be a form; each word is judged once."""
        known = self._forms.get(word)
        if known is None:
            known = tuple(each for each in self._concepts_known if same_stem(each.word, word))
            self._forms[word] = known
        return known

    def _share(self, concepts: Sequence[_Concept], places: Sequence[Sequence[int]], chosen: Sequence[int]) -> float:
        """Return the share of a name that was found; a word that few names have is more of it."""
        if len(chosen) == len(concepts):
            return 1.0
        total = sum(self._rarity[each] for each in concepts)
        found = sum(
            self._rarity[each] for each, own in zip(concepts, places, strict=True) if any(one in chosen for one in own)
        )
        return found / total if total else 0.0


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
