"""Rows of the view `articles`."""

from stancebank.model import to_builtins
from stancebank.publish.rows.values import Row, article_values, ordered, passed_over_values, reading_values
from stancebank.publish.sources import Context, Reading
from stancebank.publish.views import ARTICLES, METADATA_KEYS, ListOf, Struct


def article_row(reading: Reading, statements: list[Row], context: Context) -> Row:
    """Return the row of an article in the view `articles`. statements: the rows of its statements."""
    article = reading.article
    short = next(column.type for column in ARTICLES.columns if column.name == "statements")
    assert isinstance(short, ListOf)
    assert isinstance(short.item, Struct)
    names = [field.name for field in short.item.fields]
    row = {
        "author": article.author.value if article.author else None,
        "place": article.place.value if article.place else None,
        "metadata_basis": {key: sourced.basis if (sourced := getattr(article, key)) else None for key in METADATA_KEYS},
        "raw_sha256": article.raw_sha256,
        "text_sha256": article.text_sha256,
        "length": article.length,
        "lines": [to_builtins(line) for line in article.lines],
        "zones": [to_builtins(zone) for zone in article.zones],
        "text": reading.whole_text,
        "nothing_to_annotate": reading.document.nothing_to_annotate,
        "n_statements": len(statements),
        "n_unique": sum(each["same_as"] is None for each in statements),
        "passed_over": passed_over_values(reading.document.passed_over),
        "statements": [{name: each[name] for name in names} for each in statements],
    }
    return ordered(ARTICLES, article_values(reading) | reading_values(reading, context) | row)
