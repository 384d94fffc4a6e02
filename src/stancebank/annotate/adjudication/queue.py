"""The queue as a file that a person fills in: every conflict with its candidates by their words, and a place to decide.

It is blind: no name of an annotator is in it, and ids are keys of units. It holds words of articles.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from stancebank.annotate.adjudication.settling import verdict_faults
from stancebank.annotate.adjudication.types import (
    NOTHING_HERE,
    OWN,
    AdjudicationPlan,
    Conflict,
    PlannedArticle,
    PlannedUnit,
    Verdict,
)
from stancebank.annotate.assignment import readers_of
from stancebank.annotate.guidelines import named_rules
from stancebank.annotate.judging import UNREGISTERED, Judge
from stancebank.annotate.readings import Given, Unreadable, read_file
from stancebank.check.annotations import check_names
from stancebank.corpus.anchoring import infer_groups, place, read_quoted
from stancebank.corpus.language import load_habits, trim_statement
from stancebank.corpus.quoted import quote_document, statement_json
from stancebank.errors import InputError
from stancebank.model import REASON_CODES, Statement
from stancebank.schema.validate import shown_path, validate_quoted
from stancebank.text import line_number
from stancebank.workspace import Workspace

Json = dict[str, Any]

ABOUT = (
    "For each conflict fill in choice: the letter of a candidate; "
    f"{NOTHING_HERE}, if there is no statement; or {OWN}, with the statement as it should be (copy a candidate, and "
    f"change it). Give a reason: {', '.join(REASON_CODES)}; and the rule of the guidelines, if one decided. An empty "
    "choice is left for later."
)

_DECIDED = ("choice", "reason", "rule", "note", "statement")
_KEYS = ("key", "article", "line", "words", "differs", "candidates", *_DECIDED, "by")


@dataclass(slots=True)
class ReadQueue:
    """What a filled queue says. left: conflicts without a choice. faults: all that is wrong, a line each."""

    verdicts: list[Verdict] = field(default_factory=list)
    left: int = 0
    faults: list[str] = field(default_factory=list)


def queue_json(
    workspace: Workspace, plan: AdjudicationPlan, former: Json | None = None, *, is_part: bool = False
) -> Json:
    """Return the queue of a plan as a file holds it.

    former: the queue that the file holds now, whose decisions go over, also those on what a majority settles; those
    that fit nothing any more are kept under ``outdated``. is_part: whether the plan is of some articles only, so that
    conflicts in others stay as they are. Raises InputError where the words of an article are not at hand.
    """
    planned = {each.article_id for each in plan.articles}
    others = [each for each in _listed(former, "conflicts") if is_part and each.get("article") not in planned]
    filled = {
        str(each.get("key")): each
        for each in [*_listed(former, "conflicts"), *_listed(former, "outdated")]
        if each.get("choice") and each not in others
    }
    entries = []
    for article in plan.articles:
        text = ""
        for unit in article.units:
            held = filled.pop(unit.key, {})
            if unit.settled is not None and (unit.settled.stands or not held):
                continue  # it is in the ledger, or needs nobody
            text = text or _text(workspace, article)
            entry = _entry(workspace, article, unit.conflict, text)
            entries.append(entry | {name: held[name] for name in (*_DECIDED, "by") if held.get(name)})
    value: Json = {"about": ABOUT, "conflicts": [*entries, *others]}
    return value | ({"outdated": list(filled.values())} if filled else {})


def read_former(path: Path) -> Json | None:
    """Return the queue that a file holds, to be written again; None where there is no file, or an empty one.

    Raises InputError where it holds something else, which is not to be lost.
    """
    if not path.is_file() or not path.read_bytes().strip():
        return None
    given = list(read_file(path, str(path)))
    value = given[0].value if len(given) == 1 and isinstance(given[0], Given) else None
    if not isinstance(value, dict) or not isinstance(value.get("conflicts"), list):
        raise InputError(f"{path} holds something else than a queue.\nHint: name another file. Nothing was written.")
    return value


def _listed(value: object, key: str) -> list[Json]:
    found = value.get(key) if isinstance(value, dict) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _entry(workspace: Workspace, article: PlannedArticle, conflict: Conflict, text: str) -> Json:
    first, last = text.rfind("\n", 0, conflict.begin) + 1, text.find("\n", conflict.end)
    return {
        "key": conflict.key,
        "article": conflict.article_id,
        "line": line_number(text, conflict.begin),
        "words": text[first : last if last >= 0 else None],
        "differs": list(conflict.fields),
        "candidates": candidates_json(workspace, article, conflict, text),
        "choice": "",
        "statement": None,
        "reason": "",
        "rule": "",
        "note": "",
        "by": conflict.by or "",
    }


def candidates_json(workspace: Workspace, article: PlannedArticle, conflict: Conflict, text: str) -> Json:
    """Return the candidates of a conflict by their words, by letter; None for those who have nothing here."""
    held = [each.statement for each in conflict.candidates if each.statement]
    document = replace(article.readings.documents[0], statements=tuple(held), non_statements=())
    quoted = iter(quote_document(document, text, workspace.scheme).statements)
    return {
        each.letter: statement_json(next(quoted), workspace.scheme) if each.statement else None
        for each in conflict.candidates
    }


def _text(workspace: Workspace, article: PlannedArticle) -> str:
    text = workspace.store.text(workspace.store.article(article.article_id))
    if text is None:
        raise InputError(
            f"The words of {article.article_id} are not at hand.\nHint: run `stancebank corpus hydrate DIR` first."
        )
    return text


def read_queue(
    workspace: Workspace, plan: AdjudicationPlan, path: Path, name: str, kept: Iterable[Verdict], time: str
) -> ReadQueue:
    """Read a queue that somebody has filled in, against the plan as it is now.

    name: what people call the file. kept: verdicts that are known; one that the file repeats keeps its time. time: of
    the others. What is wrong is among the faults, each with its place and a hint.
    """
    given = list(read_file(path, name))
    found = ReadQueue()
    if len(given) != 1 or isinstance(given[0], Unreadable):
        broken = next((each for each in given if isinstance(each, Unreadable)), None)
        said = f"{broken.where}: {broken.message}" if broken else f"{name}: it is no queue."
        found.faults.append(f"{said} Hint: `stancebank annotate adjudicate plan --out FILE` writes one.")
        return found
    _QueueReader(workspace, plan, given[0], {each.key: each for each in kept}, time, found).read()
    return found


@dataclass
class _QueueReader:
    """Reads one file. known: verdicts by key."""

    workspace: Workspace
    plan: AdjudicationPlan
    given: Given
    known: Mapping[str, Verdict]
    time: str
    found: ReadQueue

    def __post_init__(self) -> None:
        self._units = {unit.key: (article, unit) for article, unit in self.plan.units()}
        self._readers = readers_of(self.workspace.store)
        self._rules = named_rules(self.workspace.root)
        self._judge = Judge(self.workspace)
        self._habits = load_habits(self.workspace.root)

    def read(self) -> None:
        """Read all entries."""
        value = self.given.value
        entries = value.get("conflicts") if isinstance(value, dict) else None
        if not isinstance(entries, list):
            hint = "`stancebank annotate adjudicate plan --out FILE` writes one"
            self._fault("", "", "it is no queue: it has no list of conflicts", hint)
            return
        seen: dict[str, int] = {}
        for number, entry in enumerate(entries):
            pointer = f"/conflicts/{number}"
            if not isinstance(entry, dict):
                self._fault(pointer, "", "it is no conflict", "each one is an object with a key")
            elif str(entry.get("key")) in seen:
                self._fault(pointer, "key", f"{entry['key']} is there a second time", "keep one of the two")
            else:
                seen[str(entry.get("key"))] = number
                self._entry(pointer, entry)

    def _fault(self, pointer: str, what: str, said: str, hint: str) -> None:
        where = self.given.where(f"{pointer}/{what}" if what else pointer)
        self.found.faults.append(_line(where, what, said, hint))

    def _entry(self, pointer: str, entry: Json) -> None:
        for name in entry:
            if name not in _KEYS:
                near = get_close_matches(name, _KEYS, 1)
                self._fault(pointer, name, f"unknown key {name!r}", f"did you mean {near[0]}?" if near else "remove it")
        texts: dict[str, str] = {}
        for name in ("key", "choice", "reason", "rule", "note", "by"):
            held = entry.get(name)
            if held is not None and not isinstance(held, str):
                self._fault(pointer, name, f"{held!r} is no text", "put it in quotation marks")
                return
            texts[name] = (held or "").strip()
        if not texts["choice"]:
            self.found.left += 1
            if filled := [name for name in _DECIDED if entry.get(name)]:
                self._fault(pointer, "choice", f"it is missing, and {filled[0]} is given", "choose, or empty all")
            return
        held = self._units.get(texts["key"])
        if held is None or (held[1].settled is not None and held[1].settled.method == "unanimous"):
            why = "all annotators agree there" if held else "no conflict has this key: readings have changed since"
            hint = "run `stancebank annotate adjudicate plan --out FILE` with this file, which keeps what still fits"
            self._fault(pointer, "key", why, hint)
            return
        article, unit = held
        if entry.get("article", article.article_id) != article.article_id:
            self._fault(pointer, "article", f"the key is of {article.article_id}", "put that there")
        statement = self._own(pointer, entry, article, unit, texts["choice"])
        verdict = Verdict(
            key=unit.key,
            article_id=article.article_id,
            choice=texts["choice"],
            by=texts["by"],
            reason=texts["reason"],
            decided_at=self.time,
            rule=texts["rule"] or None,
            note=texts["note"] or None,
            statement=statement,
        )
        for what, told in verdict_faults(verdict, unit, self._readers, self._rules):
            if what == "statement" and entry.get("statement") and verdict.choice == OWN:
                continue  # why it could not be read was said
            said, _, hint = told.partition(" Hint: ")
            self._fault(pointer, what, said, hint)
        self.found.verdicts.append(self._timed(verdict))

    def _timed(self, verdict: Verdict) -> Verdict:
        """Return a verdict as it is known already, where nothing but its time is another."""
        known = self.known.get(verdict.key)
        if known is None:
            return verdict
        return known if _without_time(known) == _without_time(verdict) else verdict

    def _own(
        self, pointer: str, entry: Json, article: PlannedArticle, unit: PlannedUnit, choice: str
    ) -> Statement | None:
        """Return the statement that somebody wrote, with spans; None where there is none, or it has faults."""
        text = _text(self.workspace, article)
        candidates = entry.get("candidates")
        if choice != OWN and isinstance(candidates, dict) and choice in candidates:
            now = candidates_json(self.workspace, article, unit.conflict, text)
            if choice in now and now[choice] != candidates[choice]:
                self._fault(
                    pointer,
                    f"candidates/{choice}",
                    "it was changed, and candidates stay as they are",
                    f"choose {OWN}, and put what you changed under statement",
                )
        value = entry.get("statement")
        if value is None or value == "":
            return None
        below = f"{pointer}/statement"
        if not isinstance(value, dict):
            self._fault(pointer, "statement", "it is no statement", "copy a candidate, and change it")
            return None
        scheme = self.workspace.scheme
        whole: Json = {
            "article_id": article.article_id,
            "annotator": "adjudicator",
            "origin": "human",
            "guideline_version": "1.0",
            "statements": [{**value, "id": unit.key}],
        }
        infer_groups(whole, scheme)
        faults = [(each.pointer, each.message, each.hint) for each in validate_quoted(whole, scheme, "document", "")]
        tie = value.get("same_as")
        if isinstance(tie, str) and tie not in {each.key for each in article.units}:
            hint = "give the key of another conflict, or what a candidate has there; or leave it out"
            faults.append(("/statements/0/same_as", f"no unit of this article has the key {tie!r}", hint))
        if not faults:
            record = self.workspace.store.article(article.article_id)
            placed = place(read_quoted(whole, scheme), record, text, scheme, self.time)
            faults = [(each, *_parted(said)) for each, said in placed.faults]
            statement = trim_statement(placed.document.statements[0], text, scheme, self._habits)[0]
            for finding in check_names("", "/statements/0", statement, self._judge.names, scheme):
                if finding.severity == "error":
                    likely = self._judge.likely(finding) if finding.code in UNREGISTERED else ""
                    faults.append((finding.pointer, finding.message + likely, finding.hint))
            if not faults:
                return statement
        for at, said, hint in faults:
            path = at.removeprefix("/statements/0")
            where = self.given.where(f"{below}{path}")
            self.found.faults.append(_line(where, f"statement{'.' + shown_path(path) if path else ''}", said, hint))
        return None


def _line(where: str, what: str, said: str, hint: str) -> str:
    told = ": ".join(part for part in (where, what, said.rstrip(".")) if part)
    told += "" if told.endswith("?") else "."
    hint = hint.rstrip(".")
    return f"{told} Hint: {hint}{'' if hint.endswith('?') else '.'}" if hint else told


def _parted(said: str) -> tuple[str, str]:
    message, _, hint = said.partition("\nHint: ")
    return message, hint


def _without_time(verdict: Verdict) -> tuple[object, ...]:
    return (*(getattr(verdict, each) for each in ("choice", "by", "reason", "rule", "note", "statement")),)
