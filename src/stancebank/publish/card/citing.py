"""CITATION.cff: what it says of the dataset, and the one of a release, which is about that version of the dataset.

The file of a workspace may be of a dataset, or of software with the dataset among its references. In a release it is
of the dataset, with the version and the day of the release.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

_LARGEST = 20_000
"""Characters of a CITATION.cff; nothing is read of a larger one."""

_MESSAGE = "If you use this dataset, please cite it as below, and name the version that you used."

_OF_ROOT = (
    *("title", "abstract", "authors", "contact", "keywords", "license", "license-url", "url", "doi", "identifiers"),
    *("repository-code", "repository", "repository-artifact"),
)
"""Keys that a dataset may have in its own file; those of a reference are more."""

_NOT_OF_REFERENCES = ("cff-version", "message", "preferred-citation", "references")

_DATA = ("data", "dataset")


def _load(text: str) -> dict[str, Any] | None:
    """Return what a CITATION.cff holds; None where it cannot be read."""
    import yaml

    try:
        value = yaml.safe_load(text) if len(text) <= _LARGEST else None
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _references(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = value.get("references")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _dataset(value: dict[str, Any]) -> dict[str, Any]:
    """Return the entry of the dataset: the file itself if it is of one, else the first one of data, else the file."""
    preferred = value.get("preferred-citation")
    others = [*_references(value), *([preferred] if isinstance(preferred, dict) else [])]
    is_data = value.get("type") == "dataset"
    return value if is_data else next((each for each in others if each.get("type") in _DATA), value)


def cite_dataset(text: str, version: str, released: str | None) -> str:
    """Return a CITATION.cff that is of the dataset, with its version and the day of the release; once more: the same.

    text: of the workspace's file. released: as YYYY-MM-DD; None where no day is known. What else the file is about
    becomes a reference. A file that cannot be read is returned as it is.
    """
    import yaml

    value = _load(text)
    if value is None:
        return text
    entry = _dataset(value)
    is_own = entry is value
    found: dict[str, Any] = {
        "cff-version": value.get("cff-version", "1.2.0"),
        "message": value.get("message", _MESSAGE) if is_own and value.get("type") == "dataset" else _MESSAGE,
        "type": "dataset",
    }
    notes = {"abstract": entry["notes"]} if isinstance(entry.get("notes"), str) else {}
    found |= {key: each[key] for key in _OF_ROOT if key in (each := notes | entry)}
    day = released or (entry.get("date-released") if str(entry.get("version")) == version else None)
    found |= {"version": version, **({"date-released": day} if day else {})}
    preferred = value.get("preferred-citation")
    others = [each for each in _references(value) if each is not entry]
    if not is_own:
        software = {key: each for key, each in value.items() if key not in _NOT_OF_REFERENCES}
        others = [{"type": "software", **software}, *others]
        others += [preferred] if isinstance(preferred, dict) and preferred is not entry else []
    elif preferred is not None:
        found["preferred-citation"] = preferred
    if others:
        found["references"] = others
    try:
        plain = _without_dates(found)
        return str(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=110))
    except (yaml.YAMLError, RecursionError):
        return text


def _without_dates(value: Any) -> Any:
    """Return a value with days as texts: YAML reads them as days, and the format asks for texts."""
    if isinstance(value, dict):
        return {key: _without_dates(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_dates(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


@dataclass(frozen=True, slots=True)
class Author:
    """Who made the dataset: a person with a family name, or a body with a name alone. orcid: without its address."""

    name: str = ""
    family: str = ""
    given: str = ""
    orcid: str = ""
    affiliation: str = ""

    @property
    def is_person(self) -> bool:
        """Whether it is a person, and not a body."""
        return bool(self.family)

    @property
    def sorted_name(self) -> str:
        """The name with the family name first, as catalogues have it."""
        return ", ".join(filter(None, (self.family, self.given))) or self.name

    @property
    def full_name(self) -> str:
        """The name as it is said."""
        return " ".join(filter(None, (self.given, self.family))) or self.name


@dataclass(frozen=True, slots=True)
class Citation:
    """What a CITATION.cff says of the dataset; "" or nothing where it says nothing.

    code: the address of the repository that it is made in. url: its page. related: addresses and DOIs of what else is
    named.
    """

    title: str = ""
    authors: tuple[Author, ...] = ()
    abstract: str = ""
    publisher: str = ""
    code: str = ""
    url: str = ""
    related: tuple[str, ...] = ()


def read_dataset(text: str | None) -> Citation:
    """Return what a CITATION.cff says of the dataset; text: None for no file."""
    value = _load(text or "")
    if value is None:
        return Citation()
    entry = _dataset(value)
    publisher = entry.get("publisher")
    return Citation(
        _line(entry.get("title")),
        tuple(_authors(entry)),
        _line(entry.get("abstract")),
        _line(publisher.get("name")) if isinstance(publisher, dict) else "",
        _address(entry.get("repository-code")) or _address(entry.get("repository")),
        _address(entry.get("url")),
        tuple(dict.fromkeys(filter(None, (_place(each) for each in _references(value) if each is not entry)))),
    )


def _authors(entry: Mapping[str, Any]) -> Iterator[Author]:
    authors = entry.get("authors")
    for each in authors if isinstance(authors, list) else ():
        if not isinstance(each, dict):
            continue
        family = " ".join(filter(None, (_line(each.get("name-particle")), _line(each.get("family-names")))))
        given = " ".join(filter(None, (_line(each.get("given-names")), _line(each.get("name-suffix")))))
        name = _line(each.get("name")) or _line(each.get("alias"))
        if not (family or given or name):
            continue
        orcid = re.search(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]$", _line(each.get("orcid")))
        found = Author(name or given, family, given, orcid[0] if orcid else "", _line(each.get("affiliation")))
        yield found


def _place(entry: Mapping[str, Any]) -> str:
    doi = _line(entry.get("doi"))
    return f"https://doi.org/{doi}" if doi else _address(entry.get("url")) or _address(entry.get("repository-code"))


def _line(value: object) -> str:
    """Return a text on one line; "" for what is none."""
    return " ".join(str(value).split()) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _address(value: object) -> str:
    found = _line(value)
    return found if re.fullmatch(r"https?://[^\s<>\"]+", found) else ""


def read_citation(text: str) -> dict[str, str]:
    """Return what a CITATION.cff says of the dataset, as values of BibTeX; {} where it cannot be read.

    Of several entries that of the dataset is taken, else the preferred citation, else the file itself.
    """
    value = _load(text)
    if value is None:
        return {}
    chosen, preferred = _dataset(value), value.get("preferred-citation")
    if chosen is value and isinstance(preferred, dict):
        chosen = preferred
    authors = chosen.get("authors")
    names = [_author(each) for each in authors if isinstance(each, dict)] if isinstance(authors, list) else []
    said = {
        "title": chosen.get("title"),
        "author": " and ".join(filter(None, names)),
        "year": chosen.get("year") or str(chosen.get("date-released") or "")[:4],
        "doi": chosen.get("doi"),
        "url": chosen.get("url"),
    }
    return {name: text for name, each in said.items() if (text := _bibtex(each, keep="{}" if name == "author" else ""))}


def _author(value: Mapping[str, Any]) -> str:
    """Return an author as BibTeX has it: a person with the family name first, a body in braces of its own."""
    if family := _bibtex(value.get("family-names")):
        return ", ".join(filter(None, (family, _bibtex(value.get("given-names")))))
    return f"{{{name}}}" if (name := _bibtex(value.get("name"))) else ""


def _bibtex(value: object, *, keep: str = "") -> str:
    """Return a value on one line, without what BibTeX or Markdown would take for its own."""
    return "".join(each for each in _line(value) if each in keep or each not in "{}\\`")
