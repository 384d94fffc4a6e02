"""The command `suggest`: an engine reads articles, and what it finds is kept for annotators to correct."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stancebank.cli.ids import ArticleId
from stancebank.cli.output import bar, count, get_workspace, print_table
from stancebank.cli.params import dry_run_option, engine_option, json_option, sample_option
from stancebank.cli.sampling import articles_of

if TYPE_CHECKING:
    from stancebank.errors import InputError, ServerError
    from stancebank.suggest.engine import ReadArticle, Surroundings
    from stancebank.suggest.run import Suggested


@click.command()
@click.argument("article_ids", metavar="[ARTICLE]...", nargs=-1, type=ArticleId())
@click.option(
    "--engine",
    required=True,
    metavar="NAME",
    help="The engine: rules, llm (a language model), one of an installed package, or a function, as "
    "package.module:function.",
)
@sample_option()
@click.option("--name", metavar="NAME", help="Under which name to keep them. Default: that of the engine.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting of the engine; repeat for more.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write a file of predictions, one JSON object a line, in the place of corpus/suggestions/.",
)
@click.option(
    "--allow-text-upload",
    "may_upload",
    is_flag=True,
    help="Allow an engine to send withheld words to a server that is not on this machine.",
)
@engine_option("--run-on", "run_on")
@dry_run_option(
    "Print what the engine finds, and write nothing; of one that costs, what it would take: nothing is sent."
)
@json_option("Print what was found as a JSON object.")
@click.pass_context
def suggest(
    ctx: click.Context,
    article_ids: tuple[str, ...],
    engine: str,
    sample: str | None,
    name: str | None,
    settings: tuple[str, ...],
    out: Path | None,
    may_upload: bool,
    run_on: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Let an engine find statements, for annotators to correct.

    Reads articles whose words are at hand, of all if no ARTICLE is given; writes a prediction for each to
    corpus/suggestions/NAME/, with offsets and without words, so that it can be in git. `stancebank annotate push
    --suggest NAME` shows them in Label Studio as drafts that can be edited. Nothing of it is a label until a person
    submits it.

    The engine llm asks a language model at the address that you name: see `stancebank help suggesting`. With --dry-run
    it says what that would take.

    With --run-on, several processes or machines read: `--run-on daft`, or a Ray cluster. Engines that ask a server are
    run here alone.

    An engine that learns from gold never sees the gold of the article that it reads, nor that of the same event.

    \b
    Example:
      stancebank suggest --engine rules
      stancebank suggest --engine rules --out predictions.jsonl
      stancebank suggest --engine llm --set url=http://127.0.0.1:8080/v1 --set model=qwen3 --dry-run
    """
    from stancebank.errors import ServerError
    from stancebank.records import write_text
    from stancebank.suggest.engine import CostlyEngine, look_around
    from stancebank.suggest.engines import make_engine
    from stancebank.suggest.run import keep
    from stancebank.suggest.run import suggest as run

    surroundings = look_around(get_workspace(ctx), may_upload=may_upload)
    article_ids = articles_of(surroundings.workspace.store, sample, article_ids)
    options = _settings(settings)
    made = make_engine(engine, surroundings, options)
    name = name or made.record.name
    done: list[Suggested] = []
    lacking: list[str] = []
    failed: list[tuple[str, ServerError]] = []
    lines: list[str] = []
    more: dict[str, Any] = {}
    sources: Iterable[ReadArticle] = _sources(surroundings, article_ids, lacking)
    total = None
    if isinstance(made, CostlyEngine):
        sources = articles = list(sources)
        total = len(articles)
        if lacking and not articles:
            raise _no_words(lacking)
        estimate = made.foresee(articles)
        more["estimate"] = estimate.value
        click.echo("\n".join(estimate.lines), err=True)
        if dry_run:
            click.echo(
                json.dumps({**more, "without_words": lacking}, ensure_ascii=False) if as_json else estimate.sample
            )
            return
    if run_on:
        from stancebank.suggest.stage import suggest_elsewhere

        found = suggest_elsewhere(made, engine, options, surroundings, sources, failed, run_on=run_on)
    else:
        found = run(made, surroundings, sources, failed)
    with bar("Articles", total, wanted=total is not None) as step:
        for each in found:
            done.append(each)
            if not (dry_run or out):
                keep(surroundings, name, each)
            if out:
                lines.append(json.dumps(each.value, ensure_ascii=False, sort_keys=True) + "\n")
            step(each.article_id)
    for each in done:
        for words in each.unplaced:
            click.echo(f"{each.article_id}: these words are not in the article, and were left out: {words}", err=True)
    if lacking and not (done or failed):
        raise _no_words(lacking)
    if out and not dry_run:
        write_text(out, "".join(lines))
    if isinstance(made, CostlyEngine):
        taken = made.account()
        more |= {"taken": taken.value, "failed": [article_id for article_id, _ in failed]}
        for line in taken.lines:
            click.echo(line, err=True)
    _print(done, lacking, {"engine": made.record.to_json(), **more}, as_json=as_json)
    if not as_json and (done or not failed):
        where = "; nothing was written" if dry_run else f"; written to {out or f'corpus/suggestions/{name}/'}"
        click.echo(f"{_summary(done)}{where}.", err=True)
    if failed:
        raise ServerError(_say_failed(failed), failed[-1][1].status)


def _no_words(lacking: list[str]) -> "InputError":
    """Return what to say where no article has its words at hand."""
    from stancebank.errors import InputError

    return InputError(
        f"The words of {count(len(lacking), 'article')} are not at hand.\nHint: run `stancebank corpus hydrate DIR`."
    )


def _say_failed(failed: "list[tuple[str, ServerError]]") -> str:
    """Say which articles have no suggestion, those with one reason together."""
    from stancebank.errors import list_some

    by_reason: dict[str, list[str]] = {}
    for article_id, error in failed:
        by_reason.setdefault(str(error), []).append(article_id)
    head = f"{count(len(failed), 'article')} could not be read, and kept what they had:"
    return "\n".join([head, *(f"- {list_some(names, 5)}: {reason}" for reason, names in by_reason.items())])


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


def _print(done: "list[Suggested]", lacking: list[str], more: dict[str, Any], *, as_json: bool) -> None:
    """Print what was found. more: what JSON says beside it, the engine and what it took."""
    if as_json:
        articles = [{"article_id": each.article_id, "statements": len(each.statements)} for each in done]
        click.echo(json.dumps({**more, "articles": articles, "without_words": lacking}, ensure_ascii=False))
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
