"""The command publish why."""

import json
import sys
from dataclasses import asdict

import click

from stancebank.cli.ids import ArticleId
from stancebank.cli.output import count, get_workspace, print_facts
from stancebank.cli.params import json_option


class RowId(ArticleId):
    """The id of a statement or condition; its article may be given by the first letters of its id."""

    name = "row"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the whole id."""
        article, slash, rest = str(value).partition("/")
        return f"{super().convert(article, param, ctx)}{slash}{rest}"


@click.command()
@click.argument("row", metavar="ROW", type=RowId())
@json_option("Print the chain as a JSON list.")
@click.pass_context
def why(ctx: click.Context, row: str, as_json: bool) -> None:
    """Show why a published row says what it says: the chain from the row back to its source.

    ROW is the id of a statement or condition. Reads its gold decision (how, by whom, which rule), the annotations that
    have it with project, task and region in Label Studio, the fingerprints of its words, the article, where that came
    from, the schema and guidelines, what migrations changed, the releases that have it, and the last commit. Each link
    is checked again where what it leads to is at hand. Exits with 1 if one is broken.

    \b
    Example:
      stancebank publish why norland-post-2031-02-11-envoy/s3
    """
    from stancebank.keeping.why import explain

    links = explain(get_workspace(ctx), row)
    broken = [each for each in links if each.broken]
    if as_json:
        value = [{key: held for key, held in asdict(each).items() if held not in ("", False)} for each in links]
        click.echo(json.dumps(value, ensure_ascii=False))
    else:
        print_facts([(each.name, _told(each.said, each.where, each.broken)) for each in links])
    if broken:
        click.echo(f"{count(len(broken), 'link')} of the chain broken: {broken[0].broken}", err=True)
        sys.exit(1)


def _told(said: str, where: str, broken: str) -> str:
    told = said + (f"  ({where})" if where else "")
    return f"{told}\nBROKEN: {broken}" if broken else told
