"""The views: which columns a published table has, in which order, of which type, and what each one means.

A view is a folder of the published dataset. Everything that depends on columns is made from these declarations: the
Arrow schema, the features, the tables in the card. Flat columns come first, lists of ids next, nested columns last.
"""

from stancebank.publish.views.articles import ARTICLES, METADATA_KEYS
from stancebank.publish.views.columns import Column, ListOf, Struct, Type, View, type_name
from stancebank.publish.views.statements import CONDITIONS, STATEMENTS

VIEWS: tuple[View, ...] = (STATEMENTS, CONDITIONS, ARTICLES)
"""All views, the default one first."""

__all__ = [
    "ARTICLES",
    "CONDITIONS",
    "METADATA_KEYS",
    "STATEMENTS",
    "VIEWS",
    "Column",
    "ListOf",
    "Struct",
    "Type",
    "View",
    "type_name",
]
