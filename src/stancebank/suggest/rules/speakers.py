"""Speakers: who is meant by the words at a cue, by registry, title, pronoun, or the last one who spoke."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stancebank.corpus.language import Language
from stancebank.model import Bounds, Entity
from stancebank.suggest.engine import Surroundings

if TYPE_CHECKING:
    from spacy.tokens import Token

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks. name: the id of an entity, or a name that the registry lacks. mention: in the stored text."""

    name: str | None
    is_known: bool
    mention: Bounds | None
    because: str


NOBODY = Speaker(None, False, None, "no speaker found")


class EntityNames:
    """The names and aliases of a registry, to be found in a text."""

    def __init__(self, surroundings: Surroundings) -> None:
        self.entities = {each.id: each for each in surroundings.entities.entities}
        self.persons = surroundings.scheme.vocabularies.persons()
        self.unnamed = surroundings.scheme.vocabularies.unnamed()
        self._ids: dict[str, str] = {}
        for entity in self.entities.values():
            for name in (*entity.aliases, entity.name):
                self._ids.setdefault(_fold(name), entity.id)
        longest = sorted(self._ids, key=len, reverse=True)
        self._pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest)) or '(?!)'})(?!\w)")

    def find(self, words: str) -> list[tuple[Bounds, str]]:
        """Return where names stand in words, and whose they are; longest first, none inside another."""
        return [(match.span(), self._ids[match[0]]) for match in self._pattern.finditer(_fold(words))]


