#!/usr/bin/env python
"""Measure the engines of the toolkit, and write docs/suggestions.md.

Usage: .venv/bin/python scripts/suggestions.py [--articles DIR] [--off-topic DIR]

DIR of --articles holds the founding articles, as `stancebank corpus hydrate` finds them (default: what
STANCEBANK_ARTICLES names); DIR of --off-topic holds text files, with a metadata.jsonl whose lines have `file`, `title`,
`outlet` and `published`. Of what is not given, the page keeps the figures that it has; those of the sample are always
made again. No word of an article comes into the page: statements are named by article and offsets.

- Founding and sample: a copy of the workspace, in which the engine `rules` reads all articles, each without the gold of
  its event; then `stancebank.suggest.compare`, as `stancebank annotate suggest compare` prints it.
- Off the topic: the articles are planned as `stancebank corpus add` plans them, and read with the registries and gold
  of the founding workspace; then without its gold and the targets of its gold; then with those of the sample.
- Processor time: of one thread, the better of two runs, each by a new engine; without loading the model.
"""

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from msgspec.structs import replace as changed

from stancebank.agreement.align import align, dice
from stancebank.agreement.figures import Figure
from stancebank.corpus.cleaning import Source, make_source
from stancebank.corpus.hydrate import hydrate
from stancebank.corpus.planning import plan_additions
from stancebank.corpus.sources import read_sources
from stancebank.model import Span, Statement
from stancebank.publish.score import LEAST_DICE, score
from stancebank.records import write_text
from stancebank.schema.fields import Scheme
from stancebank.starter.laying import lay, sample_files
from stancebank.suggest.calibration import Calibration
from stancebank.suggest.compare import ReaderScore, SuggestionReport, compare_suggestions
from stancebank.suggest.engine import ReadArticle, Surroundings, look_around
from stancebank.suggest.engines import make_engine
from stancebank.suggest.run import Suggested, keep, suggest
from stancebank.workspace import Workspace, open_workspace

REPO = Path(__file__).parent.parent
PAGE = REPO / "docs/suggestions.md"
ENGINE = "rules"
SECTIONS = ("The founding articles", "The sample", "Off the topic", "Processor time", "What `llm` would take")
NOT_MEASURED = "Not measured yet.\n"

Told = tuple[int, str]
"""Where a statement begins, and how it is told."""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown: the first column to the left, all others to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(each)} |\n" for each in lines)


def cell(figure: Figure) -> str:
    """Return a share in percent, or a difference in points, with its interval."""
    if figure.value is None:
        return "–"
    interval = (
        "" if figure.low is None or figure.high is None else f" ({100 * figure.low:.0f} to {100 * figure.high:.0f})"
    )
    return f"{100 * figure.value:.1f}{interval}"


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


# Reading


def read_all(surroundings: Surroundings, sources: Sequence[ReadArticle]) -> list[Suggested]:
    """Let the engine read articles."""
    return list(suggest(make_engine(ENGINE, surroundings, {}), surroundings, sources))


def founding_workspace(folder: Path, articles: Path) -> Workspace:
    """Return a copy of this repository's workspace, with all words."""
    for name in ("corpus", "schema", "annotate"):
        shutil.copytree(
            REPO / name, folder / name, ignore=shutil.ignore_patterns("releases", "suggestions", "examples")
        )
    shutil.copy(REPO / "stancebank.toml", folder)
    workspace = open_workspace(folder)
    store = workspace.store
    sources = [each for each in read_sources([articles]) if isinstance(each, Source)]
    for result in hydrate(store.articles(), store.all_documents(), sources):
        if result.text is None:
            sys.exit(f"{articles} has no text of {result.article.id}: {result.state}.")
        store.write_text(result.article, result.text)
    return workspace


def sample_workspace(folder: Path) -> Workspace:
    """Lay the sample."""
    lay(sample_files(), folder)
    return open_workspace(folder)


# A workspace with gold


