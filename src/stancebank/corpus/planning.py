"""How sources join the corpus: what adding each of them means, beside what is there and what came before it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from dataclasses import replace as replace_in
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal

import msgspec

from stancebank.corpus.cleaning import Source
from stancebank.corpus.ingest import extraction_of, make_article, text_lines, title_beside, under_title
from stancebank.corpus.keys import LATER_KEYS, METADATA_KEYS
from stancebank.corpus.metadata import apply_zones, later_values, rights_values, sourced, standardised, text_value
from stancebank.corpus.present import Present
from stancebank.corpus.reprints import find_first, find_printing
from stancebank.corpus.store import LONGEST_ARTICLE, Store
from stancebank.corpus.withdraw import Memory
from stancebank.errors import ConflictError, InputError, StancebankError
from stancebank.model import Article, to_builtins
from stancebank.schema.validate import schema_folder, validate
from stancebank.text import folding_of, one_line, sha256

Action = Literal["added", "unchanged", "updated", "replaced", "differs"]


@dataclass(frozen=True, slots=True)
class Addition:
    """What adding one source means: the action, the record, its text, and the metadata keys that differ.

    notes: what is to be said of it, such as in which form a date is stored. place: where the text and the lines of the
    article are kept that were put aside; None while they are here.
    """

    action: Action
    article: Article
    text: str
    differing: tuple[str, ...] = field(default=())
    notes: tuple[str, ...] = field(default=())
    place: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A source that cannot be added. source: which. error: why."""

    source: str
    error: StancebankError


def plan_additions(
    store: Store, sources: Iterable[Source], metadata: Mapping[str, Any], **options: Any
) -> list[Addition]:
    """Decide for every source what adding it means, as `plan_each` does with the same options; nothing is written.

    All faults are found before any is raised: several of them as one error. Raises ConflictError where a known id comes
    with another text, or the text of a withdrawn article comes again; InputError where metadata is missing or wrong.
    """
    additions, refusals = plan_each(store, sources, metadata, **options)
    if refusals:
        raise _joined([each.error for each in refusals])
    return [addition for _, addition in additions]


Planned = tuple[Source, Addition]
"""A source with what adding it means."""


def plan_each(
    store: Store,
    sources: Iterable[Source | InputError],
    metadata: Mapping[str, Any],
    *,
    keep: Callable[[Source, Addition], Planned] = lambda *planned: planned,
    **options: Any,
) -> tuple[list[Planned], list[Refusal]]:
    """Decide for every source what adding it means, as `Planner` does with the same options; nothing is written."""
    return Planner(store, metadata, **options).plan(sources, keep)


