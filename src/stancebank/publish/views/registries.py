"""The views of the registries: those who speak or are spoken of, and what positions are about."""

from stancebank.publish.views.columns import Column, ListOf, Struct, View
from stancebank.publish.views.groups import ENTITIES as ENTITY
from stancebank.publish.views.groups import IDS, READING
from stancebank.publish.views.groups import TARGETS as TARGET

_VERSIONS = READING[-2:]

_FORMER = Column("former_ids", IDS, "Ids that were merged into this one, or that it had before.")

ENTITIES = View(
    "entities",
    "One row an actor of the registry, whatever the spelling: every id of an entity in another view is one of these.",
    (
        Column("entity_id", "string", "Id of the entity, never reused.", refers=ENTITY),
        Column("name", "string", "The name to show."),
        Column("kind", "string", "What kind of actor it is."),
        Column("part_of", "string", "Id of the entity that it is a part of.", refers=ENTITY),
        Column("affiliation", "string", "Id of the entity that it speaks or works for.", refers=ENTITY),
        Column("wikidata", "string", "A verified Wikidata id."),
        *_VERSIONS,
        Column("aliases", IDS, "Every other name and transliteration met."),
        _FORMER,
        Column(
            "roles",
            ListOf(
                Struct(
                    (
                        Column("title", "string", "Name of the role."),
                        Column("begin", "string", "Since when, as an EDTF date; null where that is not certain."),
                        Column("end", "string", "Until when, as an EDTF date; null where that is not certain."),
                    )
                )
            ),
            "Public roles.",
        ),
    ),
)

TARGETS = View(
    "targets",
    "One row an act or outcome of the registry: what positions are about and conditions ask for.",
    (
        Column("target_id", "string", "Id of the target, never reused.", refers=TARGET),
        Column("name", "string", "Name of the target."),
        Column("definition", "string", "What it means."),
        Column("use", "string", "What it may stand for: `target`, `condition`, `both` or, as a heading, `root`."),
        Column("parent", "string", "Id of the target that it stands under; null for a root.", refers=TARGET),
        Column("root", "string", "Id of the root that it stands under; its own for a root.", refers=TARGET),
        *_VERSIONS,
        _FORMER,
    ),
)