def read_and_compare(surroundings: Surroundings) -> tuple[list[Suggested], SuggestionReport]:
    """Let the engine read all articles with gold, keep what it finds, and compare it."""
    found = read_all(surroundings, [each.source for each in surroundings.examples])
    for each in found:
        keep(surroundings, ENGINE, each)
    return found, compare_suggestions(surroundings, [ENGINE])


def engine_of(report: SuggestionReport) -> ReaderScore:
    (found,) = (each for each in report.readers if each.kind == "suggestions")
    return found


def warm_parts(surroundings: Surroundings, found: Sequence[Suggested], report: SuggestionReport) -> list[str]:
    """Return the parts of a section that come of one comparison, in their order."""
    engine = engine_of(report)
    joint, joint_alike, statement, alike, *_ = engine.measures
    outlets = [
        [
            each.name,
            str(each.articles),
            *(cell(each.measures[name].f1) for name in (joint, joint_alike, statement, alike)),
        ]
        for each in engine.by_outlet
    ]
    leads = [[each.other, each.measure, cell(each.difference)] for each in report.leads]
    return [
        f"{counted(len(report.articles), 'article')} with {report.statements} statements of gold. "
        "F1 in percent, with its 95 % interval over articles:\n",
        readers_table(report, ("suggestions", "baseline")),
        "Points of `rules` above the baselines:\n",
        table(("baseline", "measure", "points"), leads),
        "Annotators against gold, which was made of their readings, and two readings of the same articles against one "
        "another:\n",
        readers_table(report, ("annotator", "two readings")),
        "`rules` by outlet:\n",
        table(("outlet", "articles", joint, joint_alike, statement, alike), outlets),
        "### Confidence\n",
        *(calibration(each) for each in engine.calibration),
        "### Misses\n",
        misses(surroundings, found),
    ]


def measured(workspace: Workspace) -> str:
    """Return what the engine, the baselines and people are worth in a workspace."""
    surroundings = look_around(workspace)
    found, report = read_and_compare(surroundings)
    parts = warm_parts(surroundings, found, report)
    parts[4:4] = [
        "`rules` with less to go by: without any gold, as a project begins, and then without the targets of gold, too, "
        "so that no target can be right:\n",
        cold_table(surroundings, engine_of(report)),
    ]
    return "\n".join(parts)


def readers_table(report: SuggestionReport, kinds: Sequence[str]) -> str:
    readers: list[ReaderScore] = [each for each in report.readers if each.kind in kinds]
    names = list(readers[0].measures)
    rows = [[name, *(cell(each.measures[name].f1) for each in readers)] for name in names]
    found = ["statements in them", *(str(each.measures["statement"].measure.predicted) for each in readers)]
    return table(("", *(each.name for each in readers)), [*rows, found])


def cold_table(surroundings: Surroundings, warm: ReaderScore) -> str:
    """Return what the engine finds with less than all that a workspace knows. warm: what it finds with that."""
    names = list(warm.measures)
    rows = [["the gold of other events", *(percent(each.f1.value) for each in warm.measures.values())]]
    sources = [each.source for each in surroundings.examples]
    for title, known in (
        ("no gold", replace(surroundings, examples=())),
        ("neither gold nor its targets", without_targets(surroundings)),
    ):
        found = read_all(known, sources)
        pairs = [(one.statements, each.gold.statements) for one, each in zip(found, surroundings.examples, strict=True)]
        measures = score(pairs, surroundings.scheme).measures
        rows.append([title, *(percent(measures[name].f1) for name in names)])
    return table(("with", *names), rows)


def percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}"


def calibration(found: Calibration) -> str:
    if found.brier is None or found.error is None or found.constant is None:
        return f"{found.event}: not measured, since {found.reason}.\n"
    rows = [
        [f"{each.low:.1f} to {each.high:.1f}", str(each.suggestions), f"{each.confidence:.2f}", f"{each.share:.2f}"]
        for each in found.bins
    ]
    return (
        f"{found.event}: Brier score {found.brier:.3f} (always saying the share that is right: {found.constant:.3f}), "
        f"expected calibration error {found.error:.3f}.\n\n"
        + table(("confidence", "suggestions", "its mean", "share that is right"), rows)
    )


