"""What a folder says of itself beside its rows, made again of them: manifest, card, croissant.json, splits, schemas."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from stancebank.errors import InputError
from stancebank.publish.alignment import measure_alignment
from stancebank.publish.build import ANSWERS, view_entry
from stancebank.publish.card import README, fill, make_warning, pretty_name
from stancebank.publish.croissant import CROISSANT, HISTORY, make_croissant, released_on
from stancebank.publish.facts import Built, Facts, card_columns
from stancebank.publish.folder import MADE_BY, MANIFEST, SUMS
from stancebank.publish.header import make_header
from stancebank.publish.hub import ViewFacts
from stancebank.publish.rights import RIGHTS, make_rights, read_terms
from stancebank.publish.schemes import ANNOTATION, SCHEMA, find_schema
from stancebank.publish.shards import Written, written
from stancebank.publish.tables import CHAT, TOKENS
from stancebank.publish.verification.faults import Fault
from stancebank.publish.verification.files import Files
from stancebank.publish.verification.rows import Walked
from stancebank.records import from_json, to_json
from stancebank.schema.packed import packed_schema
from stancebank.workspace import SETTINGS_FILE, toolkit_version

Manifest = dict[str, Any]

SPLITS = "splits.csv"

_STATED = {
    "toolkit_version": str,
    "dataset_name": str,
    "dataset_version": str,
    "schema_version": str,
    "pyarrow_version": str,
    "inputs": dict,
}
"""Keys that rows do not tell, and their types; `trees` and `waived` stand in releases only."""

_RELEASE = {"trees": dict, "waived": list, "rights": dict}
_VERSION = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){2}")
_HEX = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_COPIES = {"LICENSE-DATA": "LICENSE", "annotate/GUIDELINES.md": "GUIDELINES.md", "CITATION.cff": "CITATION.cff"}
_IN_RELEASES = (SPLITS, "CHANGELOG.md")
"""What stands beside copies of the schemas in a release, and in what was hydrated of one; the first is in all."""

_NO_NUMBERS = re.compile(
    r"CC[- ]BY[- ]\d\.\d|CC0[- ]1\.0|Attribution \d\.\d International|Apache-2\.0|UTF-(?:8|16)|SHA-256|https?://\S+",
    re.IGNORECASE,
)
_BLOCK = re.compile(r"<!-- computed:(\S+) -->\n(.*?)<!-- /computed -->", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder whose rows were gone over.

    views: those with rows, as they were found. built: what the rows show of the articles' words. facts: what card and
    croissant.json are made of. body: the card below its header and its warning.
    """

    files: Files
    manifest: Manifest
    walked: Walked
    views: tuple[ViewFacts, ...]
    built: Built
    facts: Facts
    body: str

    @property
    def rows(self) -> dict[str, Written]:
        """The rows of each view, read again whenever somebody goes over them."""
        return {each.view.name: written(self.files.root, each) for each in self.views}


def make_folder(files: Files, manifest: Manifest, walked: Walked, views: tuple[ViewFacts, ...]) -> Folder:
    """Put together what is known of a folder once its rows were gone over."""
    built = Built(text_of(manifest), tuple(walked.showing), tuple(walked.beyond), tuple(walked.lacking))
    readme = files.text(README) or ""
    facts = Facts(
        {
            each.view.name: written(files.root, each).of(card_columns(each.view.name, walked.context.scheme))
            for each in views
        },
        walked.context,
        manifest["dataset_name"],
        manifest["dataset_version"],
        manifest["schema_version"],
        built,
        walked.agreement.pairs(),
        pretty_name(readme) or "",
        files.text("LICENSE"),
        released_on(files.text(HISTORY), manifest["dataset_version"]),
    )
    rest = readme.removeprefix("---\n").partition("---\n")[2]
    body = rest.removeprefix("\n" + make_warning(built.beyond))
    return Folder(files, manifest, walked, views, built, facts, body)


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


def text_of(manifest: Mapping[str, Any]) -> Any:
    """Return how much of the words was asked for; None for what each article allows."""
    return manifest["text"] if manifest.get("text") in ("withheld", "quotes", "full") else None


