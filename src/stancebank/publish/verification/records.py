"""What of a folder makes records: the values that it says once, of which all others follow.

`SOURCES` names the columns that records are restored from; every other column is computed again from them. Words of
articles that do not show their whole text are put back where their spans say, so that all columns tell of one text.
"""

from collections.abc import Sequence
from typing import Any

from stancebank.publish.sources import GAP
from stancebank.publish.verification.faults import Fault
from stancebank.publish.views import METADATA_KEYS

Row = dict[str, Any]

UNKNOWN = "\ue000"
"""What stands for a character that a folder does not show."""

_STATED = (
    *("same_as", "speaker_id", "attribution", "stance", "force", "target_id", "target_parties", "target_mediators"),
    *(
        "target_agents",
        "target_scope",
        "said_on",
        "said_on_basis",
        "doubt",
        "content_spans",
        "speaker_span",
        "cue_span",
    ),
    *("target_span", "reason_spans"),
)
_NESTED = tuple(f"conditions/{name}" for name in ("condition_id", "spans", "role", "kind", "obligors", "group"))
_WORDS = {
    "content": "content_spans",
    "speaker_mention": "speaker_span",
    "cue": "cue_span",
    "target_mention": "target_span",
    "reason": "reason_spans",
}

SOURCES: dict[str, tuple[str, ...]] = {
    "articles": (
        *("article_id", *METADATA_KEYS, "metadata_basis", "rights_holder", "licence", "text_policy", "raw_sha256"),
        *("text_sha256", "length", "lines", "zones", "nothing_to_annotate", "origin", "annotator", "gold_method"),
        *("guideline_version", "schema_version", "passed_over", "text"),
    ),
    "statements": ("statement_id", *_STATED, *_NESTED, "via/entity_id", "via/span", *_WORDS, "conditions/text"),
    "annotations": (
        *("annotation_id", "annotator", "origin", "nothing_to_annotate", "guideline_version"),
        *(*_STATED, *_NESTED, "via/entity_id", "via/span", *_WORDS, "conditions/text"),
    ),
    "entities": (
        *("entity_id", "name", "kind", "part_of", "affiliation", "wikidata", "aliases", "former_ids", "roles"),
    ),
    "targets": ("target_id", "name", "definition", "use", "parent", "former_ids"),
}
"""The columns that nothing else in a folder follows for: only spans, schema and the workspace's gold hold them.

Of those with words, and of repeated ones, each is held by the others: they tell of one text.
"""


def gather_words(length: int, rows: Sequence[tuple[str, Row]], faults: list[Fault]) -> str | None:
    """Return a text of that length with the words that rows show, and `UNKNOWN` elsewhere; None where none do.

    rows: of the views `statements` and `annotations`, each with its id.
    """
    text = [UNKNOWN] * min(length, 50_000_000)
    shown = False
    for name, row in rows:
        held = [(column, row[column], row[spans]) for column, spans in _WORDS.items()]
        held += [("conditions", each["text"], each["spans"]) for each in row["conditions"]]
        for column, words, spans in held:
            if words is None:
                continue
            shown = True
            bounds = [(each["begin"], each["end"]) for each in _listed(spans)]
            if len(words) != sum(end - begin for begin, end in bounds) + len(GAP) * (len(bounds) - 1):
                view = "annotations" if "annotation_id" in row else "statements"
                faults.append(Fault(view, name, column, "span-differs", "words and spans differ in length."))
                continue
            place = 0
            for begin, end in bounds:
                if 0 <= begin < end <= len(text):
                    text[begin:end] = words[place : place + end - begin]
                place += end - begin + len(GAP)
    return "".join(text) if shown else None


def _listed(spans: Any) -> list[Row]:
    return spans if isinstance(spans, list) else [spans] if spans else []


def is_source(view: str, place: str) -> bool:
    """Whether a column, or a field within one as ``column/field``, is of `SOURCES`, or a list of which a field is."""
    column = place.partition("/")[0]
    return any(each in (place, column) or each.startswith(f"{place}/") for each in SOURCES.get(view, ()))
