"""The section of a dossier on how far the labelling is, as the files of a workspace say: no server is asked."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from statistics import median

import msgspec

from stancebank.annotate.adjudication.kept import read_plan, read_verdicts
from stancebank.annotate.adjudication.plan import make_plan
from stancebank.annotate.adjudication.progress import AdjudicationProgress, measure_progress
from stancebank.annotate.adjudication.types import Conflict
from stancebank.annotate.assignment import count_article_words, workloads
from stancebank.annotate.connection import LOCAL
from stancebank.annotate.sync.state import PROJECTS
from stancebank.annotate.sync.times import read_times
from stancebank.corpus.assignments import read_assignments
from stancebank.corpus.store import annotator_of, article_of
from stancebank.model import Span, is_of_people
from stancebank.pictures.cases import Case, Cases, brief, list_cases
from stancebank.pictures.progress import ReaderProgress, draw_conflicts, draw_progress, draw_reading
from stancebank.records import find_files
from stancebank.view.collection import Collection, ShownArticle
from stancebank.view.listing import anchor_of
from stancebank.view.section import Section
from stancebank.workspace import Workspace


class _Read(msgspec.Struct):
    """What of a document says who read when."""

    origin: str = ""
    created_at: str = ""


def make_progress(collection: Collection) -> Section | None:
    """Return the section on progress. None for a published folder, and where nobody has read or is to read anything."""
    workspace = collection.workspace
    if workspace is None:
        return None
    readers = list(read_progress_here(workspace))
    if not readers:
        return None
    kept = read_plan(workspace)
    found = measure_progress(make_plan(workspace, kept.rules, kept.routes), read_verdicts(workspace))
    cases = _conflict_cases(collection, found)
    conflicts = draw_conflicts(
        {name: len(each.cases) + each.more for name, each in cases.items()},
        {name: each.href for name, each in cases.items()},
        open_=len(found.open),
        articles=len({each.article_id for each in found.open}),
        deciders={each.by: each.open for each in found.shares if each.open},
    )
    drawn = (draw_progress(readers), draw_reading(readers), conflicts)
    intro = "As the files of the workspace say: what is on the server and was not pulled yet is not counted."
    pictures = tuple(each for each in drawn if each is not None)
    return Section("progress", "Progress", intro, pictures, {"progress-conflicts": tuple(cases.values())})


def read_progress_here(workspace: Workspace) -> Iterator[ReaderProgress]:
    """Yield how far each annotator is who has read an article or is to read one, by name. Models do not count."""
    store = workspace.store
    days: dict[str, list[date]] = {}
    read: dict[str, set[str]] = {}
    known = set(store.article_ids())
    for file in store.document_names():
        annotator, article_id = annotator_of(file), article_of(file)
        if annotator is None or article_id not in known:
            continue
        each = store.part(file, _Read)
        if is_of_people(each.origin):
            days.setdefault(annotator, []).extend(_days(each.created_at))
            read.setdefault(article_id, set()).add(annotator)
    lines = read_assignments(store)
    words = count_article_words(store) if lines else {}
    by_article = {article_id: frozenset(names) for article_id, names in read.items()}
    loads = {each.annotator: each for each in workloads(words, lines, by_article)}
    times = read_times(workspace)
    places = find_files(workspace.root / LOCAL / PROJECTS, "*/conflicts/*/*.json")
    conflicts = Counter(path.parent.name for path in places)
    for name in sorted({*days, *loads}):
        load, timed = loads.get(name), times.get(name)
        theirs = tuple(sorted(days.get(name, ())))
        yield ReaderProgress(
            annotator=name,
            assigned=load.assigned if load else None,
            done=load.read if load else len(theirs),
            left=load.left if load else 0,
            words_left=load.words_left if load else 0,
            days=theirs,
            seconds=median(each.per_100_words for each in timed) if timed else None,
            conflicts=conflicts[name],
        )


def _days(time: str) -> list[date]:
    """Return the day of a time; none where it is not one, which `check` says."""
    try:
        return [date.fromisoformat(time[:10])]
    except ValueError:
        return []


def _conflict_cases(collection: Collection, found: AdjudicationProgress) -> dict[str, Cases]:
    """Return the open conflicts by what readings differ in."""
    held: dict[str, list[Case]] = {}
    shown: ShownArticle | None = None
    for each in found.open:
        if shown is None or shown.article.id != each.article_id:
            shown = collection.shown(each.article_id)
        words = shown.span_words(Span(begin=each.begin, end=each.end, fingerprint=""))
        article = shown.article
        title = article.title.value if article.title else article.id
        case = Case(brief(words), _say(each), title, f"#{anchor_of(article.id)}")
        for name in each.fields:
            held.setdefault(name, []).append(case)
    return {
        name: list_cases(f"progress-c{number}", f"Conflicts about {name}", cases)
        for number, (name, cases) in enumerate(held.items())
    }


def _say(conflict: Conflict) -> str:
    who = f"; to decide: {conflict.by}" if conflict.by else ""
    return f"readings differ in {', '.join(conflict.fields)}{who}"
