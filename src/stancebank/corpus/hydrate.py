"""Hydration: the words of articles come back from the copies that a user holds.

A copy is recognised by the line fingerprints that it shares with a record, whatever its file is called. Invisible
characters that only the copy has are left out. It is taken
only if the stored text can be put together from its lines, which the record's SHA-256 proves; then every recorded
span is compared with its fingerprint. A copy with other lines is never bent to fit: it does not become the stored
text. Its spans are re-anchored; of each is said whether its words were found in the copy, where, and by which proof.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from stancebank.corpus.cleaning import Source
from stancebank.corpus.copies import plain_copy, plain_forms
from stancebank.corpus.ingest import extraction_of, under_title
from stancebank.corpus.realign import Anchor, Outcome, reanchor
from stancebank.corpus.sources import for_words, read_sources
from stancebank.corpus.store import Store
from stancebank.corpus.withdraw import Known, Memory
from stancebank.errors import InputError
from stancebank.model import Article, Document, Span, document_spans
from stancebank.text import digest_in, is_of_place, line_bounds, line_digests, normalise, one_line, sha256

State = Literal["verified", "mismatch", "missing"]
Proof = Outcome | Literal["text", "wrong"]

PROOFS: Mapping[Proof, str] = {
    "text": "the whole text is proved, and the span's fingerprint",
    "line": "its line is unchanged, and holds these words at one possible place",
    "block": "its line was changed; these words occur once in the copy, between the same neighbours",
    "changed": "not found between the neighbours of its line",
    "ambiguous": "may be there, and nothing proves where",
    "missing": "the copy has nothing between the neighbours of its line",
    "wrong": "the text is proved, and the span holds other words: correct its begin and end",
}
"""What the outcomes of spans mean."""

RECOGNISED = 0.5  # share of a record's lines that a copy must hold to be called one


@dataclass(frozen=True, slots=True)
class SpanProof:
    """What was proved of one span, and how.

    document: `gold`, or the annotator's name. pointer: the span's JSON pointer in the document. outcome: `text` for a
    span of a proved text whose fingerprint is right, `wrong` for one whose is not, else what `reanchor` says. begin,
    end: its place in the copy, in code points; None where it was not found.
    """

    document: str
    pointer: str
    outcome: Proof
    begin: int | None
    end: int | None


@dataclass(frozen=True, slots=True)
class Hydration:
    """What became of one article: its state, its text if proved, the copy's name, and what was proved of each span.

    words: of each span in a copy that differs, None where it was not found; empty where there is no such copy. reason:
    why a copy that differs may do so, where it or the text was taken out of a web page; else empty.
    """

    article: Article
    state: State
    text: str | None = None
    copy: str | None = None
    lines_found: int = 0
    spans: tuple[SpanProof, ...] = ()
    words: tuple[str | None, ...] = ()
    reason: str = ""

    @property
    def wrong_spans(self) -> tuple[str, ...]:
        """The pointers of spans that hold other words than those recorded, in a text that is proved."""
        return tuple(span.pointer for span in self.spans if span.outcome == "wrong")

    @property
    def spans_found(self) -> int:
        """How many spans have a proved place in the copy."""
        return sum(span.begin is not None and span.outcome != "wrong" for span in self.spans)

    @property
    def outcome(self) -> State:
        """The state, and `mismatch` where a proved text has spans with other words too."""
        return "mismatch" if self.wrong_spans else self.state

    @property
    def detail(self) -> str:
        """Say in words what was found."""
        if self.wrong_spans:
            return f"{len(self.wrong_spans)} of {len(self.spans)} spans hold other words"
        if self.state == "verified":
            return f"text proved by SHA-256, all {len(self.spans)} spans hold their words"
        if self.state == "mismatch":
            lines = f"{self.lines_found} of {len(self.article.lines)} lines found, or in other typography; not used"
            why = f"; {self.reason}" if self.reason else ""
            return f"{lines}; {self.spans_found} of {len(self.spans)} spans found{why}"
        return "no copy in the folder"


Placed = tuple[str, str, Span]
"""The document that a span stands in, the span's pointer there, and the span."""


class Copies:
    """What a user holds, known by its lines. sources: copies of articles; the words of all of them stay in memory.

    A copy whose title stands in its metadata alone is tried with it on top, too, as `corpus add --title-line` takes it.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self._holders: dict[str, list[Source]] = {}
        sources = [*sources, *_under_titles(sources)]
        for source in sources:
            for line in _digests(source.text):
                self._holders.setdefault(line, []).append(source)
        self.texts = {source.name: source.text for source in reversed(sources)}

    def find(self, article: Article, documents: Iterable[Document]) -> Hydration:
        """Find the copy of an article, and prove it; the first that is exact goes before all others.

        documents: of the article. Those made on another text of it are left out: their spans prove nothing.
        """
        spans = [
            ("gold" if document.gold else document.annotator, pointer, span)
            for document in documents
            if document.text_sha256 == article.text_sha256
            for pointer, span in document_spans(document)
        ]
        return _hydrate_one(article, spans, self._sharing(article))

    def _sharing(self, article: Article) -> list[tuple[Source, int]]:
        """Return the sources that share lines with an article, each with how many of the article's lines it holds."""
        shared: dict[int, int] = {}
        copies: dict[int, Source] = {}
        for line in article.lines:
            for source in self._holders.get(digest_in(line.fingerprint), ()):
                copies[id(source)] = source
                shared[id(source)] = shared.get(id(source), 0) + 1
        return [(source, shared[key]) for key, source in copies.items()]


