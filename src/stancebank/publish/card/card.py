"""The dataset card: a text whose computed parts are made again, and the header of a build's README.md.

A computed part stands between ``<!-- computed:NAME -->`` and ``<!-- /computed -->``, each alone in its line; all else
is written by people. `read_parts` is the one reader of this form.

The header tells `datasets`, to which this is the one door, what a folder holds. `load_dataset` caches what it has read
from a folder under a key that it makes of `configs` and `dataset_info` in the header, not of the data. So one of them
must change whenever a row does, or a folder that was built again would give the rows of the first build: a
`description` names the content hash of each table. In the first edition of a scheme it stands in `dataset_info`, with
the features; from the second on it stands in `configs`, and the features in the Parquet files.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from stancebank.errors import InputError, shorten
from stancebank.model import TextPolicy, is_of_people
from stancebank.publish.card.blocks import BLOCKS, BY_EDITION, NAMES
from stancebank.publish.card.statistics import Built, Facts, compare_readers, say_blocked
from stancebank.publish.gold import Readings
from stancebank.publish.parquet import SPLIT, TableFacts, features_value
from stancebank.publish.tables import CHAT, Row
from stancebank.schema.fields import Scheme
from stancebank.workspace import Workspace, is_tag

if TYPE_CHECKING:
    from datasets import Dataset

CARD = "DATASET_CARD.md"
README = "README.md"
CITATION = "CITATION.cff"

_MARKER = re.compile(r"<!-- (?:computed:(?P<name>[^\s>]*)|(?P<end>/computed)) -->")
_LIKE_MARKER = re.compile(r"<!-{1,9}[^\w>]{0,99}computed", re.IGNORECASE)
"""What a reader could take for a marker, wherever it stands and however it is spaced or broken into lines."""

_LONGEST_VALUE = 10_000
"""Characters of the lines of the header that give a value, such as a folder's name; longer ones give none."""

_PLAIN = """# {name}

<!-- computed:version -->
<!-- /computed -->

## Contents

{blocks}"""


_WARNING = """> **Not for publication.** This folder shows more words of the articles than their text policies allow.
> It is for the use of whoever built it; do not hand it on. Articles concerned: {ids}.
"""


def make_readme(facts: Facts, tables: Sequence[TableFacts], template: str | None) -> str:
    """Return the README.md of a folder. tables: as written; template: DATASET_CARD.md, None for a plain one."""
    card = plain_card(facts.pretty_name, facts.context.scheme) if template is None else template
    return f"{make_head(facts, tables)}{fill(card, facts)}"


def make_head(facts: Facts, tables: Sequence[TableFacts]) -> str:
    """Return what stands above the card in a folder's README.md: the header, and the warning where it needs one."""
    warning = make_warning(facts.built) if facts.built else ""
    return f"---\n{header_text(make_header(facts, tables))}---\n\n{warning}"


def header_text(header: Mapping[str, Any]) -> str:
    """Return a header as README.md holds it, without the lines around it."""
    return _yaml(msgspec.json.encode(header))


@lru_cache(maxsize=4)
def _yaml(header: bytes) -> str:
    """Return a header as YAML. header: as JSON. What is built is verified with the same header, and YAML takes long."""
    import yaml

    return str(yaml.safe_dump(msgspec.json.decode(header), sort_keys=False, allow_unicode=True, width=110))


def pretty_name(readme: str) -> str | None:
    """Return the name that the header of a README.md gives; None where it has no header, or that no name."""
    value = _header_value(readme, "pretty_name")
    return value if isinstance(value, str) and value.strip() else None


def is_gated(readme: str) -> bool:
    """Whether the header of a README.md asks readers to agree to terms before they see the files."""
    return _header_value(readme, "extra_gated_prompt") is not None


def _header_value(readme: str, key: str) -> object:
    """Return what the header of a README.md says of a key; None where it says nothing that can be read."""
    import yaml

    if not readme.startswith("---\n"):
        return None
    head = readme.removeprefix("---\n").partition("---\n")[0]
    lines = re.search(rf"^{key}:.*\n(?:[ \t]+.*\n|- .*\n|\n)*", head, re.MULTILINE)
    if lines is None or len(lines[0]) > _LONGEST_VALUE:
        return None
    try:
        found = yaml.safe_load(lines[0])  # the header describes every column, and takes a hundred times as long
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return found.get(key) if isinstance(found, dict) else None


def make_warning(built: Built) -> str:
    """Return what stands above the card of a folder that may not be handed on; "" above that of another one."""
    if built.beyond:
        return _WARNING.format(ids=", ".join(f"`{each}`" for each in built.beyond)) + "\n"
    if not built.blocked:
        return ""
    why = f"As it is, {say_blocked(built.blocked)}; `stancebank help findings` explains the codes."
    return f"> **Not for publication.** {why}\n\n"


