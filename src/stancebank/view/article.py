"""One article as a page shows it: its text with what is said of it, statements as cards, and readings side by side."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from stancebank.corpus.registry import find_clusters
from stancebank.model import Article, Document, Span, Statement
from stancebank.pictures.marks import draw_mark
from stancebank.pictures.page import make_page, require_page
from stancebank.pictures.svg import Drawing
from stancebank.records import write_text
from stancebank.schema.fields import Field, Scheme
from stancebank.view.collection import Collection, ShownArticle, Words
from stancebank.view.listing import anchor_of, list_article
from stancebank.view.overview import say_words
from stancebank.view.readings import ComparedUnit, compare_readings
from stancebank.view.segments import Marked, TextLine, cut_text
from stancebank.view.told import WAITS, Names, Told, tell_statement

FRAME_ROLES = ("content", "speaker", "target", "conditions")
"""Keys of a statement that every scheme has, and whose words are marked."""

PASSED = "passed over"
PARTS = ("article",)
"""The style and the script of an article."""

_FROM_RIGHT = frozenset(
    ("ar", "arc", "ckb", "dv", "fa", "he", "iw", "ks", "nqo", "pnb", "ps", "sd", "syr", "ug", "ur", "yi")
)
_LINES = 4  # how many styles there are for the words of fields, beside those of the frame


@dataclass(frozen=True, slots=True)
class MarkedRole:
    """What words are to a statement. look: the class that draws it."""

    name: str
    look: str


@dataclass(frozen=True, slots=True)
class CardRow:
    """A row of a card. words: those of the text; None where it has none, or they are not shown. place: where they are,
    if they are not shown. look: as of `MarkedRole`; "" for what has no words.
    """

    name: str
    said: str
    words: str | None
    place: str
    look: str


@dataclass(frozen=True, slots=True)
class StatementCard:
    """A statement. token: the end of its id, by which the text names it. mark: that of its value, as SVG.

    copies: tokens of those that say the same; same: the one that it says again, or "".
    """

    token: str
    anchor: str
    who: str
    label: str
    mark: str
    is_conditional: bool
    what: str
    flags: tuple[str, ...]
    rows: tuple[CardRow, ...]
    same: str
    copies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Words that look like a statement and are none."""

    token: str
    words: str | None
    place: str
    reason: str
    note: str


@dataclass(frozen=True, slots=True)
class ArticleReading:
    """A reading with its text. name: ``gold``, or its annotator; "" where nobody has read the article.

    roles: those that it marks. lines: empty where no words are shown.
    """

    name: str
    roles: tuple[MarkedRole, ...]
    lines: tuple[TextLine, ...]
    cards: tuple[StatementCard, ...]
    passed: tuple[PassedOver, ...]
    is_empty: bool


@dataclass(frozen=True, slots=True)
class PreparedArticle:
    """All that `show_article` shows. looks: the classes of all roles by their place.

    gap: why words are missing; "" where none are. readings: gold, or the first of them, and on a page of its own all
    others. units: what the readings have of each statement; empty with fewer than two.
    """

    anchor: str
    title: str
    facts: tuple[str, ...]
    direction: str
    language: str
    gap: str
    looks: tuple[str, ...]
    readings: tuple[ArticleReading, ...]
    units: tuple[ComparedUnit, ...]
    annotators: tuple[str, ...]


def prepare_article(collection: Collection, shown: ShownArticle, *, whole: bool = False) -> PreparedArticle:
    """Return what `show_article` of ``article_body.html`` shows of an article.

    whole: the text with the words of each reading, as on a page of its own; else of gold alone, or of the first reading
    where there is no gold.
    """
    article = shown.article
    documents = [each for each in (shown.gold, *shown.readings) if each is not None]
    roles = marked_roles(collection.scheme)
    wanted: Sequence[Document | None] = (documents if whole else documents[:1]) or [None]
    anchor = anchor_of(article.id)
    return PreparedArticle(
        anchor=anchor,
        title=list_article(collection, article).title,
        facts=tuple(_facts(article, shown)),
        direction=find_direction(article, shown.text),
        language=article.language_tag,
        gap=_gap(collection, shown),
        looks=tuple(each.look for each in roles.values()),
        readings=tuple(_reading(collection, shown, each, anchor, place) for place, each in enumerate(wanted)),
        units=tuple(_units(collection, shown, documents)) if len(documents) > 1 else (),
        annotators=tuple(each.annotator for each in shown.readings),
    )


