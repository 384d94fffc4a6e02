"""Whether `stancebank check` would accept a document: asked before it is written, by whatever writes one."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

from stancebank.check.annotations import KnownNames, known_names
from stancebank.check.articles import check_reading
from stancebank.check.corpus import check_quotes
from stancebank.check.waivers import Waiver, read_waivers
from stancebank.check.workspace import LEAKED
from stancebank.corpus.language import Habits, load_habits
from stancebank.corpus.leaks import Guard, make_guard, search_files
from stancebank.corpus.registry import Registry, entries, spellings
from stancebank.corpus.store import LONGEST_PATH, is_reserved
from stancebank.corpus.withdraw import LENGTH, run_words
from stancebank.errors import Finding, InputError
from stancebank.model import Article, Document, EntityRegistry, TargetRegistry, to_builtins
from stancebank.records import to_json
from stancebank.schema.validate import validate
from stancebank.search import search_fold
from stancebank.text import sha256
from stancebank.workspace import Workspace

UNREGISTERED = frozenset(("entity-unknown", "target-unknown"))
"""Codes of names that the registries lack."""


@dataclass
class Judge:
    """Judges documents of one workspace by the rules of `stancebank check`, and reads what these need once.

    entities, targets: the registries as they will be once the documents are written.
    """

    workspace: Workspace
    entities: EntityRegistry = field(init=False)
    targets: TargetRegistry = field(init=False)
    names: KnownNames = field(init=False)

    def __post_init__(self) -> None:
        self.use(self.workspace.store.entities(), self.workspace.store.targets())

    def use(self, entities: EntityRegistry, targets: TargetRegistry) -> None:
        """Take other registries for those of the workspace."""
        self.entities, self.targets = entities, targets
        self.names = known_names(entities, targets)

    def file_of(self, document: Document) -> str:
        """Return the path in the workspace at which a document is written."""
        return f"corpus/{'gold' if document.gold else f'annotations/{document.annotator}'}/{document.article_id}.json"

    def errors(
        self, document: Document, beside: Mapping[str, Document] | None = None, text: str | None = None
    ) -> list[Finding]:
        """Return the errors that a check would find in a document, or because of it; waived ones are left out.

        beside: documents that are written with it, by their path in the workspace. text: of the article, where it is
        known from elsewhere than the workspace.
        """
        file = self.file_of(document)
        found = self._find(file, document, {**(beside or {}), file: document}, text)
        return [each for each in found if each.severity == "error" and not self._is_waived(each)]

    def _find(
        self, file: str, document: Document, written: Mapping[str, Document], text: str | None
    ) -> Iterator[Finding]:
        workspace = self.workspace
        value = to_builtins(document)
        if faults := validate(value, "annotation", workspace.schema_dir, file):
            yield from faults
            return
        try:
            article = workspace.store.article(document.article_id)
        except InputError as error:  # it says which one may be meant, or why it is gone
            yield Finding(file, "/article_id", "document-article", str(error).partition("\n")[0])
            return
        if article.text_sha256 != document.text_sha256:
            text = None
        elif text is None or sha256(text) != article.text_sha256:
            text = workspace.store.text(article)
        yield from check_reading(
            file, document, article, text, self.names, workspace.scheme, workspace.root, self._habits
        )
        yield from self._path_faults(file)
        if over := self._over_cap(article, written):
            yield over
        if _may_quote(document):
            yield from self.leaks(file, value)

    def leaks(self, file: str, value: object) -> Iterator[Finding]:
        """Yield where a file that is about to be written holds words of articles that may not be published.

        value: what JSON holds of it.
        """
        leaks = search_files([(file, to_json(value).encode())], self._guard).leaks
        yield from (Finding(leak.file, leak.pointer, LEAKED, leak.message) for leak in leaks)

    def _path_faults(self, file: str) -> Iterator[Finding]:
        parts = Path(file).parts
        if reserved := next((part for part in parts if is_reserved(part)), None):
            yield Finding(file, "", "name-unportable", f"{reserved} is a reserved name on Windows.")
        elif len(file) > LONGEST_PATH:
            message = f"its path has {len(file)} characters, and {LONGEST_PATH} can be relied on."
            yield Finding(file, "", "name-unportable", message)

    def _over_cap(self, article: Article, written: Mapping[str, Document]) -> Finding | None:
        """Return that the documents of an article quote more than its text policy allows, where they did not before."""
        if not article.rights.text_policy.is_capped:
            return None
        store, cap = self.workspace.store, self.workspace.settings.cap
        here = {name: store.document(name) for name in store.names_of(article.id)}
        of_article = {name: each for name, each in written.items() if each.article_id == article.id}
        over = check_quotes(article, {**here, **of_article}.values(), cap)
        return over if over and not check_quotes(article, here.values(), cap) else None

    def _is_waived(self, finding: Finding) -> bool:
        return any(waiver.covers(finding) for waiver in self._waivers)

    @cached_property
    def _habits(self) -> Habits:
        return load_habits(self.workspace.root)

    @cached_property
    def _guard(self) -> Guard:
        return make_guard(self.workspace.store)

    @cached_property
    def _waivers(self) -> tuple[Waiver, ...]:
        today: date = datetime.now(UTC).date()
        return tuple(each for each in read_waivers(self.workspace.root)[0] if each.until >= today)

    def likely(self, finding: Finding) -> str:
        """Say which registered ids come near to the one that a finding calls unknown; "" where none does."""
        registry: Registry = self.entities if finding.code == "entity-unknown" else self.targets
        name = finding.message.split("'")[1]
        found = near_entries(registry, name)
        return f" Did you mean {' or '.join(map(repr, found))}?" if found else ""


def near_entries(registry: Registry, name: str) -> list[str]:
    """Return the ids of entries that a name may mean, at most three: those called so, or else those of similar ids."""
    folded = search_fold(name.replace("-", " "))
    called = [key for key, names in spellings(registry).items() if folded in map(search_fold, names)]
    return (called or get_close_matches(name, [each.id for each in entries(registry)], 3))[:3]


def _may_quote(document: Document) -> bool:
    """Whether a document holds words of people in a row that can be those of an article."""
    texts: Iterable[object] = (
        *(each.note for each in document.non_statements),
        *(value for each in document.statements for value in each.fields.values()),
        *(value for each in document.statements for value in each.target.fields.values()),
        *(value for each in document.statements for one in each.conditions for value in one.fields.values()),
    )
    return any(isinstance(each, str) and len(run_words(each)) >= LENGTH for each in texts)
