"""A forger: takes a folder, changes something, and makes all sums, sizes, hashes and computed parts fit again.

He has the toolkit. After a change of rows he writes the tables anew, has card, header, croissant.json, RIGHTS.md and
manifest made of them, and SHA256SUMS of all. A change of another file gets its place in manifest and SHA256SUMS.
"""

import random
from collections.abc import Callable
from pathlib import Path

from tests.publish.forgery import card, cells, everywhere, files, json, papers, rows, tables
from tests.publish.forgery.base import BY_VIEW, Base, Forged, open_base, reforge
from tests.publish.forgery.cells import EVERY, altered, leaves

Forger = Callable[[Base, Path, random.Random], Forged | None]


def one_of(*forgers: Forger) -> Forger:
    """Return a forger who does what one of some do."""
    return lambda base, out, rng: rng.choice(forgers)(base, out, rng)


FORGERS: dict[str, Forger] = {
    "bytes flipped, files cut": one_of(files.flip_bytes, files.flip_bytes, files.cut_files),
    "files swapped or renamed": one_of(files.swap_files, files.swap_files, files.rename_files),
    "files added, removed, linked": one_of(files.add_files, files.remove_files, files.link_files, files.change_sums),
    "cells": cells.change_cell,
    "labels": cells.change_label,
    "counts": cells.change_count,
    "offsets": cells.change_offset,
    "words, null and empty": one_of(cells.change_words, cells.change_nothing),
    "rows dropped": rows.drop_rows,
    "rows doubled or added": one_of(rows.double_rows, rows.add_rows),
    "rows reordered or moved": one_of(rows.reorder_rows, rows.move_rows),
    "tables": one_of(tables.change_columns, tables.change_columns, tables.change_encoding),
    "numbers of the card": one_of(card.change_numbers, card.add_numbers),
    "card and papers": one_of(card.change_card, papers.change_papers),
    "manifest and croissant": one_of(json.change_manifest, json.change_croissant),
    "labels and ids everywhere": one_of(everywhere.change_labels_everywhere, everywhere.change_ids_everywhere),
    "rows, facts and texts everywhere": one_of(
        everywhere.change_parts_everywhere, everywhere.change_facts_everywhere, everywhere.change_texts_everywhere
    ),
}
"""Kinds of change by name. Each forger makes one change a call; None where what it drew has no effect."""

__all__ = ["BY_VIEW", "EVERY", "FORGERS", "Base", "Forged", "altered", "leaves", "open_base", "reforge"]
