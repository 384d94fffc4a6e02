"""The papers by which a release is deposited, cited and announced: .zenodo.json, datacite.json, RELEASE_NOTE.md.

Creators and addresses are those of CITATION.cff, all else is computed from the folder. What is not known is left out;
no DOI is made up: the place of the deposit gives it.
"""

import re
from collections.abc import Sequence
from html import escape
from typing import Any

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from stancebank.model import Terms
from stancebank.publish.card.brief import bibtex, counts, words
from stancebank.publish.card.card import access_terms, is_cc_by, keywords, released_on
from stancebank.publish.card.citing import Author, Citation, read_dataset
from stancebank.publish.card.croissant import CC_BY, describe, licences, publication_days
from stancebank.publish.card.statistics import Facts
from stancebank.publish.parquet import TableFacts
from stancebank.records import to_json

CC_BY_NAME = "Creative Commons Attribution 4.0 International"
CC_BY_ID = "CC-BY-4.0"

_UNDECIDED = ":tba"
"""What DataCite has for a value that is announced later."""


def make_zenodo(facts: Facts, tables: Sequence[TableFacts], terms: Terms | None) -> str:
    """Return .zenodo.json, which Zenodo reads in a release of a GitHub repository, and its API takes as `metadata`."""
    told = read_dataset(facts.citation)
    languages = _languages(facts)
    gate = access_terms(facts)
    found: dict[str, Any] = {
        "title": title_of(facts, told),
        "upload_type": "dataset",
        "description": "".join(f"<p>{escape(each, quote=False)}</p>" for each in _abstract(facts, tables, told)),
        "version": facts.dataset_version,
        "access_right": "restricted" if gate else "open",
        "license": CC_BY_ID if _is_cc_by_throughout(facts) else "other-closed",
        "keywords": keywords(facts),
        "notes": _rights_note(facts, terms),
    }
    if gate:
        found["access_conditions"] = gate
    if facts.released:
        found["publication_date"] = facts.released
    if len(languages) == 1:
        found["language"] = languages[0]
    if told.authors:
        found["creators"] = [_zenodo_creator(each) for each in told.authors]
    if related := _relations(told):
        found["related_identifiers"] = [
            {"identifier": place, "relation": relation[0].lower() + relation[1:]} for place, relation in related
        ]
    return to_json(found)


def _zenodo_creator(author: Author) -> dict[str, str]:
    return {
        "name": author.sorted_name,
        **({"affiliation": author.affiliation} if author.affiliation else {}),
        **({"orcid": author.orcid} if author.orcid else {}),
    }


def make_datacite(facts: Facts, tables: Sequence[TableFacts], terms: Terms | None) -> str:
    """Return datacite.json: metadata after DataCite 4.5, without an identifier, which a registry gives."""
    told = read_dataset(facts.citation)
    published = publication_days(facts)
    dates = [
        *([{"date": facts.released, "dateType": "Issued"}] if facts.released else []),
        *(
            [{"date": "/".join(published), "dateType": "Other", "dateInformation": "publication of the articles"}]
            if published
            else []
        ),
    ]
    languages = _languages(facts)
    files = sum(len(each.files) for each in tables)
    found: dict[str, Any] = {
        "schemaVersion": "http://datacite.org/schema/kernel-4",
        "types": {"resourceTypeGeneral": "Dataset", "resourceType": "Annotated news articles"},
        "titles": [{"title": title_of(facts, told)}],
        "publisher": {"name": told.publisher or _UNDECIDED},
        "version": facts.dataset_version,
        "subjects": [{"subject": each} for each in keywords(facts)],
        "rightsList": [_datacite_right(each) for each in licences(facts)],
        "sizes": [
            f"{sum(each.file_bytes for each in tables)} bytes in {files} Parquet file{'' if files == 1 else 's'}",
            *(f"{each.rows} rows of {each.table.name}" for each in tables),
        ],
        "formats": ["application/vnd.apache.parquet"],
        "descriptions": [
            {"description": " ".join(_abstract(facts, tables, told)), "descriptionType": "Abstract"},
            {"description": _rights_note(facts, terms), "descriptionType": "Other"},
        ],
    }
    if facts.released:
        found["publicationYear"] = facts.released[:4]
    if dates:
        found["dates"] = dates
    if len(languages) == 1:
        found["language"] = languages[0]
    if told.authors:
        found["creators"] = [_datacite_creator(each) for each in told.authors]
    if related := _relations(told):
        found["relatedIdentifiers"] = [_datacite_relation(place, relation) for place, relation in related]
    return to_json(found)


def _datacite_creator(author: Author) -> dict[str, Any]:
    orcid = {
        "nameIdentifier": f"https://orcid.org/{author.orcid}",
        "nameIdentifierScheme": "ORCID",
        "schemeUri": "https://orcid.org",
    }
    return {
        "name": author.sorted_name,
        "nameType": "Personal" if author.is_person else "Organizational",
        **({"givenName": author.given, "familyName": author.family} if author.is_person and author.given else {}),
        **({"nameIdentifiers": [orcid]} if author.orcid else {}),
        **({"affiliation": [{"name": author.affiliation}]} if author.affiliation else {}),
    }


