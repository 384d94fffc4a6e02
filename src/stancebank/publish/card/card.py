"""The dataset card: a workspace's DATASET_CARD.md, its computed parts made anew, and the header of a build.

A computed part stands between ``<!-- computed:NAME -->`` and ``<!-- /computed -->``; all else is written by people.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stancebank.errors import InputError
from stancebank.publish.card.blocks import BLOCKS
from stancebank.publish.card.metadata import ViewFacts, make_header
from stancebank.publish.card.statistics import Built, Facts, compare_readers, for_card
from stancebank.publish.gold import Readings, read_gold
from stancebank.publish.tables import Row, Rows, iter_rows, tables
from stancebank.records import write_text
from stancebank.schema.fields import Scheme
from stancebank.workspace import Workspace

CARD = "DATASET_CARD.md"
README = "README.md"

_MARKER = re.compile(r"^<!-- (?:computed:(?P<name>[^\s>]*)|(?P<end>/computed)) -->$", re.MULTILINE)

_PLAIN = """# {name}

<!-- computed:version -->
<!-- /computed -->

## Contents

{blocks}"""


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
    scheme = read.context.scheme
    rows: Rows = {table.name: [] for table in tables(scheme)}
    for article in iter_rows(read.readings, read.context):
        for view, more in article.items():
            rows[view] += [for_card(view, row, scheme) for row in more]
    facts = make_facts(workspace, read, rows, None, None)
    return Card(found, fill(found or _plain(facts.pretty_name, facts.context.scheme), facts))


def refresh_card(workspace: Workspace) -> bool:
    """Write DATASET_CARD.md with its computed parts made anew. Return whether anything changed."""
    return write_text(workspace.root / CARD, read_card(workspace).wanted)


def renew_card(workspace: Workspace, template: str | None, read: Readings, rows: Mapping[str, Sequence[Row]]) -> str:
    """Return what DATASET_CARD.md says once its computed parts are made anew, as `read_card` does, from rows at hand.

    template: the card as it is, None where there is none. rows: by view, those without rows left out; the words in
    them play no part.
    """
    wordless = {each.name: rows.get(each.name, ()) for each in tables(read.context.scheme) if not each.whole_text}
    return fill(
        template or _plain(workspace.settings.pretty_name, workspace.scheme),
        make_facts(workspace, read, wordless, None, None),
    )


def make_readme(facts: Facts, views: Sequence[ViewFacts], template: str | None) -> str:
    """Return the README.md of a folder. views: as written; template: DATASET_CARD.md, None for a plain one."""
    import yaml

    header = yaml.safe_dump(make_header(facts, views), sort_keys=False, allow_unicode=True, width=110)
    warning = make_warning(facts.built.beyond) if facts.built else ""
    card = _plain(facts.pretty_name, facts.context.scheme) if template is None else template
    return f"---\n{header}---\n\n{warning}{fill(card, facts)}"


def pretty_name(readme: str) -> str | None:
    """Return the name that the header of a README.md gives; None where it has no header, or that no name."""
    import yaml

    if not readme.startswith("---\n"):
        return None
    head = readme.removeprefix("---\n").partition("---\n")[0]
    line = re.search(r"^pretty_name:.*\n(?:[ \t]+.*\n|\n)*", head, re.MULTILINE)
    if line is None:
        return None
    try:
        found = yaml.safe_load(line[0])  # the header describes every column, and takes a hundred times as long
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    value = found.get("pretty_name") if isinstance(found, dict) else None
    return value if isinstance(value, str) and value.strip() else None


def make_warning(beyond: Sequence[str]) -> str:
    """Return what stands above the card of a folder that shows words beyond a text policy. beyond: ids of articles."""
    return _WARNING.format(ids=", ".join(f"`{each}`" for each in beyond)) + "\n" if beyond else ""


def read_template(readme: str) -> str:
    """Return the card below the header and the warning of a folder's README.md, whichever folder it came from.

    Raises InputError where it has no header.
    """
    if pretty_name(readme) is None:
        raise InputError("README.md of the folder has no header.\nHint: take the folder as it was published.")
    body = readme.split("---\n", 2)[2]
    return re.sub(r"\A\n*> \*\*Not for publication\.\*\*.*\n(?:>.*\n)*\n?", "\n", body).lstrip()


def fill(card: str, facts: Facts) -> str:
    """Return the card with every computed part made anew. Raises InputError for an unknown or unbalanced marker."""
    pieces: list[str] = []
    done = 0
    opened: re.Match[str] | None = None
    for marker in _MARKER.finditer(card):
        line = card.count("\n", 0, marker.start()) + 1
        if (opened is None) == (marker["end"] is not None):
            raise InputError(f"{CARD}, line {line}: {marker[0]} is not allowed here: markers come in pairs.")
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


def prose(card: str) -> list[str]:
    """Return what people wrote in a card: the pieces between its computed parts, with the markers."""
    pieces, done = [], 0
    for marker in _MARKER.finditer(card):
        if marker["end"] is None:
            pieces.append(card[done : marker.end()])
        else:
            done = marker.start()
    return [*pieces, card[done:]]


def make_facts(
    workspace: Workspace, read: Readings, rows: Mapping[str, Sequence[Row]], built: Built | None, licence: bytes | None
) -> Facts:
    """Return what a card is made of. rows: by view; built: None for that of the workspace; licence: LICENSE-DATA."""
    settings = workspace.settings
    return Facts(
        rows,
        read.context,
        settings.name,
        settings.version,
        settings.schema,
        built,
        compare_readers(read.readings, read.context.scheme),
        settings.pretty_name,
        None if licence is None else licence.decode(),
    )


def _plain(pretty_name: str, scheme: Scheme) -> str:
    """Return a card of all computed parts that make sense in a scheme."""
    left_out = {"version"} if scheme.has_conditions else {"version", "conditions"}
    names = [name for name in BLOCKS if name not in left_out]
    blocks = [f"### {name.capitalize()}\n\n<!-- computed:{name} -->\n<!-- /computed -->\n" for name in names]
    return _PLAIN.format(name=pretty_name, blocks="\n".join(blocks))
