"""Who says it: the cue of a saying, the words at it that mention the speaker, and who is meant by them."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stancebank.model import Bounds
from stancebank.suggest.rules.candidates import SpokenCandidate
from stancebank.suggest.rules.clauses import (
    VERBS,
    after_comma,
    governor,
    is_of_another_tense,
    is_relative,
    noun_group,
)
from stancebank.suggest.rules.reading import CueWord, ReadPassage
from stancebank.suggest.rules.speakers import NOBODY, Speaker, SpeakerMemory

if TYPE_CHECKING:
    from spacy.tokens import Token

_STEPS = 8  # verbs that are climbed for a subject


@dataclass(frozen=True, slots=True)
class Saying:
    """A cue with its speaker. cue: its bounds; None without one. number: of the saying in its article."""

    cue: Bounds | None
    speaker: Speaker
    number: int


@dataclass
class Sayings:
    """What is said in a passage, by whom. number: of the last saying of the article."""

    passage: ReadPassage
    memory: SpeakerMemory
    number: int
    by_verb: dict[int, Saying] = field(default_factory=dict)
    cue_words: "dict[int, CueWord]" = field(default_factory=dict)

    def __post_init__(self) -> None:
        for cue in self.passage.cues:
            token = self.passage.token_at(cue.bounds[0])
            if token is not None and not self.passage.inside(cue.bounds):
                self.cue_words[token.i] = cue

    def is_cue(self, token: "Token") -> bool:
        """Whether a token is a verb of the lexicon, outside of quotations."""
        cue = self.cue_words.get(token.i)
        return cue is not None and token.pos_ in VERBS and cue.kind in ("says", "acts")

    def has_verbs(self) -> bool:
        """Whether any verb of the lexicon stands in the passage, outside of quotations."""
        parse = self.passage.parse
        return parse is not None and any(self.is_cue(parse.doc[place]) for place in self.cue_words)

    def new(self, cue: Bounds | None, speaker: Speaker, place: int) -> Saying:
        """Return a saying with a number of its own. place: where it is told of, in the stored text."""
        if speaker.name is not None:
            self.memory.spoke(speaker, place)
        return Saying(cue, speaker, self.next_number())

    def next_number(self) -> int:
        """Return the number of a new saying."""
        self.number += 1
        return self.number

    def at(self, verb: "Token") -> Saying:
        """Return the saying of a verb of the lexicon, made when it is asked for the first time."""
        if verb.i not in self.by_verb:
            bounds = self.cue_of(verb)
            self.by_verb[verb.i] = self.new(bounds, self.speaker(self._subject(verb), verb), bounds[0])
        return self.by_verb[verb.i]

    def cue_of(self, verb: "Token") -> Bounds:
        """Return the bounds of a cue: the verb with its particle and its negation."""
        begin, end = self.cue_words[verb.i].bounds
        assert self.passage.parse is not None
        before = [each for each in verb.lefts if each.dep_ == "neg"]
        if before:
            helpers = [each for each in verb.lefts if each.dep_ == "aux" and each.lower_ in ("did", "does", "do")]
            begin = self.passage.parse.bounds(min((*before, *helpers), key=lambda each: each.i))[0]
        return begin, end

    def speaker(self, noun: "Token | None", verb: "Token | None" = None) -> Speaker:
        """Return who is meant by a noun. verb: that it is the subject of; None for an owner or a source."""
        parse = self.passage.parse
        if noun is None or parse is None:
            return self.memory.again()
        is_below = verb is not None and verb.dep_ in ("relcl", "advcl", "ccomp", "acl") and noun.i > 0
        sentence = parse.begin + noun.sent.start_char if is_below else None
        found: list[Speaker] = []
        for each in (noun, *self.beside(noun)):
            group = noun_group(each) or [each]
            bounds = parse.bounds(group[0])[0], parse.bounds(group[-1])[1]
            found.append(self.memory.who(bounds, parse.bounds(each), sentence))
        named = [each for each in found if each.because.startswith("speaker: a name")]
        is_one = len(named) == 1 or (named and named[0] is found[0])
        return named[0] if is_one else found[0]

    def beside(self, noun: "Token") -> "list[Token]":
        """Return the appositions of a noun, also those that the parse hangs on the side of an office.

        In *the president of Norland, Tor Aven,* the name goes with the president.
        """
        found = [each for each in noun.children if each.dep_ == "appos"]
        names = self.memory.names
        for side in (one for each in noun.children if each.dep_ == "prep" for one in each.children):
            named = names.find(side.text)
            if named and not names.is_person(named[0][1]):
                found.extend(each for each in side.children if each.dep_ == "appos")
        return found

    def _subject(self, verb: "Token") -> "Token | None":
        """Return who says it: the subject of a verb, or of the one that it hangs on."""
        for _ in range(_STEPS):
            by = [one for each in verb.children if each.dep_ == "agent" for one in each.children if one.dep_ == "pobj"]
            if by:
                return by[0]
            own = self._own_subject(verb)
            if own is not None:
                return _antecedent(verb) if is_relative(own) else own
            if verb.dep_ in ("advcl", "acl") and after_comma(verb):
                above = governor(verb.head, self.is_cue) if verb.head.pos_ in VERBS else self._above(verb)
                if above is not None:
                    verb = above
                    continue
            if verb.dep_ == "conj" and is_of_another_tense(verb):
                above = governor(verb.head, self.is_cue)
                if above is not None:
                    verb = above
                    continue
            if verb.dep_ in ("acl", "relcl"):
                return verb.head
            if verb.head == verb:
                return None
            verb = verb.head
            while verb.pos_ not in VERBS and verb.head != verb:
                verb = verb.head
        return None

    def _own_subject(self, verb: "Token") -> "Token | None":
        """Return the active subject at a verb: the nearest one that stands in no quotation, as the verb does not."""
        parse = self.passage.parse
        assert parse is not None
        own = [
            each
            for each in verb.children
            if each.dep_ in ("nsubj", "csubj") and not self.passage.inside(parse.bounds(each))
        ]
        if own:
            return min(own, key=lambda each: abs(each.i - verb.i))
        if not any(each.dep_ == "nsubj" for each in verb.children):
            return None
        behind = verb.doc[verb.i + 1 : verb.i + 4]  # “...,” said Lenk: the parse took a word of the quotation for it
        return next((each for each in behind if each.pos_ in ("PROPN", "PRON", "NOUN")), None)

    def _above(self, verb: "Token") -> "Token | None":
        """Return the verb that a participle behind a comma goes with, where the parse hangs it on a noun."""
        cues = [each for each in verb.ancestors if each.pos_ in VERBS]
        return next((each for each in cues if self.is_cue(each)), cues[-1] if cues else None)

    def candidate(
        self, content: tuple[Bounds, ...], saying: Saying, because: tuple[str, ...], *, names_act: bool = False
    ) -> SpokenCandidate:
        """Return a candidate of the passage."""
        passage, speaker = self.passage, saying.speaker or NOBODY
        return SpokenCandidate(
            content=content,
            rendering=passage.rendering(content),
            cue=saying.cue,
            names_act=names_act,
            speaker=speaker.name,
            is_known=speaker.is_known,
            mention=speaker.mention,
            sentence=passage.sentence(content[0][0]),
            saying=saying.number,
            line=passage.passage.line,
            zone=passage.passage.zone,
            parse=passage.parse,
            because=(*because, speaker.because),
        )


def _antecedent(verb: "Token") -> "Token | None":
    """Return the noun that *who* or *which* stands for before a verb; None for a question."""
    while verb.dep_ not in ("relcl", "acl"):
        if verb.head == verb:
            return None
        verb = verb.head
    return verb.head
