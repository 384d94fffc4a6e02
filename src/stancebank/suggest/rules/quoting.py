"""Quotations: their sentences and clauses, and the cue that each hangs on."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from stancebank.model import Bounds
from stancebank.suggest.rules.attribution import Saying, Sayings
from stancebank.suggest.rules.candidates import SpokenCandidate
from stancebank.suggest.rules.clauses import VERBS, is_finite, is_relative, subject

if TYPE_CHECKING:
    from spacy.tokens import Token


_LONGEST = 120  # characters between two parts of a quotation


def quotation_candidates(sayings: Sayings, taken: Sequence[Bounds], title: Saying | None) -> Iterator[SpokenCandidate]:
    """Yield the clauses of the quotations of a passage.

    taken: pieces of contents that have quotations in them already. title: who speaks in a headline, without a cue.
    """
    passage = sayings.passage
    waiting: SpokenCandidate | None = None  # the last clause, as long as a quotation may go on with it
    for quotation in _all(sayings):
        if any(begin <= quotation[0] and quotation[1] <= end for begin, end in taken):
            continue
        pieces = list(_clauses(sayings, quotation))
        contents = [content for piece in pieces if (content := passage.trimmed([piece]))]
        if waiting is not None and contents and _goes_on(passage.text, waiting.end, quotation):
            content = *waiting.content, *contents.pop(0)
            waiting = replace(waiting, content=content, because=(*waiting.because, "a quotation that goes on"))
        if waiting is not None and contents:
            yield waiting
        if not contents:
            continue
        saying = _nearest(sayings, quotation)
        saying = title if title is not None and saying.cue is None else saying
        why = "a quotation at a verb of saying" if saying.cue else "a quotation without a cue"
        for content in contents:
            if waiting is not None and waiting.content != content and waiting.begin >= quotation[0]:
                yield waiting
            waiting = sayings.candidate(content, saying, (why,))
        for piece in _grounds(sayings, quotation):
            content = passage.trimmed([piece])
            if content:
                yield sayings.candidate(content, saying, (why, "a ground with a clause of its own"))
    if waiting is not None:
        yield waiting


def _all(sayings: Sayings) -> Iterator[Bounds]:
    """Yield the quotations that are words of somebody, and those that go on with one of them, however short."""
    passage = sayings.passage
    last: Bounds | None = None
    for each in passage.quoted:
        goes_on = last is not None and _goes_on(passage.text, last[1], each)
        if each in passage.clauses_quoted or goes_on:
            last = each
            yield each


def _goes_on(text: str, end: int, quotation: Bounds) -> bool:
    """Whether a quotation goes on with a sentence of the one before, after words such as *she said*.

    end: of the one before, or of its last clause.
    """
    begins = next((each for each in text[quotation[0] : quotation[1]] if each.isalnum()), "")
    between = text[end : quotation[0] - 1]
    is_open = text[end - 1] not in ".!?…" and not any(each in ".!?…;:" for each in between)
    return begins.islower() and is_open and "," in between[-2:] and len(between) < _LONGEST


def _clauses(sayings: Sayings, quotation: Bounds) -> Iterator[Bounds]:
    """Yield the sentences of a quotation, cut where a joined clause begins that has a subject of its own."""
    passage = sayings.passage
    parse = passage.parse
    assert parse is not None
    for first, last in passage.sentences:
        first, last = max(first, quotation[0]), min(last, quotation[1])
        if first >= last:
            continue
        places = [first]
        for token in parse.tokens((first, last)):
            joined = _begin_of_joined(token)
            place = parse.begin + joined.idx if joined is not None else last
            if first < place < last:
                places.append(place)
        for begin, end in pairwise(sorted({*places, last})):
            yield begin, _without_joining(sayings, begin, end)


def _begin_of_joined(verb: "Token") -> "Token | None":
    """Return the first word of a joined clause that has a subject of its own, or of one behind a colon."""
    if verb.text == ":" and verb.i + 1 < len(verb.doc):
        rest = verb.doc[verb.i + 1 : verb.sent.end]
        return verb.doc[verb.i + 1] if any(each.pos_ in VERBS and is_finite(each) for each in rest) else None
    if verb.lower_ == "nor" and verb.i > verb.sent.start:
        return verb
    if verb.dep_ == "conj" and verb.pos_ in VERBS and verb.head.pos_ in VERBS:
        own = subject(verb)
        if (
            own is not None
            and not is_relative(own)
            and is_finite(verb)
            and verb.head.dep_ not in ("relcl", "advcl", "acl")
        ):
            return verb.left_edge
    return None


def _without_joining(sayings: Sayings, begin: int, end: int) -> int:
    """Return where a clause ends, without *and* or *but* before the next one."""
    passage = sayings.passage
    parse = passage.parse
    assert parse is not None
    tokens = list(parse.tokens((begin, end)))
    while len(tokens) > 1 and (tokens[-1].dep_ == "cc" or tokens[-1].text in (",", ";", ":", "–", "—")):
        end = parse.bounds(tokens.pop())[0]
    return end


def _grounds(sayings: Sayings, quotation: Bounds) -> Iterator[Bounds]:
    passage = sayings.passage
    parse = passage.parse
    assert parse is not None
    for verb in parse.tokens(quotation):
        if verb.dep_ == "advcl" and verb.pos_ in VERBS and is_finite(verb) and subject(verb) is not None:
            first, last = verb.left_edge, verb.right_edge
            begin, end = parse.bounds(first)[0], parse.bounds(last)[1]
            if first.lower_ in passage.language.causes and quotation[0] <= begin:
                yield begin, min(end, quotation[1])


def _nearest(sayings: Sayings, quotation: Bounds) -> Saying:
    """Return the saying of a quotation: of the nearest cue of its sentences, else of its paragraph, else the last."""
    passage = sayings.passage
    parse = passage.parse
    assert parse is not None
    begin, end = quotation
    around = {
        passage.sentence(max(begin - 1, passage.passage.begin)),
        passage.sentence(begin),
        passage.sentence(end - 1),
    }
    around.add(passage.sentence(min(end + 1, passage.passage.end - 1)))
    best: tuple[tuple[int, int, int], int] | None = None
    for place, cue in sayings.cue_words.items():
        verb = parse.doc[place]
        if cue.kind == "sources":
            if place not in sayings.by_verb:
                continue
        elif not sayings.is_cue(verb) or verb.dep_ in ("amod", "aux", "xcomp", "relcl", "acl"):
            continue
        if cue.kind == "acts" and place not in sayings.by_verb:
            continue
        is_near = any(first <= cue.bounds[0] < last for first, last in around)
        is_act = cue.kind == "acts"
        distance = max(begin - cue.bounds[1], cue.bounds[0] - end, 0)
        rank = 0 if is_near else 1, distance + (60 if is_act else 0), place
        if best is None or rank < best[0]:
            best = rank, place
    if best is not None:
        verb = parse.doc[best[1]]
        return sayings.by_verb.get(verb.i) or sayings.at(verb)
    before = _free_verb(sayings, quotation)
    if before is not None:
        return before
    return Saying(None, sayings.memory.again(), sayings.new(None, sayings.memory.again(), begin).number)


def _free_verb(sayings: Sayings, quotation: Bounds) -> Saying | None:
    """Return the saying of a verb that no lexicon has, where a quotation is what it says: *“...,” he sighed*."""
    passage = sayings.passage
    parse = passage.parse
    assert parse is not None
    for token in parse.tokens((quotation[1], min(quotation[1] + 80, passage.passage.end))):
        if token.pos_ == "VERB" and token.tag_ in ("VBD", "VBZ") and not passage.inside(parse.bounds(token)):
            own = subject(token)
            said = [each for each in token.children if each.dep_ == "ccomp" and passage.inside(parse.bounds(each))]
            if own is not None and said and not passage.inside(parse.bounds(own)):
                bounds = parse.bounds(token)
                return sayings.new(bounds, sayings.speaker(own, token), bounds[0])
            return None
    return None