class Planner:
    """Decides what adding sources means, beside what the corpus has and what was planned before. It writes nothing.

    metadata: what holds for all sources; a source's own metadata goes before it. defaults: what holds for a new
    article where neither says anything; it changes no article that is known. update: take new metadata for an article
    that is known. replace: take a new text for a known id on which no document was made; what was given for the old
    text holds on. allow_similar: take a text that is like that of a withdrawn article and is another one. reprint: take
    a known text again where its date or address differs, too; from another outlet, it is a reprint anyway. title_line:
    put a title on top of a text in which it does not stand.
    """

    def __init__(
        self,
        store: Store,
        metadata: Mapping[str, Any],
        *,
        defaults: Mapping[str, Any] | None = None,
        update: bool = False,
        replace: bool = False,
        allow_similar: bool = False,
        reprint: bool = False,
        title_line: bool = False,
    ) -> None:
        self._store = store
        self._metadata = metadata
        self._defaults = defaults or {}
        self._update = update
        self._replace = replace
        self._allow_similar = allow_similar
        self._reprint = reprint
        self._title_line = title_line
        self._present = Present(store)
        self._memory = Memory(store.withdrawals())
        self._withdrawn = {each.id for each in self._memory.withdrawals}
        self._schema_dir = schema_folder(store.root, store.schema)
        self._edition = store.scheme.edition
        self._taken: dict[str, str] = {}

    @cached_property
    def _annotated(self) -> set[str]:
        """The articles that anybody has annotated."""
        return {document.article_id for document in self._store.all_documents()}

    def plan(
        self,
        sources: Iterable[Source | InputError],
        keep: Callable[[Source, Addition], Planned] = lambda *planned: planned,
    ) -> tuple[list[Planned], list[Refusal]]:
        """Decide for every source what adding it means, and which cannot be added.

        keep: gives what is returned of a source, which may leave the text out. Every article has to fulfil its JSON
        Schema. One that is refused counts for no other one: all that are returned can be added without those that are
        not. Called again, it takes what it returned before for added.
        """
        additions: list[Planned] = []
        refusals: list[Refusal] = []
        for source in sources:
            if isinstance(source, InputError):
                refusals.append(Refusal(getattr(source, "source", ""), source))
                continue
            offered = {**self._metadata, **source.metadata}
            wrong = _metadata_faults({**self._defaults, **offered}, source.name)
            if self._edition < 2:
                wrong += _require_later(offered, source.name, self._store.schema)
            if not wrong:
                try:
                    language = {**self._defaults, **offered}.get("language")
                    offered, notes = standardised(offered, language, source.name)
                    if (title := title_beside(source.text, offered, source.name)) and self._title_line:
                        source, offered = _with_title(source, offered, title)
                    addition = self._plan_one(source, offered)
                    if title and not self._title_line and addition.action in ("added", "replaced"):
                        notes += (f"title: {title!r} does not stand in the text; --title-line puts it on top",)
                    additions.append(keep(source, replace_in(addition, notes=notes)))
                except (InputError, ConflictError) as error:
                    wrong = [error]
            refusals += [Refusal(source.name, each) for each in wrong]
        return self._linked(additions, refusals), refusals

    def settle(self) -> None:
        """Know that all that was planned so far is written; it is read from there when it is asked for."""
        self._present.settle()

    def _plan_one(self, source: Source, offered: Mapping[str, Any]) -> Addition:
        edition, schema = self._edition, self._store.schema
        _require_not_withdrawn(self._memory, source, allow_similar=self._allow_similar)
        first: Article | None = None
        is_new = True
        if known := self._present.with_text(sha256(source.text)):
            is_same_page = any(each.raw_sha256 == source.raw_sha256 for each in known)
            said = offered if is_same_page else {**_stated(source, edition), **_told(offered)}
            first, is_new = find_printing(known, said, source.name, reprint=self._reprint)
            if is_new and edition < 2:
                raise ConflictError(_no_reprints(first, source, schema))
        if first and not is_new:
            addition = _known_text(first, source, offered, edition, update=self._update)
            if addition.action == "updated":
                _require_valid(addition.article, self._schema_dir)
                self._present.plan(addition.article)
        else:
            about = {**self._defaults, **(_of_first(first) if first else {})}
            about |= {**_stated(source, edition), **_told(offered)}
            article = make_article(source, about, self._store.root, schema, edition)
            if first:
                article = _as_reprint(article, first, offered, source)
            if article.id not in self._present:  # earlier ones may be longer
                article = msgspec.structs.replace(article, id=article.id[:LONGEST_ARTICLE].strip("-"))
            self._require_free(article.id, source)
            _require_valid(article, self._schema_dir)
            addition = Addition("added", article, source.text)
            if other := self._present.get(article.id):
                annotated = self._replace and other.id in self._annotated
                _require_replaceable(other, source, replace=self._replace, annotated=annotated)
                addition = Addition("replaced", _heir(article, other, offered, source), source.text)
            self._taken[article.id] = source.name
            self._present.plan(addition.article)
        return addition

    def _require_free(self, article_id: str, source: Source) -> None:
        """Raise ConflictError where an id was given out to another text, in this run or before a withdrawal."""
        if article_id in self._withdrawn:
            raise ConflictError(
                f"{source.name}: it would get the id {article_id}, that of an article that was withdrawn; no id is "
                "given out twice.\nHint: name it with --slug. Nothing was changed."
            )
        if article_id in self._taken:
            raise ConflictError(
                f"{source.name}: {self._taken[article_id]} gets the id {article_id} in this run, and has another "
                "text.\nHint: give one of them a slug in its metadata, or add it by itself with --slug. "
                "Nothing was changed."
            )

    def _linked(self, additions: list[Planned], refusals: list[Refusal]) -> list[Planned]:
        """Let each reprint name the first article with its text; refuse one that names none that will be there."""
        while True:
            linked, wrong = [], []
            for source, added in additions:
                if not added.article.reprint_of:
                    linked.append((source, added))
                    continue
                try:
                    first = find_first(added.article, source.name, self._present)
                except InputError as error:
                    wrong.append(added.article)
                    refusals.append(Refusal(source.name, error))
                else:
                    article = msgspec.structs.replace(added.article, reprint_of=first)
                    linked.append((source, replace_in(added, article=article)))
            if not wrong:
                return linked
            additions = linked
            for each in wrong:
                self._present.drop(each)


