"""Reading without a parse, of a language without a model: quotations, and the sentences that have a cue."""

from collections.abc import Iterator

from stancebank.model import Bounds
from stancebank.suggest.rules.attribution import Saying, Sayings
from stancebank.suggest.rules.candidates import SpokenCandidate
from stancebank.suggest.rules.headlines import headline
from stancebank.suggest.rules.reading import CueWord
from stancebank.suggest.rules.speakers import Speaker


def find_plainly(sayings: Sayings) -> list[SpokenCandidate]:
    """Return the candidates of a passage by its marks, its cues and the names at them."""
    head = headline(sayings)
    if head is not None and head.found:
        return list(head.found)
    found = list(_quotations(sayings, head.saying if head else None))
    found.extend(_sentences(sayings))
    return found


def _quotations(sayings: Sayings, title: Saying | None) -> Iterator[SpokenCandidate]:
    passage = sayings.passage
    for quotation in passage.clauses_quoted:
        cue = _nearest(sayings, quotation)
        saying = title or _saying(sayings, cue, quotation)
        why = "a quotation near a cue" if saying.cue else "a quotation without a cue"
        for first, last in passage.sentences:
            first, last = max(first, quotation[0]), min(last, quotation[1])
            content = passage.trimmed([(first, last)]) if first < last else ()
            if content:
                yield sayings.candidate(content, saying, (why, "read without a parse"))


def _sentences(sayings: Sayings) -> Iterator[SpokenCandidate]:
    """Yield what stands behind a cue in its sentence, or before it where little stands behind it."""
    passage = sayings.passage
    seen: set[Bounds] = set()
    for cue in passage.cues:
        sentence = passage.sentence(cue.bounds[0])
        is_quoted = any(begin < sentence[1] and sentence[0] < end for begin, end in passage.clauses_quoted)
        if sentence in seen or is_quoted or passage.inside(cue.bounds):
            continue
        seen.add(sentence)
        saying = _saying(sayings, cue, sentence)
        if cue.kind in ("acts", "nouns"):
            bounds, names_act = (cue.bounds[0], sentence[1]), True
        else:
            bounds = _said_at(passage.text, cue.bounds, sentence)
            names_act = False
        content = passage.trimmed([bounds])
        if content:
            yield sayings.candidate(
                content, saying, ("a sentence with a cue", "read without a parse"), names_act=names_act
            )


def _said_at(text: str, cue: Bounds, sentence: Bounds) -> Bounds:
    """Return the longer part of a sentence beside its cue: what stands before a comma, or behind a comma or the cue."""
    comma = text.rfind(",", sentence[0], cue[0])
    before = sentence[0], max(comma, sentence[0])
    first = text.find(",", cue[1], sentence[1])
    behind = (first + 1 if 0 <= first < (cue[1] + sentence[1]) // 2 else cue[1]), sentence[1]
    return before if before[1] - before[0] > behind[1] - behind[0] else behind


def _nearest(sayings: Sayings, quotation: Bounds) -> CueWord | None:
    """Return the cue that stands nearest to a quotation in its paragraph, outside of it."""
    begin, end = quotation
    outside = [each for each in sayings.passage.cues if not sayings.passage.inside(each.bounds)]
    return min(outside, key=lambda each: max(begin - each.bounds[1], each.bounds[0] - end), default=None)


def _saying(sayings: Sayings, cue: CueWord | None, around: Bounds) -> Saying:
    if cue is None:
        again = sayings.memory.again()
        return sayings.new(None, again, around[0])
    speaker = _speaker(sayings, cue)
    return sayings.new(cue.bounds, speaker, cue.bounds[0])


def _speaker(sayings: Sayings, cue: CueWord) -> Speaker:
    """Return whom the name nearest to a cue means, outside of quotations; else the last speaker."""
    passage = sayings.passage
    begin = passage.passage.begin
    sentence = passage.sentence(cue.bounds[0])
    named = [((begin + first, begin + last), name) for (first, last), name in sayings.memory.names.find(passage.words)]
    near = [each for each in named if not passage.inside(each[0]) and sentence[0] <= each[0][0] < sentence[1]]
    if not near:
        return sayings.memory.again()
    bounds, name = min(near, key=lambda each: max(cue.bounds[0] - each[0][1], each[0][0] - cue.bounds[1]))
    return Speaker(name, True, bounds, "speaker: the name nearest to the cue")