def _datacite_right(licence: str) -> dict[str, str]:
    """Return a licence as DataCite has it. licence: as croissant.json names it."""
    if licence == CC_BY:
        said = {"rights": CC_BY_NAME, "rightsUri": CC_BY}
        name = CC_BY_ID
    else:
        said, name = {"rights": "see LICENSE" if licence == "LICENSE" else licence}, spdx_id(licence)
    scheme = {"rightsIdentifierScheme": "SPDX", "schemeUri": "https://spdx.org/licenses/"}
    return said | ({"rightsIdentifier": name} | scheme if name else {})


def spdx_id(licence: str) -> str:
    """Return the id that SPDX has for a licence; "" where it has none, as for one that a project names itself."""
    try:
        found = str(canonicalize_license_expression(licence))
    except InvalidLicenseExpression:
        return ""
    return "" if found.startswith("LicenseRef-") else found


def _relations(told: Citation) -> list[tuple[str, str]]:
    """Return the addresses of what has to do with the dataset, each with how, as DataCite calls it."""
    named = (
        (told.code, "IsDerivedFrom"),
        (told.url, "IsDocumentedBy"),
        *((each, "References") for each in told.related),
    )
    return [(place, relation) for place, relation in named if place]


def _datacite_relation(place: str, relation: str) -> dict[str, str]:
    doi = place.removeprefix("https://doi.org/")
    kind = "URL" if doi == place else "DOI"
    return {"relatedIdentifier": doi, "relatedIdentifierType": kind, "relationType": relation}


def title_of(facts: Facts, told: Citation) -> str:
    """Return the title of a dataset. told: what its CITATION.cff says."""
    return told.title or facts.pretty_name or facts.name


def _abstract(facts: Facts, tables: Sequence[TableFacts], told: Citation) -> list[str]:
    return [*([told.abstract] if told.abstract else []), describe(facts, tables)]


def _languages(facts: Facts) -> list[str]:
    return sorted({row["language"].partition("-")[0] for row in facts.articles if row["language"]})


def _is_cc_by_throughout(facts: Facts) -> bool:
    """Whether CC BY is the licence of all that the folder shows."""
    return is_cc_by(facts.licence) and licences(facts) == [CC_BY]


def _rights_note(facts: Facts, terms: Terms | None) -> str:
    shown = len(facts.built.showing) if facts.built else 0
    own = "No licence of the annotations is recorded" if facts.licence is None else "LICENSE is of the annotations"
    own = f"The annotations are under {CC_BY_NAME}" if is_cc_by(facts.licence) else own
    gone = len(terms.withdrawn) if terms else 0
    return (
        f"{own}. The words of the articles belong to their holders; RIGHTS.md names them and what may be done. The "
        f"folder shows words of {shown} of {len(facts.articles)} articles"
        f"{f', and {gone} articles were withdrawn' if gone else ''}."
        + (f" Holders of rights write to {terms.contact}." if terms and terms.contact else "")
    )


def make_note(facts: Facts, terms: Terms | None, tables: Sequence[TableFacts], changelog: str | None) -> str:
    """Return RELEASE_NOTE.md, for the page on which a release is announced. changelog: of the folder, None for none."""
    told = read_dataset(facts.citation)
    version, name = facts.dataset_version, facts.name
    first = tables[0].table.name
    day = f", released on {facts.released}" if facts.released else ""
    return (
        f"# {title_of(facts, told)} {version}\n\n"
        f"{' '.join(_abstract(facts, tables, told))}\n\n"
        f"`{name}`, version {version}{day}, annotation schema {facts.schema_version}.\n\n"
        f"## What changed\n\n{_news(changelog, version)}\n\n"
        f"## What it holds\n\n{counts(facts)}\n"
        "## Load this version\n\n"
        "```python\nfrom datasets import load_dataset\n\n"
        f'{first} = load_dataset("<org>/{name}", "{first}", revision="v{version}")\n```\n\n'
        "Put the name of the repository in the place of `<org>`, or the path of the folder in that of the first "
        "argument; then leave `revision` out. README.md describes the tables.\n\n"
        "## Verify it\n\n"
        "```console\nsha256sum -c SHA256SUMS\npip install 'stancebank[verify]'\n"
        f"stancebank publish verify hf://datasets/<org>/{name}@{version}\n```\n\n"
        "The first command shows that every file came whole, the last one makes every row and every number again.\n\n"
        f"## Rights\n\n{_rights_note(facts, terms)}\n\n{words(facts)}\n"
        f"## Cite it\n\n```bibtex\n{bibtex(facts)}```\n"
    )


def _news(changelog: str | None, version: str) -> str:
    """Return what the changelog of a folder says of a version."""
    day = released_on(changelog, version)
    head = f"## {version} ({day})\n"
    if changelog is None or day is None:
        return "There is no changelog of this version."
    body = changelog.partition(head)[2]
    return re.split(r"^## ", body, maxsplit=1, flags=re.MULTILINE)[0].strip()