def _require_valid(article: Article, schema_dir: Path) -> None:
    """Raise InputError, with every fault, where a record does not fulfil its JSON Schema."""
    wrong = validate(to_builtins(article), "article", schema_dir, article.id)
    if wrong:
        listing = "\n".join(f"{each.file}  {each.pointer}: {each.message}" for each in wrong)
        raise InputError(f"{listing}\nHint: correct the metadata.")


def _told(offered: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is given and says something."""
    return {key: value for key, value in offered.items() if value is not None and value != ""}


def _stated(source: Source, edition: int) -> dict[str, Any]:
    """Return what a web page says of itself, and how its text was taken out of it; nothing of a source that is none."""
    page = source.page
    if page is None:
        return {}
    extraction = {"extractor": page.extractor, "version": page.version, "page_sha256": source.raw_sha256}
    if page.address:
        extraction["page_url"] = page.address
    return {**page.found, **({"extraction": extraction} if edition > 1 else {})}


def _metadata_faults(metadata: Mapping[str, Any], name: str) -> list[StancebankError]:
    """Return all that is wrong with metadata, key by key."""

    def read_value(key: str) -> object:
        return sourced(metadata, key, name)

    tries: list[Callable[[], object]] = [partial(read_value, key) for key in METADATA_KEYS]
    tries += [lambda: rights_values(metadata, name), lambda: text_value(metadata, "slug", name)]
    tries += [lambda: later_values(metadata, name)]
    faults: list[StancebankError] = []
    for each in tries:
        try:
            each()
        except InputError as error:
            faults.append(error)
    return faults


def _require_later(metadata: Mapping[str, Any], name: str, schema: str) -> list[StancebankError]:
    """Return a fault where metadata say what records of the first edition of the frame cannot hold."""
    told = [key for key in LATER_KEYS if metadata.get(key)]
    if not told:
        return []
    return [
        InputError(
            f"{name}: {' and '.join(told)} cannot be recorded, since schema {schema} is of the first edition.\n"
            "Hint: `stancebank schema migrate` brings it to the next version (`stancebank help schemes`)."
        )
    ]


def _joined(faults: list[StancebankError]) -> StancebankError:
    if len(faults) == 1:
        return faults[0]
    kind = ConflictError if all(isinstance(each, ConflictError) for each in faults) else InputError
    told = "\n".join(str(each).replace(" Nothing was changed.", "") for each in faults)
    return kind(f"{told}\nNothing was changed.")


def _known_text(same: Article, source: Source, offered: Mapping[str, Any], edition: int, *, update: bool) -> Addition:
    new: dict[str, Any] = {}
    for key in METADATA_KEYS:
        value, recorded = sourced(offered, key, source.name), getattr(same, key)
        if value is not None and (recorded is None or value.value != recorded.value or isinstance(offered[key], dict)):
            new[key] = value
    new["rights"] = msgspec.structs.replace(same.rights, **rights_values(offered, source.name))
    new |= later_values(offered, source.name)
    new["zones"] = apply_zones(same.zones, offered.get("zones"), source.text, source.name)
    differing = tuple(key for key, value in new.items() if value != getattr(same, key))
    if not differing:
        return Addition("unchanged", same, source.text)
    if not update:
        return Addition("differs", same, source.text, differing)
    new["lines"] = text_lines(source.text, folding_of(edition))  # those of known articles were left out
    return Addition("updated", msgspec.structs.replace(same, **new), source.text, differing)


def _no_reprints(first: Article, source: Source, schema: str) -> str:
    """Say that a workspace of the first edition of the frame has a text once."""
    outlet = first.outlet.value if first.outlet else "an outlet that is not known"
    return (
        f"{source.name}: {first.id} has this text already, from {outlet}: it is a reprint, which cannot be recorded, "
        f"since schema {schema} is of the first edition.\n"
        f"Hint: leave it out, or bring the workspace to the next version with `stancebank schema migrate`; if the "
        f"record names the wrong outlet, run `stancebank corpus edit {first.id} outlet=NAME`. Nothing was changed."
    )


def _of_first(first: Article) -> dict[str, Any]:
    """Return the metadata that hold for every printing of a text."""
    held = {key: getattr(first, key) for key in ("language", "event")}
    return {key: {"value": each.value, "basis": "inferred"} for key, each in held.items() if each}


def _as_reprint(article: Article, first: Article, offered: Mapping[str, Any], source: Source) -> Article:
    """Return a new article that has the text of another one, with the rights in it that this one has."""
    if article.id == first.id:
        raise ConflictError(
            f"{source.name}: it would get the id {first.id}, that of the article that it reprints.\n"
            "Hint: give its date, or name it with --slug. Nothing was changed."
        )
    rights = msgspec.structs.replace(first.rights, **rights_values(offered, source.name))
    return msgspec.structs.replace(article, reprint_of=article.reprint_of or first.first_id, rights=rights)


def _require_not_withdrawn(memory: Memory, source: Source, *, allow_similar: bool) -> None:
    known = memory.know_text(source.text, source.raw_sha256)
    if known is None or (allow_similar and not known.is_same):
        return
    withdrawal = known.withdrawal
    other = "" if known.is_same else "if it is another article, add it with --allow-similar; "
    raise ConflictError(
        f"{source.name}: it was withdrawn as {withdrawal.id} on {withdrawal.date} ({known.how}): "
        f"{one_line(withdrawal.reason)}\n"
        f"Hint: leave it out; {other}if it may be used again, say why: "
        f"`stancebank corpus withdraw {withdrawal.id} --undo --reason TEXT`. Nothing was changed."
    )


def _require_replaceable(other: Article, source: Source, *, replace: bool, annotated: bool) -> None:
    if not replace:
        why = extraction_of(other, source)
        raise ConflictError(
            f"{source.name}: the corpus holds {other.id} with another text{f' ({why})' if why else ''}.\n"
            "Hint: if this is another article, name it with --slug; if it is a corrected copy, and nobody has "
            "annotated the old one, pass --replace. Nothing was changed."
        )
    if annotated:
        raise ConflictError(
            f"{source.name}: {other.id} has annotations on its present text, so it cannot be replaced.\n"
            "Hint: add the new text as an article of its own with --slug. Nothing was changed."
        )


def _with_title(source: Source, offered: Mapping[str, Any], title: str) -> tuple[Source, dict[str, Any]]:
    """Return a source whose text begins with its title, and its metadata, which say so."""
    if offered.get("zones") is not None:
        raise InputError(
            f"{source.name}: zones are given in the text as it is, and --title-line would move them.\n"
            "Hint: leave --title-line out, or count the title's line in."
        )
    page = source.page
    if page and page.kinds:
        page = replace_in(page, kinds=("title", *page.kinds))
    text = under_title(source.text, title)
    return replace_in(source, text=text, page=page), {**offered, "zones": [{"zone": "title", "lines": [1, 1]}]}


def _heir(article: Article, other: Article, offered: Mapping[str, Any], source: Source) -> Article:
    """The record of a new text, with what somebody once gave for the old one and nobody gives otherwise now."""
    kept = {
        key: getattr(other, key)
        for key in METADATA_KEYS
        if sourced(offered, key, source.name) is None and (old := getattr(other, key)) and old.basis != "found"
    }
    kept |= {key: getattr(other, key) for key in ("reprint_of", "extra") if not getattr(article, key)}
    rights = msgspec.structs.replace(other.rights, **rights_values(offered, source.name))
    return msgspec.structs.replace(article, **kept, rights=rights)
