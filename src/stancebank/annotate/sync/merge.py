"""Three-way merge of one document: what both sides last agreed on, the local side, and the server. Pure."""

from typing import Literal

MergeAction = Literal["same", "take", "keep", "remove", "forget", "conflict"]


def three_way(base: str | None, local: str | None, remote: str | None) -> MergeAction:
    """Decide about a document by its fingerprints: as last agreed on, here, and on the server; None for no document.

    same: both sides are equal. take: only the server changed, or the document is missing here. keep: only this side
    changed, or it alone has the document. remove: the server removed what is unchanged here. forget: neither has it.
    conflict: both changed.

    A pull and a push decide by this table: a pull writes what is to be taken or removed and leaves the rest; a push
    sends what is to be kept and leaves the rest. A document that is missing here is taken again, since a missing file
    does not say that its labels are wrong. A side that cannot be read has a fingerprint that no document has.
    """
    if local == remote:
        return "same" if local is not None else "forget"
    if local is None:
        return "take"
    if remote is None:
        return "keep" if base is None else "remove" if local == base else "conflict"
    if base is None:
        return "conflict"
    return "take" if local == base else "keep" if remote == base else "conflict"
