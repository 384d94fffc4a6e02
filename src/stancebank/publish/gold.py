"""Gold and other readings, as rows are made of them: an article with its documents and words, and the registries."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

import msgspec

from stancebank.corpus.registry import current_ids, resolve_document, resolve_entity, resolve_target
from stancebank.corpus.store import LOCAL_TEXTS, PUBLIC_TEXTS, SAMPLES, annotator_of, article_of
from stancebank.errors import Finding, InputError
from stancebank.model import (
    AMBIGUITIES,
    Adjudication,
    Article,
    Document,
    Entity,
    EntityRegistry,
    Placement,
    Span,
    TargetEntry,
    TargetRegistry,
    TextPolicy,
    find_root,
    placement_of,
    replace_spans,
    split_order,
)
from stancebank.schema.fields import Holder, Level, Scheme
from stancebank.schema.vocabularies import Vocabularies
from stancebank.text import fingerprint, is_keyed
from stancebank.workspace import Workspace

if TYPE_CHECKING:
    from stancebank.publish.suggested import BegunAs, SuggestionLedgers

GAP = " […] "
"""What joins the words of several spans in one column."""


@dataclass(frozen=True, slots=True)
class ArticleAnnotation:
    """An article with its gold document, and as much of its words as may be shown.

    policy: how much of the words the rows show. text: the stored text; None where it is not at hand. others: documents
    of annotators who read the same text. reasons: why annotators may rightly read a gold statement in several ways, of
    `AMBIGUITIES`, by its id, as far as it was adjudicated for such a reason. is_judged: whether rows say what
    annotators make of the statements together, as those of earlier toolkits did not. begun: what began as a suggestion,
    by the id of its row, as far as that is known.
    """

    article: Article
    document: Document
    policy: TextPolicy
    text: str | None
    others: tuple[Document, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
    is_judged: bool = True
    begun: "Mapping[str, BegunAs]" = field(default_factory=dict)
    shows_words: bool = field(init=False, compare=False, repr=False)
    """Whether rows of this article hold any words; it is asked for every span."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "shows_words", self.policy.shows_quotations and self.text is not None)

    @property
    def has_words(self) -> bool:
        """Whether there are words that rows of this article might show: the text, or those of a statement."""
        return self.policy.shows_all or any(each.statements for each in (self.document, *self.others))

    @property
    def lacks_words(self) -> bool:
        """Whether words should be shown and are not at hand."""
        return self.policy.shows_quotations and self.text is None and self.has_words

    @property
    def is_beyond(self) -> bool:
        """Whether more words are shown than the article's text policy allows."""
        allowed = self.article.rights.text_policy.allows(self.policy)
        return not allowed and self.shows_words and self.has_words

    @property
    def whole_text(self) -> str | None:
        """The stored text, where all of it is shown."""
        return self.text if self.policy.shows_all else None

    def words(self, spans: Iterable[Span]) -> str | None:
        """Return the words of spans, joined, or None where there are no spans or words are not shown."""
        if not self.shows_words or self.text is None:
            return None
        return GAP.join(self.text[span.begin : span.end] for span in spans) or None


UNKNOWN = "\ue000"
"""What stands for a character that a folder does not show."""


def prove_shown(annotated: ArticleAnnotation, scheme: Scheme) -> ArticleAnnotation:
    """Return an article whose spans have a fingerprint of words alone where rows show all their words.

    So whoever has the rows and no text can hold these words against it. All other spans keep theirs.
    """
    text, documents = annotated.text, (annotated.document, *annotated.others)
    if scheme.edition == 1 or text is None or not annotated.shows_words:
        return annotated
    if not annotated.policy.shows_all:
        shown = [UNKNOWN] * len(text)
        for document in documents:
            for span in _quoted(document, scheme):
                shown[span.begin : span.end] = text[span.begin : span.end]
        text = "".join(shown)

    def prove(span: Span) -> Span:
        recorded = span.fingerprint
        known = shown_fingerprint(recorded, text[span.begin : span.end]) if is_keyed(recorded) else recorded
        return span if known == recorded else Span(begin=span.begin, end=span.end, fingerprint=known)

    gold, *others = (replace_spans(document, prove) for document in documents)
    return replace(annotated, document=gold, others=tuple(others))