def read_template(readme: str) -> str:
    """Return the card below the header and the warning of a folder's README.md, whichever folder it came from.

    Raises InputError where it has no header.
    """
    if pretty_name(readme) is None:
        raise InputError("README.md of the folder has no header.\nHint: take the folder as it was published.")
    body = readme.split("---\n", 2)[2]
    return re.sub(r"\A\n*> \*\*Not for publication\.\*\*.*\n(?:>.*\n)*\n?", "\n", body).lstrip()


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a card. name: of a computed part, None for what people wrote, with the markers around it.

    line: the number of the line in which it begins, from 1.
    """

    name: str | None
    text: str
    line: int


def read_parts(card: str, file: str = CARD) -> list[Part]:
    """Return the parts of a card in their order; together their texts are the card. Takes time in proportion to it.

    file: what to call the card in an error. Raises InputError for a marker that is unknown, without its pair, or not
    alone in its line.
    """
    parts: list[Part] = []
    name: str | None = None
    held: list[str] = []
    begin = 1
    for number, line in enumerate(StringIO(card, newline="\n"), 1):
        marker = _MARKER.fullmatch(line.removesuffix("\n"))
        if marker is None:
            held.append(line)
        elif (name is None) == (marker["end"] is not None):
            raise InputError(
                f"{file}, line {number}: {marker[0][:80]} is not allowed here: markers come in pairs.\n"
                "Hint: remove it, or add the other marker of its pair."
            )
        elif name is not None:
            parts.append(Part(name, "".join(held), begin))
            name, held, begin = None, [line], number
        elif marker["name"] in NAMES:
            _require_no_marker(held[1:] if parts else held, file, begin + bool(parts))
            parts.append(Part(None, "".join([*held, line]), begin))
            name, held, begin = marker["name"], [], number + 1
        else:
            raise InputError(
                f"{file}, line {number}: {shorten(marker['name'], 80)!r} is no computed part.\n"
                f"Hint: take one of {', '.join(NAMES)}."
            )
    if name is not None:
        raise InputError(
            f"{file}, line {begin - 1}: <!-- computed:{name} --> has no <!-- /computed --> after it.\n"
            "Hint: put <!-- /computed --> on a line of its own where the computed part ends."
        )
    _require_no_marker(held[1:] if parts else held, file, begin + bool(parts))
    return [*parts, Part(None, "".join(held), begin)]


def _require_no_marker(lines: list[str], file: str, first: int) -> None:
    """Raise InputError where lines that people wrote hold what looks like a marker. first: the number of the first."""
    text = "".join(lines)
    if found := _LIKE_MARKER.search(text):
        raise InputError(
            f"{file}, line {first + text.count(chr(10), 0, found.start())}: it holds what looks like a marker of a "
            "computed part and is none.\n"
            "Hint: put the marker on a line of its own, as `<!-- computed:NAME -->` or `<!-- /computed -->`, with "
            "nothing before or after it, not even a space; or remove it."
        )


def block_maker(facts: Facts) -> Callable[[str], str]:
    """Return a function that makes a computed part by its name, each only once.

    No name or title in it can be read as a marker, or as a comment that hides what follows.
    """
    blocks = BY_EDITION[min(facts.context.scheme.edition, max(BY_EDITION))]
    return cache(lambda name: blocks[name](facts).replace("<!--", "&lt;!--"))


def fill(card: str, facts: Facts) -> str:
    """Return the card with every computed part made again. Raises InputError as `read_parts` does."""
    make = block_maker(facts)
    return "".join(each.text if each.name is None else make(each.name) for each in read_parts(card))


def prose(card: str) -> list[str]:
    """Return what people wrote in a card: the pieces between its computed parts, with the markers.

    Raises InputError as `read_parts` does.
    """
    return [each.text for each in read_parts(card) if each.name is None]


def make_facts(
    workspace: Workspace,
    read: Readings,
    rows: Mapping[str, Sequence[Row]],
    built: Built | None,
    licence: bytes | None,
    citation: bytes | None,
) -> Facts:
    """Return what a card is made of.

    rows: by table. built: None for that of the workspace. licence: LICENSE-DATA. citation: CITATION.cff, which a
    folder has only as a release.
    """
    settings = workspace.settings
    return Facts(
        rows,
        read.context,
        settings.name,
        settings.version,
        settings.schema,
        built,
        compare_readers(read.readings, read.context.scheme) if read.context.scheme.edition < 2 else (),
        settings.pretty_name,
        None if licence is None else licence.decode(),
        tags=added_tags(settings.tags),
        citation=None if citation is None else citation.decode(errors="replace"),
        suggestions=read.readings.suggestions,
        samples=read.readings.samples,
    )


_BRIEF = """# {name}

