"""The section of a dossier on time."""

from stancebank.pictures.time import draw_time
from stancebank.view.collection import Collection
from stancebank.view.section import Section


def make_time(collection: Collection) -> Section | None:
    """Return the section on who said what when. None where there is no statement."""
    picture = draw_time(collection.positions)
    if picture is None:
        return None
    intro = "Marks stand at the date of the utterance, as certain as the sources have it."
    return Section("dates", "Time", intro, (picture,))
