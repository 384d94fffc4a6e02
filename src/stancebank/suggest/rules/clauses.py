"""Clauses: which tokens of a parse belong to one, and where it stands in the text.

Dependencies are those of ClearNLP, which spaCy's models of English have
(https://github.com/clir/clearnlp-guidelines/blob/master/md/specifications/dependency_labels.md).
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from stancebank.model import Bounds
from stancebank.suggest.rules.candidates import Parse

if TYPE_CHECKING:
    from spacy.tokens import Token

    IsCue = Callable[[Token], bool]

VERBS = frozenset(("VERB", "AUX"))
SUBJECTS = frozenset(("nsubj", "nsubjpass", "csubj", "csubjpass"))
_FINITE = frozenset(("VBD", "VBP", "VBZ", "MD"))
_GOVERNED = frozenset(("ccomp", "xcomp"))
_RELATIVE = frozenset(("WDT", "WP", "WP$"))


def subject(verb: "Token") -> "Token | None":
    """Return the subject that stands at a verb itself."""
    return next((each for each in verb.children if each.dep_ in SUBJECTS), None)


def is_finite(verb: "Token") -> bool:
    """Whether a verb, or a helper of it, is in a finite form."""
    return verb.tag_ in _FINITE or any(
        each.tag_ in _FINITE for each in verb.children if each.dep_ in ("aux", "auxpass")
    )


def has_modal(verb: "Token") -> bool:
    """Whether a verb is in a form of the future or the possible."""
    return any(each.tag_ == "MD" for each in verb.children)


def is_infinitive(verb: "Token") -> bool:
    """Whether a verb is one with *to*."""
    return verb.tag_ == "VB" and any(each.tag_ == "TO" for each in verb.children)


def is_relative(token: "Token | None") -> bool:
    """Whether a word is *who, which, that* before a relative clause."""
    return token is not None and token.tag_ in _RELATIVE


def is_of_another_tense(verb: "Token") -> bool:
    """Whether a joined verb without a subject is in the past, and the one that it is joined to in the future.

    It then hangs on whoever says that: *he said they would never fire and **pledged** to stay*.
    """
    return verb.tag_ in ("VBD", "VBZ") and subject(verb) is None and verb.head.tag_ == "VB" and has_modal(verb.head)


def after_comma(verb: "Token") -> bool:
    """Whether what hangs on a verb begins behind a comma or a dash."""
    first = verb.left_edge.i
    return first > 0 and verb.doc[first - 1].text in (",", "–", "—", "-")


def parts(clause: "Token") -> "list[Token]":
    """Return the heads of joined clauses that have subjects of their own, the first one first."""
    found, waiting = [clause], [clause]
    while waiting:
        head = waiting.pop()
        for each in head.children:
            if each.dep_ == "conj" and each.i > head.i and each.pos_ in VERBS:
                waiting.append(each)
                if subject(each) is not None and not is_relative(subject(each)):
                    found.append(each)
    return sorted(found, key=lambda each: each.i)


def tokens_of(clause: "Token", without: "Iterable[Token]" = ()) -> "list[Token]":
    """Return the tokens of a clause in their order. without: heads whose tokens are left out."""
    left = {token.i for head in without for token in head.subtree}
    return [token for token in clause.subtree if token.i not in left]


def own_sayings(clause: "Token", is_cue: "IsCue", *, is_act: bool) -> "list[Token]":
    """Return the verbs below a clause whose tokens are no part of it, since they are another saying.

    As in *there are no talks, **denying reports***. is_act: the clause names an act, and no participle behind a comma
    belongs to it.
    """
    return [
        verb
        for verb in clause.subtree
        if verb.i > clause.i and verb.pos_ in VERBS and _is_apart(verb, is_cue, is_act=is_act)
    ]


def _is_apart(verb: "Token", is_cue: "IsCue", *, is_act: bool) -> bool:
    is_said, own = is_cue(verb), subject(verb)
    if own is None and verb.dep_ == "conj":
        return is_said and is_of_another_tense(verb)
    if own is None:
        return verb.tag_ == "VBG" and verb.dep_ in ("advcl", "acl") and after_comma(verb) and (is_said or is_act)
    if verb.dep_ == "relcl":
        thrown_in = any(is_cue(each) for each in verb.children if each.dep_ == "parataxis")
        return after_comma(verb) and (thrown_in or (is_said and not is_relative(own)))
    marks = (each.lower_ for each in verb.children if each.dep_ == "mark")
    return is_said and verb.dep_ == "advcl" and any(each in ("as", "while") for each in marks)


def governor(verb: "Token", is_cue: "IsCue") -> "Token | None":
    """Return the verb that attributes the clause that a verb stands in; None where there is none."""
    below = verb
    for above in verb.ancestors:
        if below.dep_ == "conj" and is_of_another_tense(below):
            return None
        if below.dep_ in _GOVERNED and above.pos_ in VERBS and is_cue(above):
            return above
        if below.dep_ == "relcl" or (below.dep_ in ("advcl", "acl") and after_comma(below)):
            return None
        below = above
    return None


def runs(parse: Parse, tokens: "Iterable[Token]") -> list[Bounds]:
    """Return the stretches that tokens make up. Marks and spaces between two of them are taken along."""
    found: list[list[int]] = []
    last: Token | None = None
    for token in tokens:
        begin, end = parse.bounds(token)
        between = list(parse.doc[last.i + 1 : token.i]) if last is not None else []
        if last is not None and all(each.is_punct or each.is_space for each in between):
            found[-1][1] = end
        else:
            found.append([begin, end])
        last = token
    return [(begin, end) for begin, end in found]


def trimmed_tokens(tokens: "list[Token]") -> "list[Token]":
    """Return the tokens of a content without joining words and marks at its ends."""
    kept = list(tokens)
    while kept and (kept[0].is_punct or kept[0].is_space or kept[0].dep_ == "cc" or kept[0].lower_ == "that"):
        if kept[0].lower_ == "that" and kept[0].dep_ != "mark":
            break
        kept.pop(0)
    while kept and (kept[-1].is_punct or kept[-1].is_space or kept[-1].dep_ == "cc"):
        if kept[-1].text in ("?", "!", "%", ")"):
            break
        kept.pop()
    return kept


def noun_group(token: "Token") -> "list[Token]":
    """Return the tokens of a noun group without relative clauses and what stands beside it after a comma."""
    beside = ("relcl", "acl", "appos", "advcl", "cc", "conj", "parataxis", "preconj")
    out = {one.i for each in token.children if each.dep_ in beside for one in each.subtree}
    kept = [each for each in token.subtree if each.i not in out]
    last = next((n for n, each in enumerate(kept) if each.text in (",", "–", "—", "(") and each.i > token.i), len(kept))
    kept = kept[:last]
    first = max((n + 1 for n, each in enumerate(kept) if each.text == "," and each.i < token.i), default=0)
    kept = kept[first:]
    while kept and (kept[-1].is_punct or kept[-1].is_space or kept[-1].dep_ == "case"):
        kept.pop()
    while kept and (kept[0].is_punct or kept[0].is_space):
        kept.pop(0)
    return kept
