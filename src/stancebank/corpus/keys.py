"""The keys under which an article's metadata comes in, and what other tools call them."""

from difflib import get_close_matches
from typing import Any

from stancebank.errors import InputError

METADATA_KEYS = ("title", "outlet", "agencies", "author", "place", "published", "language", "url", "event")
LATER_KEYS = ("reprint_of", "extraction", "extra")
"""What records of articles may say from the second edition of the frame on."""

OTHER_KEYS = ("slug", "holder", "licence", "text_policy", "rights_note", "zones", *LATER_KEYS)
FOREIGN_KEYS = {  # what scrapers call these
    "authors": "author",
    "byline": "author",
    "hostname": "outlet",
    "sitename": "outlet",
    "source_domain": "outlet",
    "date": "published",
    "date_publish": "published",
    "publishing_date": "published",
    "publish_date": "published",
    "maintext": "text",
    "raw_text": "text",
    "license": "licence",
    "headline": "title",
    "link": "url",
}


def known_metadata(value: Any, name: str) -> dict[str, Any]:
    """Return metadata if all its keys are known. Raises InputError with the likely meaning of one that is not."""
    if not isinstance(value, dict):
        raise InputError(f"{name} holds no metadata: it needs a JSON object.")
    keys = [*METADATA_KEYS, *OTHER_KEYS]
    if "text" in value:
        raise InputError(f"{name} has the key 'text': it is for metadata. Hint: keep the words in the article's file.")
    unknown = [key for key in value if key not in keys]
    if unknown:
        guesses = {key: FOREIGN_KEYS.get(key) or next(iter(get_close_matches(key, keys, 1)), None) for key in unknown}
        told = ", ".join(
            f"{key!r}" + (f" (did you mean {guess!r}?)" if guess else "") for key, guess in guesses.items()
        )
        more = "" if all(guesses.values()) else f" Known keys: text, {', '.join(keys)}."
        raise InputError(f"{name} has the unknown key{'s' if len(unknown) > 1 else ''} {told}.{more}")
    return value