def shown_fingerprint(recorded: str, words: str) -> str:
    """Return the fingerprint that a row has of words, of which what is not shown is `UNKNOWN`."""
    return fingerprint(words, 2) if is_keyed(recorded) and words and UNKNOWN not in words else recorded


def _quoted(document: Document, scheme: Scheme) -> Iterator[Span]:
    """Yield the spans that have a column of words."""

    def of_fields(level: Level, holder: Holder) -> Iterator[Span]:
        for each in scheme.of(level):
            if each.column is not None and each.kind in ("span", "spans"):
                yield from each.spans(holder)

    for each in document.statements:
        yield from each.content
        yield from (span for span in (each.speaker.span, each.target.span) if span)
        yield from of_fields("statement", each)
        yield from of_fields("target", each.target)
        for condition in each.conditions:
            yield from condition.spans
            yield from of_fields("condition", condition)


@dataclass(frozen=True, slots=True)
class RowContext:
    """What rows need beside the records of an article.

    entities, targets: by id, in the order of their ids. moved_entities, moved_targets: former ids, each with the
    present one. groups: of articles by their ids, see `split_groups`. placements: in the splits, by the articles' ids.
    """

    scheme: Scheme
    entities: dict[str, Entity]
    targets: dict[str, TargetEntry]
    moved_entities: dict[str, str]
    moved_targets: dict[str, str]
    schema_version: str
    dataset_version: str
    groups: Mapping[str, str] = field(default_factory=dict)
    placements: Mapping[str, Placement] = field(default_factory=dict)

    @property
    def vocabularies(self) -> Vocabularies:
        """The vocabularies of the scheme."""
        return self.scheme.vocabularies

    def placement(self, article_id: str) -> Placement | None:
        """Return where an article stands in the splits; None where there are none."""
        return placement_of(self.placements, article_id)

    def order(self, article_id: str) -> tuple[int, str]:
        """Return by what articles are sorted: their split, in the order of `EVERY_SPLIT`, then their id."""
        found = self.placement(article_id)
        return (split_order(found.split) if found else 0, article_id)


def make_context(scheme: Scheme, entities: EntityRegistry, targets: TargetRegistry, dataset_version: str) -> RowContext:
    """Put the registries by id; entries that refer to an id that was redirected refer to the present one."""
    moved_entities, moved_targets = current_ids(entities), current_ids(targets)
    return RowContext(
        scheme,
        {each.id: resolve_entity(each, moved_entities) for each in sorted(entities.entities, key=lambda each: each.id)},
        {each.id: resolve_target(each, moved_targets) for each in sorted(targets.targets, key=lambda each: each.id)},
        moved_entities,
        moved_targets,
        entities.schema_version,
        dataset_version,
    )


def split_groups(told: Iterable[tuple[str, str | None, str | None]]) -> dict[str, str]:
    """Return the group of each article that no split should part, by its id.

    told: id, event, and the article that it is a copy of. Articles of one event and copies of one article are one
    group, however they are linked. A group is called by its event, of several by the first; else by the original of
    its copies, which may be no article of the dataset; an article alone by its own id.
    """
    above: dict[tuple[bool, str], tuple[bool, str]] = {}

    def join(one: tuple[bool, str], other: tuple[bool, str]) -> None:
        above[find_root(above, other)] = find_root(above, one)

    every = list(told)
    for name, event, origin in every:
        if event:
            join((True, event), (False, name))
        if origin:
            join((False, origin), (False, name))
    copies = {name for name, _, origin in every if origin}
    names: dict[tuple[bool, str], tuple[int, str]] = {}
    for node in list(above):
        is_event, name = node
        rank = (0 if is_event else 1 if name not in copies else 2, name)
        root = find_root(above, node)
        names[root] = min(rank, names.get(root, rank))
    return {name: names[find_root(above, (False, name))][1] if (False, name) in above else name for name, _, _ in every}


