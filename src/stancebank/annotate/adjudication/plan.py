"""The plan of an adjudication: what of all readings is settled on its own, and what somebody has to decide.

The readings of an article are aligned together (`stancebank.agreement.units`). What all annotators of the article have
alike is settled, and so is what the maintainer lets a majority decide; a decision of the ledger stands as long as
nothing is said of its unit that was not seen when it was made. All else is a conflict.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace as changed
from itertools import combinations
from typing import NamedTuple

from msgspec.structs import replace

from stancebank.agreement.compare import (
    CONDITION_FOUND,
    FOUND,
    GROUPS,
    SAME_AS,
    condition_fields,
    differing_fields,
    fingerprint,
    says,
    statement_fields,
)
from stancebank.agreement.units import Unit, align_readings
from stancebank.annotate.adjudication.types import (
    ALL,
    LEAST_OF_MAJORITY,
    AdjudicationPlan,
    CandidateStatement,
    Conflict,
    PlannedArticle,
    PlannedUnit,
    Rules,
    Settled,
)
from stancebank.annotate.assignment import Readers, may_adjudicate, readers_of, route
from stancebank.corpus.store import is_id
from stancebank.errors import InputError
from stancebank.model import Adjudication, ArticleReadings, Decision, Document, Statement
from stancebank.schema.fields import Scheme
from stancebank.text import sha256
from stancebank.workspace import Workspace

_KEY = 12  # hexadecimal digits: two of 10,000 articles' keys are the same once in 20,000 workspaces


def fields_of_conflicts(scheme: Scheme) -> tuple[str, ...]:
    """Return the names of everything in which readings of a unit can differ, as people read them."""
    repetition = (SAME_AS,) if scheme.has_repetitions else ()
    conditions = (CONDITION_FOUND, *condition_fields(scheme), GROUPS) if scheme.has_conditions else ()
    return (FOUND, *statement_fields(scheme), *repetition, *conditions)


def require_rules(rules: Rules, scheme: Scheme) -> None:
    """Raise InputError where rules name a field in which no readings can differ, or somebody by no pseudonym."""
    for name in rules.by:
        if not is_id(name):
            raise InputError(
                f"{name!r} is no pseudonym.\n"
                "Hint: pseudonyms are lower-case letters and digits, joined by single hyphens, such as ann-9."
            )
    known = fields_of_conflicts(scheme)
    if unknown := [name for name in rules.majority if name not in (ALL, *known)]:
        raise InputError(
            f"There is no field {unknown[0]!r} in which readings can differ.\n"
            f"Hint: there are {', '.join(known)}; or {ALL}, for all of them."
        )


def make_plan(
    workspace: Workspace, rules: Rules, routes: Mapping[str, str] | None = None, articles: Iterable[str] = ()
) -> AdjudicationPlan:
    """Plan the adjudication of all articles that two annotators or more have read. Writes nothing.

    routes: who decides in an article, by its id, as planned earlier; it stays so where it may. articles: their ids;
    none means all. Raises InputError for a rule that the scheme does not know, and for an id without an article.
    """
    store, scheme = workspace.store, workspace.scheme
    require_rules(rules, scheme)
    wanted = {store.article(name).id for name in articles}
    planned: list[PlannedArticle] = []
    left_out: dict[str, str] = {}
    for each in store.readings():
        if wanted and each.article_id not in wanted:
            continue
        waiting = [document.annotator for document in each.documents if document.pending]
        if waiting:
            left_out[each.article_id] = f"the reading of {waiting[0]} has fields that wait for an answer"
            continue
        gold, ledger = store.gold(each.article_id), store.adjudication(each.article_id)
        planned.append(plan_article(each, gold, ledger, rules, scheme))
    for name in sorted(wanted - left_out.keys() - {each.article_id for each in planned}):
        left_out[name] = "fewer than two annotators have read its present text"
    return AdjudicationPlan(rules, tuple(_with_routes(planned, rules.by, routes or {}, readers_of(store))), left_out)


def plan_article(
    readings: ArticleReadings, gold: Document | None, ledger: Adjudication | None, rules: Rules, scheme: Scheme
) -> PlannedArticle:
    """Plan the adjudication of one article. gold, ledger: as they are now; None where there is none."""
    statements = [each.statements for each in readings.documents]
    units = align_readings(statements, scheme).units
    article = _Article(readings, units, scheme)
    text = readings.documents[0].text_sha256
    decisions = ledger.decisions if ledger and ledger.text_sha256 == text else ()
    known = {each.id for each in gold.statements} if gold and gold.text_sha256 == text else set()
    earlier = _Earlier(decisions, known, article.has)
    found = []
    for number, _ in enumerate(units):
        conflict, has, seen = article.conflicts[number], article.has[number], article.seen[number]
        before = earlier.find(has)
        settled = _settle(conflict, has, seen, rules, before if before and earlier.may_stand(before, has) else None)
        found.append(PlannedUnit(conflict, has, seen, before, settled))
    return PlannedArticle(readings, tuple(found), gold, ledger)


class _Said(NamedTuple):
    """A statement as it is compared with others of its unit. tie: the number of the unit that it repeats."""

    record: tuple[object, ...]
    tie: int | None


class _Article:
    """The units of one article. has: by annotator, ids of statements; seen: fingerprints of them; both by unit."""

    def __init__(self, readings: ArticleReadings, units: Sequence[Unit], scheme: Scheme) -> None:
        self._scheme = scheme
        self._annotators = readings.annotators
        statements = [each.statements for each in readings.documents]
        by_id = [{each.id: each for each in reading} for reading in statements]
        self._units = [each.statements(statements) for each in units]
        self._unit_of = {
            (place, each.id): number
            for number, unit in enumerate(self._units)
            for place, each in enumerate(unit)
            if each is not None
        }
        self.has: list[dict[str, str | None]] = []
        self.seen: list[dict[str, str | None]] = []
        for unit in self._units:
            pairs = list(zip(self._annotators, unit, by_id, strict=True))
            self.has.append({name: each.id if each else None for name, each, _ in pairs})
            self.seen.append({name: fingerprint(each, by, scheme) if each else None for name, each, by in pairs})
        self._keys = _keys(readings, self.seen)
        self.conflicts = [self._conflict(readings.article_id, number) for number in range(len(units))]

    def _conflict(self, article_id: str, number: int) -> Conflict:
        key = self._keys[number]
        said: dict[_Said | None, list[int]] = {}
        for place, each in enumerate(self._units[number]):
            told = None if each is None else _Said(says(each, self._scheme), self._tie(place, each))
            said.setdefault(told, []).append(place)
        dealt = sorted(said.items(), key=lambda pair: sha256(f"{key} {pair[0]}"))
        candidates = tuple(
            CandidateStatement(
                _letter(place), tuple(self._annotators[each] for each in holders), self._blind(number, holders[0])
            )
            for place, (_, holders) in enumerate(dealt)
        )
        ours = [each for each in self._units[number] if each]
        begin, end = min(each.content[0].begin for each in ours), max(each.content[-1].end for each in ours)
        return Conflict(key, article_id, candidates, self._differ(number, said), begin, end)

    def _tie(self, place: int, statement: Statement) -> int | None:
        return None if statement.same_as is None else self._unit_of.get((place, statement.same_as))

    def _blind(self, number: int, place: int) -> Statement | None:
        """Return a statement under ids that tell nothing of whose it is."""
        statement = self._units[number][place]
        if statement is None:
            return None
        tie, key = self._tie(place, statement), self._keys[number]
        conditions = (replace(each, id=f"{key}/c{count}") for count, each in enumerate(statement.conditions, 1))
        named = None if tie is None else self._keys[tie]
        return replace(statement, id=key, same_as=named, conditions=tuple(conditions))

    def _differ(self, number: int, said: Mapping[_Said | None, Sequence[int]]) -> tuple[str, ...]:
        """Return the names of what the candidates of a unit differ in. said: who says each of them."""
        found = {FOUND} if None in said and len(said) > 1 else set[str]()
        different = [(each, self._units[number][holders[0]]) for each, holders in said.items()]
        for (one, first), (other, second) in combinations(different, 2):
            if one and other and first and second:
                found.update(differing_fields(first, second, self._scheme))
                found |= {SAME_AS} if one.tie != other.tie else set()
        return tuple(name for name in fields_of_conflicts(self._scheme) if name in found)


def _keys(readings: ArticleReadings, seen: Sequence[Mapping[str, str | None]]) -> list[str]:
    """Return the key of each unit; units of which the readings say the same are numbered."""
    text, times = readings.documents[0].text_sha256, Counter[str]()
    keys = []
    for each in seen:
        told = json.dumps([readings.article_id, text, sorted(each.items())])
        keys.append(sha256(f"{told} {times[told]}")[:_KEY])
        times[told] += 1
    return keys


def _letter(place: int) -> str:
    """Return A, B ... Z, AA, AB ... for 0, 1 ..."""
    above, here = divmod(place, 26)
    return (_letter(above - 1) if above else "") + chr(ord("A") + here)


class _Earlier:
    """The decisions of a ledger. known: the ids of the statements of gold. has: by unit, what annotators have of it."""

    def __init__(
        self, decisions: Sequence[Decision], known: Collection[str], has: Sequence[Mapping[str, str | None]]
    ) -> None:
        self._of = {each: decision for decision in decisions for each in _held(decision.readings)}
        self._known = known
        self._here = {each for unit in has for each in _held(unit)}

    def find(self, has: Mapping[str, str | None]) -> Decision | None:
        """Return the one decision that was made on statements of a unit; None where there is none, or several."""
        found = {id(self._of[each]): self._of[each] for each in _held(has) if each in self._of}
        return next(iter(found.values())) if len(found) == 1 else None

    def may_stand(self, decision: Decision, has: Mapping[str, str | None]) -> bool:
        """Whether a decision was on this unit alone, and what it made is in gold."""
        elsewhere = (set(_held(decision.readings)) & self._here) - set(_held(has))
        return not elsewhere and (decision.statement is None or decision.statement in self._known)


def _held(readings: Mapping[str, str | None]) -> list[tuple[str, str]]:
    return [(name, each) for name, each in readings.items() if each is not None]


def _settle(
    conflict: Conflict,
    has: Mapping[str, str | None],
    seen: Mapping[str, str | None],
    rules: Rules,
    before: Decision | None,
) -> Settled | None:
    """Return how a unit is settled without a verdict; None where somebody has to decide.

    before: the decision on the unit that stands if nothing new is said.
    """
    if before is not None and _stands(before, seen):
        said = before.seen[before.taken] if before.taken else None
        taken = next((name for name, each in seen.items() if each == said), None) if said else None
        return Settled(before.method, taken=taken, stands=replace(before, readings={**has}, seen={**seen}, taken=taken))
    for each in conflict.candidates:
        holders = len(each.annotators)
        if holders == len(seen):
            return Settled("unanimous", each.statement, each.annotators[0])
        is_majority = len(seen) >= LEAST_OF_MAJORITY and 2 * holders > len(seen)
        if is_majority and (ALL in rules.majority or set(conflict.fields) <= set(rules.majority)):
            return Settled("majority", each.statement, each.annotators[0] if each.statement else None)
    return None


def _stands(decision: Decision, seen: Mapping[str, str | None]) -> bool:
    """Whether a decision holds now that annotators say this: it knew all of it, and what was taken is still said."""
    if decision.seen == seen:
        return True
    now = list(seen.values())
    if decision.method == "unanimous" or not set(now) <= set(decision.seen.values()):
        return False
    said = decision.seen.get(decision.taken) if decision.taken else None
    if decision.method == "majority":
        return len(now) >= LEAST_OF_MAJORITY and 2 * now.count(said) > len(now)
    return said is None or said in now


def _with_routes(
    planned: Sequence[PlannedArticle], by: Sequence[str], kept: Mapping[str, str], readers: Readers
) -> Iterator[PlannedArticle]:
    """Yield the articles, each with who decides in it, evenly by conflicts: one person, who reads it once.

    by: the names. kept: as planned earlier, by article; it stays so where it may.
    """
    conflicts = {each.article_id: len(each.conflicts) for each in planned if each.conflicts}
    stays = {
        name: kept[name] for name in conflicts if kept.get(name) in by and may_adjudicate(name, kept[name], readers)
    }
    loads: Counter[str] = Counter()
    for article_id, count in conflicts.items():
        if article_id in stays:
            loads[stays[article_id]] += count
    routes = {**route(conflicts.keys() - stays.keys(), by, readers, conflicts, loads), **stays}
    for each in planned:
        name = routes.get(each.article_id)
        units = (changed(one, conflict=changed(one.conflict, by=name)) for one in each.units)
        yield changed(each, units=tuple(units))
