"""Baselines: engines that look at nothing but sentences, paragraphs or quotations, beside which others are measured.

Each piece is a statement, whoever says it. Its target and label are the pair that is most frequent in the gold of
articles of other events. Its speaker is the nearest name of the registry before it in the article, of people if any is
there; else the speaker that is most frequent in that gold. No baseline finds conditions, or says how sure it is.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import TypeVar

from stancebank.corpus.language import Habits, is_abbreviation, load_habits
from stancebank.corpus.quoted import QuotedMention, QuotedStatement, QuotedTarget
from stancebank.corpus.selectors import Selector, TextIndex, quotations
from stancebank.model import Bounds
from stancebank.schema.fields import Scheme
from stancebank.search import closes, is_spaced_letter, is_stop, search_fold, weight
from stancebank.suggest.engine import EngineRecord, Example, ReadArticle, Surroundings

T = TypeVar("T")

Pieces = Callable[[ReadArticle, Habits], Iterable[Bounds]]
"""Cuts an article into what each is a statement."""


class Baseline:
    """An engine for which every piece of an article is a statement."""

    def __init__(self, name: str, pieces: Pieces, surroundings: Surroundings) -> None:
        self.record = EngineRecord(name, "1")
        self._pieces = pieces
        self._surroundings = surroundings
        self._habits = load_habits(surroundings.workspace.root)

    def suggest(self, source: ReadArticle) -> Iterator[QuotedStatement]:
        """Yield a statement for each piece; none where the registries are empty, since nothing can be said then."""
        scheme = self._surroundings.scheme
        examples = self._surroundings.without(source.article.id)
        usual_speaker, usual = self._usual(examples)
        named = self._named(source)
        for begin, end in self._pieces(source, self._habits):
            if not any(map(str.isalnum, source.text[begin:end])):
                continue
            before = [entity for place, entity in named if place <= begin]
            speaker = before[-1] if before else usual_speaker
            if speaker is None or usual is None:
                return
            target, label = usual
            yield QuotedStatement(
                content=(Selector(begin=begin, end=end),),
                speaker=QuotedMention(entity=speaker),
                target=QuotedTarget(target),
                fields={scheme.label.name: label},
                because=(f"all {self.record.name} are statements",),
            )

    def _usual(self, examples: Iterable[Example]) -> tuple[str | None, tuple[str, str] | None]:
        """Return the most frequent speaker, and the most frequent target with its label.

        Without any, they are the first ones of the registries and of the scheme. Of several as frequent ones, those
        whose ids come first.
        """
        scheme, speakers, pairs = self._surroundings.scheme, Counter[str](), Counter[tuple[str, str]]()
        for statement in (each for example in examples for each in example.gold.statements):
            speakers[statement.speaker.entity] += 1
            if label := scheme.label.text(statement):
                pairs[statement.target.id, label] += 1
        if pairs:
            return _most_frequent(speakers), _most_frequent(pairs)
        entity = next((each.id for each in self._surroundings.entities.entities), None)
        target = next((each.id for each in self._surroundings.targets.targets if each.use != "condition"), None)
        return entity, (target, first_value(scheme)) if target is not None else None

    def _named(self, source: ReadArticle) -> list[tuple[int, str]]:
        """Return where names of the registry end in an article, in order: those of people, if there are any."""
        index = TextIndex.of_passages(source.text, source.passages)
        found = {True: list[tuple[int, str]](), False: list[tuple[int, str]]()}
        for is_person, name, entity in self._names:
            places = (end for begin, end in index.matches(name) if _is_whole(source.text, begin, end))
            found[is_person] += [(end, entity) for end in places]
        return sorted(found[True] or found[False])

    @cached_property
    def _names(self) -> list[tuple[bool, str, str]]:
        """Whether it is that of a person, a name, and the id of the entity that has it."""
        persons = self._surroundings.scheme.vocabularies.persons()
        names = {
            search_fold(name): (each.kind in persons, name, each.id)
            for each in self._surroundings.entities.entities
            for name in (*each.aliases, each.name)
        }
        return list(names.values())


def _most_frequent(counts: Counter[T]) -> T:
    return min(counts, key=lambda each: (-counts[each], str(each)))


def _is_whole(text: str, begin: int, end: int) -> bool:
    """Whether no letter touches words on either side, in a script that puts spaces between words."""
    around = (text[begin - 1 : begin], text[end : end + 1])
    return not any(each and is_spaced_letter(each) for each in around)


def first_value(scheme: Scheme) -> str:
    """Return the first value of the label."""
    return next(iter(scheme.values(scheme.label)))


# What each is a statement


def find_sentences(text: str, begin: int, end: int, habits: Habits) -> Iterator[Bounds]:
    """Yield the sentences of a passage, by their stops. What goes on in small letters after a stop is no new one."""
    first = place = begin
    while place < end:
        stop = place
        place += 1
        if not is_stop(text[stop]) or is_abbreviation(text, first, stop, habits):
            continue
        while place < end and (is_stop(text[place]) or (closes(text[place]) and not text[place].isspace())):
            place += 1
        following = text[place:end].lstrip()[:1]
        is_apart = not following or text[place].isspace() or weight(following) > 0
        if is_apart and not following.islower():
            yield first, place
            first = place = end - len(text[place:end].lstrip())
    if first < end:
        yield first, end


def _sentences(source: ReadArticle, habits: Habits) -> Iterator[Bounds]:
    for each in source.passages:
        yield from find_sentences(source.text, each.begin, each.end, habits)


def _paragraphs(source: ReadArticle, _: Habits) -> Iterator[Bounds]:
    return ((each.begin, each.end) for each in source.passages)


def _quotations(source: ReadArticle, _: Habits) -> Iterator[Bounds]:
    for begin, end in quotations(source.text):
        if any(each.begin <= begin and end <= each.end for each in source.passages):
            yield begin, end


def _makes(name: str, pieces: Pieces) -> Callable[[Surroundings], Baseline]:
    def make(surroundings: Surroundings) -> Baseline:
        return Baseline(name, pieces, surroundings)

    make.makes_engine = True  # type: ignore[attr-defined]
    return make


make_sentences = _makes("sentences", _sentences)
make_paragraphs = _makes("paragraphs", _paragraphs)
make_quotations = _makes("quotations", _quotations)

BASELINES = {"sentences": "every sentence", "paragraphs": "every paragraph", "quotations": "every quotation"}
"""Their names as engines, and what they are called where figures of others stand beside them."""