<!-- computed:version -->
<!-- /computed -->

## What a row says

<!-- computed:row -->
<!-- /computed -->

## How to load it

<!-- computed:load -->
<!-- /computed -->

## What it holds, and what it does not

<!-- computed:counts -->
<!-- /computed -->

<!-- computed:words -->
<!-- /computed -->

## Columns

<!-- computed:columns -->
<!-- /computed -->

## Labels

<!-- computed:labels -->
<!-- /computed -->

## Evaluation

<!-- computed:evaluation -->
<!-- /computed -->

## How it was made

<!-- computed:provenance -->
<!-- /computed -->

## Agreement

<!-- computed:agreement -->
<!-- /computed -->

## Limits

<!-- computed:limits -->
<!-- /computed -->

## Personal data

<!-- computed:privacy -->
<!-- /computed -->

## Citation

<!-- computed:citation -->
<!-- /computed -->
"""


def plain_card(pretty_name: str, scheme: Scheme) -> str:
    """Return a card of all computed parts that make sense in a scheme."""
    if scheme.edition >= 2:
        return _BRIEF.format(name=pretty_name)
    left_out = {"version"} if scheme.has_conditions else {"version", "conditions"}
    names = [name for name in BLOCKS if name not in left_out]
    blocks = [f"### {name.capitalize()}\n\n<!-- computed:{name} -->\n<!-- /computed -->\n" for name in names]
    return _PLAIN.format(name=pretty_name, blocks="\n".join(blocks))


def configs(tables: Iterable[TableFacts], version: str, edition: int) -> list[dict[str, Any]]:
    """Return the `configs` of the card's header; the first table is the one that opens by default.

    version: of the dataset; a loaded dataset says it in ``info.version``. edition: of the scheme.
    """
    found: list[dict[str, Any]] = []
    for each in tables:
        head: dict[str, Any] = {"config_name": each.table.name}
        if not found:
            head["default"] = True
        about = {"description": _hash(each)} if edition >= 2 else {}
        files = [{"split": split, "path": _one_or_all(each.files_of(split))} for split in each.by_split]
        found.append(head | {"version": version, **about, "data_files": files})
    return found


def _one_or_all(files: Sequence[str]) -> str | list[str]:
    return files[0] if len(files) == 1 else list(files)


def _hash(table: TableFacts) -> str:
    """Return what tells the rows of a table from others, for a cache that looks at the header only."""
    return f"Content sha256: {table.content_hash}"


def dataset_info(tables: Iterable[TableFacts], version: str) -> list[dict[str, Any]]:
    """Return the `dataset_info` of the card's header, as `datasets` writes it. version: of the dataset."""
    return [
        {
            "config_name": each.table.name,
            "description": f"{each.table.meaning} {_hash(each)}",
            "version": version,
            "features": _yaml_features(features_value(each.table)),
            "splits": [{"name": SPLIT, "num_bytes": each.table_bytes, "num_examples": each.rows}],
            "download_size": each.file_bytes,
            "dataset_size": each.table_bytes,
        }
        for each in tables
    ]


