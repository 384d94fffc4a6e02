"""Why a row says what it says: the chain from a published row back to the source, link by link.

Row, gold decision, annotations, words, article, source, schema, releases. Each link is checked again where what it
leads to is at hand, so that a broken one is named.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from stancebank import git
from stancebank.agreement.align import align
from stancebank.annotate.guidelines import GUIDELINES, guideline_version
from stancebank.corpus.store import ADJUDICATIONS, MIGRATIONS
from stancebank.errors import InputError, StancebankError, WorkspaceError, shorten
from stancebank.model import Article, Document, Span, Statement, statement_spans
from stancebank.publish.history import read_record, recorded_versions
from stancebank.records import find_files, read_json
from stancebank.text import is_of_place, sha256
from stancebank.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the chain. name: what it is. said: what is found there. where: the file; "" for none.

    broken: what is wrong with it, in a sentence; "" where it holds. is_open: it could not be checked here.
    """

    name: str
    said: str
    where: str = ""
    broken: str = ""
    is_open: bool = False


def explain(workspace: Workspace, row: str) -> tuple[Link, ...]:
    """Return the chain of a row. row: the id of a statement or of a condition, such as ``ARTICLE/s3`` or ``.../s3/c1``.

    Raises InputError where no row has the id, or ever had.
    """
    article_id, _, rest = row.partition("/")
    name = f"{article_id}/{rest.partition('/')[0]}"
    store = workspace.store
    if withdrawn := store.withdrawal(article_id):
        where = f"corpus/withdrawn/{article_id}.json"
        return (Link("row", f"withdrawn with its article on {withdrawn.date}: {withdrawn.reason}", where),)
    where = store.document_name(article_id, None)
    if (gold := store.gold(article_id)) is None:
        raise InputError(
            f"There is no row {row}: {article_id} has no gold document.\n"
            "Hint: name the id of a statement, such as ARTICLE/s3; `stancebank corpus show ARTICLE` lists them."
        )
    if row in gold.retired:
        said = f"removed, and its id is not given out again{_reason(gold)}"
        return (Link("row", said, where), *_releases(workspace, row))
    statement = next((each for each in gold.statements if each.id == name), None)
    held = {each.id: [one.id for one in each.conditions] for each in gold.statements}
    if statement is None or (row != name and row not in held[name]):
        known = [*held, *(each for ids in held.values() for each in ids)]
        likely = get_close_matches(row, known, 1)
        hint = f"Did you mean {likely[0]}?" if likely else f"{article_id} has {', '.join(held) or 'no statement'}."
        raise InputError(f"There is no row {row}. {hint}")
    article = store.article(article_id)
    return (
        Link("row", _summary(workspace, statement, row), where),
        _decision(workspace, gold, where),
        *_settled(workspace, gold, name),
        *_annotations(workspace, gold, statement),
        *_words(workspace, article, gold, statement, where),
        _article(workspace, article, gold),
        _source(workspace, article),
        _schema(workspace, gold),
        _guidelines(workspace, gold),
        *_migrations(workspace, row),
        *_releases(workspace, row),
        *_commit(workspace, where),
    )


def _summary(workspace: Workspace, statement: Statement, row: str) -> str:
    scheme = workspace.scheme
    said = f"{statement.speaker.entity}: {scheme.label_of(statement) or 'not answered yet'} {statement.target.id}"
    for each in statement.conditions:
        if each.id == row:
            said = f"{each.role}, a condition of {statement.id}: {said}"
    return said + (f"; says the same as {statement.same_as}" if statement.same_as else "")


def _reason(document: Document) -> str:
    gold = document.gold
    if gold is None:
        return ""
    about = [each for each in (gold.by and f"by {gold.by}", gold.rule and f"rule {gold.rule}") if each]
    return (f" ({', '.join(about)})" if about else "") + (f": {gold.reason}" if gold.reason else "")


