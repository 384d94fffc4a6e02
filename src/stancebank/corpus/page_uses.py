"""What may be done with a page, by what it and its server say: reservations, and hints at a licence.

`RESERVING` are the words of robots that reserve uses: https://www.w3.org/community/reports/tdmrep/CG-FINAL-tdmrep-20240510/
for ``tdm-reservation``; ``noai`` and ``noimageai`` are used by hosts of pictures and texts.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

RESERVING = ("noai", "noimageai", "noml", "notdm")
"""What robots are told where a page is not to be used for text and data mining or models."""

_LINK = re.compile(r"<([^<>\s]{1,500})>\s*;([^<>]{0,500})")
_LICENSE = re.compile(r"""\brel\s*=\s*(?:"[^"]*\blicense\b[^"]*"|license\b)""", re.I)


def licence_of_link(header: str) -> Iterator[str]:
    """Yield the addresses that a header ``Link`` names as the licence."""
    yield from (match[1] for match in _LINK.finditer(header) if _LICENSE.search(match[2]))


def reservation(uses: Mapping[str, Sequence[str]]) -> str | None:
    """Return what in the words of a page or its server reserves text and data mining; None where nothing does.

    uses: as `stancebank.corpus.extraction.Extracted` has them.
    """
    if any(each.strip() == "1" for each in uses.get("tdm-reservation", ())):
        return "tdm-reservation: 1"
    said = {word for each in uses.get("robots", ()) for word in re.findall(r"[\w-]+", each.lower())}
    found = next((each for each in RESERVING if each in said), None)
    return f"robots: {found}" if found else None
