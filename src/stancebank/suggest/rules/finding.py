"""Candidates of one article, by quotations, words that attribute, and the parse of its sentences."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from stancebank.corpus.language import Habits, Language
from stancebank.model import Bounds
from stancebank.suggest.engine import ReadArticle
from stancebank.suggest.rules.candidates import SpokenCandidate
from stancebank.suggest.rules.clauses import (
    COMPLEMENTS,
    is_finite,
    parts,
    runs,
    subject,
    tokens_of,
)
from stancebank.suggest.rules.parser import Parser
from stancebank.suggest.rules.reading import CueWord, ReadPassage, read_passages
from stancebank.suggest.rules.speakers import NOBODY, EntityNames, Speaker, SpeakerMemory, noun_group

if TYPE_CHECKING:
    from spacy.tokens import Token

_VERBS = ("VERB", "AUX")


def find_candidates(
    source: ReadArticle, names: EntityNames, language: Language, habits: Habits, parser: Parser | None
) -> list[SpokenCandidate]:
    """Return what of an article may be a statement, in the order of the text.

    names: of the registry. language: of the article. parser: None to read it by its words alone.
    """
    passages = list(read_passages(source, language, habits, parser))
    memory = SpeakerMemory(names, language, source.text)
    memory.learn((each.passage.begin, each.passage.end) for each in passages)
    found: list[SpokenCandidate] = []
    for passage in passages:
        reader = _PassageReader(passage, memory, found[-1].saying + 1 if found else 0)
        found.extend(sorted(reader.read(), key=lambda each: (each.begin, each.end)))
    return found


@dataclass
class _Saying:
    """One cue with its speaker. verb: its token."""

    cue: CueWord | None
    speaker: Speaker
    number: int
    verb: "Token | None" = None
    because: str = ""


@dataclass
class _PassageReader:
    """Reads one passage. number: of the next cue."""

    passage: ReadPassage
    memory: SpeakerMemory
    number: int
    sayings: dict[int, _Saying] = field(default_factory=dict)

    def read(self) -> list[SpokenCandidate]:
        """Return the candidates of the passage."""
        if self.passage.parse is None:
            return []
        found: list[SpokenCandidate] = []
        for cue in self.passage.cues:
            token = self.passage.token_at(cue.bounds[0])
            if token is None or self.passage.inside(cue.bounds):
                continue
            if cue.kind == "sources":
                found.extend(self._source(cue, token))
            elif cue.kind == "nouns" or token.pos_ not in _VERBS:
                found.extend(self._noun(cue, token))
            elif token.dep_ not in ("aux", "auxpass", "amod"):
                found.extend(self._verb(cue, token))
        found.extend(self._quotations())
        found.extend(self._title(found))
        return _without_copies(found)

    # Words that attribute

    def _say(self, cue: CueWord, verb: "Token", because: str) -> _Saying:
        """Return a cue with its speaker, who is then the last one who spoke."""
        if verb.i not in self.sayings:
            speaker = self._speaker(self._subject(verb))
            if speaker.name is not None:
                self.memory.spoke(speaker)
            self.number += 1
            self.sayings[verb.i] = _Saying(cue, speaker, self.number, verb, because)
        return self.sayings[verb.i]

    def _speaker(self, noun: "Token | None") -> Speaker:
        parse = self.passage.parse
        if noun is None or parse is None:
            return replace(self.memory.again(), mention=None)
        group = noun_group(noun) or [noun]
        words = parse.bounds(group[0])[0], parse.bounds(group[-1])[1]
        appositions = [each for each in noun.children if each.dep_ == "appos"]
        for each in (*appositions, noun):
            inner = noun_group(each) or [each]
            bounds = parse.bounds(inner[0])[0], parse.bounds(inner[-1])[1]
            speaker = self.memory.who(bounds, parse.bounds(each))
            if speaker.is_known and (each is noun or speaker.because.endswith("registry")):
                return speaker
        return self.memory.who(words, parse.bounds(noun))

    def _subject(self, verb: "Token") -> "Token | None":
        """Return who says it: the subject of a verb, or of the one that it hangs on."""
        seen = 0
        while seen < 6:
            seen += 1
            by = [one for each in verb.children if each.dep_ == "agent" for one in each.children if one.dep_ == "pobj"]
            if by:
                return by[0]
            own = subject(verb)
            if own is not None and own.dep_ != "nsubjpass":
                if own.tag_ in ("WDT", "WP") and verb.dep_ == "relcl":
                    return verb.head
                return own
            if verb.dep_ == "acl" and verb.head.pos_ in ("NOUN", "PROPN", "PRON"):
                return verb.head
            if verb.dep_ == "relcl" and own is None:
                return verb.head
            if verb.dep_ == "ROOT" or verb.head is verb:
                return None
            verb = verb.head
            if verb.pos_ not in _VERBS and verb.dep_ in ("prep", "pcomp"):
                verb = verb.head
        return None

    def _verb(self, cue: CueWord, verb: "Token") -> Iterator[SpokenCandidate]:
        parse = self.passage.parse
        assert parse is not None
        if cue.kind == "acts":
            saying = self._say(cue, verb, "a verb that names the position")
            yield from self._act(cue, verb, saying)
            return
        clause = next(
            (
                each
                for each in verb.children
                if each.dep_ in COMPLEMENTS and each.pos_ in (*_VERBS, "NOUN", "ADJ", "PROPN")
            ),
            None,
        )
        if clause is None and verb.dep_ in ("parathesis", "parataxis", "ccomp", "advcl") and verb.head.pos_ in _VERBS:
            around = verb.head
            if subject(verb) is not None and around.i != verb.i:
                saying = self._say(cue, verb, "a verb of saying, thrown in")
                yield from self._clause(around, saying, (verb,))
            return
        if clause is None:
            return
        saying = self._say(cue, verb, "a verb of saying, with a clause")
        if clause.dep_ == "xcomp" and not is_finite(clause):
            return
        yield from self._clause(clause, saying, ())

    def _clause(self, clause: "Token", saying: _Saying, without: "tuple[Token, ...]") -> Iterator[SpokenCandidate]:
        parse = self.passage.parse
        assert parse is not None
        several = parts(clause)
        for number, each in enumerate(several):
            others = [one for one in several if one is not each and one.i > each.i]
            tokens = tokens_of(each, (*without, *others))
            verb = saying.verb
            if verb is not None:
                own = {one.i for one in verb.subtree} if each in verb.ancestors else {verb.i}
                tokens = [one for one in tokens if one.i not in own]
            while tokens and (tokens[0].dep_ in ("mark", "cc") and tokens[0].lower_ in ("that", "and", "but", "or")):
                tokens.pop(0)
            while tokens and (tokens[-1].dep_ == "cc" or tokens[-1].is_punct):
                tokens.pop()
            pieces = self.passage.trimmed(runs(parse, tokens))
            pieces = tuple(one for one in pieces if not self.passage.inside(one))
            if pieces:
                told = (saying.because, "one of several clauses") if len(several) > 1 and number else (saying.because,)
                yield self._made(pieces, saying, told)

    def _act(self, cue: CueWord, verb: "Token", saying: _Saying) -> Iterator[SpokenCandidate]:
        parse = self.passage.parse
        assert parse is not None
        objects = [each for each in verb.rights if each.dep_ in ("dobj", "prep", "ccomp", "xcomp", "dative", "oprd")]
        if not objects:
            return
        first = min((verb, *(each for each in verb.lefts if _belongs(each))), key=lambda one: one.i)
        left = {
            one.i
            for each in verb.rights
            if each.dep_ in ("conj", "cc", "parataxis") or (each.dep_ == "advcl" and each.tag_ == "VBG")
            for one in each.subtree
        }
        tokens = [each for each in verb.subtree if each.i >= first.i and each.i not in left]
        pieces = self.passage.trimmed(runs(parse, tokens))
        if pieces:
            yield self._made(pieces, saying, (saying.because,), names_act=True)

    def _noun(self, cue: CueWord, noun: "Token") -> Iterator[SpokenCandidate]:
        parse = self.passage.parse
        assert parse is not None
        if noun.pos_ != "NOUN":
            return
        about = [each for each in noun.rights if each.dep_ in ("acl", "prep", "ccomp", "relcl")]
        owner = next((each for each in noun.lefts if each.dep_ in ("poss", "compound", "nmod")), None)
        if not about or owner is None or about[0].lower_ == "by":
            return
        speaker = self._speaker(owner)
        self.number += 1
        saying = _Saying(cue, speaker, self.number)
        left = {one.i for each in noun.rights if each.dep_ in ("relcl", "conj", "cc", "appos") for one in each.subtree}
        tokens = [each for each in noun.subtree if each.i >= noun.i and each.i not in left]
        pieces = self.passage.trimmed(runs(parse, tokens))
        if pieces:
            yield self._made(pieces, saying, ("a noun that names the position, with its owner",), names_act=True)

    def _source(self, cue: CueWord, token: "Token") -> Iterator[SpokenCandidate]:
        parse = self.passage.parse
        assert parse is not None
        nouns = [each for each in token.subtree if each.dep_ == "pobj"]
        clause = token.head
        if not nouns or clause.pos_ not in _VERBS:
            return
        speaker = self._speaker(nouns[0])
        self.memory.spoke(speaker)
        self.number += 1
        saying = _Saying(cue, speaker, self.number, token, "a source, with a clause")
        self.sayings[token.i] = saying
        yield from self._clause(clause, replace(saying, verb=None), (token,))

    # Quotations

    def _quotations(self) -> Iterator[SpokenCandidate]:
        quoted = self.passage.clauses_quoted
        for begin, end in quoted:
            saying = self._near((begin, end))
            for first, last in self._pieces(begin, end):
                pieces = self.passage.trimmed([(first, last)])
                if pieces:
                    yield self._made(pieces, saying, (saying.because,))

    def _pieces(self, begin: int, end: int) -> Iterator[Bounds]:
        """Yield the sentences of a quotation, and the clauses of each that have subjects of their own."""
        for first, last in self.passage.sentences:
            first, last = max(first, begin), min(last, end)
            if first < last:
                yield first, last

    def _near(self, bounds: Bounds) -> _Saying:
        """Return the cue of a quotation: the nearest of its sentences, else of the paragraph, else the last speaker."""
        parse = self.passage.parse
        assert parse is not None
        begin, end = bounds
        around = [self.passage.sentence(begin), self.passage.sentence(end - 1), self.passage.sentence(end + 1)]
        best: tuple[tuple[int, int], _Saying] | None = None
        for cue in self.passage.cues:
            token = self.passage.token_at(cue.bounds[0])
            if token is None or token.pos_ not in _VERBS or self.passage.inside(cue.bounds):
                continue
            if cue.kind == "acts" and token.i not in self.sayings:
                continue
            is_near = any(first <= cue.bounds[0] < last for first, last in around)
            distance = max(begin - cue.bounds[1], cue.bounds[0] - end)
            saying = self._say(cue, token, "a quotation with a verb of saying")
            rank = (0 if is_near else 1, distance)
            if best is None or rank < best[0]:
                best = rank, saying
        if best is not None:
            return replace(best[1], because="a quotation at a verb of saying")
        self.number += 1
        return _Saying(None, self.memory.again(), self.number, None, "a quotation without a cue")

    # Headlines

    def _title(self, found: Iterable[SpokenCandidate]) -> Iterator[SpokenCandidate]:
        passage = self.passage.passage
        words = self.passage.words
        first, colon, rest = words.partition(":")
        if list(found) or passage.line > 60 or not colon or len(first.split()) > 6 or not rest.strip():
            return
        if "." in first or passage.zone not in ("title", "standfirst", "caption"):
            return
        begin = passage.begin
        for (b, e), name in self.memory.names.find(first):
            speaker = Speaker(name, True, (begin + b, begin + e), "speaker: the name before a colon")
            self.number += 1
            saying = _Saying(None, speaker, self.number)
            pieces = self.passage.trimmed([(begin + len(first) + 1, passage.end)])
            if pieces:
                yield self._made(pieces, saying, ("words behind a colon",))
            return

    def _made(
        self, content: tuple[Bounds, ...], saying: _Saying, because: tuple[str, ...], *, names_act: bool = False
    ) -> SpokenCandidate:
        passage = self.passage
        speaker = saying.speaker if saying.speaker is not None else NOBODY
        return SpokenCandidate(
            content=content,
            rendering=passage.rendering(content),
            cue=saying.cue.bounds if saying.cue else None,
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


def _without_copies(found: Iterable[SpokenCandidate]) -> list[SpokenCandidate]:
    kept: dict[tuple[Bounds, ...], SpokenCandidate] = {}
    for each in found:
        kept.setdefault(each.content, each)
    return list(kept.values())


def _belongs(before: "Token") -> bool:
    """Whether a word before a verb that names a position belongs to the content: a negation, or how firmly."""
    is_helper = before.dep_ == "aux" and before.lower_ in ("did", "does", "do")
    return is_helper or before.dep_ == "neg" or (before.dep_ == "advmod" and before.lower_.endswith("ly"))