def _decision(workspace: Workspace, gold: Document, where: str) -> Link:
    if gold.gold is None:
        return Link("gold", "not said", where, "The document in corpus/gold does not say how it became gold.")
    rule, path = gold.gold.rule, workspace.root / GUIDELINES
    broken = ""
    if rule and path.is_file() and not re.search(rf"(?<![\w-]){re.escape(rule)}(?![\w-])", path.read_text("utf-8")):
        broken = f"{GUIDELINES} has no rule {rule}."
    return Link("gold", f"{gold.gold.method}{_reason(gold)}", where, broken)


def _settled(workspace: Workspace, gold: Document, name: str) -> Iterator[Link]:
    """Yield the decision on a statement, where an adjudication has left one."""
    ledger = workspace.store.adjudication(gold.article_id)
    if ledger is None:
        return
    where = f"{ADJUDICATIONS}/{gold.article_id}.json"
    decision = next((each for each in ledger.decisions if each.statement == name), None)
    if decision is None:
        yield Link("decision", "none", where, "The ledger has no decision on this statement.")
        return
    by = f" by {decision.by}" if decision.by else ""
    why = ", ".join(each for each in (decision.reason, decision.rule and f"rule {decision.rule}") if each)
    taken = decision.seen.get(decision.taken or "")
    alike = [each for each, seen in decision.seen.items() if taken and seen == taken]
    others = [each for each in decision.seen if each not in alike]
    said = [f"{decision.method}{by}{f' ({why})' if why else ''}", f"as {', '.join(alike)}" if alike else "in own words"]
    said += [f"otherwise or not: {', '.join(others)}"] if others else []
    behind = "" if ledger.text_sha256 == gold.text_sha256 else "The ledger is of another text than the gold document."
    yield Link("decision", "; ".join(said), where, behind)


def _annotations(workspace: Workspace, gold: Document, statement: Statement) -> Iterator[Link]:
    """Yield who else has found the statement, with the region in Label Studio that it was marked by."""
    store, scheme = workspace.store, workspace.scheme
    found = 0
    for where in store.names_of(gold.article_id):
        document = store.document(where)
        if document.gold is not None:
            continue
        if document.text_sha256 != gold.text_sha256:
            yield Link("annotation", document.annotator, where, "It is of another text than the gold document.")
            continue
        pairs = align(gold.statements, document.statements, scheme)
        place = gold.statements.index(statement)
        other = next((pair.other for pair in pairs if pair.one == place), None)
        if other is None:
            yield Link("annotation", f"{document.annotator} did not mark it", where)
            continue
        found += 1
        theirs = document.statements[other]
        told = f"{document.annotator}: {scheme.label_of(theirs) or 'not answered yet'} {theirs.target.id}"
        made = document.label_studio
        if made:
            told += f"; project {made.project}, task {made.task}, annotation {made.annotation}, region {theirs.id}"
            told += f", last saved by {made.edited_by}" if made.edited_by else ""
        yield Link("annotation", told, where)
    if not found:
        method = gold.gold.method if gold.gold else ""
        broken = f"It is gold by {method}, and no reading here has it." if method in ("unanimous", "majority") else ""
        yield Link("annotation", f"no reading has it; the gold is {gold.annotator}'s ({gold.origin})", broken=broken)


def _words(workspace: Workspace, article: Article, gold: Document, statement: Statement, where: str) -> Iterator[Link]:
    try:
        text = workspace.store.text(article)
    except StancebankError as error:
        yield Link("words", "", where, str(error).partition("\n")[0])
        return
    spans = [span for _, span in statement_spans(statement)]
    if text is None:
        yield Link("words", f"{len(spans)} fingerprints; the text is not at hand", where, is_open=True)
        return
    wrong = [span for span in spans if not _holds(span, text)]
    broken = "".join(f"text[{each.begin}:{each.end}] is not what was marked. " for each in wrong).strip()
    first = statement.content[0]
    shown = " ".join(text[first.begin : first.end].split())
    said = f"{len(spans) - len(wrong)} of {len(spans)} fingerprints hold"
    if not wrong and article.rights.text_policy.shows_quotations:
        said += f": “{shorten(shown, 80)}”"
    yield Link("words", said, where, broken)