@dataclass
class SpeakerMemory:
    """What of an article is known at a place. person, group: who spoke last."""

    names: EntityNames
    language: Language
    text: str
    last: Speaker | None = None
    person: str | None = None
    group: str | None = None
    seen: dict[str, int] = field(default_factory=dict)
    titles: dict[str, set[str]] = field(default_factory=dict)
    called: dict[str, str] = field(default_factory=dict)

    def learn(self, bounds: Iterable[Bounds]) -> None:
        """Read passages for names and the titles that stand before them."""
        for entity in self.names.entities.values():
            for role in entity.roles:
                self.titles.setdefault(entity.id, set()).update(_words(role.title))
        offices = self.language.attribution["offices"]
        for begin, end in bounds:
            words = self.text[begin:end]
            for (first, last), name in self.names.find(words):
                self.seen.setdefault(name, begin + first)
                if not self._is_person(self.names.entities[name]):
                    continue
                before = re.split(r"[.;:!?]", words[:first])[-1].split(",")[-1]
                after = re.match(r",\s+([^,.;:]{3,90})(?:,|\.|$)", words[last:])
                for said in (before, after[1] if after else ""):
                    tail = _WORD.findall(said)[-8:]
                    if any(offices.fullmatch(each) for each in tail):
                        self.titles.setdefault(name, set()).update(each.casefold() for each in tail)

    def _is_person(self, entity: Entity) -> bool:
        return entity.kind in self.names.persons

    def spoke(self, speaker: Speaker) -> None:
        """Keep in mind who spoke."""
        self.last = speaker
        if speaker.name is None:
            return
        entity = self.names.entities.get(speaker.name)
        if entity is None or self._is_person(entity):
            self.person = speaker.name
        else:
            self.group = speaker.name

    def again(self) -> Speaker:
        """Return the last speaker, for words without a cue."""
        if self.last is None or self.last.name is None:
            return NOBODY
        return Speaker(self.last.name, self.last.is_known, None, "speaker: the last one who spoke")

    def who(self, words: Bounds, head: Bounds) -> Speaker:
        """Return who is meant by words. head: the chief word among them, or the pronoun."""
        noun = self.text[head[0] : head[1]].casefold()
        patterns = self.language.attribution
        if patterns["persons"].fullmatch(noun):
            return self._pointed(self.person, head)
        if patterns["groups"].fullmatch(noun):
            return self._pointed(self.group, head)
        found = self._named(words, head)
        if found is not None:
            return found
        return self._titled(words, head) or self._unknown(words, head)

    def _pointed(self, name: str | None, head: Bounds) -> Speaker:
        if name is None:
            return Speaker(None, False, head, "speaker: a pronoun, for nobody who spoke before")
        return Speaker(name, name in self.names.entities, head, "speaker: a pronoun, for the last one who spoke")

    def _named(self, words: Bounds, head: Bounds) -> Speaker | None:
        begin, end = words
        found = [((begin + b, begin + e), name) for (b, e), name in self.names.find(self.text[begin:end])]
        over = [each for each in found if each[0][0] <= head[0] and head[1] <= each[0][1]]
        people = [each for each in found if self._is_person(self.names.entities[each[1]])]
        is_office = self.language.attribution["offices"].fullmatch(self.text[head[0] : head[1]])
        if not over and is_office and people and people[-1][0][0] > head[0]:
            between = self.text[head[1] : people[-1][0][0]]
            over = people[-1:] if not re.search(r"\b(?:to|of)\b[^,]*$", between) else []
        if not over:
            return None
        bounds, name = over[-1]
        return Speaker(name, True, self._with_rank(bounds), "speaker: a name of the registry")

    def _with_rank(self, bounds: Bounds) -> Bounds:
        begin, end = bounds
        while match := re.search(r"([^\W\d_]+)\.?\s$", self.text[max(0, begin - 20) : begin]):
            if not self.language.attribution["ranks"].fullmatch(match[1]) or not match[1][0].isupper():
                break
            begin -= len(match[0])
        return begin, end

    def _titled(self, words: Bounds, head: Bounds) -> Speaker | None:
        noun = self.text[head[0] : head[1]].casefold()
        if not self.language.attribution["offices"].fullmatch(noun):
            return None
        said = set(_words(self.text[words[0] : words[1]]))
        fitting = []
        for name, title in self.titles.items():
            if noun in title and name in self.seen:
                fitting.append((len(said & title), name == self.person, self.seen[name] < head[0], name))
        if not fitting:
            return None
        best = max(fitting)
        return Speaker(best[3], True, words, "speaker: a title of somebody in the article")

    def _unknown(self, words: Bounds, head: Bounds) -> Speaker:
        said = self.text[words[0] : words[1]]
        own = set(_words(said))
        fitting = []
        for entity in self.names.entities.values():
            if self._is_person(entity):
                continue
            parts = set(_words(" ".join((entity.name, *entity.aliases))))
            noun = self.text[head[0] : head[1]].casefold()
            if noun in parts and parts & own - {noun}:
                fitting.append((len(parts & own), entity.id))
        if fitting:
            return Speaker(max(fitting)[1], True, words, "speaker: an entry of the registry with these words")
        return Speaker(said, False, words, "speaker: somebody whom the registry lacks")


def noun_group(token: "Token") -> "list[Token]":
    """Return the tokens of a noun group without relative clauses and what stands beside it after a comma."""
    left = [
        each for each in token.children if each.dep_ in ("relcl", "acl", "appos", "advcl", "cc", "conj", "parataxis")
    ]
    out = {one.i for each in left for one in each.subtree}
    kept = [each for each in token.subtree if each.i not in out]
    while kept and (kept[-1].is_punct or kept[-1].is_space or kept[-1].dep_ == "case"):
        kept.pop()
    while kept and (kept[0].is_punct or kept[0].is_space):
        kept.pop(0)
    last = next((n for n, each in enumerate(kept) if each.text == "," and each.i > token.i), len(kept))
    return kept[:last]


def _fold(words: str) -> str:
    """Return words in lower case and with plain apostrophes, as many characters as before."""
    lower = words.lower()
    return (lower if len(lower) == len(words) else words).replace("’", "'").replace("‘", "'")


def _words(text: str) -> list[str]:
    return [each.casefold() for each in _WORD.findall(text) if len(each) > 2 and each.casefold() not in ("the", "and")]
