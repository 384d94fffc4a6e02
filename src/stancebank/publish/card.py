"""The dataset card: a workspace's DATASET_CARD.md, its computed parts made anew, and the header of a build.

A computed part stands between ``<!-- computed:NAME -->`` and ``<!-- /computed -->``; all else is written by people.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from stancebank.errors import InputError
from stancebank.publish.agreement import compare_readers
from stancebank.publish.blocks import BLOCKS
from stancebank.publish.facts import Built, Facts, for_card
from stancebank.publish.hub import ViewFacts, configs, dataset_info
from stancebank.publish.readings import Readings, read_gold
from stancebank.publish.rows import Row, Rows, iter_rows
from stancebank.publish.views import CHAT, VIEWS
from stancebank.records import write_text
from stancebank.workspace import Workspace

CARD = "DATASET_CARD.md"

_MARKER = re.compile(r"^<!-- (?:computed:(?P<name>[^\s>]*)|(?P<end>/computed)) -->$", re.MULTILINE)

_PLAIN = """# {name}

<!-- computed:version -->
<!-- /computed -->

## Contents

""" + "\n".join(
    f"### {name.capitalize()}\n\n<!-- computed:{name} -->\n<!-- /computed -->\n" for name in BLOCKS if name != "version"
)

_WARNING = """> **Not for publication.** This folder shows more words of the articles than their text policies allow.
> It is for the use of whoever built it; do not hand it on. Articles concerned: {ids}.
"""


@dataclass(frozen=True, slots=True)
class Card:
    """The card of a workspace: as it is on disk (None where there is none), and as it should be."""

    found: str | None
    wanted: str

    @property
    def is_current(self) -> bool:
        """Whether nothing has to be written."""
        return self.found == self.wanted


def read_card(workspace: Workspace) -> Card:
    """Return the card as it is and as it should be; a workspace without one gets a plain one.

    The words of articles play no part in it. Raises InputError where a marker is unknown or unbalanced, or where
    the workspace holds no gold.
    """
    read = read_gold(workspace, None, with_words=False)
    if not read.readings:
        raise InputError("corpus/gold/ holds no document, so there is nothing to count. Nothing was written.")
    path = workspace.root / CARD
    found = path.read_bytes().decode() if path.is_file() else None
    rows: Rows = {view.name: [] for view in VIEWS}
    for article in iter_rows(read.readings, read.context):
        for view, more in article.items():
            rows[view] += [for_card(view, row) for row in more]
    return Card(found, fill(found or _plain(workspace), _facts(workspace, read, rows, None)))


def refresh_card(workspace: Workspace) -> bool:
    """Write DATASET_CARD.md with its computed parts made anew. Return whether anything changed."""
    return write_text(workspace.root / CARD, read_card(workspace).wanted)


def renew_card(workspace: Workspace, template: str | None, read: Readings, rows: Mapping[str, Sequence[Row]]) -> str:
    """Return what DATASET_CARD.md says once its computed parts are made anew, as `read_card` does, from rows at hand.

    template: the card as it is, None where there is none. rows: by view, those without rows left out; the words in
    them play no part.
    """
    wordless = {view.name: rows.get(view.name, ()) for view in VIEWS if not view.whole_text}
    return fill(template or _plain(workspace), _facts(workspace, read, wordless, None))


def make_readme(
    workspace: Workspace,
    template: str | None,
    read: Readings,
    rows: Mapping[str, Sequence[Row]],
    views: Sequence[ViewFacts],
    built: Built,
) -> str:
    """Return the README.md of a build.

    template: DATASET_CARD.md, None where there is none. rows: by view, those without rows left out. views: as they
    were written.
    """
    import yaml

    facts = _facts(workspace, read, rows, built)
    header = yaml.safe_dump(_header(workspace, facts, views), sort_keys=False, allow_unicode=True, width=110)
    warning = _WARNING.format(ids=", ".join(f"`{each}`" for each in built.beyond)) + "\n" if built.beyond else ""
    return f"---\n{header}---\n\n{warning}{fill(template or _plain(workspace), facts)}"


def fill(card: str, facts: Facts) -> str:
    """Return the card with every computed part made anew. Raises InputError for an unknown or unbalanced marker."""
    pieces: list[str] = []
    done = 0
    opened: re.Match[str] | None = None
    for marker in _MARKER.finditer(card):
        line = card.count("\n", 0, marker.start()) + 1
        if (opened is None) == (marker["end"] is not None):
            raise InputError(f"{CARD}, line {line}: {marker[0]} stands where none may stand: markers go in pairs.")
        if opened is None:
            if marker["name"] not in BLOCKS:
                raise InputError(f"{CARD}, line {line}: {marker['name']!r} is none of {', '.join(BLOCKS)}.")
            pieces += [card[done : marker.end()], "\n", BLOCKS[marker["name"]](facts)]
            opened = marker
        else:
            opened = None
            done = marker.start()
    if opened:
        raise InputError(f"{CARD}: {opened[0]} has no <!-- /computed --> after it.")
    return "".join(pieces) + card[done:]


def _plain(workspace: Workspace) -> str:
    return _PLAIN.format(name=workspace.settings.pretty_name)


def _facts(workspace: Workspace, read: Readings, rows: Mapping[str, Sequence[Row]], built: Built | None) -> Facts:
    settings = workspace.settings
    readers = compare_readers(read.readings)
    return Facts(rows, read.context, settings.name, settings.version, settings.schema, built, readers)


def _header(workspace: Workspace, facts: Facts, views: Sequence[ViewFacts]) -> dict[str, Any]:
    languages = sorted({row["language"].partition("-")[0] for row in facts.articles if row["language"]})
    stances = list(facts.context.vocabularies.values("stance"))
    generation = ["text-generation"] if any(each.view == CHAT for each in views) else []
    return {
        **({"language": languages} if languages else {}),
        **_licence(workspace, facts),
        "pretty_name": workspace.settings.pretty_name,
        "size_categories": [_size(max(each.rows for each in views))],
        "task_categories": ["text-classification", "token-classification", *generation],
        "task_ids": ["multi-class-classification"],
        "annotations_creators": _creators({row["origin"] for row in facts.articles}),
        "language_creators": ["found"],
        "multilinguality": ["multilingual" if len(languages) > 1 else "monolingual"],
        "source_datasets": ["original"],
        "tags": ["stance-detection", "politics", "news", "quotation-attribution", "conditions"],
        "configs": configs(views, workspace.settings.version),
        "dataset_info": dataset_info(views, stances, workspace.settings.version),
    }


def _licence(workspace: Workspace, facts: Facts) -> dict[str, Any]:
    """Return the licence of the folder: that of the annotations alone, unless it shows words of articles."""
    path = workspace.root / "LICENSE-DATA"
    if not path.is_file():
        return {"license": "unknown"}
    is_by = re.search(r"^Attribution 4\.0 International$", path.read_bytes().decode(), re.MULTILINE) is not None
    if is_by and not (facts.built and facts.built.showing):
        return {"license": "cc-by-4.0"}
    name = "cc-by-4.0-for-annotations-words-of-their-holders" if is_by else "see-license"
    return {"license": "other", "license_name": name, "license_link": "LICENSE"}


def _creators(origins: set[str]) -> list[str]:
    """Return who made the annotations, in the terms of dataset cards."""
    found = set()
    for origin in origins:
        if origin == "human":
            found.add("expert-generated")
        elif origin == "project":
            found |= {"machine-generated", "other"}
        else:
            found.add("machine-generated" if origin.startswith("model:") else "found")
    return sorted(found)


def _size(rows: int) -> str:
    """Return the size category of dataset cards."""
    steps = ((1_000, "1K"), (10_000, "10K"), (100_000, "100K"), (1_000_000, "1M"))
    if rows < steps[0][0]:
        return "n<1K"
    return next((f"{low[1]}<n<{high[1]}" for low, high in pairwise(steps) if rows < high[0]), "n>1M")