def _holds(span: Span, text: str) -> bool:
    return 0 <= span.begin < span.end <= len(text) and is_of_place(span.fingerprint, text, span.begin, span.end)


def _article(workspace: Workspace, article: Article, gold: Document) -> Link:
    where = workspace.store.article_name(article.id)
    broken = ""
    if gold.text_sha256 != article.text_sha256:
        broken = "The gold document was made of another text than the record describes."
    name = workspace.store.text_name(article)
    words = workspace.store.read(name)
    if words is not None and sha256(words.decode(errors="replace").replace("\r\n", "\n")) != article.text_sha256:
        broken = f"{name} is not the text that the record describes."
    title = article.title.value if article.title else "untitled"
    return Link("article", f"{title}; {article.length} characters", where, broken, words is None)


def _source(workspace: Workspace, article: Article) -> Link:
    where = workspace.store.article_name(article.id)
    told = [each.value for each in (article.outlet, article.published, article.url) if each]
    if article.agencies:
        told.append(f"credits {', '.join(article.agencies.value)}")
    told.append(f"came in as {article.raw_sha256[:16]}")
    broken = ""
    if article.reprint_of:
        told.append(f"a reprint of {article.reprint_of}")
        if not workspace.store.has_article(article.reprint_of):
            broken = f"It is a reprint of {article.reprint_of}, which the corpus does not have."
    return Link("source", "; ".join(told), where, broken)


def _schema(workspace: Workspace, gold: Document) -> Link:
    now = workspace.settings.schema
    broken = "" if gold.schema_version == now else f"The workspace follows {now}."
    return Link("schema", gold.schema_version, f"schema/{gold.schema_version}", broken)


def _guidelines(workspace: Workspace, gold: Document) -> Link:
    try:
        version = guideline_version(workspace.root)
    except WorkspaceError:
        return Link("guidelines", gold.guideline_version, GUIDELINES, f"{GUIDELINES} does not name its version.")
    now = "" if version == gold.guideline_version else f"; they are {version} now"
    return Link("guidelines", f"{gold.guideline_version}{now}", GUIDELINES)


def _migrations(workspace: Workspace, row: str) -> Iterator[Link]:
    """Yield what migrations of the schema changed in the row."""
    for path in find_files(workspace.root / MIGRATIONS, "*.json"):
        value = read_json(path)
        article, _, rest = row.partition("/")
        file = f"corpus/gold/{article}.json"
        mine = [
            each
            for each in value.get("entries", ())
            if each.get("file") == file and each.get("row") in (row, rest, row.rpartition("/c")[0])
        ]
        where = path.relative_to(workspace.root).as_posix()
        if mine:
            steps = {each["step"]: each["what"] for each in value.get("steps", ())}
            told = "; ".join(dict.fromkeys(str(steps.get(each["step"], each["step"])) for each in mine))
            yield Link("migration", f"{value['from']} to {value['to']}: {told}", where)


def _releases(workspace: Workspace, row: str) -> Iterator[Link]:
    """Yield the releases that have the row."""
    versions = recorded_versions(workspace.root)
    holding = []
    for version in versions:
        record = read_record(workspace.root, version)
        if record and any(row in rows for rows in record.held.rows.values()):
            holding.append(version)
    if holding:
        where = f"corpus/releases/{holding[-1]}"
        yield Link("releases", f"in {', '.join(holding)}, of {len(versions)}", where)
    else:
        yield Link("releases", f"in none of {len(versions)}" if versions else "none was made yet")


def _commit(workspace: Workspace, where: str) -> Iterator[Link]:
    found = git.last_change(workspace.root, "HEAD", where)
    if found:
        yield Link("commit", f"{found[0]} {found[1]}", where)
