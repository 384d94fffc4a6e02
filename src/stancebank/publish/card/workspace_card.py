"""The card of a workspace: DATASET_CARD.md, with its computed parts made again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stancebank.errors import InputError
from stancebank.publish.card.card import CARD, CITATION, fill, make_facts, plain_card
from stancebank.publish.card.statistics import for_card
from stancebank.publish.gold import Readings, read_gold
from stancebank.publish.tables import Row, Rows, iter_rows, tables
from stancebank.records import write_text
from stancebank.workspace import Workspace


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
    if not read.readings.ids:
        raise InputError("corpus/gold/ holds no document, so there is nothing to count. Nothing was written.")
    path = workspace.root / CARD
    found = path.read_bytes().decode() if path.is_file() else None
    scheme = read.context.scheme
    rows: Rows = {table.name: [] for table in tables(scheme)}
    for article in iter_rows(read.readings, read.context):
        for table, more in article.items():
            rows[table] += [for_card(table, row, scheme) for row in more]
    facts = make_facts(workspace, read, rows, None, None, _citation(workspace))
    return Card(found, fill(found or plain_card(facts.pretty_name, facts.context.scheme), facts))


def refresh_card(workspace: Workspace) -> bool:
    """Write DATASET_CARD.md with its computed parts made again. Return whether anything changed."""
    return write_text(workspace.root / CARD, read_card(workspace).wanted)


def renew_card(workspace: Workspace, template: str | None, read: Readings, rows: Mapping[str, Sequence[Row]]) -> str:
    """Return what DATASET_CARD.md says once its computed parts are made again, as `read_card` does, from rows at hand.

    template: the card as it is, None where there is none. rows: by table, those without rows left out; the words in
    them play no part.
    """
    wordless = {each.name: rows.get(each.name, ()) for each in tables(read.context.scheme) if not each.whole_text}
    return fill(
        template or plain_card(workspace.settings.pretty_name, workspace.scheme),
        make_facts(workspace, read, wordless, None, None, _citation(workspace)),
    )


def _citation(workspace: Workspace) -> bytes | None:
    path = workspace.root / CITATION
    return path.read_bytes() if path.is_file() else None
