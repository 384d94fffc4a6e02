"""Kept suggestions as annotators get them: editable pre-annotations, in which what an engine left open is a question.

The statement that a file calls s3 has the id ``ARTICLE/NAME-s3``, which its region keeps as long as it lives. Label
Studio gives what people mark ids of ten random letters and digits, and gold has ``ARTICLE/s3``: so a statement with
such an id began as that suggestion, and no other can have it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace as changed

from stancebank.annotate.controls import MAX_NEW, NEW, Profile
from stancebank.annotate.encode import to_result
from stancebank.annotate.guidelines import guideline_version
from stancebank.annotate.interface_settings import Interface, load_interface
from stancebank.annotate.sync.drawing import VERSION
from stancebank.annotate.sync.types import Drafted, Drafts
from stancebank.corpus.anchoring import read_statements
from stancebank.corpus.quoted import QuotedFields, QuotedStatement
from stancebank.corpus.registry import RESERVED, current_ids, entries, resolve_document
from stancebank.corpus.suggestions import engine_line, read_suggestion, suggested_articles, suggestion_names
from stancebank.errors import InputError
from stancebank.model import Document, Fields, Statement
from stancebank.records import to_json
from stancebank.suggest.engine import ReadArticle, Surroundings
from stancebank.suggest.run import kept
from stancebank.text import one_line, sha256
from stancebank.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Showing:
    """Suggestions as they are shown. without: articles that have none; notes: what of others is not shown, and why."""

    drafts: Drafts
    without: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def bare_surroundings(workspace: Workspace) -> Surroundings:
    """Return the surroundings of a workspace without examples: for what is kept already, none is needed."""
    store = workspace.store
    return Surroundings(workspace, workspace.scheme, store.entities(), store.targets(), (), {})


def show(workspace: Workspace, name: str, article_ids: Sequence[str], share: float, profile: Profile) -> Showing:
    """Return the kept suggestions of a name for articles, of all if none is named, as a push shows them.

    share: of the tasks that are left without any. profile: of the interface. Raises InputError where there is no
    suggestion of that name at all.
    """
    store = workspace.store
    there = set(suggested_articles(store, name)) if name in suggestion_names(store) else set()
    if not there:
        known = ", ".join(suggestion_names(store))
        hint = f"choose {known}, or run" if known else "run"
        raise InputError(f"There are no suggestions called {name!r}.\nHint: {hint} `stancebank suggest`.")
    reader = DraftReader(workspace, profile)
    found, refused, without, notes = dict[str, Drafted](), dict[str, str](), [], list[str]()
    for article_id in dict.fromkeys(article_ids or store.article_ids()):
        article = store.article(article_id)
        text = store.text(article)
        if text is None:
            continue
        if article_id not in there:
            without.append(article_id)
            continue
        source = reader.surroundings.source(article, text)
        try:
            drafted = reader.read(name, source)
        except InputError as error:
            refused[article_id] = one_line(str(error).replace("\nHint", " Hint"))
            continue
        if drafted is None:
            hint = f"`stancebank suggest {article_id} --engine ENGINE --name {name}` makes it again"
            refused[article_id] = f"its suggestion is of another text: {hint}"
            continue
        found[article_id], faults = drafted
        notes += [f"{article_id}, {each}" for each in faults]
    return Showing(Drafts(name, share, found, refused), tuple(without), tuple(notes))


@dataclass(frozen=True, slots=True)
class DraftReader:
    """Reads kept suggestions of a workspace as documents that can be shown in a profile of its interface."""

    workspace: Workspace
    profile: Profile
    surroundings: Surroundings = field(init=False)
    interface: Interface = field(init=False)
    entities: Mapping[str, str] = field(init=False)
    targets: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        around = bare_surroundings(self.workspace)
        object.__setattr__(self, "surroundings", around)
        object.__setattr__(self, "interface", load_interface(self.workspace, self.profile))
        object.__setattr__(self, "entities", {each.id: each.id for each in entries(around.entities)})
        object.__setattr__(self, "targets", {each.id: each.id for each in entries(around.targets)})

    def read(self, name: str, source: ReadArticle) -> tuple[Drafted, list[str]] | None:
        """Return the suggestion of an article, and what of it cannot be shown; None where it is of another text.

        Raises InputError where its file is no suggestion, as one that an earlier scheme had.
        """
        suggested = kept(self.surroundings, name, source)
        if suggested is None:
            return None
        scheme, article = self.surroundings.scheme, source.article
        said = read_statements(suggested.value, scheme)
        statements = [
            _left_open(_renamed(one, f"{article.id}/{name}-{one.id}"), own)
            for one, own in zip(suggested.statements, said, strict=True)
            if one.content
        ]
        record = suggested.value.get("engine")
        document = Document(
            schema_version=scheme.version,
            guideline_version=guideline_version(self.workspace.root),
            article_id=article.id,
            text_sha256=article.text_sha256,
            annotator=VERSION + name,
            origin=f"model:{name}",
            created_at="",
            updated_at="",
            statements=tuple(statements),
            edition=scheme.edition,
        )
        document, names = self._with_known_names(document)
        document, faults = self._presentable(document, source)
        digest = sha256(to_json(read_suggestion(self.workspace.store, name, article.id)))
        return Drafted(document, engine_line(record).id if record else "", digest, names), faults

    def _with_known_names(self, document: Document) -> tuple[Document, tuple[str, ...]]:
        """Return a document whose ids are those of the registries now, and the names that stand for `new-1` and so on.

        Of entities that the registry lacks, the first few are new names; the others, and all such targets, are open.
        """
        scheme = self.surroundings.scheme
        entities = {**current_ids(self.surroundings.entities), **self.entities}
        targets = {**current_ids(self.surroundings.targets), **self.targets, RESERVED: RESERVED}
        names: list[str] = []
        for statement in document.statements:
            for _, each in scheme.entities(statement):
                if each and each not in entities and len(names) < MAX_NEW:
                    names.append(one_line(each))
                    entities[each] = f"{NEW}{len(names)}"
                entities.setdefault(each, "")
            for _, each in scheme.targets(statement):
                targets.setdefault(each, "")
        return resolve_document(document, scheme, entities, targets), tuple(names)

    def _presentable(self, document: Document, source: ReadArticle) -> tuple[Document, list[str]]:
        """Return a document without the statements that the interface cannot show, and why it cannot."""
        try:
            to_result(source.article, source.text, document, self.interface)
            return document, []
        except InputError:
            usable, faults = [], []
            for each in document.statements:
                try:
                    to_result(source.article, source.text, changed(document, statements=(each,)), self.interface)
                    usable.append(each)
                except InputError as error:
                    faults.append(one_line(str(error).replace("\nHint", " Hint")))
            return changed(document, statements=tuple(usable)), faults


def short_name(name: str, statement_id: str) -> str | None:
    """Return what the file of a suggestion calls a statement, as ``s3``; None where it did not begin as one of it.

    name: of the suggestion. statement_id: in a document, as ``ARTICLE/rules-s3``.
    """
    _, _, own = statement_id.partition("/")
    number = own.removeprefix(f"{name}-s")
    return f"s{number}" if own != number and number.isdecimal() else None


def _renamed(statement: Statement, name: str) -> Statement:
    conditions = tuple(changed(each, id=f"{name}/c{n}") for n, each in enumerate(statement.conditions, 1))
    return changed(statement, id=name, same_as=None, conditions=conditions)


def _left_open(statement: Statement, said: QuotedStatement) -> Statement:
    """Return a statement in which a question is open that its engine did not answer."""
    target = changed(statement.target, fields=_told(statement.target.fields, said.target.fields))
    conditions = tuple(
        changed(one, fields=_told(one.fields, own.fields))
        for one, own in zip(statement.conditions, said.conditions, strict=True)
        if one.spans
    )
    return changed(statement, target=target, conditions=conditions, fields=_told(statement.fields, said.fields))


def _told(values: Fields, said: QuotedFields) -> Fields:
    return {key: value for key, value in values.items() if key in said}


def statements_of(document: Document, name: str) -> Iterator[tuple[str, Statement]]:
    """Yield the statements of a document that began as a suggestion of a name, each with what its file calls it."""
    for each in document.statements:
        short = short_name(name, each.id)
        if short is not None:
            yield short, each
