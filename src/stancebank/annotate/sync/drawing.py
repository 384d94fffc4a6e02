"""Which tasks of a project begin with suggestions, and which without: drawn once for each, and noted before it is sent.

A share of the tasks is left without on purpose, so that annotators can be compared with themselves. The ledger `SHOWN`
says which; its line of a task is written before the task goes out, and never changes once somebody may have seen it.
So a push that is killed leaves no task without a line, and a line without a task is made good by the next push.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import floor
from typing import Any

from stancebank.annotate.sync.projects import PushTarget
from stancebank.annotate.sync.push_tasks import fingerprint_of
from stancebank.annotate.sync.state import article_folder, count_labels
from stancebank.annotate.sync.types import Drafts, PushOptions, PushResult
from stancebank.corpus.suggestions import SHOWN, ShownLine, read_shown, write_lines
from stancebank.text import sha256

Json = dict[str, Any]

VERSION = "suggestions:"
"""What the version of a pre-annotation begins with that shows suggestions: no annotator can be called so."""

_DIGITS = 13  # hexadecimal ones of a hash that make a number from 0 to 1


@dataclass(slots=True)
class Draw:
    """What a project gets. tasks: by article id, those that are to be on the server; results: what is told of it."""

    tasks: dict[str, Json]
    results: list[PushResult] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _There:
    """What a server has of an article. shown: by version, fingerprints of the suggestions that its tasks show.

    begun: whether somebody has labelled it, or begun to. stays: whether that is of another text, which is not replaced.
    """

    shown: Mapping[str, str] = field(default_factory=dict)
    begun: bool = False
    stays: bool = False


def draw(
    target: PushTarget, options: PushOptions, drafts: Drafts, plain: Mapping[str, Json], drafted: Mapping[str, Json]
) -> Draw:
    """Decide for each article of a project whether its task shows a suggestion, and note it in the ledger.

    plain: the tasks as they are without suggestions. drafted: those of the articles that have one, with it. A dry run
    notes nothing, and decides the same.
    """
    who, store = target.annotator or "", target.workspace.store
    lines = {each.article_id: each for each in read_shown(store) if each.annotator == who}
    ours = {each for each in drafted if target.assigned is None or each in target.assigned}
    there = _there(target, options, plain, {each for each in ours if each not in lines or lines[each].suggestion})
    version = VERSION + drafts.name
    after: dict[str, ShownLine | None] = {}
    found = Draw(dict(plain))
    fresh: list[str] = []
    for article_id in sorted(ours):
        line, have, own = lines.get(article_id), there.get(article_id, _There()), drafts.of[article_id]
        fits = have.shown.get(version) == fingerprint_of(drafted[article_id]["predictions"][-1]["result"])
        now = ShownLine(article_id, who, drafts.name, own.engine, own.sha256)
        if have.stays or (line is not None and not line.suggestion):
            continue
        if have.shown:  # it was shown one, which stays
            name = next(iter(have.shown)).removeprefix(VERSION)
            same = drafted[article_id]
            found.tasks[article_id] = same if fits else same | {"predictions": plain[article_id]["predictions"]}
            if line is None or line.suggestion != name:  # the ledger was lost
                after[article_id] = now if fits else ShownLine(article_id, who, name)
            if not fits:
                what = f"an earlier suggestion of {name}" if name == drafts.name else f"a suggestion of {name}"
                found.results.append(_told(target, "kept", article_id, f"its task shows {what}, which stays"))
        elif have.begun or _is_done(target, article_id):
            if line is not None:
                after[article_id] = None  # somebody began before it could be shown
        elif line is not None:  # an earlier push did not come to it
            found.tasks[article_id] = drafted[article_id]
            after[article_id] = now
        else:
            fresh.append(article_id)
    blind = _blind(fresh, {**lines, **{key: each for key, each in after.items() if each}}, drafts.share, target)
    for article_id in fresh:
        own = drafts.of[article_id]
        if article_id in blind:
            after[article_id] = ShownLine(article_id, who)
            found.results.append(_told(target, "blind", article_id, "left without suggestions, by the draw"))
            continue
        after[article_id] = ShownLine(article_id, who, drafts.name, own.engine, own.sha256)
        found.tasks[article_id] = drafted[article_id]
        many = len(own.document.statements)
        reason = f"{many} {'statement' if many == 1 else 'statements'} suggested by {drafts.name}"
        found.results.append(_told(target, "shown", article_id, reason))
    if after and not target.dry_run:
        with store.alone("stancebank annotate push"):
            others = (each for each in read_shown(store) if each.annotator != who or each.article_id not in after)
            write_lines(store, SHOWN, (*others, *filter(None, after.values())))
    return found


def _told(target: PushTarget, action: str, article_id: str, reason: str) -> PushResult:
    return PushResult(action, target.title, article_id, None, reason)


def _is_done(target: PushTarget, article_id: str) -> bool:
    """Whether the annotator of a project has a document of an article here."""
    who = target.annotator
    return who is not None and target.workspace.store.has_document(article_id, who)


def _blind(fresh: Collection[str], lines: Mapping[str, ShownLine], share: float, target: PushTarget) -> set[str]:
    """Return which new articles of a project are left without suggestions.

    Their number follows from the share of all tasks of the project, those of earlier pushes included: it is exact but
    for a fraction of one, which is rounded by a hash. Which ones they are, hashes of the articles say, whatever the
    order in which they come, and the same for all annotators: so that whoever shares an article with another one has
    mostly read it as the other one did, and people can be compared who did not see suggestions.
    """
    of_workspace = target.workspace.settings.id or target.workspace.settings.name
    key = f"{of_workspace}/{target.annotator or ''}"
    wanted = floor(round(share * (len(lines) + len(fresh)), 9) + _number(key))
    wanted -= sum(not each.suggestion for each in lines.values())
    ranked = sorted(fresh, key=lambda article_id: _number(f"{of_workspace}/{article_id}"))
    return set(ranked[: max(0, wanted)])


def _number(words: str) -> float:
    """Return a number from 0 up to 1 that words alone decide."""
    return int(sha256(words)[:_DIGITS], 16) / float(16**_DIGITS)


def _there(
    target: PushTarget, options: PushOptions, plain: Mapping[str, Json], wanted: Collection[str]
) -> dict[str, _There]:
    """Return what the server has of the wanted articles."""
    if target.project is None or not wanted:
        return {}
    found: dict[str, list[Json]] = {}
    for task in target.server.tasks(target.project.id, ["data", "predictions"]):
        article_id = article_folder(task)
        if article_id in wanted:
            is_same = task["data"].get("text_sha256") == plain[article_id]["data"]["text_sha256"]
            shown = dict(_shown(task["predictions"])) if is_same else {}
            found.setdefault(article_id, []).append({"id": int(task["id"]), "same": is_same, "shown": shown})
    unsure = [each["id"] for tasks in found.values() for each in tasks if not any(one["shown"] for one in tasks)]
    begun = {int(each["id"]) for each in target.server.whole_tasks(target.project.id, unsure) if count_labels(each)}
    there = {}
    for article_id, tasks in found.items():
        shown = {version: result for each in tasks for version, result in each["shown"].items()}
        labelled = [each for each in tasks if each["id"] in begun]
        stays = not options.replace and any(not each["same"] for each in labelled)
        there[article_id] = _There(shown, any(each["same"] for each in labelled), stays)
    return there


def _shown(predictions: Iterable[Json]) -> Iterator[tuple[str, str]]:
    """Yield the version and the fingerprint of the suggestions that a task shows."""
    for each in predictions:
        version = str(each.get("model_version"))
        if version.startswith(VERSION):
            yield version, fingerprint_of(each["result"])
