"""Conditions in the words of a statement: by phrases of the language file, each for a role, and the clause behind them.

Where a passage is parsed, a condition ends where the clause or phrase does that the connective opens; else at the next
mark. Where the scheme's roles have no phrases in a language, the names of the roles are looked for, and every other
connective of the language is of the first role that makes a statement depend on it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from stancebank.corpus.language import Language
from stancebank.corpus.phrases import PhraseHit, Phrases, PhraseWord, words_of
from stancebank.model import Bounds
from stancebank.schema.fields import Scheme
from stancebank.suggest.rules.candidates import Parse

if TYPE_CHECKING:
    from spacy.tokens import Token

ROLES = "condition_role"
"""The vocabulary of the roles."""

_STOPS = frozenset(',;:.?!–—”“"»«()')
_CLAUSES = ("advcl", "ccomp", "relcl", "acl", "xcomp", "conj", "pcomp", "dep", "parataxis")
_VERBS = ("VERB", "AUX")


@dataclass(frozen=True, slots=True)
class FoundCondition:
    """A condition. group: of those that have to hold together, from 1. kind: what has to hold; None if not known."""

    span: Bounds
    role: str
    group: int
    because: str
    kind: str | None = None


@lru_cache(maxsize=16)
def role_phrases(language: Language, scheme: Scheme) -> Phrases:
    """Return the phrases of all roles of a scheme; their owners are the roles."""
    if not scheme.has_conditions:
        return Phrases(())
    roles = scheme.vocabularies.values(ROLES)
    known = {role: words for role, words in language.values.get(ROLES, {}).items() if role in roles}
    if known:
        return Phrases(known.items())
    named = {role: [role.replace("_", " ")] for role in roles}
    usual = next((role for role, about in roles.items() if about.get("makes_conditional")), None)
    if usual is not None:
        named[usual] += [each for each in language.connectives if each not in roles]
    return Phrases(named.items())


def find_conditions(
    text: str, content: Sequence[Bounds], language: Language, scheme: Scheme, parse: Parse | None, cue: Bounds | None
) -> list[FoundCondition]:
    """Return the conditions of a statement in the order of the text. content: its pieces. cue: of a named act."""
    phrases = role_phrases(language, scheme)
    found: list[FoundCondition] = []
    for piece in content:
        words = words_of(text, piece)
        reached = piece[0]
        for hit in _chosen(phrases.find(words)):
            begin = words[hit.joins].begin
            if begin < reached or (cue is not None and cue[0] <= begin < cue[1]):
                continue
            role = str(hit.owner)
            for number, span in enumerate(_reaches(words, hit, piece, parse)):
                group = max((each.group for each in found if each.role == role), default=0)
                is_other = number and words_of(text, span)[0].text in language.alternatives
                together = group if number and not is_other else group + 1
                found.append(FoundCondition(span, role, together, f"“{hit.phrase}”"))
                reached = span[1]
    return found


def _chosen(hits: Iterable[PhraseHit]) -> list[PhraseHit]:
    """Return of hits that overlap the first and longest."""
    kept: list[PhraseHit] = []
    for hit in sorted(hits, key=lambda each: (each.joins, -each.last)):
        if not kept or hit.joins > kept[-1].last:
            kept.append(hit)
    return kept


def _reaches(words: Sequence[PhraseWord], hit: PhraseHit, piece: Bounds, parse: Parse | None) -> Iterator[Bounds]:
    """Yield what a connective opens: one clause or phrase, and those that *and* or *or* joins to it."""
    begin, joined = words[hit.joins].begin, words[hit.last].end
    if parse is None:
        end = next((each.begin for each in words[hit.last + 1 :] if each.text in _STOPS), piece[1])
        end = max((each.end for each in words if each.begin < end and not each.is_mark), default=joined)
        if end > joined or hit.last > hit.joins:
            yield begin, end
        return
    connective = [each for each in parse.tokens(piece) if begin <= parse.bounds(each)[0] < joined]
    clause = _opened(connective) if connective else None
    if clause is None or _is_asked(connective, clause):
        if clause is None:
            yield from _reaches(words, hit, piece, None)
        return
    if clause.pos_ == "NOUN":
        begin = max(piece[0], min(parse.bounds(each)[0] for each in clause.subtree))
    for part in _parts(clause):
        inner = {each.i for one in _parts(part)[1:] for each in one.subtree}
        inner |= {each.i for one in part.children if one.dep_ == "cc" and inner for each in one.subtree}
        first = begin
        if part is not clause:
            before = [each for each in part.head.children if each.dep_ == "cc" and each.i < part.i]
            first = parse.bounds(before[-1])[0] if before else min(parse.bounds(each)[0] for each in part.subtree)
        own = [each for each in part.subtree if each.i not in inner and first <= parse.bounds(each)[0] < piece[1]]
        while own and (own[-1].is_punct or own[-1].dep_ == "cc" or own[-1].is_space):
            own.pop()
        if own and parse.bounds(own[-1])[1] > first:
            yield first, max(parse.bounds(own[-1])[1], joined if part is clause else 0)


def _opened(connective: "Sequence[Token]") -> "Token | None":
    """Return the verb of the clause, or the head of the phrase, that a connective opens; None where none is seen."""
    inside = {each.i for each in connective}
    if connective[0].pos_ == "NOUN":
        return connective[0]
    for each in reversed(connective):
        head = each.head
        if each.dep_ == "mark" and head.i not in inside and head.i > each.i:
            return head
        if each.dep_ == "advmod" and head.i not in inside and head.dep_ in _CLAUSES and head.i > each.i:
            return head
        if each.dep_ in ("prep", "agent", "pcomp") and any(one.i > each.i for one in each.children):
            return each
    return None


def _is_asked(connective: "Sequence[Token]", clause: "Token") -> bool:
    """Whether a clause is what somebody asks or says, and no condition, or tells which thing is meant."""
    return len(connective) == 1 and clause.dep_ in ("ccomp", "relcl", "pcomp") and clause.head.i < connective[0].i


def _parts(clause: "Token") -> "list[Token]":
    """Return a clause, and those that are joined to it and have verbs of their own."""
    found = [clause]
    for each in found:
        if each.pos_ in _VERBS:
            found.extend(one for one in each.children if one.dep_ == "conj" and one.pos_ in _VERBS)
    return found