# What is wrong, statement by statement


def misses(surroundings: Surroundings, found: Sequence[Suggested]) -> str:
    """List by article what was not found, what is not in gold, and what was found and is labelled otherwise."""
    gold = {each.source.article.id: each.gold.statements for each in surroundings.examples}
    lines = [
        "By article, with offsets into its text: gold that was not found at Dice ≥ 0.5, by its id; suggestions that "
        "are not in gold; and statements that were found with another speaker, target or label than gold has.\n"
    ]
    for each in found:
        lacking, surplus, wrong = apart(each.statements, gold[each.article_id], surroundings.scheme)
        lines.append(f"- `{each.article_id}`: {len(gold[each.article_id])} in gold, {len(each.statements)} suggested")
        for title, listed in (("not found", lacking), ("not in gold", surplus), ("labelled otherwise", wrong)):
            if listed:
                lines.append(f"  - {title} ({len(listed)}): {', '.join(listed)}")
    return "\n".join(lines) + "\n"


def apart(
    predicted: Sequence[Statement], gold: Sequence[Statement], scheme: Scheme
) -> tuple[list[str], list[str], list[str]]:
    """Return what of gold was not found, what is not in gold, and what is labelled otherwise; in the order of the text.

    Each is told by its place, and by its short id where it has one.
    """
    lacking, surplus, wrong = list[Told](), list[Told](), list[Told]()
    for one, other in align(predicted, gold, scheme):
        ours = None if one is None else predicted[one]
        theirs = None if other is None else gold[other]
        is_found = ours is not None and theirs is not None and dice(ours.content, theirs.content) >= LEAST_DICE
        if theirs is not None and not is_found:
            lacking.append((begin_of(theirs), named(theirs)))
        if ours is not None and not is_found:
            surplus.append((begin_of(ours), places(ours.content)))
        if ours is not None and theirs is not None and is_found and (names := differing(ours, theirs, scheme)):
            wrong.append((begin_of(theirs), f"{named(theirs)} {' and '.join(names)}"))
    return in_order(lacking), in_order(surplus), in_order(wrong)


def in_order(told: Sequence[Told]) -> list[str]:
    return [each for _, each in sorted(told)]


def differing(ours: Statement, theirs: Statement, scheme: Scheme) -> list[str]:
    """Return which of speaker, target and label are not the same."""
    label = scheme.label
    values = {
        "speaker": (ours.speaker.entity, theirs.speaker.entity),
        "target": (ours.target.id, theirs.target.id),
        label.title: (label.value(ours), label.value(theirs)),
    }
    return [name for name, (one, other) in values.items() if one != other]


def begin_of(statement: Statement) -> int:
    return min((span.begin for span in statement.content), default=0)


def named(statement: Statement) -> str:
    return f"{statement.id.rpartition('/')[2]} {places(statement.content)}"


def places(content: Sequence[Span]) -> str:
    return "+".join(f"{each.begin}–{each.end}" for each in content)


# Articles that are off the topic


def off_topic_sources(surroundings: Surroundings, folder: Path) -> dict[str, ReadArticle]:
    """Return the articles of a folder by the names of their files, as the workspace would take them."""
    lines = (folder / "metadata.jsonl").read_text(encoding="utf-8").splitlines()
    told: list[dict[str, Any]] = [json.loads(line) for line in lines if line.strip()]
    sources = [
        make_source(
            (folder / each["file"]).read_bytes(),
            each["file"],
            {key: each[key] for key in ("title", "outlet", "published", "url") if key in each},
        )
        for each in told
    ]
    additions = plan_additions(surroundings.workspace.store, sources, {})
    return {each["file"]: surroundings.source(one.article, one.text) for each, one in zip(told, additions, strict=True)}


