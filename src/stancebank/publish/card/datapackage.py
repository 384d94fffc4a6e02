"""datapackage.json: the tables of a release in the vocabulary of Frictionless, Data Package version 2."""

from collections.abc import Iterator, Sequence
from typing import Any

from stancebank.publish.card.card import keywords
from stancebank.publish.card.citing import Author, read_dataset
from stancebank.publish.card.croissant import CC_BY, describe, licences
from stancebank.publish.card.deposit import CC_BY_ID, CC_BY_NAME, title_of
from stancebank.publish.card.statistics import Facts
from stancebank.publish.parquet import TableFacts
from stancebank.publish.tables import Column, ListOf, Struct, Table
from stancebank.records import to_json
from stancebank.schema.fields import Scheme

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"

_TYPES = {"string": "string", "int64": "integer", "float64": "number", "bool": "boolean"}


def make_datapackage(facts: Facts, tables: Sequence[TableFacts]) -> str:
    """Return datapackage.json of a release. tables: as they were written."""
    told = read_dataset(facts.citation)
    page = told.url or told.code
    found: dict[str, Any] = {
        "$schema": PROFILE,
        "name": facts.name,
        "title": title_of(facts, told),
        "description": describe(facts, tables),
        "version": facts.dataset_version,
        "keywords": keywords(facts),
        "licenses": [_licence(each) for each in licences(facts)],
        "resources": [_resource(each, tables, facts.context.scheme) for each in tables],
    }
    if facts.released:
        found["created"] = f"{facts.released}T00:00:00Z"
    if told.authors:
        found["contributors"] = [_contributor(each) for each in told.authors]
    if page:
        found["homepage"] = page
    return to_json(found)


def _licence(licence: str) -> dict[str, str]:
    """Return a licence as a package names it. licence: as croissant.json names it, by address, file or id."""
    if licence == CC_BY:
        return {"name": CC_BY_ID, "path": CC_BY, "title": CC_BY_NAME}
    return {"path": licence} if licence == "LICENSE" else {"name": licence}


def _contributor(author: Author) -> dict[str, Any]:
    return {
        "title": author.full_name,
        **({"givenName": author.given} if author.is_person and author.given else {}),
        **({"familyName": author.family} if author.is_person else {}),
        **({"path": f"https://orcid.org/{author.orcid}"} if author.orcid else {}),
        **({"organization": author.affiliation} if author.affiliation else {}),
        "roles": ["author"],
    }


def _resource(written: TableFacts, tables: Sequence[TableFacts], scheme: Scheme) -> dict[str, Any]:
    one = len(written.files) == 1
    return {
        "name": written.table.name,
        "type": "table",
        "description": written.table.meaning,
        "path": written.files[0] if one else list(written.files),
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "bytes": written.file_bytes,
        **({"hash": f"sha256:{written.sha256[0]}"} if one else {}),
        "schema": {
            "fields": [_field(column, written.table, scheme) for column in written.table.columns],
            "primaryKey": [written.table.key],
            **({"foreignKeys": keys} if (keys := list(_foreign_keys(written.table, tables))) else {}),
        },
    }


def _field(column: Column, table: Table, scheme: Scheme) -> dict[str, Any]:
    limits: dict[str, Any] = {"required": True} if column.name == table.key else {}
    found: dict[str, Any] = {"name": column.name, "type": _type(column), "description": column.meaning}
    if column.refers and (column.is_list or len(column.refers) > 1):
        found["description"] += f" Refers to {' or '.join(column.refers)}."
    if column.classes and column.is_flat:
        found["categories"] = [{"value": place, "label": name} for place, name in enumerate(column.classes)]
    elif column.type == "string" and column.vocabulary in scheme.vocabularies.by_name:
        limits["enum"] = list(scheme.vocabularies.values(column.vocabulary))
    return found | ({"constraints": limits} if limits else {})


def _type(column: Column) -> str:
    if isinstance(column.type, ListOf):
        return "array"
    return "object" if isinstance(column.type, Struct) else _TYPES[column.type]


def _foreign_keys(table: Table, tables: Sequence[TableFacts]) -> Iterator[dict[str, Any]]:
    """Yield what leads from a table to the key of one that is there; what may lead to either of two tables is none."""
    keys = {each.table.name: each.table.key for each in tables}
    for column in table.columns:
        if not column.is_flat or len(column.refers) != 1:
            continue
        (name,) = column.refers
        if name in keys and (column.name, name) != (table.key, table.name):
            yield {"fields": [column.name], "reference": {"resource": name, "fields": [keys[name]]}}
