"""A section of a dossier."""

from dataclasses import dataclass

from stancebank.pictures.picture import Picture


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a dossier. name: unique, and the place that the navigation leads to. intro: one sentence; or ""."""

    name: str
    title: str
    intro: str = ""
    pictures: tuple[Picture, ...] = ()