def without_targets(surroundings: Surroundings) -> Surroundings:
    """Return the surroundings of a project that begins: no gold, and none of the targets that gold has."""
    used = {each.target.id for example in surroundings.examples for each in example.gold.statements}
    left = tuple(each for each in surroundings.targets.targets if each.id not in used)
    return replace(surroundings, targets=changed(surroundings.targets, targets=left), examples=())


def off_topic(founding: Surroundings, sample: Surroundings, folder: Path) -> str:
    """Return how many statements are found in articles that have hardly any, and where."""
    rows, lists = [], []
    bare = without_targets(founding)
    fewer = len(founding.targets.targets) - len(bare.targets.targets)
    for title, known in (
        ("the founding workspace", founding),
        (
            f"its registry without the {fewer} targets of its gold, and no gold",
            bare,
        ),
        ("the sample", sample),
    ):
        sources = off_topic_sources(known, folder)
        files = {each.article.id: name for name, each in sources.items()}
        found = {files[each.article_id]: each for each in read_all(known, list(sources.values()))}
        many = sum(len(each.statements) for each in found.values())
        with_some = sum(bool(each.statements) for each in found.values())
        rows.append([title, str(len(found)), str(many), str(with_some), f"{many / len(found):.2f}"])
        lists.append(f"Read with {title}:\n")
        told = [
            f"- `{name}`: {'; '.join(said(each, known.scheme))}"
            for name, each in sorted(found.items())
            if each.statements
        ]
        lists.append("\n".join(told or ["- none"]) + "\n")
    return "\n".join(
        [
            "Articles on other things than the workspace is about, in which hardly anything should be found. All "
            "suggestions count as false:\n",
            table(("read with", "articles", "suggestions", "articles with any", "for each article"), rows),
            *lists,
        ]
    )


def said(found: Suggested, scheme: Scheme) -> Iterator[str]:
    for one, value in zip(found.statements, found.value["statements"], strict=True):
        sure = f", confidence {value['confidence']:.2f}" if value.get("confidence") is not None else ""
        yield f"{places(one.content)} {one.target.id} {scheme.label.value(one)}{sure}"


# Time


def processor_time(surroundings: Surroundings, title: str) -> list[str]:
    """Return the time of the engine and of spaCy on the same articles, in seconds of one thread."""
    import spacy

    from stancebank.suggest.rules.parser import PACKED, load_parser, packed_folder

    sources = [each.source for each in surroundings.examples]
    folder = packed_folder(PACKED[0])
    if folder is None:
        sys.exit('The model is not installed.\nHint: pip install "stancebank[suggest]".')
    whole = spacy.load(folder)
    passages = [each.text[one.begin : one.end] for each in sources for one in each.passages]
    took: dict[str, list[float]] = {}
    for _ in range(2):
        for name, run in (
            ("engine", lambda: read_all(surroundings, sources)),  # a new engine, which has read and learnt nothing
            ("whole", lambda: list(whole.pipe(each.text for each in sources))),
            ("steps", lambda: list(load_parser().parse(passages))),
        ):
            begin = time.thread_time()
            run()
            took.setdefault(name, []).append(time.thread_time() - begin)
    engine, pipe, steps = (min(took[name]) for name in ("engine", "whole", "steps"))
    return [
        title,
        *(f"{each:.2f} s" for each in (engine, pipe, steps)),
        *(f"{engine / each:.2f}" for each in (pipe, steps)),
    ]


def times(workspaces: Sequence[tuple[str, Surroundings]]) -> str:
    """Return the section on time."""
    rows = [processor_time(surroundings, title) for title, surroundings in workspaces]
    head = ("articles", "rules", "spaCy, whole", "spaCy, used steps", "rules : whole", "rules : used steps")
    return (
        "Of `rules` on all articles of a workspace that have gold: it reads them, and learns anew for each event from "
        "those of all others. Beside it spaCy alone, its whole pipe on the texts, and the steps that `rules` uses on "
        "their passages. Seconds of one processor, the better of two runs; the model was loaded before.\n\n"
        + table(head, rows)
    )


