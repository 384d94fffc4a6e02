"""Gold and ledger of articles in which everything is decided: made of a plan and verdicts, judged, written together.

An article becomes gold as a whole, when its last unit is decided. A statement that gold has already, and that says the
same, stays to the letter, under its id. A link to a statement that did not become gold is left out, and said.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Literal

from msgspec.structs import replace

from stancebank.agreement.compare import places, says
from stancebank.annotate.adjudication.types import (
    NOTHING_HERE,
    OWN,
    AdjudicationPlan,
    PlannedArticle,
    PlannedUnit,
    Verdict,
)
from stancebank.annotate.assignment import Readers, may_adjudicate, readers_of
from stancebank.annotate.gold import assign_ids, succeed
from stancebank.annotate.guidelines import guideline_version, named_rules
from stancebank.annotate.judging import Judge
from stancebank.corpus.language import short_id
from stancebank.corpus.store import is_id
from stancebank.corpus.withdraw import LENGTH, run_words
from stancebank.errors import ConflictError, Finding, InputError, WorkspaceError
from stancebank.model import (
    REASON_CODES,
    Adjudication,
    Decision,
    Document,
    Gold,
    NonStatement,
    Statement,
    to_builtins,
)
from stancebank.schema.fields import Scheme
from stancebank.workspace import Workspace

METHODS = ("unanimous", "majority", "adjudicated")
"""How an article becomes gold by an adjudication."""

State = Literal["written", "unchanged", "open", "kept", "refused"]
"""What becomes of an article: it is written, or is so already; somebody has to decide; its gold was made otherwise and
stays; or a check would refuse its gold."""

_OF_LINKS = frozenset(("same-as-unknown", "same-as-circle", "same-as-chain", "same-as-differs"))
_RULE = re.compile(r"G-[0-9]{2,}")
_ROUNDS = 5  # a link that is left out can make another one fail, but not for ever


@dataclass(frozen=True, slots=True)
class ArticleOutcome:
    """What becomes of one article.

    open: how many conflicts are left. document, ledger: as they are to be; None where the article is open or stays.
    notes: what was left out or goes, a sentence each. faults: why a check would refuse it.
    """

    article_id: str
    state: State
    open: int = 0
    document: Document | None = None
    ledger: Adjudication | None = None
    notes: tuple[str, ...] = ()
    faults: tuple[Finding, ...] = ()


@dataclass(slots=True)
class _Made:
    """A unit on its way into gold. statement: under an id of its own; None where nothing is here."""

    unit: PlannedUnit
    decision: Decision
    statement: Statement | None = None


def decided(unit: PlannedUnit, verdicts: Mapping[str, Verdict]) -> Verdict | None:
    """Return the verdict that counts for a unit; None where none was given, or a later decision stands."""
    verdict = verdicts.get(unit.key)
    if verdict is None or unit.settled is None:
        return verdict
    stands = unit.settled.stands
    if unit.settled.method == "unanimous" or (stands and verdict.decided_at <= stands.decided_at):
        return None
    return verdict


def verdict_faults(
    verdict: Verdict, unit: PlannedUnit, readers: Readers, rules: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a verdict: what of it, and why, with a hint.

    readers: `readers_of`. rules: that the guidelines name; where they name none, every rule passes.
    """
    letters = [each.letter for each in unit.conflict.candidates]
    if verdict.choice not in (*letters, NOTHING_HERE, OWN):
        said = f"{verdict.choice!r} is no choice. Hint: give {', '.join(letters)}, {NOTHING_HERE} or {OWN}."
        yield "choice", said
    if verdict.choice == OWN and verdict.statement is None:
        yield "statement", f"{OWN} needs the statement that it is to be. Hint: copy a candidate, and change it."
    if verdict.choice != OWN and verdict.statement is not None:
        yield "statement", f"it is given, and the choice is {verdict.choice}. Hint: choose {OWN}, or remove it."
    codes = ", ".join(REASON_CODES)
    if not verdict.reason:
        yield "reason", f"it is missing. Hint: give one of {codes}."
    elif verdict.reason not in REASON_CODES:
        yield "reason", f"{verdict.reason!r} is no reason. Hint: give one of {codes}."
    if verdict.rule is not None and (_RULE.fullmatch(verdict.rule) is None or (rules and verdict.rule not in rules)):
        near = get_close_matches(verdict.rule, sorted(rules), 1)
        hint = f"did you mean {near[0]}?" if near else "give one like G-403, or leave it out."
        yield "rule", f"the guidelines have no rule {verdict.rule!r}. Hint: {hint}"
    if not verdict.by:
        yield "by", "it is missing. Hint: give the pseudonym of who decided."
    elif not is_id(verdict.by):
        yield "by", f"{verdict.by!r} is no pseudonym. Hint: take lower-case letters and digits, joined by hyphens."
    elif not may_adjudicate(verdict.article_id, verdict.by, readers):
        yield "by", f"{verdict.by} has annotated this article. Hint: let somebody else decide."