def groups_of(articles: Iterable[Article]) -> dict[str, str]:
    """Return `split_groups` of records."""
    return split_groups((each.id, each.event.value if each.event else None, each.reprint_of) for each in articles)


@dataclass(slots=True)
class Noted:
    """What is kept of articles that were gone over, and of each no more than a few words.

    text: how much of the words to show; None for what each article's text policy allows. showing: ids of articles that
    show words. lacking: those whose words were wanted and are not at hand; an article of which nothing is quoted is
    neither. rights, others: what stands against handing them on, as far as records tell. retired: ids of what was taken
    out of their gold.
    """

    text: TextPolicy | None = None
    showing: list[str] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)
    rights: list[Finding] = field(default_factory=list)
    others: list[Finding] = field(default_factory=list)
    retired: set[str] = field(default_factory=set)

    def note(self, reading: ArticleAnnotation) -> None:
        """Take what is told of an article."""
        name = reading.article.id
        if reading.shows_words and reading.has_words:
            self.showing.append(name)
        if reading.lacks_words:
            self.lacking.append(name)
        self.rights += check_rights((reading.article,), self.text)
        self.others += _check_words(reading)
        self.others += _check_pending(reading)
        self.retired.update(reading.document.retired)

    def add(self, other: "Noted") -> None:
        """Take what was kept of other articles."""
        self.showing += other.showing
        self.lacking += other.lacking
        self.rights += other.rights
        self.others += other.others
        self.retired |= other.retired

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Why a dataset of these articles may not be handed on."""
        return (*self.rights, *self.others)


class Golds(Sequence[ArticleAnnotation]):
    """Gold readings of a workspace, read one at a time whenever somebody goes over them. ids: of their articles."""

    def __init__(self, reader: "GoldReader", ids: Sequence[str]) -> None:
        self.reader, self.ids = reader, tuple(ids)

    def __iter__(self) -> Iterator[ArticleAnnotation]:
        return map(self.reader.read_gold, self.ids)

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, place: int) -> ArticleAnnotation: ...
    @overload
    def __getitem__(self, place: slice) -> "Golds": ...
    def __getitem__(self, place: int | slice) -> "ArticleAnnotation | Golds":
        if isinstance(place, slice):
            return Golds(self.reader, self.ids[place])
        return self.reader.read_gold(self.ids[place])

    @property
    def suggestions(self) -> dict[str, Any] | None:
        """What the manifest says of suggestions, once all were gone over; None where nothing is known of any."""
        return self.reader.ledgers.to_json() if self.reader.ledgers else None

    @property
    def samples(self) -> dict[str, Any] | None:
        """What the manifest says of plans of samples; None where none has one of these articles."""
        return self.reader.tell_samples(self.ids)


@dataclass(frozen=True)
class Readings:
    """What a build is made of. readings: in the order of `RowContext.order`.

    unread: ids of articles without a gold document, which are left out. text: see `Noted`.
    """

    readings: Golds
    context: RowContext
    unread: tuple[str, ...]
    text: TextPolicy | None = None

    @cached_property
    def noted(self) -> Noted:
        """What is kept of them; all are gone over for that."""
        noted = Noted(self.text)
        for each in self.readings:
            noted.note(each)
        return noted

    @property
    def lacking(self) -> tuple[str, ...]:
        """See `Noted`."""
        return tuple(self.noted.lacking)


_UNDECIDED = re.compile(
    r"|unknown|undecided|unclear|tbd|todo|none|n/?a|\?+|noassertion|licenseref-(?:unknown|undecided)", re.IGNORECASE
)
_RESERVED = "LicenseRef-all-rights-reserved"


def is_undecided(said: str) -> bool:
    """Whether what a record says of a holder or a licence is no decision."""
    return _UNDECIDED.fullmatch(said.strip()) is not None


def check_rights(articles: Iterable[Article], text: TextPolicy | None = None) -> Iterator[Finding]:
    """Find articles whose rights are not decided, or whose licence does not allow what is shown.

    text: how much of the words is shown; None for what each article's text policy allows.
    """
    for article in articles:
        rights = article.rights
        file = f"corpus/articles/{article.id}.json"
        for key in ("holder", "licence"):
            if is_undecided(value := getattr(rights, key)):
                message = f"the {key} is {value.strip()!r}, which is no decision."
                yield Finding(file, f"/rights/{key}", "release-rights", message)
        is_whole = rights.text_policy.shows_all and (text is None or text.shows_all)
        if is_whole and rights.licence == _RESERVED and not rights.note:
            message = f"the whole text is shown under {_RESERVED}, and no note says by whose leave."
            yield Finding(file, "/rights", "release-rights", message)


def _check_words(reading: ArticleAnnotation) -> Iterator[Finding]:
    """Find that words of an article may be published, should be shown and are not at hand."""
    if reading.lacks_words and reading.article.rights.text_policy.shows_quotations:
        message = "its words may be published and are not at hand, so that another build would differ."
        yield Finding(f"corpus/articles/{reading.article.id}.json", "", "release-words", message)


def _check_pending(reading: ArticleAnnotation) -> Iterator[Finding]:
    """Find fields that wait for an answer since a migration."""
    for document in (reading.document, *reading.others):
        if document.pending:
            folder = "gold" if document.gold else f"annotations/{document.annotator}"
            many = len(document.pending)
            message = f"{many} fields wait for an answer." if many > 1 else "1 field waits for an answer."
            yield Finding(f"corpus/{folder}/{document.article_id}.json", "/pending", "release-pending", message)


def annotation_name(document: Document, name: str) -> str:
    """Return the id of the row of an annotator's statement: annotator, article and its id within the document."""
    whole = f"{document.annotator}/{document.article_id}"
    local = name.removeprefix(f"{whole}/").removeprefix(f"{document.article_id}/")
    return f"{whole}/{local}" if local else whole


