"""Two sides and what they last agreed on: what a pull does with one document. Pure."""

from typing import Literal

Deed = Literal["same", "take", "keep", "remove", "forget", "conflict"]


def decide(base: str | None, here: str | None, there: str | None) -> Deed:
    """Say what to do, by fingerprints of what both sides had, this side has and the server has; None for no document.

    same: both have the same. take: write the server's. keep: this side has changed it, or has it alone. remove: the
    server has removed what stands here unchanged. forget: neither has it. conflict: both have changed it.

    A document that is missing here is written again, since a missing file does not say that its labels are wrong.
    """
    if here == there:
        return "same" if here is not None else "forget"
    if here is None:
        return "take"
    if there is None:
        return "keep" if base is None else "remove" if here == base else "conflict"
    if base is None:
        return "conflict"
    return "take" if here == base else "keep" if there == base else "conflict"