def check_manifest(folder: Folder) -> Iterator[Fault]:
    """Hold manifest.json against all else."""
    manifest, built, scheme = folder.manifest, folder.built, folder.walked.context.scheme
    wanted: Manifest = {
        "made_by": MADE_BY,
        "text": built.text or "as each article allows",
        "publishable": not built.beyond,
        "beyond_tier": list(built.beyond),
        "words_shown": list(built.showing),
        "words_not_at_hand": list(built.lacking),
        "views": {each.view.name: view_entry(each) for each in folder.views},
        "files": {name: digest for name, digest in folder.files.digests.items() if name not in (MANIFEST, SUMS)},
    }
    if tokens := folder.facts.rows.get(TOKENS):
        wanted["alignment"] = {label: asdict(each) for label, each in measure_alignment(tokens, scheme).items()}
    for key in sorted(wanted.keys() | manifest.keys()):
        if key in _STATED or key in _RELEASE:
            continue
        if key not in wanted or key not in manifest:
            message = "no folder says such a thing." if key not in wanted else "it is missing."
            yield Fault(MANIFEST, "", key, "manifest-form", message)
        elif manifest[key] != wanted[key]:
            yield Fault(MANIFEST, "", _path(key, manifest[key], wanted[key]), "manifest-differs", "it is not so.")
    yield from _inputs(folder)
    if "trees" in manifest and not (
        manifest["trees"].keys() == {"corpus", "schema", "annotate"} and all(map(_is_hex, manifest["trees"].values()))
    ):
        yield Fault(MANIFEST, "", "trees", "manifest-form", "it does not name the trees of three folders.")
    for each in manifest.get("waived", ()):
        if not isinstance(each, dict) or each.keys() != {"code", "reason"} or not all(map(_is_text, each.values())):
            yield Fault(MANIFEST, "", "waived", "manifest-form", "it does not hold codes, each with a reason.")
    if (".gitignore" in folder.files.sizes) != bool(built.beyond):
        yield Fault(".gitignore", "", "", "manifest-differs", "only folders that are not publishable have it.")
    elif built.beyond and folder.files.text(".gitignore") != "*\n":
        yield Fault(".gitignore", "", "", "manifest-differs", "it does not ignore the folder.")


def _inputs(folder: Folder) -> Iterator[Fault]:
    """Hold the inputs against the rows: the records of these articles and readings, and the files that were copied."""
    inputs = folder.manifest["inputs"]
    wanted = set()
    for name, annotators in folder.walked.annotators.items():
        wanted |= {f"corpus/articles/{name}.json", f"corpus/gold/{name}.json"}
        wanted |= {f"corpus/annotations/{each}/{name}.json" for each in annotators}
    told = {name for name in inputs if name.startswith(("corpus/articles/", "corpus/gold/", "corpus/annotations/"))}
    for name in sorted(wanted ^ told):
        yield Fault(MANIFEST, "", f"inputs {name[:120]}", "manifest-differs", "rows and inputs name other documents.")
    for name, digest in inputs.items():
        if not _is_hex(digest):
            yield Fault(MANIFEST, "", f"inputs {name[:120]}", "manifest-form", "it is no SHA-256.")
        copy = f"schema/{name.rpartition('/')[2]}" if name.startswith("schema/") else _COPIES.get(name)
        if copy in folder.files.digests and folder.files.digests[copy] != digest:
            yield Fault(MANIFEST, "", f"inputs {name[:120]}", "manifest-differs", f"{copy} is a copy of another file.")
    for name in sorted({SETTINGS_FILE, "corpus/entities.json", "corpus/targets.json"} - inputs.keys()):
        yield Fault(MANIFEST, "", f"inputs {name}", "manifest-differs", "every folder is made of it.")
    for name, copy in _COPIES.items():
        if name in inputs and copy not in folder.files.digests:
            yield Fault(copy, "", "", "file-missing", f"manifest.json names {name}, of which it is a copy.")
        elif name not in inputs and copy in folder.files.digests:
            yield Fault(copy, "", "", "file-foreign", f"manifest.json does not name {name}, of which it is a copy.")
    held = {name for name in _IN_RELEASES if name in folder.files.digests}
    if find_trusted_schema(folder.files, folder.manifest) == packed_schema(folder.manifest["schema_version"]):
        held |= {SCHEMA for name in folder.files.digests if name.startswith(f"{SCHEMA}/")}
    if held or "trees" in folder.manifest:
        for name in sorted({SPLITS, "schema"} - held):
            yield Fault(name, "", "", "file-missing", "releases have it, and what was hydrated of one.")


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