def _under_titles(sources: Iterable[Source]) -> Iterator[Source]:
    for source in sources:
        title = source.metadata.get("title")
        title = title.get("value") if isinstance(title, dict) else title
        if isinstance(title, str) and title.strip() and title.strip() not in source.text:
            yield replace(source, text=under_title(source.text, normalise(title.strip())))


def _digests(text: str) -> set[str]:
    """Return the digests that lines of a copy may have in a record: with and without what is not drawn."""
    lines = {text[begin:end] for begin, end in line_bounds(text)}
    forms = {form for line in lines for form in plain_forms(line) if form.strip()}
    return {digest for form in forms for digest in line_digests(form)}


def hydrate(articles: Iterable[Article], documents: Iterable[Document], sources: Sequence[Source]) -> list[Hydration]:
    """Find for every article the copy among the sources, and prove it, as `Copies.find` does."""
    by_article: dict[str, list[Document]] = {}
    for document in documents:
        by_article.setdefault(document.article_id, []).append(document)
    copies = Copies(sources)
    return [copies.find(article, by_article.get(article.id, ())) for article in articles]


def hydrate_store(store: Store, folder: Path, *, dry_run: bool = False) -> tuple[list[Hydration], list[str]]:
    """Fill the local store of a workspace with the words of its articles, and return what became of each of them.

    folder: with the copies. The second value says of each file that was left out why: it cannot be read, or it is a
    copy of an article that was withdrawn. Interrupted, it can be run again. dry_run: nothing is written.
    """
    sources: list[Source] = []
    left_out: list[str] = []
    for source in read_sources([folder], for_words()):
        if isinstance(source, InputError):
            left_out.append(str(source))
        else:
            sources.append(source)
    memory = Memory(store.withdrawals())
    gone = {each.id for each in memory.withdrawals}
    recognised: dict[str, Known] = {}
    for source in list(sources):
        if known := memory.know_text(source.text, source.raw_sha256):
            recognised[source.name] = known
            if known.is_same:
                sources.remove(source)
    articles = [article for article in store.articles() if article.id not in gone]
    results = hydrate(articles, store.all_documents(), sources)
    verified = {result.copy for result in results if result.state == "verified"}
    for name, known in recognised.items():
        if name not in verified:
            one = known.withdrawal
            left_out.append(f"{name}: {one.id} was withdrawn on {one.date} ({known.how}): {one_line(one.reason)}")
    for result in results:
        if result.text is not None and not result.wrong_spans and not dry_run:
            store.write_text(result.article, result.text)
    return results, left_out


def _hydrate_one(article: Article, spans: list[Placed], copies: list[tuple[Source, int]]) -> Hydration:
    wanted = len(article.lines)
    for source, found in copies:
        if found == wanted and (text := restore(article, source.text)) is not None:
            return Hydration(article, "verified", text, source.name, wanted, _compare_spans(text, spans))
    likely = [(source, found) for source, found in copies if found >= RECOGNISED * wanted]
    if not likely:
        return Hydration(article, "missing")
    source, found = max(likely, key=lambda pair: pair[1])
    anchors = reanchor(article, [span for _, _, span in spans], source.text).anchors
    proofs = tuple(_proof(each, anchor) for each, anchor in zip(spans, anchors, strict=True))
    words = tuple(anchor.words for anchor in anchors)
    why = extraction_of(article, source)
    return Hydration(article, "mismatch", None, source.name, found, proofs, words, why)


def _proof(placed: Placed, anchor: Anchor) -> SpanProof:
    document, pointer, _ = placed
    return SpanProof(document, pointer, anchor.outcome, anchor.begin, anchor.end)


def restore(article: Article, copy: str) -> str | None:
    """Put the stored text together from the lines of a copy; None where the result is not that text.

    The copy may have other blank lines than the stored text: each line goes where the record says. It may have
    invisible characters that the stored text has not.
    """
    if sha256(copy) == article.text_sha256:
        return copy
    copy, _ = plain_copy(copy, {line.fingerprint for line in article.lines})
    lines = [line for line in copy.split("\n") if line.strip()]
    if len(lines) != len(article.lines):
        return None
    parts: list[str] = []
    place = 0
    for line, recorded in zip(lines, article.lines, strict=True):
        if len(line) != recorded.end - recorded.begin:
            return None
        parts += ["\n" * (recorded.begin - place), line]
        place = recorded.end
    text = "".join(parts) + "\n" * (article.length - place)
    return text if sha256(text) == article.text_sha256 else None


def _compare_spans(text: str, spans: Iterable[Placed]) -> tuple[SpanProof, ...]:
    """Compare the words of spans in a proved text with their fingerprints."""
    return tuple(
        SpanProof(
            document,
            pointer,
            "text" if is_of_place(span.fingerprint, text, span.begin, span.end) else "wrong",
            span.begin,
            span.end,
        )
        for document, pointer, span in spans
    )