def would_take(workspaces: Sequence[tuple[str, Surroundings]]) -> str:
    """Return the section on the engine `llm`: what it would be asked; no endpoint is."""
    rows = []
    for title, surroundings in workspaces:
        engine = make_engine("llm", surroundings, {"url": "http://127.0.0.1/v1", "model": "any"})
        value = engine.foresee([each.source for each in surroundings.examples]).value  # type: ignore[attr-defined]
        rows.append([title, str(value["articles"]), *(f"{value[name]:,}" for name in ("tokens_in", "tokens_out"))])
    return (
        "It is not measured here: no endpoint belongs to the toolkit, and how good it is depends on the model. About "
        "so many tokens go in and out where it reads the same articles, by the estimate of `stancebank suggest "
        "--engine llm --dry-run`:\n\n"
        + table(("articles", "requests", "tokens in", "tokens out"), rows)
        + "\nTo measure a model of yours, let it read articles that have gold, and run `stancebank annotate suggest "
        "compare`. Its examples come from the gold of other events, so its figures can stand beside these.\n"
    )


# The page


def make_page(sections: dict[str, str]) -> str:
    """Return the page. sections: by title, without their heads."""
    from stancebank.suggest.rules.engine import VERSION
    from stancebank.suggest.rules.parser import load_parser

    parser = load_parser()
    made = [f"`{ENGINE}`", VERSION, f"{parser.name} {parser.version}", f"`{parser.sha256}`"]
    head = (
        "# How good suggestions are\n\n"
        "Figures of the engines of [suggesting.md](suggesting.md), whose section "
        "[Compare](suggesting.md#compare) says what each of them means. `scripts/suggestions.py` makes this page, and "
        "says how. Misses are in it, too, by article and offsets. These are few articles: expect other figures on "
        "yours, and measure them with `stancebank annotate suggest compare`.\n\n"
        + table(("engine", "version", "model", "SHA-256 of the model"), [made])
    )
    return head + "".join(f"\n## {title}\n\n{sections[title].strip()}\n" for title in SECTIONS)


def read_page(page: str) -> dict[str, str]:
    """Return the sections of a page, by title."""
    found = re.split(r"^## (.+)\n", page, flags=re.MULTILINE)[1:]
    return dict(zip(found[::2], found[1::2], strict=True))


def sample_section(folder: Path) -> str:
    """Return the section on the sample. folder: where it is laid."""
    return measured(sample_workspace(folder))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", metavar="DIR", type=Path, default=os.environ.get("STANCEBANK_ARTICLES"))
    parser.add_argument("--off-topic", metavar="DIR", type=Path)
    options = parser.parse_args()
    sections = dict.fromkeys(SECTIONS, NOT_MEASURED) | read_page(PAGE.read_text(encoding="utf-8"))
    founding_title, sample_title, off_topic_title, time_title, llm_title = SECTIONS
    with tempfile.TemporaryDirectory() as folder:
        sections[sample_title] = sample_section(Path(folder, "sample"))
        sample = look_around(open_workspace(Path(folder, "sample")))
        if options.articles:
            founding = founding_workspace(Path(folder, "founding"), Path(options.articles))
            sections[founding_title] = measured(founding)
            known = look_around(founding)
            both = (("founding", known), ("sample", sample))
            sections[time_title], sections[llm_title] = times(both), would_take(both)
            if options.off_topic:
                sections[off_topic_title] = off_topic(known, sample, options.off_topic)
    write_text(PAGE, make_page({title: sections[title] for title in SECTIONS}))
    print(f"{PAGE.relative_to(REPO)} renewed.")


if __name__ == "__main__":
    main()