class _Event(msgspec.Struct):
    value: str


class _Tied(msgspec.Struct):
    """What of an article's record ties it to others."""

    event: _Event | None = None
    reprint_of: str | None = None


class GoldReader:
    """The gold readings of a workspace, read one at a time; ids that were redirected give way to the present ones.

    text: how much of the words to show; None for what each article's text policy allows. with_words: whether words are
    looked for at all; where not, every article is as if its words were not at hand. with_suggestions: whether it is
    told what began as a suggestion, as earlier toolkits did not.
    """

    def __init__(
        self,
        workspace: Workspace,
        text: TextPolicy | None,
        *,
        with_words: bool = True,
        with_suggestions: bool = True,
    ) -> None:
        self._store = workspace.store
        self.ledgers: SuggestionLedgers | None = None
        if with_suggestions and workspace.scheme.edition >= 2 and workspace.store.has_suggestions():
            from stancebank.publish.suggested import read_suggestion_ledgers  # most builds do without

            self.ledgers = read_suggestion_ledgers(self._store, annotation_name)
        self.text, self._with_words = text, with_words
        entities, targets = self._store.entities(), self._store.targets()
        self._moved = current_ids(entities), current_ids(targets)
        self.context = replace(
            make_context(workspace.scheme, entities, targets, workspace.settings.version),
            placements=workspace.store.placements() if workspace.scheme.edition >= 2 else {},
        )
        self._readers: dict[str, list[str]] = {}
        for name in self._store.document_names():
            if (annotator := annotator_of(name)) is not None:
                self._readers.setdefault(article_of(name), []).append(annotator)

    def read_gold(self, article_id: str, ledgers: "SuggestionLedgers | None" = None) -> ArticleAnnotation:
        """Return what `read` does of an article. ledgers: those that are asked, in place of its own.

        Raises InputError where there is no record, or no gold.
        """
        reading = self.read(self._store.article(article_id), ledgers)
        if reading is None:
            raise InputError(f"corpus/gold/{article_id}.json was removed meanwhile.\nHint: run the command again.")
        return reading

    def files_of(self, article_id: str) -> Iterator[tuple[str, bytes]]:
        """Yield the names and bytes of all files that `read` reads of an article."""
        names = (
            self._store.article_name(article_id),
            *(self._store.document_name(article_id, each) for each in (None, *self._readers.get(article_id, ()))),
            self._store.adjudication_name(article_id),
            *(f"{folder}/{article_id}.txt" for folder in (PUBLIC_TEXTS, LOCAL_TEXTS)),
        )
        return ((name, data) for name in names if (data := self._store.read(name)) is not None)

    def tie(self, article_id: str) -> tuple[str, str | None, str | None]:
        """Return what `split_groups` asks of an article, without reading its lines and zones."""
        data = self._store.read(self._store.article_name(article_id))
        try:
            tied = msgspec.json.decode(data or b"", type=_Tied)
        except msgspec.MsgspecError:
            article = self._store.article(article_id)  # which says what is wrong with it
            return article_id, article.event.value if article.event else None, article.reprint_of
        return article_id, tied.event.value if tied.event else None, tied.reprint_of

    def tell_samples(self, ids: Iterable[str]) -> dict[str, Any] | None:
        """Return what plans of samples tell of how some articles came in; None where they tell nothing."""
        if self.context.scheme.edition < 2 or not (self._store.root / SAMPLES).is_dir():
            return None
        from stancebank.publish.sampled import tell_samples  # most builds do without

        return tell_samples(self._store, {*ids})

    def read(self, article: Article, ledgers: "SuggestionLedgers | None" = None) -> ArticleAnnotation | None:
        """Return the gold reading of an article, with those of its annotators; None where there is none.

        ledgers: of suggestions, that are asked in place of its own.
        """
        asked = ledgers or self.ledgers
        gold = self._store.gold(article.id)
        if gold is None:
            return None
        policy = self.text or article.rights.text_policy
        words = self._store.text(article) if self._with_words and policy.shows_quotations else None
        names = (self._store.document_name(article.id, each) for each in self._readers.get(article.id, ()))
        others = map(self._store.document, names)
        same = tuple(
            resolve_document(each, self.context.scheme, *self._moved)
            for each in others
            if each.gold is None and each.article_id == article.id and each.text_sha256 == article.text_sha256
        )
        document = resolve_document(gold, self.context.scheme, *self._moved)
        settled = self._store.adjudication(article.id) if self.context.scheme.edition >= 2 else None
        if settled is not None and settled.text_sha256 != article.text_sha256:
            settled = None
        begun = asked.begun_in(document, same, settled) if asked else {}
        return ArticleAnnotation(article, document, policy, words, same, _reasons(settled), begun=begun)


def _reasons(settled: Adjudication | None) -> dict[str, str]:
    """Return why gold statements may rightly be read in several ways; nothing where no adjudication of the text is."""
    if settled is None:
        return {}
    return {
        each.statement: each.reason
        for each in settled.decisions
        if each.statement is not None and each.reason in AMBIGUITIES
    }


def read_gold(workspace: Workspace, text: TextPolicy | None, *, with_words: bool = True) -> Readings:
    """Find the gold documents and their articles, by split and article id. text, with_words: see `GoldReader`.

    They are read when somebody goes over them.
    """
    golds = GoldReader(workspace, text, with_words=with_words)
    store = workspace.store
    names = sorted(store.article_ids(), key=golds.context.order)
    read = [name for name in names if store.has_document(name, None)]
    unread = sorted({*names} - {*read}, key=golds.context.order)
    context = replace(golds.context, groups=split_groups(map(golds.tie, read)))
    return Readings(Golds(golds, read), context, tuple(unread), text)
