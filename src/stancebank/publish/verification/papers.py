"""What a folder says of itself beside its rows, made again of them and compared, file by file of the layout."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

import msgspec

from stancebank.codes import RELEASE_CODES
from stancebank.corpus.store import ADJUDICATIONS, LEDGER, SAMPLES
from stancebank.corpus.suggestions import BEGUN, SHOWN
from stancebank.errors import InputError, shorten
from stancebank.model import TextPolicy
from stancebank.publish.card.brief import PREVIEW
from stancebank.publish.card.card import (
    CITATION,
    HISTORY,
    README,
    Part,
    block_maker,
    header_text,
    make_head,
    make_header,
    make_warning,
    own_tags,
    pretty_name,
    read_parts,
    released_on,
)
from stancebank.publish.card.croissant import CROISSANT
from stancebank.publish.card.pairs import compares_pairs
from stancebank.publish.card.reference import COLUMNS
from stancebank.publish.card.statistics import Built, Facts
from stancebank.publish.gold import is_undecided
from stancebank.publish.layout import (
    ALWAYS_INPUTS,
    ANSWERS,
    BIBTEX,
    DATACITE,
    DATAPACKAGE,
    IGNORE,
    LAYOUT,
    LICENCE,
    MANIFEST,
    NOTE,
    OF_SAMPLES,
    OF_SPLITS,
    OF_SUGGESTIONS,
    PAPERS,
    SCHEMA,
    SCHEMAS,
    SPLIT_REPORT,
    SPLITS,
    ZENODO,
    Entry,
    FolderFacts,
    Kind,
    When,
    adapted,
    copied_names,
    make_manifest,
    original_of,
    rows_by_table,
    rows_of_facts,
    tells_release,
)
from stancebank.publish.parquet import TableFacts, Written
from stancebank.publish.published import ANNOTATION, find_schema
from stancebank.publish.rights import RIGHTS, Audit, Terms, read_terms
from stancebank.publish.splitting import check_stated, read_stated
from stancebank.publish.tables import CHAT
from stancebank.publish.verification.faults import Check, Fault
from stancebank.publish.verification.files import Files
from stancebank.publish.verification.rows import MOST_FAULTS, Walked
from stancebank.records import find_files, from_json, to_json
from stancebank.schema.fields import Scheme
from stancebank.schema.validate import EARLIER, packed_schema
from stancebank.workspace import toolkit_version

Manifest = dict[str, Any]

_STATED = {
    "toolkit_version": str,
    "dataset_name": str,
    "dataset_version": str,
    "schema_version": str,
    "pyarrow_version": str,
    "inputs": dict,
}
"""Keys that rows do not tell, and their types; `trees` and `waived` stand in releases only."""

_RELEASE = {
    "trees": dict,
    "waived": list,
    OF_SPLITS: dict,
    "rights": dict,
    "blocked_by": list,
    OF_SUGGESTIONS: dict,
    OF_SAMPLES: dict,
}
_COUNTED = ("unchanged", "unknown")
_ENGINE = {"name", "version", "model", "model_version", "model_sha256"}
_LEAK = "release-split-leak"
_VERSION = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){2}")
_HEX = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class _Faults:
    """What is said of a file that is not as it is made again: by which check, and under which codes."""

    check: Check
    differs: str
    message: str
    missing: str = "file-missing"
    foreign: str = "file-foreign"


_MADE: dict[str, _Faults] = {
    IGNORE: _Faults("manifest", "manifest-differs", "it does not ignore the folder.", *["manifest-differs"] * 2),
    COLUMNS: _Faults("card", "columns-differ", "it is not what the scheme and the rows make it."),
    CROISSANT: _Faults("croissant", "croissant-differs", "it is not so."),
    RIGHTS: _Faults("croissant", "rights-differ", "it is not what the rows make it."),
    SPLITS: _Faults("croissant", "splits-differ", "it gives articles other splits than their rows."),
    SPLIT_REPORT: _Faults("croissant", "split-report-differs", "it is not what the rows make it."),
    SCHEMAS: _Faults("croissant", "schema-differs", "the toolkit's own is another.", foreign="schema-differs"),
    ANSWERS: _Faults("croissant", "schema-differs", "the toolkit's own is another."),
    **{
        name: _Faults("croissant", "paper-differs", "it is not what the folder makes it.")
        for name in (BIBTEX, ZENODO, DATACITE, DATAPACKAGE, PREVIEW, NOTE)
    },
}
"""The files that are compared as wholes, by their names in the layout."""


_OF_0_1_0: dict[str, tuple[tuple[str, str], ...]] = {
    README: (
        ("in another table is one of these", "in another view is one of these"),
        ("| config | split | rows |", "| view | split | rows |"),
        ("The tables `", "The views `"),
        ("There is no table `tokens` here", "There is no view `tokens` here"),
        ("Each table is a folder", "Each view is a folder"),
    ),
    CROISSANT: (
        ("in another table is one of these", "in another view is one of these"),
        ("Rows by table:", "Rows by view:"),
        ("metadata_basis of the table articles", "metadata_basis of the view articles"),
        ("entries of the table entities", "entries of the view entities"),
        (
            "Opinions of people and bodies, as articles report them.",
            "Political opinion, as articles report it of people and bodies.",
        ),
    ),
    RIGHTS: (
        ("text policy", "tier"),
        ("text policies", "tiers"),
        ("of the tables,", "of the views,"),
        ("All tables count", "All views count"),
    ),
}
"""What is said otherwise than in release 0.1.0, whose files must stay sound: the words of today, and those of then."""


_FEW = "null where fewer than two have read the article."
_UNSAID = "null where that is not said."
_OF_0_2_0 = (
    (
        f"have read the article independently, not counting models; {_FEW}",
        f"have judged the statement independently; {_UNSAID}",
    ),
    (f", where those who lack the statement did not choose it; {_FEW}", f"; {_UNSAID}"),
    (
        ", as the adjudicator found: `guideline-gap`, `ambiguous-text` or `perspective`; null where that is not said, "
        "or where they differed by an error.",
        f"; {_UNSAID}",
    ),
    (
        ": none was chosen by more than half of all, or `ambiguity` is `ambiguous-text` or `perspective`; " + _FEW,
        f"; {_UNSAID}",
    ),
    (
        ": shares of all of them, so that what is missing from 1 are those who lack the statement; " + _FEW,
        f"; {_UNSAID}",
    ),
)
"""The same of release 0.2.0, in whatever file: what columns mean that it left empty."""


def _in_earlier_words(name: str, text: str) -> tuple[str, str]:
    """Return a text of a file in the words of release 0.1.0, and in those of release 0.2.0."""
    first = second = text
    for now, then in _OF_0_1_0.get(name, ()):
        first = first.replace(now, then)
    for now, then in _OF_0_2_0:
        second = second.replace(now, then)
    return first, second


@dataclass(frozen=True, slots=True)
class ReadFolder:
    """A folder whose rows were gone over. whole: what its files are made of, as far as it is told by rows and files."""

    files: Files
    manifest: Manifest
    walked: Walked
    whole: FolderFacts

    @property
    def facts(self) -> Facts:
        """What card and croissant.json say."""
        return self.whole.facts

    @property
    def tables(self) -> tuple[TableFacts, ...]:
        """The tables with rows, as they were found."""
        return self.whole.tables

    @property
    def rows(self) -> Mapping[str, Written]:
        """The rows of each table, read again whenever somebody goes over them."""
        return self.whole.rows

    @property
    def body(self) -> str:
        """The card below its header and its warning."""
        return self.whole.template or ""


def make_folder(files: Files, manifest: Manifest, walked: Walked, tables: tuple[TableFacts, ...]) -> ReadFolder:
    """Put together what is known of a folder once its rows were gone over."""
    blocked = tuple(each for each in RELEASE_CODES if each in manifest.get("blocked_by", ()))
    built = Built(
        text_of(manifest), tuple(walked.showing), tuple(walked.beyond), tuple(walked.lacking), tuple(sorted(blocked))
    )
    rows = rows_by_table(files.root, tables)
    readme = files.text(README) or ""
    facts = Facts(
        rows_of_facts(rows, walked.context.scheme),
        walked.context,
        manifest["dataset_name"],
        manifest["dataset_version"],
        manifest["schema_version"],
        built,
        walked.agreement.pairs()
        if compares_pairs(walked.context.scheme, readme, is_judged=bool(walked.judged))
        else (),
        pretty_name(readme) or "",
        files.text(LICENCE),
        released_on(files.text(HISTORY), manifest["dataset_version"]),
        own_tags(readme),
        files.text(CITATION),
        PREVIEW in files.sizes,
        _stated_of_suggestions(manifest, walked.context.scheme),
        _stated_of_samples(manifest, walked.context.scheme),
        walked.counting,
    )
    trusted = find_trusted_schema(files, manifest)
    is_own = trusted is not None and trusted != packed_schema(manifest["schema_version"])
    whole = FolderFacts(
        facts,
        tables,
        rows,
        _terms(manifest),
        _below_header(readme).removeprefix("\n" + make_warning(built)),
        {key: manifest[key] for key in (*_STATED, "trees", "waived") if key in manifest}
        | _stated_of_splits(manifest, walked.context.scheme)
        | ({} if facts.suggestions is None else {OF_SUGGESTIONS: facts.suggestions})
        | ({} if facts.samples is None else {OF_SAMPLES: facts.samples}),
        "trees" in manifest or tells_release(files.sizes, own_schema=is_own),
    )
    carries = is_own or whole.is_release
    shown = Audit(tuple(walked.shown), whole.terms.cap) if whole.terms else None
    copies = _own_schemas(files, manifest, carries_schema=carries, is_release=whole.is_release, has_chat=CHAT in rows)
    if (history := files.text(HISTORY)) is not None:
        copies[HISTORY] = history.encode()
    return ReadFolder(files, manifest, walked, replace(whole, copies=copies, shown=shown, digests=files.digests))


def _own_schemas(
    files: Files, manifest: Manifest, *, carries_schema: bool, is_release: bool, has_chat: bool
) -> dict[str, bytes]:
    """Return the schemas that a folder copies, as they should be, by their names in the folder.

    They are the toolkit's, of this or an earlier edition, or a scheme of the folder's own.
    """
    schema_dir = find_trusted_schema(files, manifest)
    own = {path.name: path.read_bytes() for path in find_files(schema_dir, "*.json")} if schema_dir else {}
    earlier = EARLIER.get(manifest["schema_version"], {})
    if files.digests.get(f"{SCHEMA}/{ANNOTATION}") == earlier.get(ANNOTATION, ""):
        named = {Path(name).name: name for name in files.digests if name.startswith(f"{SCHEMA}/")}
        own = {
            name: (files.root / named[name]).read_bytes()
            for name, digest in earlier.items()
            if name in named and files.digests[named[name]] == digest
        }
    names = copied_names(own, carries_schema=carries_schema, is_release=is_release, has_chat=has_chat)
    return {name: own[Path(name).name] for name in names if Path(name).name in own}


def _stated_of_splits(manifest: Manifest, scheme: Scheme) -> dict[str, Any]:
    """Return what a manifest states of splits, under its key; nothing where it is of another form."""
    if OF_SPLITS not in manifest or scheme.edition < 2:
        return {}
    try:
        read_stated(manifest[OF_SPLITS])
    except msgspec.ValidationError:
        return {}
    return {OF_SPLITS: manifest[OF_SPLITS]}


def _stated_of_suggestions(manifest: Manifest, scheme: Scheme) -> dict[str, Any] | None:
    """Return what a manifest states of suggestions; None where it states nothing, or it is of another form."""
    value = manifest.get(OF_SUGGESTIONS)
    if scheme.edition < 2 or not isinstance(value, dict) or value.keys() != {"engines", *_COUNTED}:
        return None
    engines, counts = value["engines"], [value[key] for key in _COUNTED]
    is_told = isinstance(engines, dict) and all(
        isinstance(each, dict) and "name" in each and _ENGINE.issuperset(each) and all(map(_is_text, each.values()))
        for each in engines.values()
    )
    return value if is_told and all(type(each) is int and each >= 0 for each in counts) else None


def _stated_of_samples(manifest: Manifest, scheme: Scheme) -> dict[str, Any] | None:
    """Return what a manifest states of plans of samples; None where it states nothing, or it is of another form."""
    if scheme.edition < 2 or OF_SAMPLES not in manifest:
        return None
    from stancebank.publish.sampled import is_told  # most folders do without

    value = manifest[OF_SAMPLES]
    return value if is_told(value) else None


def _terms(manifest: Manifest) -> Terms | None:
    try:
        terms = read_terms(manifest)
    except (KeyError, TypeError, AttributeError):
        return None
    numbers = (terms.cap.longest, terms.cap.share)
    texts = (terms.contact, *(each for gone in terms.withdrawn for each in (gone.id, gone.date, gone.reason)))
    return terms if all(type(each) is int for each in numbers) and all(map(_is_text, texts)) else None


def same(one: object, other: object) -> bool:
    """Whether two values of JSON are the same, types included: 1 is neither true nor 1.0."""
    return to_json(one) == to_json(other)


def _withdrawals(folder: ReadFolder) -> Iterator[Fault]:
    """Hold the withdrawals that the terms name against the records and the articles."""
    terms, inputs = folder.whole.terms, folder.manifest["inputs"]
    for each in terms.withdrawn if terms else ():
        place = f"rights/withdrawn {each.id[:80]}"
        if each.id in folder.walked.annotators:
            yield Fault(MANIFEST, "", place, "manifest-differs", "the folder holds this article.")
        if f"corpus/withdrawn/{each.id}.json" not in inputs:
            yield Fault(MANIFEST, "", place, "manifest-differs", "the inputs name no record of this withdrawal.")


def _below_header(readme: str) -> str:
    return readme.removeprefix("---\n").partition("---\n")[2]


def read_manifest(files: Files) -> tuple[Manifest | None, list[Fault]]:
    """Read manifest.json, and check its form; None where it cannot be gone on with."""
    data = files.text(MANIFEST)
    if data is None:
        return None, [Fault(MANIFEST, "", "", "file-unreadable", "it is missing, too large, or not UTF-8.")]
    try:
        manifest = from_json(data.encode(), MANIFEST)
    except InputError as error:
        return None, [Fault(MANIFEST, "", "", "manifest-form", str(error))]
    if not isinstance(manifest, dict):
        return None, [Fault(MANIFEST, "", "", "manifest-form", "it is no object.")]
    faults = []
    if to_json(manifest) != data:
        faults.append(Fault(MANIFEST, "", "", "manifest-form", "it is not in the one form that it is written in."))
    for key, kind in _STATED.items():
        if not isinstance(manifest.get(key), kind):
            faults.append(Fault(MANIFEST, "", key, "manifest-form", f"it is no {kind.__name__}."))
    for key, kind in _RELEASE.items():
        if key in manifest and not isinstance(manifest[key], kind):
            faults.append(Fault(MANIFEST, "", key, "manifest-form", f"it is no {kind.__name__}."))
    if not faults and not _VERSION.fullmatch(manifest["dataset_version"]):
        faults.append(Fault(MANIFEST, "", "dataset_version", "manifest-form", "it is not like 1.2.0."))
    if not faults and not re.fullmatch(r"v[1-9][0-9]*", manifest["schema_version"]):
        faults.append(Fault(MANIFEST, "", "schema_version", "manifest-form", "it is not like v1."))
    if not faults and manifest["toolkit_version"] != toolkit_version():
        message = f"it was made by {manifest['toolkit_version'][:40]}; this is {toolkit_version()}."
        faults.append(Fault(MANIFEST, "", "toolkit_version", "toolkit-differs", message))
    return (None if any(each.severity == "error" for each in faults) else manifest), faults


def text_of(manifest: Mapping[str, Any]) -> TextPolicy | None:
    """Return how much of the words was asked for; None for what each article allows."""
    return TextPolicy(manifest["text"]) if manifest.get("text") in list(TextPolicy) else None


def check_manifest(folder: ReadFolder) -> Iterator[Fault]:
    """Make manifest.json again, and look at what nothing else tells."""
    manifest, wanted = folder.manifest, make_manifest(folder.whole)
    if folder.whole.terms is None:
        yield Fault(MANIFEST, "", "rights", "manifest-form", "it does not hold the terms.")
    elif not same(manifest["rights"], wanted["rights"]):
        yield Fault(MANIFEST, "", "rights", "manifest-form", "it holds more than the terms.")
    else:
        yield from _withdrawals(folder)
    for key in sorted((wanted.keys() | manifest.keys()) - {"rights"}):
        if key not in wanted or key not in manifest:
            message = "no folder says such a thing." if key not in wanted else "it is missing."
            yield Fault(MANIFEST, "", key, "manifest-form", message)
        elif not same(manifest[key], wanted[key]):
            yield Fault(
                MANIFEST, "", first_difference(key, manifest[key], wanted[key]), "manifest-differs", "it is not so."
            )
    yield from _inputs(folder)
    yield from _blocked(folder)
    yield from _splits(folder)
    yield from _suggestions(folder)
    yield from _samples(folder)
    if "trees" in manifest and not (
        manifest["trees"].keys() == {"corpus", "schema", "annotate"} and all(map(_is_hex, manifest["trees"].values()))
    ):
        yield Fault(MANIFEST, "", "trees", "manifest-form", "it does not name the trees of three folders.")
    for each in manifest.get("waived", ()):
        if not isinstance(each, dict) or each.keys() != {"code", "reason"} or not all(map(_is_text, each.values())):
            yield Fault(MANIFEST, "", "waived", "manifest-form", "it does not hold codes, each with a reason.")


def _blocked(folder: ReadFolder) -> Iterator[Fault]:
    """Hold what stands against handing on the folder against what the rows tell of it."""
    built, shown = folder.whole.built, folder.walked.shown
    if folder.facts.context.scheme.edition < 2:
        return
    told = {
        "release-rights": any(is_undecided(each.holder) or is_undecided(each.licence) for each in shown),
        "release-words": any(each.policy.shows_quotations and each.article_id in built.lacking for each in shown),
    }
    for code in sorted(code for code, holds in told.items() if holds and code not in built.blocked):
        yield Fault(MANIFEST, "", "blocked_by", "manifest-differs", f"it does not name {code}.")


def _splits(folder: ReadFolder) -> Iterator[Fault]:
    """Hold what is stated of splits against the rows, and leaks against what the gate let pass."""
    stated = folder.whole.stated.get(OF_SPLITS)
    if stated is None:
        if folder.whole.is_release and any(row.get("split") for row in folder.facts.articles):
            yield Fault(MANIFEST, "", OF_SPLITS, "manifest-form", "it is missing.")
        return
    for message in check_stated(read_stated(stated), folder.rows):
        yield Fault(MANIFEST, "", OF_SPLITS, "manifest-differs", message)
    waived = folder.manifest.get("waived")
    if waived is not None and _has_leaks(folder.files) and not any(_code_of(each) == _LEAK for each in waived):
        message = f"it does not name {_LEAK}, and {SPLIT_REPORT} has leaks."
        yield Fault(MANIFEST, "", "waived", "manifest-differs", message)


def _suggestions(folder: ReadFolder) -> Iterator[Fault]:
    """Hold what is stated of suggestions against the rows."""
    stated, named = folder.facts.suggestions, folder.walked.engines
    if stated is None:
        if named and OF_SUGGESTIONS not in folder.manifest:
            message = "it is missing, and rows began as suggestions."
            yield Fault(MANIFEST, "", OF_SUGGESTIONS, "manifest-form", message)
        return
    for name in sorted(named ^ stated["engines"].keys()):
        message = (
            "no row began as its suggestion." if name not in named else "a row names this engine, and it does not."
        )
        yield Fault(MANIFEST, "", f"{OF_SUGGESTIONS}/engines {name[:80]}", "manifest-differs", message)
    many = folder.facts.counted.suggested.total()
    for key, most in (("unchanged", many), ("unknown", len(folder.facts.statements) - many)):
        if stated[key] > most:
            message = f"{many} of {len(folder.facts.statements)} statements of gold began as suggestions."
            yield Fault(MANIFEST, "", f"{OF_SUGGESTIONS}/{key}", "manifest-differs", message)
    if SHOWN not in folder.manifest["inputs"] and BEGUN not in folder.manifest["inputs"]:
        yield Fault(MANIFEST, "", f"inputs {SHOWN}", "manifest-differs", "it is stated what it tells.")


def _samples(folder: ReadFolder) -> Iterator[Fault]:
    """Hold what is stated of plans of samples against the rows and the inputs."""
    stated = folder.facts.samples or {}
    many, drawn = len(folder.facts.articles), sum(each["published"] for each in stated.values())
    if drawn > many:
        message = f"{drawn} articles were drawn by a plan, and there are {many}."
        yield Fault(MANIFEST, "", OF_SAMPLES, "manifest-differs", message)
    for name in sorted(stated):
        if f"{SAMPLES}/{name}.json" not in folder.manifest["inputs"]:
            message = "it is stated what this plan tells."
            yield Fault(MANIFEST, "", f"inputs {SAMPLES}/{name[:80]}.json", "manifest-differs", message)


def _has_leaks(files: Files) -> bool:
    """Whether the report of a folder has any; whether it is right is looked at elsewhere."""
    try:
        report = from_json((files.text(SPLIT_REPORT) or "{}").encode(), SPLIT_REPORT)
    except InputError:
        return False
    return isinstance(report, dict) and bool(report.get("leaks") or report.get("fold_leaks"))


def _code_of(waiver: object) -> object:
    return waiver.get("code") if isinstance(waiver, dict) else None


def _inputs(folder: ReadFolder) -> Iterator[Fault]:
    """Hold the inputs against the rows: the records of these articles and readings, and the files that were copied."""
    inputs, digests, version = folder.manifest["inputs"], folder.files.digests, folder.manifest["schema_version"]
    wanted = set()
    for name, annotators in folder.walked.annotators.items():
        wanted |= {f"corpus/articles/{name}.json", f"corpus/gold/{name}.json"}
        wanted |= {f"corpus/annotations/{each}/{name}.json" for each in annotators}
    told = {name for name in inputs if name.startswith(("corpus/articles/", "corpus/gold/", "corpus/annotations/"))}
    for name in sorted(wanted ^ told):
        yield Fault(MANIFEST, "", f"inputs {name[:120]}", "manifest-differs", "rows and inputs name other documents.")
    for name in (f"{ADJUDICATIONS}/{each}.json" for each in folder.walked.ambiguous):
        if name not in inputs:
            message = "a statement of its article has an ambiguity, and it is not named."
            yield Fault(MANIFEST, "", f"inputs {name[:120]}", "manifest-differs", message)
    if bool(folder.walked.context.placements) != (LEDGER in inputs):
        message = "rows have splits, and it is not named." if LEDGER not in inputs else "no row has a split."
        yield Fault(MANIFEST, "", f"inputs {LEDGER}", "manifest-differs", message)
    for name in sorted({*ALWAYS_INPUTS} - inputs.keys()):
        yield Fault(MANIFEST, "", f"inputs {name}", "manifest-differs", "every folder is made of it.")
    for name, digest in inputs.items():
        if not _is_hex(digest):
            yield Fault(MANIFEST, "", f"inputs {name[:120]}", "manifest-form", "it is no SHA-256.")
    for copy in sorted(digests):
        original = original_of(copy, version)
        if original in inputs and not _is_copy(folder, copy, inputs[original]):
            message = f"{copy} is a copy of another file."
            yield Fault(MANIFEST, "", f"inputs {original}", "manifest-differs", message)
    for entry in LAYOUT:
        original = entry.made_of
        if entry.kind is not Kind.COPY or entry.when is not When.ORIGINAL:
            continue
        if original in inputs and entry.name not in digests:
            message = f"manifest.json names {original}, of which it is a copy."
            yield Fault(entry.name, "", "", "file-missing", message)
        elif original not in inputs and entry.name in digests:
            message = f"manifest.json does not name {original}, of which it is a copy."
            yield Fault(entry.name, "", "", "file-foreign", message)


def _is_copy(folder: ReadFolder, name: str, original: str) -> bool:
    """Whether a file is a copy, or what a release makes of it. original: the SHA-256 of what it is a copy of.

    What is adapted can be told from itself, since that changes it no more. Earlier toolkits, and builds, did not.
    """
    files, facts = folder.files, folder.facts
    if PAPERS.isdisjoint(files.sizes):
        return files.digests[name] == original
    data = (files.root / name).read_bytes()
    made = adapted(name, data, facts.dataset_version, facts.released, facts.context.scheme.edition)
    return made == data if name == CITATION else files.digests[name] == original


def find_trusted_schema(files: Files, manifest: Mapping[str, Any]) -> Path | None:
    """Return where the files of the schema version are that a folder is held against; None for nowhere.

    Those in the folder count only where they are a scheme of its own, all of it told by the inputs of the manifest;
    others are copies of what the toolkit brings.
    """
    version = manifest["schema_version"]
    packed, found = packed_schema(version), find_schema(files.root, version)
    if found is None or found == packed:
        return packed
    told = {
        name.rpartition("/")[2]: digest for name, digest in manifest["inputs"].items() if name.startswith("schema/")
    }
    held = {name.rpartition("/")[2]: digest for name, digest in files.digests.items() if name.startswith(f"{SCHEMA}/")}
    if held != told or ANNOTATION not in held:
        return packed
    is_packed = packed is not None and all(
        (packed / name).is_file() and (packed / name).read_bytes() == (found / name).read_bytes() for name in held
    )
    return packed if is_packed else found


def check_card(folder: ReadFolder) -> Iterator[Fault]:
    """Make README.md again, and say which part of it differs."""
    text = folder.files.text(README)
    if text is None or not folder.facts.pretty_name:
        yield Fault(README, "", "", "card-form", "it has no header with a pretty_name, or is not UTF-8.")
        return
    head, wanted = _header(text), _header(make_head(folder.facts, folder.tables))
    if head != wanted and head != _earlier_header(folder):
        number = _first_line(head, wanted)
        message = f"it should be {_short(_line(wanted, number))}" if number else "its lines end otherwise."
        yield Fault(README, "", f"line {number + 1}", "card-header", message)
    warning = "\n" + make_warning(folder.whole.built)
    below = _below_header(text)
    if not below.startswith(warning):
        message = "the warning below the header is missing, or names other articles."
        yield Fault(README, "", "", "card-block", message)
        return
    try:
        parts = read_parts(below.removeprefix(warning), f"{README} below its header")
    except InputError as error:
        yield Fault(README, "", "", "card-form", str(error).partition("\n")[0])
        return
    make = block_maker(folder.facts)

    def differs(part: Part) -> bool:
        made = make(part.name) if part.name else part.text
        return part.text not in (made, *_in_earlier_words(README, made))

    for part in islice(filter(differs, parts), MOST_FAULTS):
        yield Fault(README, "", str(part.name), "card-block", _line_difference(make(str(part.name)), part.text))


def _earlier_header(folder: ReadFolder) -> str:
    header = make_header(folder.facts, folder.tables)
    about = [
        each | {"description": _in_earlier_words(README, each["description"])[0]}
        for each in header.get("dataset_info", ())
    ]
    return header_text(header | ({"dataset_info": about} if about else {}))


def _header(readme: str) -> str:
    return readme.removeprefix("---\n").partition("---\n")[0]


def check_made(folder: ReadFolder, check: Check) -> Iterator[Fault]:
    """Make the files again that one check compares as wholes, and say which ones differ, are missing or foreign."""
    for entry in LAYOUT:
        faults = _MADE.get(entry.name)
        if faults and faults.check == check and (entry.name != RIGHTS or folder.whole.terms):
            yield from _compare(folder, entry, faults)


def _compare(folder: ReadFolder, entry: Entry, faults: _Faults) -> Iterator[Fault]:
    try:
        made = entry.files(folder.whole)
    except (KeyError, TypeError, AttributeError) as error:
        if entry.name != RIGHTS:
            raise
        yield Fault(MANIFEST, "", "rights", "manifest-form", f"it does not hold the terms: {error!r}.")
        return
    found = folder.files.of_entry(entry)
    if entry.when is When.PAPER and PAPERS.isdisjoint(folder.files.sizes):
        return  # an earlier toolkit made none of them
    if entry.name == PREVIEW and folder.manifest["toolkit_version"] != toolkit_version():
        return  # another toolkit may draw otherwise; that the card shows it is looked at there
    if made and not found:
        if not (entry.when is When.ALWAYS and entry.in_builds):  # else it was said when the files were read
            place = entry.name.partition("/")[0]
            yield Fault(place, "", "", faults.missing, "other files of the folder require it.")
        return
    for name in sorted({*made, *found}):
        if name not in made:
            yield Fault(name, "", "", faults.foreign, "no other file of the folder requires it.")
        elif name not in found:
            yield Fault(name, "", "", faults.missing, "the others are there.")
        elif folder.files.digests[name] not in {sha256(each).hexdigest() for each in _wordings(name, made[name])}:
            place = ""
            if entry.name in (COLUMNS, CROISSANT, RIGHTS, SPLIT_REPORT, *PAPERS):
                text = folder.files.text(name) or ""
                number = max(_first_line(text, each.decode()) for each in _wordings(name, made[name]))
                place = f"line {number}" if number else ""  # none where only the ends of lines differ
            yield Fault(name, "", place, faults.differs, faults.message)


def _wordings(name: str, made: bytes) -> tuple[bytes, ...]:
    """Return a file as it is made today, and as earlier releases would say the same."""
    if name not in {*_OF_0_1_0, COLUMNS, DATAPACKAGE}:
        return (made,)
    return made, *(each.encode() for each in _in_earlier_words(name, made.decode()))


def _is_hex(value: object) -> bool:
    return isinstance(value, str) and _HEX.fullmatch(value) is not None


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def first_difference(key: str, found: Any, wanted: Any) -> str:
    """Return where in a value the first difference is, below its key."""
    while isinstance(found, dict) and isinstance(wanted, dict):
        for name in sorted(found.keys() | wanted.keys(), key=str):
            if name not in found or name not in wanted or not same(found[name], wanted[name]):
                key, found, wanted = f"{key}/{str(name)[:80]}", found.get(name), wanted.get(name)
                break
        else:
            break
    return key


def _first_line(found: str, wanted: str) -> int:
    """Return the number of the first line in which two texts differ, from 1; 0 where only ends of lines do."""
    pairs = zip_longest(found.splitlines(), wanted.splitlines())
    return next((number for number, (theirs, ours) in enumerate(pairs, 1) if theirs != ours), 0)


def _line(text: str, number: int) -> str | None:
    lines = text.splitlines()
    return lines[number - 1] if 0 < number <= len(lines) else None


def _line_difference(wanted: str, found: str) -> str:
    for ours, theirs in zip_longest(wanted.splitlines(), found.splitlines()):
        if ours != theirs:
            return f"{_short(theirs)} should be {_short(ours)}"
    return "its lines end otherwise."


def _short(value: object) -> str:
    return shorten(repr(value), 80)
