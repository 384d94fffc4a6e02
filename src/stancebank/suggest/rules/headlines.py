"""Headlines, and answers of interviews: *X: no talks*, *no talks - X*."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from stancebank.model import Bounds
from stancebank.suggest.rules.attribution import Saying, Sayings
from stancebank.suggest.rules.candidates import SpokenCandidate
from stancebank.suggest.rules.speakers import Speaker

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_MOST = 8  # words that a speaker has before a colon at most
_DASH = re.compile(r"\s[-–—]\s")


@dataclass(frozen=True, slots=True)
class Headline:
    """What of a headline is found. saying: its speaker, for quotations behind the colon."""

    found: tuple[SpokenCandidate, ...]
    saying: Saying | None


def headline(sayings: Sayings) -> Headline | None:
    """Return what a passage is as a headline, or an answer of an interview; None where it names no speaker apart."""
    passage = sayings.passage
    words, begin = passage.words, passage.passage.begin
    first, colon, rest = words.partition(":")
    is_line = len(words.split()) <= 30 and words[-1:] not in "."
    if colon and 0 < len(first.split()) <= _MOST and rest[:1].isspace() and not re.search(r"[.!?“”\"]", first):
        bounds = begin, begin + len(first)
        speaker = None if _has_verb(sayings, bounds) else _speaker(sayings, bounds)
        if speaker is not None and (speaker.is_known or (is_line and _may_speak(sayings, first))):
            return _headline(sayings, speaker, (bounds[1] + 1, passage.passage.end), "words behind a colon")
    if not is_line:
        return None
    dashes = list(_DASH.finditer(words))
    if dashes and 0 < len(words[dashes[-1].end() :].split()) <= _MOST:
        bounds = begin + dashes[-1].end(), passage.passage.end
        speaker = None if _has_verb(sayings, bounds) else _speaker(sayings, bounds)
        if speaker is not None and speaker.is_known:
            return _headline(sayings, speaker, (begin, begin + dashes[-1].start()), "words before a dash")
    return _announced(sayings)


def _may_speak(sayings: Sayings, words: str) -> bool:
    """Whether words that the registry lacks may name who speaks: several of them, or an office or a body."""
    patterns = sayings.passage.language.attribution
    return len(words.split()) > 1 or any(patterns[each].fullmatch(words) for each in ("offices", "bodies"))


def _announced(sayings: Sayings) -> Headline | None:
    """Return a headline such as *Suvia to lift the ban*, which tells what a side has said that it will do."""
    passage = sayings.passage
    named = sayings.memory.names.find(passage.words)
    if not named or named[0][0][0] or sayings.has_verbs():
        return None
    (_, last), name = named[0]
    begin = passage.passage.begin
    behind = passage.token_at(begin + last + 1)
    if behind is None or behind.tag_ != "TO" or behind.head.tag_ != "VB":
        return None
    speaker = Speaker(name, True, (begin, begin + last), "speaker: the subject of a headline")
    return _headline(sayings, speaker, (begin, passage.passage.end), "a headline of what is to be")


def _headline(sayings: Sayings, speaker: Speaker, bounds: Bounds, why: str) -> Headline:
    passage = sayings.passage
    saying = sayings.new(None, speaker, passage.passage.begin)
    if any(begin < bounds[1] and bounds[0] < end for begin, end in passage.clauses_quoted):
        return Headline((), saying)
    found = []
    for piece in _parts(passage.text, bounds):
        content = passage.trimmed([piece])
        if content:
            found.append(sayings.candidate(content, saying, (why,)))
    return Headline(tuple(found), saying)


def _parts(text: str, bounds: Bounds) -> Iterator[Bounds]:
    """Yield the phrases that stand side by side: sentences, and parts between commas that begin with one word."""
    begin = bounds[0]
    for match in re.finditer(r"[.!?;]\s+|,\s+|$", text[bounds[0] : bounds[1]]):
        end, after = bounds[0] + match.start(), bounds[0] + match.end()
        following = _WORD.match(text, after)
        own = _WORD.search(text, begin)
        is_same = following is not None and own is not None and following[0].casefold() == own[0].casefold()
        if not match[0].startswith(",") or (is_same and after < bounds[1]):
            if begin < end:
                yield begin, end + (1 if match[0][:1] in ("?", "!") else 0)
            begin = after


def _speaker(sayings: Sayings, bounds: Bounds) -> Speaker | None:
    """Return who the words before a colon, or behind a dash, name."""
    memory, text = sayings.memory, sayings.passage.text
    named = memory.names.find(text[bounds[0] : bounds[1]])
    people = [each for each in named if memory.names.is_person(each[1])]
    if people:
        (first, last), _ = people[-1]
        head = bounds[0] + first, bounds[0] + last
        return memory.who(bounds, head)
    words = [match.span() for match in _WORD.finditer(text, *bounds)]
    if not words:
        return None
    speaker = memory.who(bounds, words[-1])
    if speaker.is_known or text[words[0][0]].isupper():
        return speaker
    return None


def _has_verb(sayings: Sayings, bounds: Bounds) -> bool:
    parse = sayings.passage.parse
    if parse is None:
        return False
    return any(each.tag_ in ("VBD", "VBZ", "VBP", "MD") for each in parse.tokens(bounds))
