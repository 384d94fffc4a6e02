"""All rules over a whole workspace."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from stancebank.check import articles, documents, files, registries, spans
from stancebank.check.coverage import uncovered
from stancebank.check.waivers import Waived, apply_waivers, read_waivers
from stancebank.check.withdrawals import check_withdrawals
from stancebank.corpus.language import load_language
from stancebank.corpus.quotes import check_quotes
from stancebank.errors import Finding
from stancebank.model import Article, Document, Record
from stancebank.schema.fields import Scheme
from stancebank.schema.rules import check_scheme
from stancebank.text import line_number
from stancebank.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Report:
    """What was looked at, and what was found. texts: articles whose words were at hand.

    waived: what was found too, and is let stand; `findings` leaves it out. records: those that could be read, by their
    absolute path, for `Workspace.with_records`.
    """

    findings: tuple[Finding, ...]
    waived: tuple[Waived, ...]
    articles: int
    texts: int
    documents: int
    statements: int
    records: Mapping[Path, Record] = field(default_factory=dict, repr=False)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that block a build."""
        return tuple(finding for finding in self.findings if finding.severity == "error")


def check_workspace(workspace: Workspace, also: Iterable[Finding] = (), today: date | None = None) -> Report:
    """Look at every file of a workspace. Without an article's words, what needs them is left out and not counted.

    also: findings from elsewhere, to be waived and sorted with the others. today: the day that waivers are held
    against; the present one in UTC by default.
    """
    unsound = check_scheme(workspace.root, workspace.schema_dir)
    if any(finding.code in ("scheme-incomplete", "scheme-name") for finding in unsound):
        return Report(tuple(sorted(unsound)), (), 0, 0, 0, 0)
    scheme = workspace.scheme
    loaded = files.load(workspace.root, workspace.schema_dir, scheme)
    findings = [*unsound, *loaded.findings, *also]
    findings += articles.check_articles(loaded.articles)
    findings += articles.check_text_places(workspace.root, loaded.articles)
    texts: dict[str, str] = {}
    for file, article in loaded.articles.items():
        if article.id != file.rpartition("/")[2].removesuffix(".json"):
            continue
        text, fault = articles.read_text(workspace.root, article, workspace.store.text_path(article))
        if fault:
            findings.append(fault)
        if text is not None:
            texts[article.id] = text
            findings += articles.check_text(file, article, text)
    if loaded.targets:
        findings += registries.check_targets(loaded.targets)
    if loaded.entities:
        unread = any(finding.file.startswith(("corpus/gold/", "corpus/annotations/")) for finding in loaded.findings)
        used = set() if unread else _used_entities(loaded.documents, scheme)  # what cannot be read may use any of them
        findings += registries.check_entities(loaded.entities, used)
    known = {article.id: article for article in loaded.articles.values()}
    names = documents.known_names(loaded.entities, loaded.targets)
    for file, document in loaded.documents.items():
        article_of = known.get(document.article_id)
        findings += documents.check_document(file, document, article_of, names, scheme)
        if article_of and article_of.text_sha256 == document.text_sha256:
            findings += _check_words(file, document, article_of, texts.get(article_of.id), scheme, workspace.root)
    findings += _check_rights(known, loaded.documents.values(), workspace)
    findings += check_withdrawals(workspace.root, loaded.withdrawals, loaded.articles, texts)
    waivers, faults = read_waivers(workspace.root)
    counted, waived = apply_waivers(set(findings), waivers, today or datetime.now(UTC).date())
    return Report(
        tuple(sorted({*counted, *faults})),
        tuple(sorted(waived, key=lambda each: each.finding)),
        len(loaded.articles),
        len(texts),
        len(loaded.documents),
        sum(len(document.statements) for document in loaded.documents.values()),
        {workspace.root / file: record for file, record in loaded.records()},
    )


def _used_entities(by_file: dict[str, Document], scheme: Scheme) -> set[str]:
    return {
        entity
        for document in by_file.values()
        for statement in document.statements
        for _, entity in scheme.entities(statement)
    }


def _check_rights(known: dict[str, Article], documents: Iterable[Document], workspace: Workspace) -> Iterator[Finding]:
    by_article: dict[str, list[Document]] = {}
    for document in documents:
        by_article.setdefault(document.article_id, []).append(document)
    for article in known.values():
        if finding := check_quotes(article, by_article.get(article.id, ()), workspace.settings.cap):
            yield finding


def _check_words(
    file: str, document: Document, article: Article, text: str | None, scheme: Scheme, root: Path
) -> Iterator[Finding]:
    annotated = scheme.vocabularies.annotated_zones()
    blind = list(spans.check_spans_blind(file, document, article, scheme))
    yield from blind
    if text is None:
        return
    sighted = list(spans.check_spans(file, document, text))
    yield from sighted
    if any(finding.code.startswith("span-") for finding in (*blind, *sighted)):
        return
    yield from spans.check_labels(file, document, text, scheme)
    if document.gold and scheme.non_statements:  # else nothing could be passed over
        language = load_language(article.language.value if article.language else None, root)
        for mark in uncovered(article, text, document, annotated, language):
            where = f"line {line_number(text, mark.begin)}, text[{mark.begin}:{mark.end}]"
            yield Finding(file, "/statements", "not-covered", f"the {mark.kind} at {where} is in no statement.")
