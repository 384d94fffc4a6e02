"""Candidates of one article, by quotations, words that attribute, and the parse of its sentences."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from stancebank.corpus.language import Habits, Language
from stancebank.model import Bounds
from stancebank.suggest.engine import ReadArticle
from stancebank.suggest.rules.attribution import Saying, Sayings
from stancebank.suggest.rules.candidates import SpokenCandidate
from stancebank.suggest.rules.clauses import (
    VERBS,
    after_comma,
    governor,
    has_modal,
    is_finite,
    is_infinitive,
    is_relative,
    noun_group,
    own_sayings,
    parts,
    runs,
    subject,
    tokens_of,
    trimmed_tokens,
)
from stancebank.suggest.rules.headlines import headline
from stancebank.suggest.rules.parser import Parser
from stancebank.suggest.rules.plain import find_plainly
from stancebank.suggest.rules.quoting import quotation_candidates
from stancebank.suggest.rules.reading import CueWord, ReadPassage, read_passages
from stancebank.suggest.rules.speakers import EntityNames, SpeakerMemory

if TYPE_CHECKING:
    from spacy.tokens import Token

_NO_VERB = frozenset(("aux", "auxpass", "amod", "compound"))
_THROWN_IN = 25  # tokens of words that are thrown in, at most
_LOOSE = 25  # tokens between a verb and the clause that it introduces, at most
_COMPLEMENT = frozenset(("prep", "acl", "ccomp"))
_ABOUT = frozenset(("of", "to", "for", "on", "against", "that", "about", "with"))


def find_candidates(
    source: ReadArticle, names: EntityNames, language: Language, habits: Habits, parser: Parser | None
) -> list[SpokenCandidate]:
    """Return what of an article may be a statement, in the order of the text.

    names: of the registry. language: of the article. parser: None to read it by its words alone.
    """
    passages = list(read_passages(source, language, habits, parser, names.spellings()))
    published = source.article.published.value if source.article.published else None
    memory = SpeakerMemory(names, language, source.text, published)
    memory.learn((each.passage.begin, each.passage.end) for each in passages)
    found: list[SpokenCandidate] = []
    number = 0
    for passage in passages:
        sayings = Sayings(passage, memory, number)
        read = find_plainly(sayings) if passage.parse is None else _PassageReader(sayings).read()
        found.extend(sorted(_without_copies(read), key=lambda each: (each.begin, each.end)))
        number = sayings.number
    return list(_told_later(found, passages))


def _told_later(found: list[SpokenCandidate], passages: list[ReadPassage]) -> Iterator[SpokenCandidate]:
    """Yield candidates; those of a quotation that its paragraph leaves open, without a cue, by who ends it."""
    by_line: dict[int, list[SpokenCandidate]] = {}
    for each in found:
        by_line.setdefault(each.line, []).append(each)
    goes_on: dict[int, int] = {}  # from the line of a quotation that is left open to that of the next passage
    for one, other in pairwise(passages):
        is_open = bool(one.quoted) and one.quoted[-1][1] == one.passage.end
        if is_open and other.quoted and other.quoted[0][0] - other.passage.begin <= 1:
            goes_on[one.passage.line] = other.passage.line
    for each in found:
        line, ending = each.line, None
        while each.cue is None and each.rendering == "direct" and ending is None and line in goes_on:
            line = goes_on[line]
            ending = next((one for one in by_line.get(line, ()) if one.cue is not None), None)
        if ending is None:
            yield each
        else:
            because = (*each.because[:-1], "speaker: who ends the quotation, in a later paragraph")
            yield replace(each, speaker=ending.speaker, is_known=ending.is_known, mention=None, because=because)


@dataclass
class _PassageReader:
    """Reads one passage. used: verbs that are part of the saying of another one."""

    sayings: Sayings
    used: set[int] = field(default_factory=set)
    clauses: set[int] = field(default_factory=set)

    @property
    def passage(self) -> ReadPassage:
        """What is read."""
        return self.sayings.passage

    def read(self) -> list[SpokenCandidate]:
        """Return the candidates of the passage."""
        self._note_subjects()
        head = headline(self.sayings)
        if head is not None and head.found:
            return list(head.found)
        found: list[SpokenCandidate] = []
        parse = self.passage.parse
        assert parse is not None
        for place, cue in sorted(self.sayings.cue_words.items()):
            token = parse.doc[place]
            if cue.kind == "sources":
                found.extend(self._source(cue, token))
            elif token.pos_ in ("NOUN", "PROPN"):
                found.extend(self._noun(cue, token))
            elif self.sayings.is_cue(token) and place not in self.used and token.dep_ not in _NO_VERB:
                found.extend(self._verb(cue, token))
        mixed = [each for each in found if each.rendering == "mixed" and not each.names_act]
        taken = [piece for each in mixed for piece in each.content]
        found.extend(quotation_candidates(self.sayings, taken, head.saying if head else None))
        return found

    def _note_subjects(self) -> None:
        """Keep in mind who is told of as a subject, for pronouns later on."""
        parse, memory = self.passage.parse, self.sayings.memory
        assert parse is not None
        named = {place: name for (begin, end), name in memory.mentions for place in range(begin, end)}
        for token in parse.doc:
            if token.dep_ in ("nsubj", "nsubjpass") and token.head.dep_ in ("ROOT", "conj", "ccomp"):
                for bounds in (parse.bounds(each) for each in (token, *self.sayings.beside(token))):
                    if bounds[0] in named and not self.passage.inside(bounds):
                        memory.events.append((bounds[0], named[bounds[0]]))

    # Verbs

    def _verb(self, cue: CueWord, verb: "Token") -> Iterator[SpokenCandidate]:
        outer = governor(verb, self.sayings.is_cue)
        clause = self._complement(verb)
        asked = next((each for each in verb.children if each.dep_ == "xcomp" and is_infinitive(each)), None)
        if outer is not None and not self._stands_alone(verb):
            return
        if cue.kind == "acts" or (clause is None and asked is not None):
            yield from self._act(verb)
            return
        if clause is None:
            clause = self._loose_clause(verb)
        if clause is not None and not (subject(clause) is None and clause.tag_ == "VBG"):
            yield from self._said(verb, clause, "a verb of saying, with a clause")
            return
        around = verb.head
        if verb.dep_ in ("parataxis", "ccomp", "advcl", "conj") and around.pos_ in VERBS and subject(verb) is not None:
            is_marked = any(each.dep_ == "mark" for each in verb.children)
            if not is_marked and not self.sayings.is_cue(around) and self._is_thrown_in(verb):
                saying = self.sayings.at(verb)
                own = subject(around)
                if around.dep_ == "relcl" and own is not None and is_relative(own):
                    yield from self._antecedent(around, around, own, saying, without=(verb,))
                    return
                yield from self._clauses(around, saying, (verb,), ("a verb of saying, thrown in",))

    def _complement(self, verb: "Token") -> "Token | None":
        """Return the clause that a verb governs: one with *that* before others, one of a verb before others."""
        introduces = self.passage.language.introduces
        found = [each for each in verb.children if each.dep_ == "ccomp" and each.pos_ != "PUNCT"]

        def rank(each: "Token") -> tuple[bool, bool, int]:
            marked = any(one.dep_ == "mark" and one.lower_ in introduces for one in each.children)
            return marked, each.pos_ in VERBS, -each.i

        return max(found, key=rank, default=None)

    def _stands_alone(self, verb: "Token") -> bool:
        """Whether a verb inside what somebody says tells what somebody else says, and not what he will do."""
        own = subject(verb)
        if own is None or own.pos_ == "PRON" or not is_finite(verb) or has_modal(verb):
            return False
        return verb.dep_ not in ("xcomp", "pcomp")

    def _is_thrown_in(self, verb: "Token") -> bool:
        """Whether a verb with its subject stands between commas, or behind one at the end."""
        doc = verb.doc
        own = [each.i for each in verb.subtree if not each.is_punct and not each.is_space]
        first, last = own[0], own[-1]
        before = doc[first - 1].text if first else ","
        after = doc[last + 1].text if last + 1 < len(doc) else "."
        inner = doc[last].text
        return before in ',–—”"’' and (after in ',.–—“"' or inner in ",.") and last - first < 25

    def _loose_clause(self, verb: "Token") -> "Token | None":
        """Return the clause with *that* behind a verb to which the parse does not tie it."""
        sent = verb.sent
        for token in verb.doc[verb.i + 1 : min(sent.end, verb.i + _LOOSE)]:
            if token.dep_ == "mark" and token.lower_ in self.passage.language.introduces and token.head.pos_ in VERBS:
                return token.head if token.head.i not in self.clauses else None
            if self.sayings.is_cue(token) or token.text in (",", ";", ":"):
                return None
        return None

    def _said(self, verb: "Token", clause: "Token", because: str) -> Iterator[SpokenCandidate]:
        parse = self.passage.parse
        assert parse is not None
        self.clauses.add(clause.i)
        saying = self.sayings.at(verb)
        own = subject(clause)
        in_quote = self.passage.inside(parse.bounds(clause))
        if in_quote and (own is None or self.passage.inside(parse.bounds(own))):
            return  # it is a quotation, which is read as one
        if verb.dep_ == "relcl" and after_comma(verb):
            relative = next((each for each in (*verb.subtree,) if is_relative(each)), None)
            if relative is not None and relative.dep_ in ("nsubj", "dobj", "nsubjpass"):
                yield from self._antecedent(verb, clause, relative, saying)
                return
        yield from self._clauses(clause, saying, (), (because,))

    def _antecedent(
        self, verb: "Token", clause: "Token", relative: "Token", saying: Saying, without: "tuple[Token, ...]" = ()
    ) -> Iterator[SpokenCandidate]:
        """Yield a clause of *which*, with the noun group that this stands for."""
        parse = self.passage.parse
        assert parse is not None
        noun = verb.head
        definite = self.passage.language.attribution["definite"]
        while (
            noun.dep_ == "pobj"
            and noun.head.dep_ == "prep"
            and any(each.dep_ == "det" and definite.fullmatch(each.text) for each in noun.head.head.children)
        ):
            noun = noun.head.head  # the toll on salt, which
        group = noun_group(noun) or [noun]
        rest = trimmed_tokens([each for each in tokens_of(clause, without) if each.i != relative.i])
        pieces = self.passage.trimmed([*runs(parse, group), *runs(parse, rest)])
        if pieces:
            yield self.sayings.candidate(pieces, saying, ("a relative clause with a verb of saying",))

    def _clauses(
        self, clause: "Token", saying: Saying, without: "tuple[Token, ...]", because: tuple[str, ...]
    ) -> Iterator[SpokenCandidate]:
        several = parts(clause)
        cut = (*without, *own_sayings(clause, self.sayings.is_cue, is_act=False))
        for number, each in enumerate(several):
            if each in cut or any(each.is_ancestor(one) is False and one.is_ancestor(each) for one in cut):
                continue
            others = [one for one in several if one != each and each.is_ancestor(one)]
            tokens = tokens_of(each, (*cut, *others))
            if without and without[0].is_ancestor(each):
                tokens = [one for one in tokens if one.i != without[0].i]
            said = (*because, "one of several clauses") if number else because
            yield from self._made(tokens, saying, said)
        yield from self._grounds(clause, saying, because)

    def _grounds(self, clause: "Token", saying: Saying, because: tuple[str, ...]) -> Iterator[SpokenCandidate]:
        """Yield the grounds that have a finite clause of their own."""
        causes = self.passage.language.causes
        for verb in clause.subtree:
            if verb.dep_ == "advcl" and verb.pos_ in VERBS and is_finite(verb) and subject(verb) is not None:
                first = verb.left_edge
                if first.lower_ in causes and first.dep_ in ("mark", "advmod", "prep"):
                    yield from self._made(list(verb.subtree), saying, (*because, "a ground with a clause of its own"))

    def _made(
        self, tokens: "list[Token]", saying: Saying, because: tuple[str, ...], *, names_act: bool = False
    ) -> Iterator[SpokenCandidate]:
        parse = self.passage.parse
        assert parse is not None
        pieces = self.passage.trimmed(self.passage.closed(runs(parse, trimmed_tokens(tokens))))
        if pieces and not all(self.passage.inside(one) for one in pieces):
            yield self.sayings.candidate(pieces, saying, because, names_act=names_act)

    def _act(self, verb: "Token") -> Iterator[SpokenCandidate]:
        if is_infinitive(verb) or verb.dep_ == "pcomp" or (verb.tag_ == "VBG" and verb.dep_ in ("csubj", "pobj")):
            return
        joined = [each for each in verb.children if each.dep_ == "conj" and self.sayings.is_cue(each)]
        has_object = self._has_object(verb)
        if not has_object:
            near = [each for each in joined if each.i - verb.i <= 3 and self._has_object(each) and not subject(each)]
            if not near:
                return
            self.used.add(near[0].i)
        saying = self.sayings.at(verb)
        if not has_object and saying.cue is not None:
            saying = replace(saying, cue=(saying.cue[0], self.sayings.cue_words[near[0].i].bounds[1]))
        if saying.speaker.name is None:
            return
        first = min((verb, *(each for each in verb.lefts if _belongs(each))), key=lambda one: one.i)
        agents = [each for each in verb.children if each.dep_ == "agent"]
        apart = [each for each in verb.children if each.dep_ == "parataxis"]
        apart += [
            each
            for each in verb.children
            if each.dep_ == "conj" and (subject(each) is not None or (each not in joined and after_comma(each)))
        ]
        tokens = tokens_of(verb, [*own_sayings(verb, self.sayings.is_cue, is_act=True), *agents, *apart])
        if not agents:
            tokens = [each for each in tokens if each.i >= first.i]
        tokens = _until_semicolon(tokens, verb)
        sharing = [each for each in joined if each.i not in self.used and each not in apart and self._is_act(each)]
        made = list(self._made(tokens, saying, ("a verb that names the position",), names_act=True))
        yield from made
        for each in sharing if made else ():
            self.used.add(each.i)
            other = replace(saying, cue=self.sayings.cue_of(each), number=self.sayings.next_number())
            yield self.sayings.candidate(
                made[0].content, other, ("a verb that names the position, joined to another",), names_act=True
            )

    def _is_act(self, verb: "Token") -> bool:
        return self.sayings.cue_words[verb.i].kind == "acts"

    def _has_object(self, verb: "Token") -> bool:
        wanted = ("dobj", "prep", "ccomp", "xcomp", "dative", "oprd", "nsubjpass")
        return any(each.dep_ in wanted for each in verb.children)

    # Nouns and sources

    def _noun(self, cue: CueWord, noun: "Token") -> Iterator[SpokenCandidate]:
        parse = self.passage.parse
        assert parse is not None
        if not self.passage.language.attribution["nouns"].fullmatch(noun.text):
            return
        about = [
            each for each in noun.rights if each.dep_ in _COMPLEMENT and (each.dep_ != "prep" or each.lower_ in _ABOUT)
        ]
        owner = next((each for each in noun.lefts if each.dep_ in ("poss", "compound", "nmod")), None)
        if not about or owner is None or (owner.dep_ != "poss" and owner.pos_ != "PROPN"):
            return
        saying = self.sayings.new(cue.bounds, self.sayings.speaker(owner), cue.bounds[0])
        beside = ("relcl", "conj", "cc", "appos")
        left = {one.i for each in noun.rights if each.dep_ in beside for one in each.subtree}
        tokens = [each for each in noun.subtree if each.i >= noun.i and each.i not in left]
        yield from self._made(tokens, saying, ("a noun that names the position, with its owner",), names_act=True)

    def _source(self, cue: CueWord, token: "Token") -> Iterator[SpokenCandidate]:
        nouns = [each for each in token.subtree if each.dep_ == "pobj"]
        clause = token.head
        while clause.pos_ not in VERBS and clause.head != clause:
            clause = clause.head
        if nouns:
            saying = self.sayings.new(cue.bounds, self.sayings.speaker(nouns[0]), cue.bounds[0])
            self.sayings.by_verb[token.i] = saying
            yield from self._clauses(clause, saying, (token,), ("a source, with a clause",))


def _belongs(before: "Token") -> bool:
    """Whether a word before a verb that names a position belongs to the content: a negation, or how firmly."""
    is_helper = before.dep_ == "aux" and before.lower_ in ("did", "does", "do")
    is_negated = is_helper and any(each.dep_ == "neg" for each in before.head.lefts)
    return is_negated or before.dep_ == "neg" or (before.dep_ == "advmod" and before.lower_.endswith("ly"))


def _until_semicolon(tokens: "list[Token]", verb: "Token") -> "list[Token]":
    """Return tokens up to the semicolon behind a verb, where another phrase begins."""
    place = next((n for n, each in enumerate(tokens) if each.text == ";" and each.i > verb.i), len(tokens))
    return tokens[:place]


def _without_copies(found: Iterable[SpokenCandidate]) -> list[SpokenCandidate]:
    """Return candidates without those that repeat another: the same content at the same cue, or at none."""
    kept: dict[tuple[tuple[Bounds, ...], Bounds | None], SpokenCandidate] = {}
    contents: dict[tuple[Bounds, ...], SpokenCandidate] = {}
    for each in found:
        before = contents.setdefault(each.content, each)
        if before is each or (before.names_act and each.names_act):
            kept.setdefault((each.content, each.cue), each)
    return list(kept.values())
