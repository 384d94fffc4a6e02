"""The command annotate assign: who labels what."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stancebank.cli.articles import DRY
from stancebank.cli.ids import ArticleId
from stancebank.cli.output import PlainFile, count, get_workspace, print_table
from stancebank.cli.params import dry_run_option, json_option, sample_option
from stancebank.cli.sampling import articles_of
from stancebank.corpus.store import is_id, require_portable
from stancebank.errors import InputError, list_some

if TYPE_CHECKING:
    from stancebank.annotate.assignment import AssignmentPlan, AssignmentRules, AssignmentState

_MOST_PAIRS = 15
"""Pairs of annotators that are printed one by one; --json has all."""


class _Readers(click.ParamType[int | None]):
    """A number of readers, at least two; None for all."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        """Return the number."""
        if value == "all":
            return None
        if not (str(value).isdecimal() and int(value) > 1):
            self.fail(f"{value!r} is neither a number of 2 or more nor 'all'.", param, ctx)
        return int(value)


@click.command()
@click.argument("article_ids", metavar="[ID]...", nargs=-1, type=ArticleId())
@click.option("--annotator", "annotators", multiple=True, metavar="NAME", help="Who gets articles; repeat for more.")
@click.option(
    "--share",
    "shares",
    multiple=True,
    metavar="NAME=N",
    help="How much of the work somebody gets, relative to the others, who have 1; repeat for more.",
)
@click.option("--articles", "file", type=PlainFile(), help="Only the articles of a text file, an id a line.")
@sample_option()
@click.option(
    "--overlap",
    type=click.IntRange(0, 100),
    default=20,
    show_default=True,
    metavar="PERCENT",
    help="How many of the articles several people read.",
)
@click.option(
    "--readers",
    type=_Readers(),
    default="2",
    show_default=True,
    metavar="N|all",
    help="How many people read such an article.",
)
@click.option("--seed", default="", metavar="TEXT", help="Draw other articles for several readers.")
@click.option("--with-gold", is_flag=True, help="Also articles that have gold.")
@click.option(
    "--reassign",
    "moves",
    multiple=True,
    metavar="FROM=TO",
    help="Move what FROM has not read to TO; repeat to divide it among several.",
)
@dry_run_option()
@json_option()
@click.pass_context
def assign(
    ctx: click.Context,
    article_ids: tuple[str, ...],
    annotators: tuple[str, ...],
    shares: tuple[str, ...],
    file: Path | None,
    sample: str | None,
    overlap: int,
    readers: int | None,
    seed: str,
    with_gold: bool,
    moves: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
) -> None:
    """Say who labels which article, or show it.

    Reads records, words, documents and corpus/assignments.csv, and adds lines to that ledger; without --annotator and
    --reassign it only shows how far everybody is. Each article that nobody reads yet gets one reader; a random part of
    them (--overlap) gets several, so that agreement can be measured, and every two annotators have some in common. Work
    is even by the words that each has still to read. All articles without gold are assigned, or those that are named.

    No line is taken away, and what somebody has a document of is theirs: new articles and new annotators move nothing.
    Only --reassign moves lines, of articles that FROM has no document of; pull first, so that what was submitted in
    Label Studio counts.

    `stancebank annotate push` then makes a project for each annotator, which has their articles alone. That is
    arrangement, not access control: everybody with an account on a free server can open every project.

    \b
    Example:
      stancebank annotate assign --annotator ann-1 --annotator ann-2 --overlap 30
      stancebank annotate assign --annotator ann-1 --annotator ann-2 --share ann-1=2 --dry-run
      stancebank annotate assign
    """
    from stancebank.annotate.assignment import AssignmentRules, read_state
    from stancebank.corpus.assignments import write_assignments

    workspace = get_workspace(ctx)
    rules = AssignmentRules(_shares(annotators, shares), overlap, readers, seed, _moves(moves, annotators))
    shows = not (annotators or moves)
    if shows and (article_ids or file or sample or with_gold):
        raise click.UsageError("Say who gets these articles, with --annotator NAME.")
    article_ids = articles_of(workspace.store, sample, article_ids)
    with nullcontext() if shows or dry_run else workspace.store.alone(ctx.command_path):
        state = read_state(workspace)
        wanted = _wanted(state, article_ids, file)
        _require_movable(state, rules)
        plan = state.plan(rules, wanted, with_gold=with_gold)
        if not (shows or dry_run):
            write_assignments(workspace.store, plan.after)
    skipped = () if wanted or with_gold or shows else _with_gold(state)
    if as_json:
        value = {**_value(state, plan, rules), "with_gold": skipped, "dry_run": dry_run}
        click.echo(json.dumps(value, ensure_ascii=False))
    else:
        _print(state, plan, rules, is_new=not shows)
    for line in _notes(state, plan, skipped, shows=shows):
        click.echo(line, err=True)
    if dry_run:
        click.echo(DRY, err=True)


def _shares(annotators: Sequence[str], shares: Iterable[str]) -> dict[str, int]:
    """Return the shares of annotators. Raises InputError for names that are no pseudonyms, UsageError for others."""
    _require_pseudonyms(annotators)
    found = dict.fromkeys(sorted(annotators), 1)
    for each in shares:
        name, equals, share = each.partition("=")
        if not (equals and share.isdecimal() and 0 < int(share) <= 1000):
            raise click.UsageError(f"--share {each!r} is not of the form NAME=N, with N from 1 to 1000.")
        if name not in found:
            raise click.UsageError(f"--share {each!r}: {name!r} gets no articles. Name them with --annotator, too.")
        found[name] = int(share)
    return found


def _moves(given: Iterable[str], annotators: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for each in given:
        source, equals, target = each.partition("=")
        if not (equals and source and target):
            raise click.UsageError(f"--reassign {each!r} is not of the form FROM=TO.")
        _require_pseudonyms((source, target))
        found[source] = (*found.get(source, ()), target)
    gaining = {*annotators, *(name for names in found.values() for name in names)}
    if both := sorted(found.keys() & gaining):
        raise click.UsageError(f"{both[0]} cannot give up articles and get some at once.")
    return {source: tuple(sorted(set(names))) for source, names in found.items()}


def _require_pseudonyms(names: Iterable[str]) -> None:
    faults = [f"{name!r} is not a pseudonym." for name in names if not is_id(name)]
    if faults:
        raise InputError("\n".join([*faults, "Hint: use small letters, digits and hyphens, such as ann-3."]))
    for name in names:
        require_portable(name)


def _wanted(state: "AssignmentState", article_ids: Iterable[str], file: Path | None) -> set[str]:
    """Return the articles that are named. Raises InputError where some are not there, or the workspace has none."""
    if not state.words:
        raise InputError("The workspace has no articles.\nHint: add some with `stancebank corpus add`.")
    told = [] if file is None else file.read_bytes().decode("utf-8-sig", "replace").splitlines()
    listed = [line.strip() for line in told if line.strip() and not line.startswith("#")]
    if file is not None and not listed:
        raise InputError(f"{file} names no article.\nHint: write an id a line; `stancebank corpus list` shows them.")
    wanted = {*article_ids, *listed}
    if unknown := sorted(wanted - state.words.keys()):
        raise InputError(
            f"There is no article {list_some([*map(repr, unknown)], 5)}.\n"
            "Hint: `stancebank corpus list` shows the ids. Nothing was assigned."
        )
    return wanted


def _require_movable(state: "AssignmentState", rules: "AssignmentRules") -> None:
    have = {each.annotator for each in state.lines}
    if unknown := sorted(rules.moves.keys() - have):
        raise InputError(
            f"{list_some(unknown)} {'has' if len(unknown) == 1 else 'have'} no articles to give up.\n"
            f"Hint: {f'{list_some(sorted(have))} have some' if have else 'nothing is assigned yet'}."
        )


def _with_gold(state: "AssignmentState") -> tuple[str, ...]:
    """Return the articles that are left out since they have gold: those that nobody was to read."""
    assigned = {each.article_id for each in state.lines}
    return tuple(sorted((state.gold & state.words.keys()) - assigned))


def _pairs(state: "AssignmentState", plan: "AssignmentPlan") -> list[tuple[str, str, int]]:
    """Return how many articles every two annotators who have lines read both, those with none too."""
    from itertools import combinations

    from stancebank.annotate.assignment import count_pairs

    names = sorted({each.annotator for each in plan.after})
    pairs = count_pairs(plan.after, state.read, state.words)
    return [(one, other, pairs[one, other]) for one, other in combinations(names, 2)]


def _several(state: "AssignmentState", plan: "AssignmentPlan") -> tuple[int, int]:
    """Return how many articles several people read, and how many have a reader, of those that have a line."""
    readers: dict[str, set[str]] = {}
    for each in plan.after:
        if each.article_id in state.words:
            readers.setdefault(each.article_id, set(state.read.get(each.article_id, ()))).add(each.annotator)
    return sum(len(names) > 1 for names in readers.values()), len(readers)


def _value(state: "AssignmentState", plan: "AssignmentPlan", rules: "AssignmentRules") -> dict[str, object]:
    from stancebank.annotate.assignment import workloads

    new = Counter(each.annotator for each in plan.added)
    several, articles = _several(state, plan)
    return {
        "annotators": [
            {
                "annotator": each.annotator,
                "share": rules.shares.get(each.annotator),
                "assigned": each.assigned,
                "new": new[each.annotator],
                "read": each.read,
                "left": each.left,
                "words": each.words,
                "words_left": each.words_left,
            }
            for each in workloads(state.words, plan.after, state.read)
        ],
        "articles": articles,
        "read_by_several": several,
        "pairs": [{"annotators": [one, other], "articles": number} for one, other, number in _pairs(state, plan)],
        "added": [
            {"article_id": each.article_id, "annotator": each.annotator, "because": each.because} for each in plan.added
        ],
        "removed": [{"article_id": each.article_id, "annotator": each.annotator} for each in plan.removed],
        "staying": [{"article_id": each.article_id, "annotator": each.annotator} for each in plan.staying],
        "short": list(plan.short),
    }


def _print(state: "AssignmentState", plan: "AssignmentPlan", rules: "AssignmentRules", *, is_new: bool) -> None:
    from stancebank.annotate.assignment import workloads

    new = Counter(each.annotator for each in plan.added)
    rows = [
        [
            each.annotator,
            *([str(rules.shares.get(each.annotator, "–")), str(new[each.annotator])] if is_new else []),
            *map(str, (each.assigned, each.read, each.left, each.words, each.words_left)),
        ]
        for each in workloads(state.words, plan.after, state.read)
    ]
    if rows:
        head = ("assigned", "read", "left", "words", "words left")
        print_table(["annotator", *(["share", "new"] if is_new else []), *head], rows)


def _notes(state: "AssignmentState", plan: "AssignmentPlan", skipped: Sequence[str], *, shows: bool) -> list[str]:
    """Return what is said beside the figures."""
    notes = []
    if shows and not plan.after:
        notes.append("Nothing is assigned.\nHint: `stancebank annotate assign --annotator NAME --annotator NAME`.")
    elif not shows and not (plan.added or plan.staying or plan.short):
        notes.append("Nothing was added: each article has its readers, by a line or by a document.")
    elif not shows:
        notes.append(
            f"{count(len(plan.added), 'line')} added to corpus/assignments.csv, {len(plan.removed)} removed, "
            f"{len(plan.before) - len(plan.removed)} as before."
        )
    several, articles = _several(state, plan)
    pairs = _pairs(state, plan)
    if articles:
        notes.append(
            f"Several people read {several} of {count(articles, 'article')} ({100 * several / articles:.0f}%)."
        )
    if 0 < len(pairs) <= _MOST_PAIRS:
        notes.append("In common: " + ", ".join(f"{one} and {other} {number}" for one, other, number in pairs) + ".")
    elif pairs:
        numbers = [number for *_, number in pairs]
        notes.append(f"Every two annotators have {min(numbers)} to {max(numbers)} articles in common.")
    if plan.short:
        notes.append(
            f"Fewer readers than wanted, since nobody else was named: {list_some(plan.short, 5)}.\n"
            "Hint: name more annotators, or ask for fewer with --overlap and --readers."
        )
    if plan.staying:
        told = list_some([f"{each.article_id} ({each.annotator})" for each in plan.staying], 5)
        notes.append(f"Not moved, since those who were to get them read them already: {told}.")
    if skipped:
        notes.append(
            f"Left out, since they have gold: {count(len(skipped), 'article')}. With --with-gold, or named by their "
            "ids, they are assigned, too."
        )
    return notes
