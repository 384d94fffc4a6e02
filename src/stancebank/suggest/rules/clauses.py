"""Clauses: which tokens of a parse belong to one, and where it stands in the text.

Dependencies are those of ClearNLP, which spaCy's models of English have
(https://github.com/clir/clearnlp-guidelines/blob/master/md/specifications/dependency_labels.md).
"""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from stancebank.model import Bounds
from stancebank.suggest.rules.candidates import Parse

if TYPE_CHECKING:
    from spacy.tokens import Token

SUBJECTS = frozenset(("nsubj", "nsubjpass", "csubj", "csubjpass", "expl"))
COMPLEMENTS = frozenset(("ccomp", "xcomp"))
_FINITE = frozenset(("VBD", "VBP", "VBZ", "MD"))


def subject(verb: "Token") -> "Token | None":
    """Return the subject that stands at a verb itself."""
    return next((each for each in verb.children if each.dep_ in SUBJECTS and each.dep_ != "expl"), None)


def is_finite(verb: "Token") -> bool:
    """Whether a verb, or a helper of it, is in a finite form."""
    return verb.tag_ in _FINITE or any(
        each.tag_ in _FINITE for each in verb.children if each.dep_ in ("aux", "auxpass")
    )


def parts(clause: "Token") -> "list[Token]":
    """Return the heads of joined clauses that have subjects of their own, the first one first."""
    found = [clause]
    for each in clause.conjuncts:
        if each.i > clause.i and each.pos_ in ("VERB", "AUX") and subject(each) is not None:
            found.append(each)
    return found


def tokens_of(clause: "Token", without: "Iterable[Token]" = ()) -> "list[Token]":
    """Return the tokens of a clause in their order. without: heads whose tokens are left out."""
    left = {token.i for head in without for token in head.subtree}
    return [token for token in clause.subtree if token.i not in left]


def runs(parse: Parse, tokens: "Iterable[Token]", gaps: Collection[int] = ()) -> list[Bounds]:
    """Return the stretches that tokens make up. Marks and spaces between two of them are taken along.

    gaps: the indices of tokens that part two stretches, whatever they are.
    """
    found: list[list[int]] = []
    last: Token | None = None
    for token in tokens:
        begin, end = parse.bounds(token)
        between = list(parse.doc[last.i + 1 : token.i]) if last is not None else []
        if (
            last is not None
            and all(each.is_punct or each.is_space for each in between)
            and not any(each.i in gaps for each in between)
        ):
            found[-1][1] = end
        else:
            found.append([begin, end])
        last = token
    return [(begin, end) for begin, end in found]