def check_card(folder: Folder) -> Iterator[Fault]:
    """Make header and computed parts of the card again, and look for numbers outside of them."""
    import yaml

    text = folder.files.text(README)
    if text is None or not folder.facts.pretty_name:
        yield Fault(README, "", "", "card-form", "it has no header with a pretty_name, or is not UTF-8.")
        return
    facts = folder.facts
    head, _, rest = text.removeprefix("---\n").partition("---\n")
    wanted = yaml.safe_dump(make_header(facts, folder.views), sort_keys=False, allow_unicode=True, width=110)
    if head != wanted:
        for number, (ours, theirs) in enumerate(zip_longest(wanted.splitlines(), head.splitlines()), 2):
            if ours != theirs:
                yield Fault(README, "", f"line {number}", "card-header", f"it should be {_short(ours)}")
                break
    warning = "\n" + make_warning(folder.built.beyond)
    if not rest.startswith(warning):
        yield Fault(README, "", "", "card-block", "the warning below the header is missing, or names other articles.")
        return
    body = rest.removeprefix(warning)
    try:
        made = fill(body, facts)
    except InputError as error:
        yield Fault(README, "", "", "card-form", str(error))
        return
    if made != body:
        ours, theirs = _BLOCK.findall(made), _BLOCK.findall(body)
        for (name, block), (_, found) in zip(ours, theirs, strict=False):
            if block != found:
                yield Fault(README, "", name, "card-block", _line_difference(block, found))
    above = text.count("\n", 0, len(text) - len(body))
    prose = _BLOCK.sub(lambda match: "\n" * match[0].count("\n"), body)
    for number, line in enumerate(prose.split("\n"), above + 1):
        if any(unicodedata.category(each).startswith("N") for each in _NO_NUMBERS.sub("", line)):
            yield Fault(
                README, "", f"line {number}", "card-number", f"a number that nothing computes: {_short(line.strip())}."
            )


def check_papers(folder: Folder, schema_dir: Path) -> Iterator[Fault]:
    """Make croissant.json and splits.csv again, and hold copies of schemas against the toolkit's own."""
    files = folder.files
    if CROISSANT in files.sizes and files.text(CROISSANT) != make_croissant(folder.facts, folder.views):
        yield Fault(CROISSANT, "", _json_difference(files.text(CROISSANT), make_croissant(folder.facts, folder.views)),
            "croissant-differs", "it is not so.")  # fmt: skip
    yield from _rights(folder)
    if SPLITS in files.sizes:
        ids = sorted(folder.walked.annotators)
        if files.text(SPLITS) != "article_id,split\n" + "".join(f"{each},train\n" for each in ids):
            yield Fault(SPLITS, "", "", "splits-differ", "it gives articles other splits than their rows.")
    own = {f"schema/{path.name}": path for path in schema_dir.glob("*.json")}
    copies = [name for name in files.sizes if name.startswith("schema/")]
    for name in sorted({*copies, *(own if copies else ())}):
        if name not in files.sizes:
            yield Fault(name, "", "", "file-missing", "the other schemas are there.")
        elif name not in own or (files.root / name).read_bytes() != own[name].read_bytes():
            yield Fault(name, "", "", "schema-differs", f"the toolkit's own {schema_dir.name} is another.")
    has_chat = any(each.view.name == CHAT for each in folder.views)
    if has_chat != (ANSWERS in files.sizes):
        yield Fault(ANSWERS, "", "", "file-missing" if has_chat else "file-foreign", "it lies beside the view chat.")
    elif has_chat and (files.root / ANSWERS).read_bytes() != (schema_dir / ANSWERS).read_bytes():
        yield Fault(ANSWERS, "", "", "schema-differs", f"the toolkit's own {schema_dir.name} is another.")


def _rights(folder: Folder) -> Iterator[Fault]:
    """Make RIGHTS.md again, and look for words beyond a tier and for words that no span accounts for."""
    try:
        terms = read_terms(folder.manifest)
        made = make_rights(folder.rows, terms, folder.walked.context.scheme)
    except (KeyError, TypeError, AttributeError) as error:
        yield Fault(MANIFEST, "", "rights", "manifest-form", f"it does not hold the terms: {error!r}.")
        return
    if terms.to_builtins() != folder.manifest["rights"]:
        yield Fault(MANIFEST, "", "rights", "manifest-form", "it holds more than the terms.")
    if folder.files.text(RIGHTS) != made:
        place = _json_difference(folder.files.text(RIGHTS), made)
        yield Fault(RIGHTS, "", place, "rights-differ", "it is not what the rows make it.")


def _is_hex(value: object) -> bool:
    return isinstance(value, str) and _HEX.fullmatch(value) is not None


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _path(key: str, found: Any, wanted: Any) -> str:
    """Return where in a value the first difference is, below its key."""
    while isinstance(found, dict) and isinstance(wanted, dict):
        for name in sorted(found.keys() | wanted.keys(), key=str):
            if name not in found or name not in wanted or found[name] != wanted[name]:
                key, found, wanted = f"{key}/{str(name)[:80]}", found.get(name), wanted.get(name)
                break
        else:
            break
    return key


def _json_difference(found: str | None, wanted: str) -> str:
    for number, (theirs, ours) in enumerate(zip_longest((found or "").splitlines(), wanted.splitlines()), 1):
        if theirs != ours:
            return f"line {number}"
    return ""


def _line_difference(wanted: str, found: str) -> str:
    for ours, theirs in zip_longest(wanted.splitlines(), found.splitlines()):
        if ours != theirs:
            return f"{_short(theirs)} should be {_short(ours)}"
    return "its lines end otherwise."


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