def _yaml_features(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return features, given as JSON, as the header has them: a list of names, each with its type."""
    return [{"name": name, **_yaml_type(each)} for name, each in value.items()]


def _yaml_type(value: Mapping[str, Any]) -> dict[str, Any]:
    if value.get("_type") == "List":
        item = _yaml_type(value["feature"])
        return {"list": item.get("dtype", item.get("struct", item))}
    if value.get("_type") == "ClassLabel":
        return {"dtype": {"class_label": {"names": {str(n): name for n, name in enumerate(value["names"])}}}}
    return {"dtype": value["dtype"]} if value.get("_type") == "Value" else {"struct": _yaml_features(value)}


def load_table(folder: Path, table: str, splits: Iterable[str]) -> "Dataset":
    """Open a table of a folder with `datasets`, as its users do: some splits of it, one after the other.

    Raises ValueError where the folder lacks the table, or one of these splits of it.
    """
    from datasets import load_dataset

    return load_dataset(str(folder), table, split="+".join(splits))


def make_header(facts: Facts, tables: Sequence[TableFacts]) -> dict[str, Any]:
    """Return the header of a folder's card. tables: as they were written."""
    languages = sorted({row["language"].partition("-")[0] for row in facts.articles if row["language"]})
    edition = facts.context.scheme.edition
    generation = ["text-generation"] if any(each.table.name == CHAT for each in tables) else []
    return {
        **({"language": languages} if languages else {}),
        **_licence(facts),
        "pretty_name": facts.pretty_name,
        "size_categories": [_size(max(each.rows for each in tables))],
        "task_categories": ["text-classification", "token-classification", *generation],
        "task_ids": ["multi-class-classification"],
        "annotations_creators": _creators({row["origin"] for row in facts.articles}),
        "language_creators": ["found"],
        "multilinguality": ["multilingual" if len(languages) > 1 else "monolingual"],
        "source_datasets": ["original"],
        "tags": [_as_tag(each) for each in keywords(facts)],
        **(_gate(facts) if edition >= 2 else {}),
        "configs": configs(tables, facts.dataset_version, edition),
        **({"dataset_info": dataset_info(tables, facts.dataset_version)} if edition < 2 else {}),
    }


_KEYWORDS = ("stance detection", "news", "quotation attribution")
"""What every dataset of the toolkit is about."""

_CONDITIONS = "conditions"
"""What those are about, too, whose scheme has them."""


def keywords(facts: Facts) -> list[str]:
    """Return what the dataset is about, in a few words each."""
    first, *others = _KEYWORDS
    conditions = [_CONDITIONS] if facts.context.scheme.has_conditions else []
    return [first, *facts.tags, *others, *conditions]


def _as_tag(keyword: str) -> str:
    return keyword.replace(" ", "-")


def own_tags(readme: str) -> tuple[str, ...]:
    """Return the tags in the header of a README.md that its workspace gave: those that not every card has."""
    found = _header_value(readme, "tags")
    return added_tags(each for each in found if is_tag(each)) if isinstance(found, list) else ()


def added_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Return those tags of a workspace that not every card has, each once."""
    known = {_as_tag(each) for each in (*_KEYWORDS, _CONDITIONS)}
    return tuple(each for each in dict.fromkeys(tags) if each not in known)


def is_cc_by(licence: str | None) -> bool:
    """Whether the text of a licence is that of Creative Commons, Attribution."""
    return licence is not None and re.search(r"^Attribution 4\.0 International$", licence, re.MULTILINE) is not None


def _licence(facts: Facts) -> dict[str, Any]:
    """Return the licence of the folder: that of the annotations alone, unless it shows words of articles."""
    if facts.licence is None:
        return {"license": "unknown"}
    if is_cc_by(facts.licence) and not (facts.built and facts.built.showing):
        return {"license": "cc-by-4.0"}
    name = "cc-by-4.0-for-annotations-words-of-their-holders" if is_cc_by(facts.licence) else "see-license"
    return {"license": "other", "license_name": name, "license_link": "LICENSE"}


_TERMS = (
    "This dataset shows whole texts of articles under terms of their holders, which RIGHTS.md names. With your request "
    "for access you agree to keep to these terms."
)


def access_terms(facts: Facts) -> str:
    """Return what readers agree to before they get the files; "" where there is nothing to agree to.

    They agree where a folder shows a whole text under terms of its holder, and not under a public licence.
    """
    showing = set(facts.built.showing if facts.built else ())
    whole = (each for each in facts.articles if TextPolicy(each["text_policy"]).shows_all)
    held = any("LicenseRef-" in (each["licence"] or "") for each in whole if each["article_id"] in showing)
    return _TERMS if held else ""


def _gate(facts: Facts) -> dict[str, Any]:
    """Return what the Hub asks readers to agree to."""
    if not (terms := access_terms(facts)):
        return {}
    return {"extra_gated_prompt": terms, "extra_gated_fields": {"I have read RIGHTS.md and keep to it": "checkbox"}}


def _creators(origins: set[str]) -> list[str]:
    """Return who made the annotations, in the terms of dataset cards."""
    found = set()
    for origin in origins:
        if origin == "human":
            found.add("expert-generated")
        elif origin == "project":
            found |= {"machine-generated", "other"}
        else:
            found.add("found" if is_of_people(origin) else "machine-generated")
    return sorted(found)


def _size(rows: int) -> str:
    """Return the size category of dataset cards."""
    steps = ((1_000, "1K"), (10_000, "10K"), (100_000, "100K"), (1_000_000, "1M"))
    if rows < steps[0][0]:
        return "n<1K"
    return next((f"{low[1]}<n<{high[1]}" for low, high in pairwise(steps) if rows < high[0]), "n>1M")


HISTORY = "CHANGELOG.md"
"""The file of a release that says on which day each version was made."""


def released_on(changelog: str | None, version: str) -> str | None:
    """Return the day that the changelog of a folder gives a version, as YYYY-MM-DD; None where it gives none."""
    found = re.search(rf"^## {re.escape(version)} \((\d{{4}}-\d\d-\d\d)\)$", changelog or "", re.MULTILINE)
    return found[1] if found else None