def make_article(collection: Collection, article_id: str) -> str:
    """Return the page of an article. Raises InputError where there is none of that id."""
    shown = collection.shown(article_id)
    prepared = prepare_article(collection, shown, whole=True)
    notice = say_words(collection, shown.article)
    return make_page("article.html", title=prepared.title, parts=PARTS, article=prepared, notice=notice)


def write_article(collection: Collection, article_id: str, out: Path | None = None) -> Path:
    """Write the page of an article, by default as ``<id>.html``, and return where it is.

    Raises InputError where there is no such article, or out is something that this toolkit has not written.
    """
    out = out or Path(f"{article_id}.html")
    page = make_article(collection, article_id)
    require_page(out)
    write_text(out, page)
    return out


@lru_cache(maxsize=32)
def marked_roles(scheme: Scheme) -> Mapping[str, MarkedRole]:
    """Return what words can be to a statement, by the key of a statement, in a fixed order."""
    called = ("content", "speaker", "target", "condition")
    roles = {key: MarkedRole(name, f"r{at}") for at, (key, name) in enumerate(zip(FRAME_ROLES, called, strict=True))}
    for place, field in enumerate(_fields_with_words(scheme)):
        roles[field.name] = MarkedRole(field.title, f"r{len(FRAME_ROLES) + place % _LINES}")
    if not scheme.has_conditions:
        del roles["conditions"]
    roles[PASSED] = MarkedRole(PASSED, "rp")
    return roles


def find_direction(article: Article, text: str | None) -> str:
    """Return ``rtl`` where an article is written from right to left, by its language or else its letters."""
    if article.language:
        return "rtl" if article.language_tag.split("-")[0].casefold() in _FROM_RIGHT else "ltr"
    strong = [unicodedata.bidirectional(each) for each in (text or "")[:1000]]
    right = sum(each in ("R", "AL") for each in strong)
    return "rtl" if right > strong.count("L") else "ltr"


def _units(collection: Collection, shown: ShownArticle, documents: Sequence[Document]) -> Iterator[ComparedUnit]:
    texts = collection.words is not Words.NONE
    return compare_readings(shown, documents, collection.scheme, _names(collection), texts=texts)


@lru_cache(maxsize=256)
def value_mark(place: int, *, hollow: bool) -> str:
    """Return the mark of a value as SVG that stands in a line of HTML; its value stands beside it."""
    drawing = Drawing("", 16, 16)
    draw_mark(drawing, place, 8, 8, 5.5, hollow=hollow)
    svg = drawing.svg().replace(' role="group" aria-label=""', ' aria-hidden="true"')
    return svg.replace(' xmlns="http://www.w3.org/2000/svg"', "").replace(
        ' width="16" height="16"', ""
    )  # as of the style


def _fields_with_words(scheme: Scheme) -> Iterator[Field]:
    found: dict[str, Field] = {}
    for level in ("statement", "target", "condition"):
        for field in scheme.of(level):
            if field.kind in ("span", "spans", "mentions"):
                found.setdefault(field.name, field)
    yield from found.values()


def _names(collection: Collection) -> Names:
    def entity(name: str) -> str:
        return collection.entities[name].name if name in collection.entities else name

    def target(name: str) -> str:
        return collection.targets[name].name if name in collection.targets else name

    return Names(entity, target, lambda value: value.replace("_", " "))


def _facts(article: Article, shown: ShownArticle) -> Iterator[str]:
    told = (article.outlet, article.published, article.author, article.place, article.language)
    yield from (each.value for each in told if each)
    if article.agencies:
        yield ", ".join(article.agencies.value)
    if article.event:
        yield f"event: {article.event.value}"
    if shown.placement:
        yield f"split: {shown.placement.split}"
    if article.reprint_of:
        yield f"reprints {article.reprint_of}"
    yield f"text policy: {article.rights.text_policy}"


def _gap(collection: Collection, shown: ShownArticle) -> str:
    if shown.text is not None:
        return ""
    if shown.excerpts:
        return "Only the words of statements may be shown here; […] stands for what is left out."
    if collection.words is Words.NONE:
        return "This page shows no words: only what the statements say, and where their words stand."
    if collection.words is Words.PUBLISHED or collection.workspace is None:
        return "The words of this article may not be published: here is what its statements say, and where they stand."
    return "The words are not on this machine; `stancebank corpus hydrate` restores those of a published dataset."


