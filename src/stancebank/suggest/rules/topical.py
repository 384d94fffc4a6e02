"""Whether a candidate is a statement on a target of the registry at all, told by features that no single word is.

So that what is learnt of one registry does not bend another, all features speak of evidence: how well the words name
some target, whether they hold a sign of a position, how much of the article does the same.
"""

from collections.abc import Iterable, Mapping, Sequence

from stancebank.suggest.rules.evidence import ReadCandidate
from stancebank.suggest.rules.learning import Features

# what tells a statement where no gold does: learnt on the sample, with and without its targets
_USUAL: Mapping[str, float] = {
    "always": -5.0,
    "dense": 4.5,
    "target named": 3.6,
    "target of several words": 0.5,
    "part of target": 0.7,
    "part of target named before": 1.0,
    "target named before": 0.8,
    "definition": 0.4,
    "sign": 1.2,
    "sign and target": 1.3,
    "direct": 0.5,
    "condition": 0.3,
    "short": -1.0,
    "long": -1.5,
}


_FIRST = 0.5
"""What it counts for a target to be named before all others that are."""


def topical_features(read: ReadCandidate, scores: Mapping[str, float], density: float) -> Features:
    """Return by what it is told whether a candidate is a statement; no word of it is among them."""
    target = max(sorted(scores), key=lambda name: scores[name])
    evidence = read.targets.get(target)
    whole = read.whole.get(target)
    candidate = read.candidate
    found: Features = {"always": 1.0}
    name = evidence.name if evidence else 0.0
    if name == 1:
        found["target named"] = 1.0
        found["target of several words"] = float(evidence is not None and evidence.size > 1)
    else:
        found["part of target"] = name
        found["part of target named before"] = name * read.before.get(target, 0.0)
        found["piece"] = float(read.is_piece)
        found["target named aside"] = float(whole is not None and whole.name == 1)
        found["target named before"] = read.before.get(target, 0.0)
    found["definition"] = evidence.defined if evidence else 0.0
    strongest = max((each.weight for each in read.signs), default=0.0)
    found["sign"] = min(strongest, 1.5) / 1.5
    found["no sign"] = float(strongest < 0.3)
    found["sign at the cue"] = float(strongest >= 3)
    found["sign and target"] = found["sign"] * name
    found["names an act"] = float(candidate.names_act)
    found["act and no target"] = float(candidate.names_act and name < 1)
    found["direct"] = float(candidate.rendering == "direct")
    found["no cue"] = float(candidate.cue is None)
    found["speaker known"] = float(candidate.is_known)
    found["title"] = float(candidate.zone != "body")
    found["condition"] = float(bool(read.conditions))
    found["actors"] = min(read.named, 2) / 2
    found["dense"] = density
    found["short"] = float(len(read.main) < 4)
    found["long"] = min(len(read.main), 60) / 60
    if candidate.parse is not None:
        tokens = [each for piece in candidate.content for each in candidate.parse.tokens(piece)]
        found["modal"] = float(any("Mod" in each.morph.get("VerbType", []) for each in tokens))
        roots = [each for each in tokens if each.pos_ in ("VERB", "AUX") and each.head not in tokens] or tokens[:1]
        found["past"] = float(bool(roots) and "Past" in roots[0].morph.get("Tense", []) and not candidate.names_act)
    found["usual"] = usual_score(found) / 4
    return {key: value for key, value in found.items() if value}


def usual_score(features: Features) -> float:
    """Return how much speaks for a statement where no gold tells, as the logarithm of odds."""
    return sum(weight * features.get(name, 0.0) for name, weight in _USUAL.items())


def density_of(read: Sequence[ReadCandidate], targets: Iterable[str]) -> float:
    """Return the share of the candidates of an article that name a target; above a half says no more."""
    known = set(targets)
    named = sum(any(one.name == 1 and name in known for name, one in each.targets.items()) for each in read)
    return min(0.5, named / len(read)) if read else 0.0


def _first_named(read: ReadCandidate) -> int:
    """Return the place of the first word of a target that is named in full; -1 where none is."""
    return min((one.places[0] for one in read.targets.values() if one.name == 1), default=-1)


def score_of(read: ReadCandidate, name: str) -> float:
    """Return what lexicons say of a target: words of its name in the position, in its conditions, and before it."""
    evidence, whole = read.targets.get(name), read.whole.get(name)
    score = 0.8 * read.before.get(name, 0.0)
    if evidence is not None:
        score += evidence.name + 1.2 * evidence.defined
        score += 1.5 * evidence.name * read.before.get(name, 0.0) if evidence.name < 1 else 0.0
        score += (2.2 + 0.8 * (evidence.size - 1)) if evidence.name == 1 else 0.0
        score += _FIRST if evidence.name == 1 and evidence.places[0] <= _first_named(read) else 0.0
    elif whole is not None:
        score += 0.3 * whole.name + (0.5 if whole.name == 1 else 0.0)
    return score
