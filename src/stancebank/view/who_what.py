"""The section of a dossier on who says what."""

from stancebank.pictures.who_what import draw_who_what
from stancebank.view.collection import Collection
from stancebank.view.section import Section


def make_who_what(collection: Collection) -> Section | None:
    """Return the section on who says what. None where there is no statement.

    States have a picture of their own where they bring several speakers together.
    """
    positions = collection.positions
    speakers = {each.statement.speaker.entity for each in positions.unique}
    has_states = bool(positions.scheme.vocabularies.states())
    both = has_states and len({positions.state_of(each) for each in speakers}) < len(speakers)
    drawn = (draw_who_what(positions), draw_who_what(positions, "state") if both else None)
    pictures = tuple(each for each in drawn if each is not None)
    if not pictures:
        return None
    return Section("who-and-what", "Who × what", "Click on a mark to read its statements.", pictures)