def _reading(
    collection: Collection, shown: ShownArticle, document: Document | None, anchor: str, place: int
) -> ArticleReading:
    article, scheme = shown.article, collection.scheme
    roles = marked_roles(scheme)
    order = {key: at for at, key in enumerate(roles)}
    statements = document.statements if document else ()
    marked = [each for one in statements for each in _marked(one, _token(article, one.id), order, scheme)]
    passed = []
    for at, one in enumerate(document.non_statements if document else (), 1):
        token = f"n{at}"
        marked.append(Marked(one.span, order[PASSED], token))
        note = (one.note or "") if collection.words is Words.LOCAL else ""
        words = shown.span_words(one.span)
        passed.append(PassedOver(token, words, _place((one.span,), words), one.reason.replace("_", " "), note))
    has_words = shown.text is not None or shown.excerpts
    lines = (
        tuple(cut_text(article, marked, scheme.vocabularies.annotated_zones(), shown.text, shown.excerpts))
        if has_words
        else ()
    )
    used = {each.role for each in marked}
    prefix = f"{anchor}-" if place == 0 else f"{anchor}-{place}-"
    return ArticleReading(
        name=("gold" if document.gold else document.annotator) if document else "",
        roles=tuple(role for at, role in enumerate(roles.values()) if at in used),
        lines=lines,
        cards=tuple(_cards(collection, shown, statements, prefix)),
        passed=tuple(passed),
        is_empty=document is not None and document.nothing_to_annotate,
    )


def _token(article: Article, name: str) -> str:
    return name.removeprefix(f"{article.id}/")


def _marked(statement: Statement, token: str, order: dict[str, int], scheme: Scheme) -> Iterator[Marked]:
    """Yield the words of a statement with what they are to it."""
    for told in tell_statement(statement, scheme, Names()):
        opens = token if told.key == "content" else f"{token} {told.name}" if told.condition is not None else ""
        for place, span in enumerate(told.spans):
            yield Marked(span, order[told.key], token, f"… {opens}" if opens and place else opens.replace("_", " "))
    for field in scheme.of("condition"):
        for each in statement.conditions:
            spans = field.spans(each) or tuple(one.span for one in field.mentions(each) if one.span)
            yield from (Marked(span, order[field.name], token) for span in spans)


def _cards(
    collection: Collection, shown: ShownArticle, statements: Sequence[Statement], prefix: str
) -> Iterator[StatementCard]:
    scheme, names, article = collection.scheme, _names(collection), shown.article
    roles = marked_roles(scheme)
    values = list(scheme.values(scheme.label))
    texts = collection.words is not Words.NONE
    hidden = set() if collection.words is Words.LOCAL else {field.name for field in scheme.fields if not field.column}
    clusters = find_clusters(statements)
    for each in statements:
        token = _token(article, each.id)
        label, conditional = scheme.label.text(each), scheme.is_conditional(each)
        told = tell_statement(each, scheme, names, texts=texts)
        copies = (_token(article, one.id) for one in clusters[each.id] if one.id != each.id)
        yield StatementCard(
            token=token,
            anchor=f"{prefix}{token}",
            who=names.entity(each.speaker.entity),
            label=names.value(label) if label else WAITS,
            mark=value_mark(values.index(label), hollow=conditional) if label in values else "",
            is_conditional=conditional,
            what=names.target(each.target.id),
            flags=tuple(one.title for one in scheme.of("statement") if one.kind == "flag" and one.flag(each)),
            rows=tuple(_row(shown, one, roles) for one in told if one.key not in hidden),
            same=_token(article, each.same_as) if each.same_as else "",
            copies=() if each.same_as else tuple(copies),
        )


def _row(shown: ShownArticle, told: Told, roles: Mapping[str, MarkedRole]) -> CardRow:
    words = shown.words(told.spans)
    look = roles[told.key].look if told.spans and told.key in roles else ""
    return CardRow(told.name, told.said, words, _place(told.spans, words), look)


def _place(spans: Iterable[Span], words: str | None) -> str:
    """Return where words are that are not shown."""
    return "" if words is not None else ", ".join(f"{each.begin}–{each.end}" for each in spans)
