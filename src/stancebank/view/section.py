"""A section of a dossier."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from stancebank.pictures.cases import Cases
from stancebank.pictures.picture import Picture


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a dossier. name: unique; ``part-<name>`` is its place in the page. intro: one sentence; or "".

    cases: by the name of a picture, what its cells lead to.
    """

    name: str
    title: str
    intro: str = ""
    pictures: tuple[Picture, ...] = ()
    cases: Mapping[str, tuple[Cases, ...]] = field(default_factory=dict)
