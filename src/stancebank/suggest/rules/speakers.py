"""Speakers: who is meant by the words at a cue, by registry, title, pronoun, or the last one who spoke."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from stancebank.corpus.language import Language
from stancebank.model import Bounds, Role
from stancebank.suggest.engine import Surroundings

_WORD = re.compile(r"[^\W_]+")
_COMMON = 4  # letters that two words begin with, to be forms of one: Suvia, Suvian


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
        self.words = {each.id: set(_words(" ".join((each.name, *each.aliases)))) for each in self.entities.values()}
        self.surnames: dict[str, list[str]] = {}
        for entity in self.entities.values():
            if entity.kind in self.persons:
                self.surnames.setdefault(re.split(r"[\s-]", entity.name)[-1].casefold(), []).append(entity.id)
        self._ids: dict[str, str] = {}
        for entity in self.entities.values():
            for name in (*entity.aliases, entity.name):
                self._ids.setdefault(_fold(name), entity.id)
        longest = sorted(self._ids, key=len, reverse=True)
        self._pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest)) or '(?!)'})(?!\w)")

    def find(self, words: str) -> list[tuple[Bounds, str]]:
        """Return where names stand in words, and whose they are; longest first, none inside another.

        A name is found only where it is written with a capital, if it has one.
        """
        found = ((match.span(), self._ids[match[0]]) for match in self._pattern.finditer(_fold(words)))
        return [each for each in found if not words[each[0][0]].islower() or self._is_lower(each[1])]

    def spellings(self) -> list[str]:
        """Return all names and aliases."""
        return [name for each in self.entities.values() for name in (each.name, *each.aliases)]

    def _is_lower(self, name: str) -> bool:
        return self.entities[name].name[:1].islower()

    def is_person(self, name: str | None) -> bool:
        """Whether a speaker is a person: an entity of that kind, or a name that the registry lacks."""
        entity = self.entities.get(name) if name else None
        return name is not None and (entity is None or entity.kind in self.persons)


@dataclass
class SpeakerMemory:
    """What of an article is known at a place.

    events: where somebody is mentioned as a subject or speaks, in the stored text, and who. mentions: every place of a
    name of a person; places: where each entity is named. titles: the words of each title of a person, *former* for one
    that is over. called: names that the registry lacks, by their last word.
    """

    names: EntityNames
    language: Language
    text: str
    published: str | None = None
    last: Speaker | None = None
    events: list[tuple[int, str]] = field(default_factory=list)
    mentions: list[tuple[Bounds, str]] = field(default_factory=list)
    titles: dict[str, list[set[str]]] = field(default_factory=dict)
    called: dict[str, str] = field(default_factory=dict)
    places: dict[str, list[int]] = field(default_factory=dict)

    def learn(self, passages: Iterable[Bounds]) -> None:
        """Read passages for names and the titles that stand beside them."""
        for entity in self.names.entities.values():
            for role in entity.roles:
                side = self.names.entities.get(entity.affiliation or "")
                own = _words(" ".join((side.name, *side.aliases))) if side else []
                self._title(entity.id, _words(role.title) + self._former(role) + own)
        offices = self.language.attribution["offices"]
        for begin, end in passages:
            words = self.text[begin:end]
            found = self.names.find(words)
            for number, ((first, last), name) in enumerate(found):
                self.places.setdefault(name, []).append(begin + first)
                if not self.names.is_person(name):
                    continue
                self.mentions.append(((begin + first, begin + last), name))
                floor = max((bounds[1] for bounds, other in found[:number] if self.names.is_person(other)), default=0)
                before = re.split(r"[.;:!?“”\"]", words[floor:first])[-1].split(",")[-1]
                after = re.match(r",\s+([^,.;:“”]{3,90})(?:,|\.|$)", words[last:])
                tail = _WORD.findall(before)
                while tail and not (tail[0][0].isupper() or offices.fullmatch(tail[0])):
                    tail.pop(0)
                for said in (tail[-8:], _WORD.findall(after[1]) if after else []):
                    if any(offices.fullmatch(each) for each in said):
                        former = self.language.attribution["former"]
                        self._title(name, ["former" if former.fullmatch(each) else each.casefold() for each in said])

    def _former(self, role: Role) -> list[str]:
        is_over = role.end is not None and self.published is not None and role.end < self.published
        return ["former"] if is_over else []

    def _title(self, name: str, words: Iterable[str]) -> None:
        self.titles.setdefault(name, []).append(set(words))

    def spoke(self, speaker: Speaker, place: int) -> None:
        """Keep in mind who spoke. place: of the cue."""
        self.last = speaker
        if speaker.name is not None:
            self.events.append((place, speaker.name))

    def again(self) -> Speaker:
        """Return the last speaker, for words without a cue."""
        if self.last is None or self.last.name is None:
            return NOBODY
        return Speaker(self.last.name, self.last.is_known, None, "speaker: the last one who spoke")

    def who(self, words: Bounds, head: Bounds, sentence: int | None = None) -> Speaker:
        """Return who is meant by words. head: the chief word among them, or the pronoun.

        sentence: where the sentence begins, if the words stand in a clause that depends on another; then a pronoun may
        be for somebody named there.
        """
        noun = self.text[head[0] : head[1]]
        patterns = self.language.attribution
        if patterns["persons"].fullmatch(noun):
            return self._pointed(head, sentence, is_person=True)
        if patterns["groups"].fullmatch(noun):
            return self._pointed(head, sentence, is_person=False)
        return self._named(words, head) or self._titled(words, head) or self._unknown(words, head)

    def _pointed(self, head: Bounds, sentence: int | None, *, is_person: bool) -> Speaker:
        why = "speaker: a pronoun, for the last one who spoke or is told of"
        if sentence is not None and is_person:
            near = [name for (begin, _), name in self.mentions if sentence <= begin < head[0]]
            if near:
                return Speaker(near[-1], True, head, "speaker: a pronoun, for somebody named before it")
        before = [
            (place, name) for place, name in self.events if place < head[0] and self.names.is_person(name) == is_person
        ]
        if not before:
            return Speaker(None, False, head, "speaker: a pronoun, for nobody who was named before")
        name = max(before)[1]
        return Speaker(name, name in self.names.entities, head, why)

    def _named(self, words: Bounds, head: Bounds) -> Speaker | None:
        begin, end = words
        found = [((begin + b, begin + e), name) for (b, e), name in self.names.find(self.text[begin:end])]
        over = [each for each in found if each[0][0] <= head[0] and head[1] <= each[0][1]]
        over = over or self._beside(words, head)
        if not over:
            return None
        bounds, name = over[-1]
        return Speaker(name, True, self._with_rank(bounds), "speaker: a name of the registry")

    def _beside(self, words: Bounds, head: Bounds) -> list[tuple[Bounds, str]]:
        """Return the person whose name stands behind an office, with nothing or a comma between."""
        if not self.language.attribution["offices"].fullmatch(self.text[head[0] : head[1]]):
            return []
        begin, end = words[1], min(words[1] + 60, len(self.text))
        found = [((begin + b, begin + e), name) for (b, e), name in self.names.find(self.text[begin:end])]
        return [
            each for each in found[:1] if self.names.is_person(each[1]) and self.text[begin : each[0][0]] in (" ", ", ")
        ]

    def _with_rank(self, bounds: Bounds) -> Bounds:
        begin, end = bounds
        while match := re.search(r"([^\W\d_]+)\.?\s$", self.text[max(0, begin - 20) : begin]):
            if not self.language.attribution["ranks"].fullmatch(match[1]) or not match[1][0].isupper():
                break
            begin -= len(match[0])
        return begin, end

    def _latest(self, name: str, place: int) -> int:
        """Return where somebody is named last before a place; -1 where nowhere."""
        return max((begin for (begin, _), each in self.mentions if each == name and begin < place), default=-1)

    def _titled(self, words: Bounds, head: Bounds) -> Speaker | None:
        noun = self.text[head[0] : head[1]].casefold()
        if not self.language.attribution["offices"].fullmatch(noun):
            return None
        former = self.language.attribution["former"]
        all_said = _words(self.text[words[0] : words[1]])
        said = {each for each in _words(self.text[words[0] : head[1]]) if not former.fullmatch(each)}
        is_former = any(former.fullmatch(each) for each in all_said)
        fitting = []
        for name in {name for _, name in self.mentions}:
            titles = [
                title
                for title in self.titles.get(name, ())
                if any(_alike(noun, each) for each in title) and ("former" in title) == is_former
            ]
            for title in titles:
                lacking = len(said) - _shared(said, title)
                shared = _shared(set(all_said), title)
                fitting.append((-lacking, shared, self._latest(name, head[0]), name))
        why = "speaker: a title of somebody in the article"
        if fitting:
            best = max(fitting)
            if not best[0] or (best[0] == -1 and len({each[3] for each in fitting}) == 1):
                return Speaker(best[3], True, words, why)
        first = _WORD.search(self.text[words[0] : words[1]])
        if first and self.language.attribution["definite"].fullmatch(first[0]):
            paragraph = self.text.rfind("\n", 0, max(0, self.text.rfind("\n", 0, head[0]) - 1))
            near = [each for each in self.mentions if paragraph < each[0][0] < head[0]]
            told = [each for each in self.events if paragraph < each[0] < head[0] and self.names.is_person(each[1])]
            latest = max(told)[1] if told else near[-1][1] if near else None
            if latest is not None:
                why = "speaker: an office, for the last one who is told of"
                return Speaker(latest, latest in self.names.entities, words, why)
        return None

    def _unknown(self, words: Bounds, head: Bounds) -> Speaker:
        said = self.text[words[0] : words[1]]
        noun = self.text[head[0] : head[1]].casefold()
        own = set(_words(said))
        sides = {name for _, name in self.names.find(said)}
        sides |= {name for name, parts in self.names.words.items() if self._is_side(name) and _shared(own, parts)}
        fitting = []
        for name, parts in self.names.words.items():
            entity = self.names.entities[name]
            if self.names.is_person(name):
                continue
            is_of_side = entity.affiliation in sides or entity.part_of in sides
            is_alike = any(_alike(noun, each) for each in parts)
            shared = _shared(own, parts)
            if is_alike and (is_of_side or shared > 1 or (shared == len(own) and noun in parts)):
                fitting.append((is_of_side, shared, self._told(name, head[0]), -len(parts), name))
        if fitting:
            why = "speaker: an entry of the registry with these words"
            return Speaker(max(fitting)[-1], True, words, why)
        unnamed = [
            name
            for name, entity in self.names.entities.items()
            if entity.kind in self.names.unnamed and (entity.affiliation in sides or entity.part_of in sides)
        ]
        offices = self.language.attribution["offices"]
        if offices.fullmatch(noun):
            in_office = [
                name for name in unnamed if any(offices.fullmatch(each.rstrip("s")) for each in self.names.words[name])
            ]
            for several in (in_office, unnamed):
                if len(several) == 1:
                    return Speaker(several[0], True, words, "speaker: the unnamed ones of a side")
        if not self.text[head[0]].isupper() or self.language.attribution["bodies"].fullmatch(noun):
            return Speaker(said, False, words, "speaker: somebody whom the registry lacks")
        return self._new(words, head)

    def _is_side(self, name: str) -> bool:
        entity = self.names.entities[name]
        return not self.names.is_person(name) and entity.affiliation is None and entity.part_of is None

    def _told(self, name: str, place: int) -> int:
        """Return where an entity was named or spoke last before a place; -1 where nowhere."""
        named = [each for each in self.places.get(name, ()) if each < place]
        spoke = [each for each, other in self.events if other == name and each < place]
        return max((*named, *spoke), default=-1)

    def _new(self, words: Bounds, head: Bounds) -> Speaker:
        """Return somebody with a name whom the registry lacks: the capitalised words that end at the head."""
        begin = head[0]
        while match := re.search(r"([^\W\d_][\w.'’-]*)\s+$", self.text[words[0] : begin]):
            patterns = self.language.attribution
            if not match[1][0].isupper() or patterns["offices"].fullmatch(match[1].rstrip(".")):
                break
            if patterns["definite"].fullmatch(match[1]) or patterns["ranks"].fullmatch(match[1].rstrip(".")):
                break
            begin -= len(match[0])
        name = self.text[begin : head[1]]
        last = name.split()[-1]
        bounds = self._with_rank((begin, head[1]))
        own = [each for each in self.names.surnames.get(last.casefold(), ()) if name == last]
        if len(own) == 1:
            return Speaker(own[0], True, bounds, "speaker: a name of the registry, in part")
        name = self.called.setdefault(last, name)
        return Speaker(name, False, bounds, "speaker: a name that the registry lacks")


def _fold(words: str) -> str:
    """Return words in lower case and with plain apostrophes, as many characters as before."""
    lower = words.lower()
    return (lower if len(lower) == len(words) else words).replace("’", "'").replace("‘", "'")


def _alike(one: str, other: str) -> bool:
    """Whether two words are forms of one."""
    if one == other:
        return True
    shortest = min(len(one), len(other))
    common = next((n for n in range(shortest) if one[n] != other[n]), shortest)
    return common >= max(_COMMON, shortest - 1) and abs(len(one) - len(other)) <= 3


def _shared(own: Iterable[str], parts: Iterable[str]) -> int:
    """Return how many words have a form among others."""
    parts = tuple(parts)
    return sum(any(_alike(one, each) for each in parts) for one in own)


def _words(text: str) -> list[str]:
    return [each.casefold() for each in _WORD.findall(text) if len(each) > 2 and each.casefold() not in ("the", "and")]
