"""From an article and readings of it to a task of Label Studio. Pure; `conversion` reads the same form back."""

from collections.abc import Iterable
from typing import Any

from stancebank.annotate.controls import OBJECT, ZONES, Profile
from stancebank.annotate.lists import Lists
from stancebank.annotate.writing import Writer
from stancebank.errors import InputError
from stancebank.model import SCHEMA_VERSION, Article, Document
from stancebank.text import sha256

Json = dict[str, Any]


def to_task(
    article: Article,
    text: str,
    documents: Iterable[Document],
    lists: Lists,
    *,
    annotated: frozenset[str],
    guideline_version: str,
    profile: Profile = "full",
) -> Json:
    """Make a task of an article: its whole text, and one pre-annotation for each document.

    text: the stored words of the article. annotated: the zones that are read; all others become grey, locked regions.
    Where there is no document, one pre-annotation carries these zones alone. In the core profile a document loses what
    the profile does not ask for.

    Raises InputError where the text is not the article's, or a document is not about it or holds what the interface
    cannot show, such as a via without mention between two that have one.
    """
    if sha256(text) != article.text_sha256:
        raise InputError(f"{article.id}: these are not the words that the record describes.")
    zones = [
        zone_region(article, text, number) for number, zone in enumerate(article.zones) if zone.zone not in annotated
    ]
    predictions = []
    for document in documents:
        if document.text_sha256 != article.text_sha256:
            raise InputError(f"{article.id}: the document of {document.annotator} is about another text.")
        writer = Writer(text, profile)
        writer.write(document)
        predictions.append({"model_version": document.annotator, "result": [*zones, *writer.result]})
    return {
        "data": {
            "article_id": article.id,
            "title": article.title.value if article.title else article.id,
            "source": ", ".join(each.value for each in (article.outlet, article.published) if each),
            "text": text,
            "text_sha256": article.text_sha256,
            "schema_version": SCHEMA_VERSION,
            "guideline_version": guideline_version,
            "profile": profile,
            "entities": lists.entities,
            "targets": lists.targets,
            "kinds": lists.kinds,
            "names": lists.names,
        },
        "predictions": predictions or [{"model_version": "zones", "result": zones}],
    }


def zone_region(article: Article, text: str, number: int) -> Json:
    """Return a zone as a region that is shown and cannot be changed."""
    zone = article.zones[number]
    value = {"start": zone.begin, "end": zone.end, "text": text[zone.begin : zone.end], "labels": [zone.zone]}
    return {
        "id": f"zone-{number}",
        "from_name": ZONES,
        "to_name": OBJECT,
        "type": "labels",
        "origin": "prediction",
        "readonly": True,
        "value": value,
    }
