"""How much of an article's words may be shown, and what follows from it."""

from enum import StrEnum


class TextPolicy(StrEnum):
    """How much of an article's words may be shown: nothing, quotations up to a cap, or all; a later one allows more.

    Members are the strings that records and settings hold. As strings, ``<`` compares their letters; ask `allows`.
    """

    WITHHELD = "withheld"
    QUOTES = "quotes"
    FULL = "full"

    def allows(self, shown: "TextPolicy") -> bool:
        """Whether as much may be shown as another policy shows.

        >>> TextPolicy.QUOTES.allows(TextPolicy.WITHHELD), TextPolicy.QUOTES.allows(TextPolicy.FULL)
        (True, False)
        """
        return _ORDER.index(shown) <= _ORDER.index(self)

    @property
    def shows_quotations(self) -> bool:
        """Whether words of spans are shown, as they are where the whole text is."""
        return self is not TextPolicy.WITHHELD

    @property
    def shows_all(self) -> bool:
        """Whether the whole text is shown."""
        return self is TextPolicy.FULL

    @property
    def is_capped(self) -> bool:
        """Whether quotations are all that is shown, so that the cap on them holds."""
        return self is TextPolicy.QUOTES


_ORDER = tuple(TextPolicy)
