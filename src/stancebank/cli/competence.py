"""The command annotate competence: how good each annotator is, for the maintainer."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from stancebank.cli.output import count, get_workspace, print_table, print_tables
from stancebank.cli.params import json_option

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stancebank.agreement.figures import Figure
    from stancebank.agreement.people import Ability, People, Person
    from stancebank.annotate.sync.times import TimedReading, TooFast

_NONE = "–"


@click.command()
@click.option("--annotator", "only", metavar="NAME", help="Only this annotator, with all that is known.")
@json_option("Print all figures as a JSON object.")
@click.pass_context
def competence(ctx: click.Context, only: str | None, as_json: bool) -> None:
    """Estimate how good each annotator is: for you as the maintainer, and for nobody else.

    Reads the documents of annotators, gold, and the tasks that pulls have kept; asks no server and writes nothing.
    Annotators are shown by their pseudonyms, and nothing of this is in a build, release, page or card.

    `competence` is the share of labels that are right, by the model of Dawid and Skene, with its 95 % interval over
    articles; `not guessing` is the probability that an answer is none, by MACE. Both are estimated from the answers of
    all, without gold, and take three annotators who have read the same articles. `found` is the share that somebody
    has of the statements that two others have, `alone` that of their statements which nobody else has. `gold` is F1,
    of statements with the right label, against gold that is not their own; `controls` are the articles among them
    whose gold was there before they read. `stancebank help agreement` says what these figures cannot tell.

    \b
    Example:
      stancebank annotate competence
      stancebank annotate competence --annotator annotator-1
      stancebank annotate competence --json
    """
    from stancebank.agreement.people import measure_people
    from stancebank.annotate.sync.times import find_too_fast, read_times
    from stancebank.errors import InputError

    workspace = get_workspace(ctx)
    people = measure_people(workspace.store.readings(least=1), workspace.scheme, workspace.store.gold)
    if not people.people:
        raise InputError(
            "No annotator has a document here.\nHint: run `stancebank annotate pull`, or `stancebank annotate import`."
        )
    names = [each.annotator for each in people.people]
    if only and only not in names:
        raise InputError(f"There is no document of {only}.\nHint: there are readings of {', '.join(names)}.")
    times = read_times(workspace)
    too_fast = {name: find_too_fast(times.get(name, ())) for name in names}
    shown = [each for each in people.people if only in (None, each.annotator)]
    if as_json:
        told = [_value(each, times.get(each.annotator, ()), too_fast[each.annotator]) for each in shown]
        value = {"articles": people.articles, "units": people.units, "annotators": told}
        click.echo(json.dumps(value, ensure_ascii=False))
        return
    _print_overview(shown, times, too_fast)
    for each in shown:
        if only:
            _print_person(each)
        _print_notes(each, too_fast[each.annotator])
    _print_end(people, shown, only)


def _print_overview(
    people: "Sequence[Person]", times: "Mapping[str, Sequence[TimedReading]]", too_fast: "Mapping[str, list[TooFast]]"
) -> None:
    rows = []
    for each in people:
        label = each.abilities[0] if each.abilities else None
        timed = len(times.get(each.annotator, ()))
        rows.append(
            [
                each.annotator,
                str(each.articles),
                str(label.answers) if label else "0",
                _share(label.dawid_skene) if label else _NONE,
                _share(label.mace) if label else _NONE,
                _share(each.found),
                _share(each.alone),
                _share(each.gold.label),
                f"{each.gold.controls} of {each.gold.articles}",
                f"{len(too_fast[each.annotator])} of {timed}" if timed else _NONE,
            ]
        )
    head = ("annotator", "articles", "labels", "competence", "not guessing", "found", "alone", "gold", "controls")
    print_table([*head, "too fast"], rows)


def _print_person(person: "Person") -> None:
    """Print all questions, and all uses of the labels."""
    questions = [
        [each.question, str(each.answers), _share(each.dawid_skene), _share(each.mace)] for each in person.abilities
    ]
    uses = [
        [each.question, use.value, str(use.given), f"{use.expected:.1f}", "yes" if use.is_sure else ""]
        for each in person.abilities
        for use in each.uses
    ]
    trend = person.trend
    if trend.thirds and trend.chance.value is not None:
        thirds = ", ".join(f"{each:.1%}" for each in trend.thirds)
        click.echo(f"right in the thirds of the time: {thirds}; chance gives as much in {trend.chance.value:.0%}")
    click.echo()
    tables = [(["question", "answers", "competence", "not guessing"], questions)]
    if uses:
        tables.append((["question", "value", "given", "expected", "beyond chance"], uses))
    print_tables(*tables)


def _print_notes(person: "Person", too_fast: "Sequence[TooFast]") -> None:
    """Print what is remarkable of an annotator, each with what to do."""
    name = person.annotator
    for ability in person.abilities:
        for use in ability.uses:
            if use.is_sure:
                often = "too often" if use.more > use.less else "too rarely"
                click.echo(
                    f"{name} gives {ability.question} {use.value} {often}: {use.given} times, where the others make "
                    f"{use.expected:.1f} likely{_instead(ability, use.value)}."
                )
    trend = person.trend
    if trend.is_sure:
        way = "worse" if trend.thirds[-1] < trend.thirds[0] else "better"
        thirds = ", ".join(f"{each:.0%}" for each in trend.thirds)
        click.echo(f"{name} gets {way}: {thirds} of the answers are right in the three thirds of the time.")
    for each in too_fast[:5]:
        click.echo(f"{name} was too fast with {each.reading.article_id}: {each.why}.")
    if len(too_fast) > 5:
        click.echo(f"{name} was too fast with {count(len(too_fast) - 5, 'more article')}; --json lists them.")


def _instead(ability: "Ability", value: str) -> str:
    """Say which value an annotator gives in the place of another, or another in its place, most often."""
    shares = [
        (share, right, given)
        for right, row in ability.confusion.items()
        for given, share in row.items()
        if right != given and value in (right, given) and share >= 0.1
    ]
    if not shares:
        return ""
    share, right, given = max(shares)
    return f"; of what is {right}, {share:.0%} is {given} with them"


def _print_end(people: "People", shown: "Sequence[Person]", only: str | None) -> None:
    click.echo(
        f"{count(people.articles, 'article')} with two readings or more, {count(people.units, 'statement')} in them.",
        err=True,
    )
    missing: dict[str, dict[str, list[str]]] = {}
    for each in shown:
        figures = {"found": each.found, "gold": each.gold.label, "change over time": each.trend.chance}
        for ability in each.abilities[:1]:
            figures |= {"competence": ability.dawid_skene, "not guessing": ability.mace}
        for what, figure in figures.items():
            if figure.value is None:
                missing.setdefault(figure.reason, {}).setdefault(what, []).append(each.annotator)
    for reason, names in missing.items():
        everybody = sorted({name for found in names.values() for name in found})
        click.echo(f"Not defined: {' and '.join(names)} of {', '.join(everybody)}; {reason}.", err=True)
    if not any(each.gold.controls for each in shown):
        click.echo(
            "No article is a control. Hint: let everybody read some articles whose gold you have settled before.",
            err=True,
        )
    hint = "stancebank annotate feedback NAME --html FILE"
    more = "" if only else " `--annotator NAME` shows all that is known of one."
    click.echo(f"Keep these figures to yourself; `{hint}` shows somebody their own.{more}", err=True)


def _share(figure: "Figure") -> str:
    if figure.value is None:
        return _NONE
    if figure.low is None or figure.high is None:
        return f"{figure.value:.2f}"
    return f"{figure.value:.2f} ({figure.low:.2f} to {figure.high:.2f})"


def _value(person: "Person", times: "Sequence[TimedReading]", too_fast: "Sequence[TooFast]") -> dict[str, Any]:
    """Return what JSON says of an annotator."""
    flagged = [
        {"article_id": each.reading.article_id, "seconds": each.reading.seconds, "words": each.reading.words}
        | {"why": each.why}
        for each in too_fast
    ]
    value: dict[str, Any] = rounded({**asdict(person), "timed_articles": len(times), "too_fast": flagged})
    return value


def rounded(value: Any) -> Any:
    """Return what JSON holds with each number to four digits: those behind are noise."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    return [rounded(each) for each in value] if isinstance(value, list | tuple) else value
