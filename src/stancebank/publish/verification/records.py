"""The words that rows show, put back where their spans say, so that all columns tell of one text."""

from collections.abc import Iterable, Sequence

from stancebank.publish.sources import GAP
from stancebank.publish.tables import Row, Table
from stancebank.publish.tables.columns import TEXT, span_list, walk
from stancebank.publish.verification.faults import Fault

UNKNOWN = "\ue000"
"""What stands for a character that a folder does not show."""


def gather_words(length: int, rows: Iterable[tuple[Table, Sequence[Row]]], faults: list[Fault]) -> str | None:
    """Return a text of that length with the words that rows show, and `UNKNOWN` elsewhere; None where none do.

    rows: of an article, by table.
    """
    text = [UNKNOWN] * min(length, 50_000_000)
    shown = False
    cells = ((table, row, cell) for table, held in rows for row in held for cell in walk(table.word_columns, row))
    for table, row, (path, column, words, beside) in cells:
        if words is None or column.text_of in (None, TEXT):
            continue
        shown = True
        bounds = [(each["begin"], each["end"]) for each in span_list(beside[str(column.text_of)])]
        if len(words) != sum(end - begin for begin, end in bounds) + len(GAP) * (len(bounds) - 1):
            name, message = path.partition(".")[0], "words and spans differ in length."
            faults.append(Fault(table.name, row[table.key], name, "span-differs", message))
            continue
        place = 0
        for begin, end in bounds:
            if 0 <= begin < end <= len(text):
                text[begin:end] = words[place : place + end - begin]
            place += end - begin + len(GAP)
    return "".join(text) if shown else None
