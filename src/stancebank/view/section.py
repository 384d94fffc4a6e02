"""A section of a dossier."""

from dataclasses import dataclass

from stancebank.pictures.picture import Picture


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a dossier. name: unique; ``part-<name>`` is its place in the page. intro: one sentence; or ""."""

    name: str
    title: str
    intro: str = ""
    pictures: tuple[Picture, ...] = ()
