"""The command `suggest`: an engine reads articles, and what it finds is kept for annotators to correct."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stancebank.cli.ids import ArticleId
from stancebank.cli.output import count, get_workspace, print_table
from stancebank.cli.params import dry_run_option, json_option

if TYPE_CHECKING:
    from stancebank.suggest.engine import ReadArticle, Surroundings
    from stancebank.suggest.run import Suggested


@click.command()
@click.argument("article_ids", metavar="[ARTICLE]...", nargs=-1, type=ArticleId())
@click.option(
    "--engine",
    required=True,
    metavar="NAME",
    help="The engine: one of the toolkit, one of an installed package, or a function, as package.module:function.",
)
@click.option("--name", metavar="NAME", help="Under which name to keep them. Default: that of the engine.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting of the engine; repeat for more.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write a file of predictions, one JSON object a line, in the place of corpus/suggestions/.",
)
@dry_run_option("Print what the engine finds, and write nothing.")
@json_option("Print what was found as a JSON object.")
@click.pass_context
def suggest(
    ctx: click.Context,
    article_ids: tuple[str, ...],
    engine: str,
    name: str | None,
    settings: tuple[str, ...],
    out: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Let an engine find statements, for annotators to correct.

    Reads articles whose words are at hand, of all if no ARTICLE is given; writes a prediction for each to
    corpus/suggestions/NAME/, with offsets and without words, so that it can be in git. `stancebank annotate push
    --suggest NAME` shows them in Label Studio as drafts that can be edited. Nothing of it is a label until a person
    submits it.

    An engine that learns from gold never sees the gold of the article that it reads, nor that of the same event.

    \b
    Example:
      stancebank suggest --engine rules
      stancebank suggest --engine rules --out predictions.jsonl
    """
    from stancebank.errors import InputError
    from stancebank.records import write_text
    from stancebank.suggest.engine import look_around
    from stancebank.suggest.engines import make_engine
    from stancebank.suggest.run import keep
    from stancebank.suggest.run import suggest as run

    surroundings = look_around(get_workspace(ctx))
    made = make_engine(engine, surroundings, _settings(settings))
    name = name or made.record.name
    done: list[Suggested] = []
    lacking: list[str] = []
    lines: list[str] = []
    for each in run(made, surroundings, _sources(surroundings, article_ids, lacking)):
        done.append(each)
        if not (dry_run or out):
            keep(surroundings, name, each)
        if out:
            lines.append(json.dumps(each.value, ensure_ascii=False, sort_keys=True) + "\n")
        for words in each.unplaced:
            click.echo(f"{each.article_id}: these words are not in the article, and were left out: {words}", err=True)
    if lacking and not done:
        raise InputError(
            f"The words of {count(len(lacking), 'article')} are not at hand.\n"
            "Hint: run `stancebank corpus hydrate DIR`."
        )
    if out and not dry_run:
        write_text(out, "".join(lines))
    _print(done, lacking, made.record.to_json(), as_json=as_json)
    if not as_json:
        where = "; nothing was written" if dry_run else f"; written to {out or f'corpus/suggestions/{name}/'}"
        click.echo(f"{_summary(done)}{where}.", err=True)


def _settings(said: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in said:
        key, separator, value = each.partition("=")
        if not separator or not key.isidentifier():
            raise click.UsageError(f"--set {each}: write KEY=VALUE.")
        try:
            found[key] = json.loads(value)
        except ValueError:
            found[key] = value
    return found


def _sources(surroundings: "Surroundings", article_ids: tuple[str, ...], lacking: list[str]) -> "Iterator[ReadArticle]":
    """Yield the articles whose words are at hand. lacking: gets the ids of the others."""
    store = surroundings.workspace.store
    for article_id in sorted(set(article_ids)) or store.article_ids():
        article = store.article(article_id)
        text = store.text(article)
        if text is None:
            lacking.append(article_id)
        else:
            yield surroundings.source(article, text)


def _print(done: "list[Suggested]", lacking: list[str], engine: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        articles = [{"article_id": each.article_id, "statements": len(each.statements)} for each in done]
        click.echo(json.dumps({"engine": engine, "articles": articles, "without_words": lacking}, ensure_ascii=False))
        return
    rows = [
        [each.article_id, str(len(each.statements)), str(sum(len(one.conditions) for one in each.statements))]
        for each in done
    ]
    if rows:
        print_table(["article", "statements", "conditions"], rows)
    for article_id in lacking:
        click.echo(f"{article_id}: its words are not at hand; run `stancebank corpus hydrate DIR`.", err=True)


def _summary(done: "list[Suggested]") -> str:
    found = sum(len(each.statements) for each in done)
    return f"{count(found, 'statement')} suggested in {count(len(done), 'article')}"
