"""The views: which columns a published table has, in which order, of which type, and what each one means.

A view is a folder of the published dataset. Everything that depends on columns is made from these declarations: the
Arrow schema, the features, the tables in the card. Flat columns come first, lists of ids next, nested columns last.
"""

from stancebank.publish.views.annotations import ANNOTATIONS
from stancebank.publish.views.articles import ARTICLES, METADATA_KEYS
from stancebank.publish.views.chat import CHAT
from stancebank.publish.views.columns import Column, ListOf, Struct, Type, View, type_name
from stancebank.publish.views.passages import PASSAGES
from stancebank.publish.views.registries import ENTITIES, TARGETS
from stancebank.publish.views.statements import CONDITIONS, STATEMENTS
from stancebank.publish.views.tokens import TOKENS

VIEWS: tuple[View, ...] = (
    STATEMENTS,
    CONDITIONS,
    ARTICLES,
    ANNOTATIONS,
    ENTITIES,
    TARGETS,
    PASSAGES,
    TOKENS,
    CHAT,
)
"""All views, the default one first."""

__all__ = [
    "ANNOTATIONS",
    "ARTICLES",
    "CHAT",
    "CONDITIONS",
    "ENTITIES",
    "METADATA_KEYS",
    "PASSAGES",
    "STATEMENTS",
    "TARGETS",
    "TOKENS",
    "VIEWS",
    "Column",
    "ListOf",
    "Struct",
    "Type",
    "View",
    "type_name",
]
