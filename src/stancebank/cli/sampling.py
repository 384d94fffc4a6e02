"""The command corpus sample: plans of which articles are annotated."""

import json
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import click

from stancebank.cli.articles import DRY
from stancebank.cli.output import count, get_workspace, print_table
from stancebank.cli.params import dry_run_option, engine_option, json_option, workers_option
from stancebank.errors import ConflictError, InputError

if TYPE_CHECKING:
    from stancebank.corpus.samples import SamplePlan
    from stancebank.corpus.sampling import Allocation
    from stancebank.corpus.store import Store

_PARTS = ("seed", "size", "by", "allocation", "given", "one_per", "least")


@click.command()
@click.option("--plan", "name", metavar="NAME", help="The plan to draw, or without --size, to show.")
@click.option("--size", type=click.IntRange(1), metavar="N", help="How many articles to draw.")
@click.option(
    "--by",
    multiple=True,
    type=click.Choice(["outlet", "month", "year", "language", "target"]),
    help="What strata are made of; repeat for more. Default: one stratum.",
)
@click.option(
    "--allocation",
    type=click.Choice(["proportional", "root", "equal"]),
    help="How the size is divided: as the strata are large, as their square roots, or equally. Default: proportional.",
)
@click.option("--give", multiple=True, metavar="STRATUM=N", help="How many a stratum gets; repeat for more.")
@click.option("--seed", metavar="TEXT", help="Draw others. Default: the name of the plan.")
@click.option(
    "--one-per",
    type=click.Choice(["event", "text", "article"]),
    help="Draw one article of an event, reprints and near copies included; of a text; or any. Default: event.",
)
@click.option(
    "--least",
    type=click.IntRange(0),
    metavar="N",
    help="Passages of a candidate that name a target and attribute words. Default: 1; 0 takes every article.",
)
@click.option("--outlet", metavar="NAME", help="Only articles of this outlet; upper and lower case do not count.")
@click.option("--language", metavar="TAG", help="Only articles in this language; en also stands for en-GB.")
@click.option("--since", metavar="DATE", help="Only articles of this day, month or year, and later ones.")
@click.option("--until", metavar="DATE", help="Only articles of this day, month or year, and earlier ones.")
@workers_option()
@engine_option()
@click.option("--ids", "only_ids", is_flag=True, help="Print the ids of the drawn articles alone, one a line.")
@dry_run_option("Draw, and write nothing.")
@json_option("Print the plan as a JSON object; without --plan, a list of all plans.")
@click.pass_context
def sample(
    ctx: click.Context,
    name: str | None,
    size: int | None,
    by: tuple[str, ...],
    allocation: "Allocation | None",
    give: tuple[str, ...],
    seed: str | None,
    one_per: str | None,
    least: int | None,
    outlet: str | None,
    language: str | None,
    since: str | None,
    until: str | None,
    workers: int,
    engine: str,
    only_ids: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Draw articles that are worth an annotator's hour, or show such plans.

    Reads records, words, documents, registries and assignments; writes corpus/samples/NAME.json, which belongs in git
    and has no words. Candidates are articles in which a passage names a target of the registry, as far as its name or
    synonyms of it are found, and attributes words. What somebody has annotated, is to annotate or has planned to is
    left out, and what is on the same event.

    The plan records what was there to draw from, the strata, the seed, and of each article the probability with which
    it was drawn; 1 / probability is its weight. The same command draws the same articles, in whatever order articles
    came in. A plan that is kept does not change: where the workspace has changed since, the command says so.

    `stancebank annotate assign --sample NAME` and `stancebank annotate push --sample NAME` take the articles of a plan.
    The card of a release tells how its articles came in.

    \b
    Example:
      stancebank corpus sample --plan spring --size 40 --by outlet --by month
      stancebank corpus sample --plan spring --size 40 --allocation root --by target --dry-run
      stancebank corpus sample
    """
    from stancebank.corpus.samples import read_sample, sample_names, write_sample

    store = get_workspace(ctx).store
    rules = (by, allocation, give, seed, one_per, least, outlet, language, since, until)
    if size is None and (dry_run or engine or any(each not in (None, ()) for each in rules)):
        raise click.UsageError("Say how many articles to draw: --plan NAME --size N.")
    if name is None:
        if size is not None or only_ids:
            raise click.UsageError("Name the plan: --plan NAME.")
        _list(store, as_json=as_json)
        return
    if only_ids and as_json:
        raise click.UsageError("Pass --ids or --json, not both.")
    written = False
    if size is None:
        plan = read_sample(store, name)
    else:
        from stancebank.annotate.frame import SampleRules, plan_sample

        filters = {"outlet": outlet, "language": language, "since": since, "until": until}
        wanted = SampleRules(
            size,
            tuple(dict.fromkeys(by)),
            allocation or "proportional",
            _given(give),
            seed,
            one_per or "event",
            1 if least is None else least,
            {key: value for key, value in filters.items() if value is not None},
        )
        with nullcontext() if dry_run else store.alone(ctx.command_path):
            plan = plan_sample(get_workspace(ctx), name, wanted, engine=engine, workers=workers)
            if not dry_run:
                if name in sample_names(store):
                    _require_same(read_sample(store, name), plan)
                written = write_sample(store, plan)
    if only_ids:
        for each in plan.drawn:
            click.echo(each.article_id)
    elif as_json:
        value = {**_value(plan), "written": written, "dry_run": dry_run}
        click.echo(json.dumps(value, ensure_ascii=False))
    else:
        _print(store, plan)
    for line in _notes(plan, size, written=written, dry_run=dry_run):
        click.echo(line, err=True)


def _given(give: tuple[str, ...]) -> dict[str, int]:
    found = {}
    for each in give:
        stratum, equals, number = each.rpartition("=")
        if not (equals and stratum and number.isdecimal()):
            raise click.UsageError(f"--give {each!r} is not of the form STRATUM=N.")
        found[stratum] = int(number)
    return found


def _require_same(kept: "SamplePlan", drawn: "SamplePlan") -> None:
    """Raise ConflictError where a plan that is kept is another one."""
    if kept == drawn:
        return
    told = [f"--{part.replace('_', '-')}" for part in _PARTS if getattr(kept, part) != getattr(drawn, part)]
    one, other = kept.frame, drawn.frame
    if told or one.filters != other.filters:
        why = f"it was drawn with other options ({', '.join(told) or 'filters'})"
    elif one != other:
        why = (
            f"there were {count(one.articles, 'article')} of {one.corpus} to draw from, and now there are others: "
            f"{other.articles} of {other.corpus}"
        )
    else:
        why = "its file was edited, or articles that it drew were removed"
    raise ConflictError(
        f"The sample {kept.name!r} is kept, and would change: {why}. Nothing was written.\n"
        "Hint: draw another one under another name, which leaves out what this one has; or remove "
        f"corpus/samples/{kept.name}.json, if nobody has begun with it."
    )


def _value(plan: "SamplePlan") -> dict[str, Any]:
    from stancebank.model import to_builtins

    value: dict[str, Any] = to_builtins(plan)
    weights = plan.weights
    for each in value["drawn"]:
        each["weight"] = round(weights[each["article_id"]], 6)
    return value


def _states(store: "Store") -> dict[str, str]:
    """Return how far articles are, by id; those that nobody has are left out."""
    from stancebank.annotate.assignment import read_by
    from stancebank.corpus.assignments import read_assignments

    found = {each.article_id: "assigned" for each in read_assignments(store)}
    found |= dict.fromkeys(read_by(store), "annotated")
    return found | {each.article_id: "gold" for each in store.documents(None)}


def _list(store: "Store", *, as_json: bool) -> None:
    from stancebank.corpus.samples import read_samples

    plans, states = list(read_samples(store)), _states(store)
    rows = []
    for plan in plans:
        done = [states.get(each.article_id) for each in plan.drawn]
        rows.append(
            {
                "name": plan.name,
                "size": plan.size,
                "drawn": len(plan.drawn),
                "assigned": done.count("assigned"),
                "annotated": done.count("annotated") + done.count("gold"),
                "gold": done.count("gold"),
                "strata": len(plan.strata),
                "by": list(plan.by),
                "frame": plan.frame.articles,
                "corpus": plan.frame.corpus,
            }
        )
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
    elif rows:
        head = ("name", "drawn", "assigned", "annotated", "gold", "strata", "frame", "corpus")
        print_table(head, [[str(row[key]) for key in head] for row in rows])
    if not rows:
        click.echo(
            "There are no plans.\nHint: `stancebank corpus sample --plan NAME --size N` draws one.",
            err=True,
        )


def _print(store: "Store", plan: "SamplePlan") -> None:
    states = _states(store)
    done = [each.stratum for each in plan.drawn if states.get(each.article_id) in ("annotated", "gold")]
    print_table(
        [" / ".join(plan.by) or "stratum", "articles", "groups", "due", "drawn", "annotated"],
        [
            [
                *(each.name, str(each.articles), str(each.groups), f"{each.due:.2f}"),
                *(str(each.drawn), str(done.count(each.name))),
            ]
            for each in plan.strata
        ],
    )
    click.echo()
    print_table(
        ["article", "stratum", "weight", "state", "because"],
        [
            [
                *(each.article_id, each.stratum, f"{1 / each.probability:.2f}"),
                states.get(each.article_id, "open"),
                _because(each.passages, each.targets, each.group_size),
            ]
            for each in plan.drawn
        ],
    )


def _because(passages: int, targets: tuple[str, ...], group_size: int) -> str:
    told = [f"{count(passages, 'passage')}: {', '.join(targets)}"] if passages else []
    return "; ".join([*told, *([f"one of {group_size} in its group"] if group_size > 1 else [])])


def _notes(plan: "SamplePlan", size: int | None, *, written: bool, dry_run: bool) -> list[str]:
    """Return what is said beside the plan."""
    frame = plan.frame
    left_out = [
        (frame.annotated, "annotated, assigned or planned, or on the same event or text as one that is"),
        (frame.without_cues, f"with fewer than {count(plan.least, 'passage')} that may hold a statement"),
        (frame.without_words, "without words at hand"),
        (frame.outside, "outside the filters"),
    ]
    told = "".join(f"; {number} {why}" for number, why in left_out if number)
    groups = "" if plan.one_per == "article" else f" in {count(frame.groups, 'group')}"
    notes = [
        f"{count(len(plan.drawn), 'article')} drawn from {frame.articles}{groups}, of {frame.corpus} in the "
        f"workspace{told}."
    ]
    if (few := sum(each.drawn for each in plan.strata)) < plan.size:
        notes.append(f"There were no more than {few} to draw, and {plan.size} were wanted.")
    if empty := sum(not each.drawn for each in plan.strata):
        notes.append(
            f"{count(empty, 'stratum')} got no article by the lot; their articles had the same chance as others of "
            "their kind.\nHint: for one article at least in each, use fewer strata, --allocation equal, or a larger "
            "--size."
        )
    if dry_run:
        notes.append(DRY)
    elif size is not None:
        place = f"corpus/samples/{plan.name}.json"
        notes.append(f"{place} has the plan; commit it." if written else f"{place} had this plan before.")
    return notes


def articles_of(store: "Store", name: str | None, article_ids: tuple[str, ...]) -> tuple[str, ...]:
    """Return ids that a command was given, with those of a sample that are still there. name: None for no sample."""
    if name is None:
        return article_ids
    from stancebank.corpus.samples import read_sample

    known = set(store.article_ids())
    drawn = [each.article_id for each in read_sample(store, name).drawn if each.article_id in known]
    if not drawn:
        raise InputError(f"No article of the sample {name!r} is left.\nHint: draw another one.")
    return tuple(dict.fromkeys((*article_ids, *drawn)))
