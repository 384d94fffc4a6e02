"""The group annotate suggest: how good suggestions are."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from stancebank.cli.ids import ReaderName
from stancebank.cli.output import Group, count, get_workspace, print_styled, print_tables
from stancebank.cli.params import json_option

if TYPE_CHECKING:
    from stancebank.agreement.figures import Figure
    from stancebank.suggest.calibration import Calibration
    from stancebank.suggest.compare import ReaderScore, SuggestionReport

Table = tuple[Sequence[str], Sequence[Sequence[str]]]

MOST_PAIRS = 10
"""Pairs of people whose agreement is printed."""


@click.group(cls=Group)
def suggest() -> None:
    """Say how good suggestions are."""


@suggest.command()
@click.argument("names", metavar="[NAME|FILE]...", nargs=-1)
@click.option(
    "--against",
    default="gold",
    type=ReaderName(),
    metavar="NAME",
    help="What counts as right: `gold`, or the readings of an annotator. Default: gold.",
)
@click.option("--by", type=click.Choice(["outlet"]), help="Print the figures of each outlet, too.")
@json_option("Print all counts and figures as a JSON object.")
@click.pass_context
def compare(ctx: click.Context, names: tuple[str, ...], against: str, by: str | None, as_json: bool) -> None:
    """Score suggestions against gold, beside baselines and people.

    Reads suggestions that are kept under a NAME, or predictions in a FILE, one JSON object a line; of all names if none
    is given. Writes nothing. Counts are those of `stancebank publish score`: two statements align that share half of
    the shorter content; "at Dice ≥ 0.5" asks for contents of like size, too; `role` is a condition that is found with
    its role. Intervals are of 95 %, over articles; with fewer than five there are none.

    Beside them stand three baselines, for which every sentence, paragraph or quotation is a statement, and annotators
    on the articles that they have read. An article without a suggestion counts as one in which nothing was found.

    \b
    Example:
      stancebank annotate suggest compare
      stancebank annotate suggest compare --against annotator-1 --by outlet
    """
    from stancebank.suggest.compare import compare_suggestions
    from stancebank.suggest.compare_report import to_value
    from stancebank.suggest.engine import look_around

    report = compare_suggestions(look_around(get_workspace(ctx)), names, against)
    if as_json:
        click.echo(json.dumps(to_value(report, by_outlet=by is not None), ensure_ascii=False))
    else:
        _print(report, by_outlet=by is not None)
    _say_left_out(report)
    if not any(_is_suggested(each) for each in report.readers):
        click.echo("No suggestions are kept.\nHint: run `stancebank suggest --engine rules`.", err=True)
    statements = count(report.statements, "statement")
    click.echo(f"Against {against}: {count(len(report.articles), 'article')}, {statements}.", err=True)


def _is_suggested(reader: "ReaderScore") -> bool:
    return reader.kind in ("suggestions", "file", "engine")


def _print(report: "SuggestionReport", *, by_outlet: bool) -> None:
    machines = [each for each in report.readers if _is_suggested(each) or each.kind == "baseline"]
    people = [each for each in report.readers if each.kind == "annotator"]
    pairs = [each for each in report.readers if each.kind == "two readings"]
    pairs.sort(key=lambda each: -len(each.articles))
    _title("Suggestions and baselines: F1 in percent (95 %)", first=True)
    print_tables(_table(machines))
    for reader in machines:
        if _is_suggested(reader) and reader.engines:
            click.echo(f"{reader.name}: made by {', '.join(reader.engines)}.")
    _print_shown([each for each in machines if each.shown], report.against)
    if report.leads:
        _title("Points above the baselines (95 %)")
        rows = [
            [each.reader, each.other, each.measure, str(each.articles), _cell(each.difference)] for each in report.leads
        ]
        print_tables((["suggestions", "baseline", "measure", "articles", "points"], rows))
    if people:
        _title(f"Annotators against {report.against}")
        print_tables(_table(people))
        if report.against == "gold":
            click.echo("Where gold is made of their readings, they agree with it more than others would.")
    if pairs:
        _title("Two readings of the same articles")
        print_tables(_table(pairs[:MOST_PAIRS]))
        if len(pairs) > MOST_PAIRS:
            click.echo(f"... and {len(pairs) - MOST_PAIRS} more pairs; --json has them.")
    for reader in machines:
        if by_outlet and (_is_suggested(reader) or len(machines) <= 3):
            _title(f"{reader.name}, by outlet")
            print_tables(_outlets(reader))
    for reader in machines:
        _print_calibrations(reader)


def _print_shown(readers: Sequence["ReaderScore"], against: str) -> None:
    """Say where people began with suggestions, and how good engines are where they did not."""
    if not readers:
        return
    many = max(len(each.shown) for each in readers)
    click.echo(
        f"{against} of {count(many, 'article')} was made by people who began with suggestions: that flatters engines."
    )
    _title("Where people read without suggestions: F1 in percent (95 %)")
    apart = [(each.name, each.blind) for each in readers if each.blind is not None]
    if not apart:
        click.echo("Not measured: there is no such article. `stancebank annotate push --suggest` leaves some without.")
        return
    rows = [[name, *(_cell(each.measures[name].f1) for _, each in apart)] for name in apart[0][1].measures]
    rows.append(["articles", *(str(each.articles) for _, each in apart)])
    print_tables((["", *(name for name, _ in apart)], rows))


def _title(words: str, *, first: bool = False) -> None:
    if not first:
        click.echo()
    print_styled((words, {"bold": True}))


def _cell(figure: "Figure") -> str:
    """Return a share in percent, or a difference in points, with its interval."""
    if figure.value is None:
        return "–"
    interval = "" if figure.low is None or figure.high is None else f" ({figure.low:.0%} to {figure.high:.0%})"
    return f"{figure.value:.1%}{interval}".replace("%", "")


def _table(readers: Sequence["ReaderScore"]) -> Table:
    """Return the measures of readers, a column each."""
    names = list(readers[0].measures)
    rows = [[name, *(_cell(each.measures[name].f1) for each in readers)] for name in names]
    found = ["statements in them", *(str(each.measures["statement"].measure.predicted) for each in readers)]
    return ["", *(each.name for each in readers)], [
        *rows,
        ["articles", *(str(len(each.articles)) for each in readers)],
        found,
    ]


def _outlets(reader: "ReaderScore") -> Table:
    names = list(reader.measures)
    rows = [
        [each.name, str(each.articles), *(_cell(each.measures[name].f1) for name in names)] for each in reader.by_outlet
    ]
    return ["outlet", "articles", *names], rows


def _print_calibrations(reader: "ReaderScore") -> None:
    reasons = {each.reason for each in reader.calibration}
    if reader.calibration and "" not in reasons:
        _title(f"{reader.name}: can its confidence be believed?")
        click.echo(f"Not measured: {', '.join(sorted(reasons))}.")
        return
    for each in reader.calibration:
        _title(f"{reader.name}: can its confidence be believed? {each.event}")
        _print_calibration(each)


def _print_calibration(calibration: "Calibration") -> None:
    if calibration.brier is None or calibration.error is None or calibration.constant is None:
        click.echo(f"Not measured: {calibration.reason}.")
        return
    rows = [
        [f"{each.low:.1f} to {each.high:.1f}", str(each.suggestions), f"{each.confidence:.2f}", f"{each.share:.2f}"]
        for each in calibration.bins
    ]
    print_tables((["confidence", "suggestions", "its mean", "share that is right"], rows))
    click.echo(
        f"Brier score {calibration.brier:.3f} (always saying the share that is right: {calibration.constant:.3f}); "
        f"expected calibration error {calibration.error:.3f}, by ten bins."
    )


def _say_left_out(report: "SuggestionReport") -> None:
    """Say which articles do not count, and which count as if nothing was found in them."""
    from stancebank.errors import list_some

    for name in report.reference_of_other_text:
        click.echo(
            f"Left out: {report.against} of {name} is not of its present text; see `stancebank check`.", err=True
        )
    if report.wordless:
        click.echo(
            f"Baselines did not read {count(len(report.wordless), 'article')} whose words are not at hand: "
            f"{list_some(report.wordless)}.",
            err=True,
        )
    for reader in report.readers:
        for names, why in ((reader.lacking, "there is none"), (reader.of_other_text, "they are of another text")):
            if names:
                many = count(len(names), "article")
                click.echo(f"{reader.name}: nothing counts as found in {many}, as {why}: {list_some(names)}.", err=True)
        for article_id, words in reader.unplaced.items():
            many = count(len(words), "span")
            click.echo(f"{reader.name}: {many} not in {article_id}, such as {words[0]!r}.", err=True)
    for name, articles in report.without_reference.items():
        many = count(len(articles), "article")
        click.echo(
            f"{name}: {many} not measured, without a document of {report.against}: {list_some(articles)}.", err=True
        )