def settle(
    workspace: Workspace,
    plan: AdjudicationPlan,
    verdicts: Mapping[str, Verdict],
    *,
    may_replace: bool = False,
    now: datetime | None = None,
) -> list[ArticleOutcome]:
    """Return what becomes of each article of a plan. Writes nothing.

    verdicts: by key; those on conflicts that the plan does not have are passed over. may_replace: whether gold that was
    made otherwise gives way. Raises InputError with all that is wrong with verdicts.
    """
    readers, rules = readers_of(workspace.store), named_rules(workspace.root)
    faults = [
        f"{verdict.article_id}, {unit.key}: {what}: {said}"
        for _, unit in plan.units()
        if (verdict := decided(unit, verdicts)) is not None
        for what, said in verdict_faults(verdict, unit, readers, rules)
    ]
    if faults:
        raise InputError("\n".join(faults))
    maker = _Maker(workspace, verdicts, as_time(now), may_replace)
    return [maker.make(each) for each in plan.articles]


def as_time(now: datetime | None) -> str:
    """Return a time as documents hold it; the present one for None."""
    return (now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")


def write(workspace: Workspace, outcomes: Iterable[ArticleOutcome]) -> None:
    """Write gold and ledgers of outcomes that are to be written: all, or nothing, whenever the process dies."""
    made = [each for each in outcomes if each.state == "written"]
    documents = [each.document for each in made if each.document is not None]
    workspace.store.write_together(documents, adjudications=[each.ledger for each in made if each.ledger is not None])


class _Maker:
    """Makes gold and ledgers of articles in one workspace."""

    def __init__(self, workspace: Workspace, verdicts: Mapping[str, Verdict], time: str, may_replace: bool) -> None:
        self._workspace = workspace
        self._scheme = workspace.scheme
        self._judge = Judge(workspace)
        self._verdicts = verdicts
        self._time = time
        self._may_replace = may_replace

    def make(self, article: PlannedArticle) -> ArticleOutcome:
        """Return what becomes of an article."""
        name, gold = article.article_id, article.gold
        left = sum(unit.settled is None and decided(unit, self._verdicts) is None for unit in article.units)
        if left:
            return ArticleOutcome(name, "open", left)
        text = article.readings.documents[0].text_sha256
        before = gold if gold and gold.text_sha256 == text else None
        held = {unit.settled.stands.statement for unit in article.units if unit.settled and unit.settled.stands}
        made = [self._decide(unit, before, held) for unit in article.units]
        notes: list[str] = []
        self._link(made, notes)
        document = self._document(article, made, before, notes)
        try:
            document = succeed(document, gold)
        except ConflictError as error:
            file = self._judge.file_of(document)
            return ArticleOutcome(name, "refused", faults=(Finding(file, "", "statement-id", str(error)),))
        document, faults = self._judged(document, gold, notes)
        if faults:
            return ArticleOutcome(name, "refused", notes=tuple(notes), faults=tuple(faults))
        if gold is not None and document is not gold and not is_adjudicated(gold, article.ledger):
            stays = {each.id for each in document.statements}
            notes += [f"{short_id(each)} would go" for each in gold.statements if each.id not in stays]
            if not self._may_replace:
                return ArticleOutcome(name, "kept", notes=tuple(notes))
        ledger = self._ledger(article, made, document, gold)
        if leaks := self._leaks(ledger):
            return ArticleOutcome(name, "refused", notes=tuple(notes), faults=tuple(leaks))
        is_same = document is gold and ledger == article.ledger
        return ArticleOutcome(name, "unchanged" if is_same else "written", 0, document, ledger, tuple(notes))

    def _decide(self, unit: PlannedUnit, before: Document | None, held: set[str | None]) -> _Made:
        """Return a unit with its decision, and its statement under the id by which gold has it, if it has.

        held: ids of gold that are taken, to which that of this unit is added.
        """
        verdict, settled = decided(unit, self._verdicts), unit.settled
        former = {each.id: each for each in before.statements} if before else {}
        if verdict is None and settled is not None and settled.stands is not None:
            name = settled.stands.statement
            return _Made(unit, settled.stands, former[name] if name else None)
        decision = Decision(readings={**unit.readings}, seen={**unit.seen}, method="adjudicated", decided_at=self._time)
        if verdict is None:
            assert settled is not None
            decision, statement = replace(decision, method=settled.method, taken=settled.taken), settled.statement
        else:
            chosen = next((each for each in unit.conflict.candidates if each.letter == verdict.choice), None)
            statement = chosen.statement if chosen else verdict.statement
            told = {name: getattr(verdict, name) for name in ("by", "reason", "rule", "note", "decided_at")}
            taken = chosen.annotators[0] if chosen and chosen.statement else None
            decision = replace(decision, taken=taken, **told)
        if statement is None:
            return _Made(unit, decision)
        name = unit.before.statement if unit.before else None
        if name not in former or name in held:
            return _Made(unit, decision, replace(statement, id=unit.key))
        held.add(name)
        return _Made(unit, decision, replace(statement, id=name))

    def _link(self, made: Sequence[_Made], notes: list[str]) -> None:
        """Let links name statements that become gold, and of these the ones that are no repetitions themselves.

        What leads nowhere, or in a circle, is left out.
        """
        of_key = {each.unit.key: each.statement.id for each in made if each.statement}
        links = {
            each.statement.id: of_key.get(each.statement.same_as, each.statement.same_as)
            for each in made
            if each.statement and each.statement.same_as
        }
        ours = set(of_key.values())
        for each in made:
            if each.statement is None or each.statement.id not in links:
                continue
            way = [each.statement.id]
            while way[-1] in links and way[-1] not in way[:-1]:
                way.append(links[way[-1]])
            if way[-1] in ours and way[-1] not in way[:-1]:
                each.statement = replace(each.statement, same_as=way[-1])
            else:
                each.statement = replace(each.statement, same_as=None)
                notes.append(f"{self._words(each.statement)}: its link is left out, since what it names is not in gold")

    def _document(
        self, article: PlannedArticle, made: Sequence[_Made], before: Document | None, notes: list[str]
    ) -> Document:
        readings, name = article.readings.documents, article.article_id
        chosen = [each for each in made if each.statement]
        chosen.sort(key=lambda each: (each.statement.content[0].begin, each.statement.content[-1].end))  # type: ignore[union-attr]
        numbered = assign_ids([each.statement for each in chosen if each.statement], name, before, self._scheme)
        former = {each.id: each for each in before.statements} if before else {}
        statements = tuple(_kept(each, former.get(each.id), self._scheme) for each in numbered)
        for each, statement in zip(chosen, statements, strict=True):
            each.statement = statement
            each.decision = replace(each.decision, statement=statement.id)
        if before and {each.id: each for each in statements} == former:
            statements = before.statements  # in the order that it has there
        decisions = [each.decision for each in made]
        gold = _gold(decisions)
        takers = Counter(each.taken for each in decisions if each.taken)
        most = min(takers, key=lambda each: (-takers[each], each), default=readings[0].annotator)
        if before and is_adjudicated(before, article.ledger):
            most = before.annotator
        return Document(
            schema_version=self._scheme.version,
            guideline_version=max((each.guideline_version for each in readings), key=_version),
            article_id=name,
            text_sha256=readings[0].text_sha256,
            annotator=gold.by or most,
            origin=readings[0].origin if len({each.origin for each in readings}) == 1 else "human",
            created_at=self._time,
            updated_at=self._time,
            gold=gold,
            nothing_to_annotate=not statements,
            statements=statements,
            non_statements=_non_statements(readings, before, statements, notes),
            edition=self._scheme.edition,
        )

    def _judged(self, document: Document, gold: Document | None, notes: list[str]) -> tuple[Document, list[Finding]]:
        """Return a document without the links that a check would refuse, and what else it would."""
        for _ in range(_ROUNDS):
            if document is gold:
                return document, []  # as it is there, whatever a check says of it
            faults = self._judge.errors(document)
            links = {int(each.pointer.split("/")[2]): each for each in faults if each.code in _OF_LINKS}
            if not links:
                return document, faults
            statements = list(document.statements)
            for number, finding in links.items():
                statements[number] = replace(statements[number], same_as=None)
                notes.append(f"{short_id(statements[number])}: its link is left out: {finding.message.rstrip('.')}")
            document = succeed(replace(document, statements=tuple(statements)), gold)
        return document, self._judge.errors(document)

    def _ledger(
        self, article: PlannedArticle, made: Sequence[_Made], document: Document, gold: Document | None
    ) -> Adjudication:
        """Return the decisions. One that says what was decided before keeps its time."""
        former = {each.id: each for each in gold.statements} if gold else {}
        now = {each.id: each for each in document.statements}
        decisions = []
        for each in made:
            name, old = each.decision.statement, each.unit.before
            is_same = old is not None and replace(each.decision, decided_at=old.decided_at) == old
            if is_same and (name is None or former.get(name) == now[name]):
                decisions.append(old)
            else:
                decisions.append(each.decision)
        before = article.ledger
        try:
            version = guideline_version(self._workspace.root)
        except WorkspaceError:  # there are none
            version = document.guideline_version
        if before and before.text_sha256 == document.text_sha256 and tuple(decisions) == before.decisions:
            return before
        return Adjudication(
            schema_version=self._scheme.version,
            guideline_version=version,
            article_id=article.article_id,
            text_sha256=document.text_sha256,
            decisions=tuple(each for each in decisions if each is not None),
        )

    def _leaks(self, ledger: Adjudication) -> list[Finding]:
        """Return where notes quote words that may not be published."""
        if not any(each.note and len(run_words(each.note)) >= LENGTH for each in ledger.decisions):
            return []
        file = self._workspace.store.adjudication_name(ledger.article_id)
        return list(self._judge.leaks(file, to_builtins(ledger)))

    def _words(self, statement: Statement) -> str:
        """Return how a person knows a statement that has no number yet."""
        return f"the statement at {places(statement.content)}"


def is_adjudicated(gold: Document, ledger: Adjudication | None) -> bool:
    """Whether gold is that of an adjudication, whose ledger is there."""
    method = gold.gold.method if gold.gold else ""
    return ledger is not None and ledger.text_sha256 == gold.text_sha256 and method in METHODS


def _gold(decisions: Sequence[Decision]) -> Gold:
    """Return how a document became gold: who, why and by which rule only where that is so of all that was decided."""
    people = [each for each in decisions if each.method == "adjudicated"]
    if not people:
        is_majority = any(each.method == "majority" for each in decisions)
        return Gold(method="majority" if is_majority else "unanimous")

    def common(name: str) -> str | None:
        found = {getattr(each, name) for each in people}
        return found.pop() if len(found) == 1 else None

    return Gold(method="adjudicated", by=common("by"), reason=common("reason"), rule=common("rule"))


def _kept(statement: Statement, former: Statement | None, scheme: Scheme) -> Statement:
    """Return the statement that gold has, where it says the same: with its notes, and what else is not compared."""
    if former is None or former.same_as != statement.same_as or says(former, scheme) != says(statement, scheme):
        return statement
    return former


def _non_statements(
    readings: Sequence[Document], before: Document | None, statements: Sequence[Statement], notes: list[str]
) -> tuple[NonStatement, ...]:
    """Return what gold has of words that are no statement, and what any annotator has.

    Nobody is contradicted: who marks nothing there says the same. Words that are the content of a statement of gold are
    left out; of several reasons, that of gold counts, or the one that most annotators give.
    """
    reasons: dict[tuple[int, int], Counter[str]] = {}
    found: dict[tuple[int, int, str], NonStatement] = {}
    for document in ([before] if before else []) + list(readings):
        for each in document.non_statements:
            place = each.span.begin, each.span.end
            reasons.setdefault(place, Counter())[each.reason] += len(readings) + 1 if document is before else 1
            found.setdefault((*place, each.reason), each)
    contents = {(span.begin, span.end) for each in statements for span in each.content}
    kept = []
    for place, counted in sorted(reasons.items()):
        at = f"{place[0]}-{place[1]}"
        if place in contents:
            notes.append(f"the words at {at} were marked as no statement, and are one; the mark is left out")
            continue
        first, *others = [reason for reason, _ in counted.most_common()]
        kept.append(found[*place, first])
        if others:
            notes.append(f"the words at {at} are no statement: {first}; also marked as {', '.join(others)}")
    if before and {(each.span, each.reason): each for each in before.non_statements} == {
        (each.span, each.reason): each for each in kept
    }:
        return before.non_statements  # in the order that they have there
    return tuple(kept)


def _version(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
