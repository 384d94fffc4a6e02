"""The command that brings the words of articles back from a user's copies."""

import json
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stancebank.cli.context import get_workspace, print_table

if TYPE_CHECKING:
    from stancebank.corpus.hydrate import Hydration, SpanProof

_PROOFS = {
    "text": "the whole text is proved, and the span's fingerprint",
    "line": "its line is unchanged, and holds these words at one possible place",
    "block": "its line was changed; these words stand once in the copy, between the same neighbours",
    "changed": "not found between the neighbours of its line",
    "ambiguous": "may be there, and nothing proves where",
    "missing": "the copy has nothing between the neighbours of its line",
    "wrong": "the text is proved, and the span holds other words: correct its begin and end",
}


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--report", is_flag=True, help="Say of every span whether it was found, and what proves it.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as a JSON list; with --report, with all spans.")
@click.pass_context
def hydrate(ctx: click.Context, folder: Path, report: bool, as_json: bool) -> None:
    """Fill the local store with the words of articles, from copies that you hold.

    Reads every .txt, .json and .jsonl file in DIR, whatever it is called; writes .stancebank/texts/. A copy is
    recognised by its lines, proved by the text's SHA-256, and every annotated span is compared with its fingerprint.

    A copy that differs is never used as the text. Its spans are looked for through the lines that it shares with the
    record, and a span gets a place only with a proof; --report lists them all. Exits with 1 if a copy differs or none
    was found.

    \b
    Example:
      stancebank corpus hydrate my-copies/
      stancebank corpus hydrate my-copies/ --report
    """
    from stancebank.corpus.hydrate import hydrate as hydrate_all
    from stancebank.corpus.sources import read_sources
    from stancebank.corpus.withdraw import Known, Memory
    from stancebank.errors import InputError

    store = get_workspace(ctx).store
    sources = []
    for source in read_sources([folder]):
        if isinstance(source, InputError):
            click.echo(f"Left out: {source}", err=True)
        else:
            sources.append(source)
    memory = Memory(store.withdrawals())
    gone = {each.id for each in memory.withdrawals}
    recognised: dict[str, Known] = {}
    for source in list(sources):
        if known := memory.know_text(source.text, source.raw_sha256):
            recognised[source.name] = known
            if known.is_same:
                sources.remove(source)
    articles = [article for article in store.articles() if article.id not in gone]
    results = hydrate_all(articles, store.all_documents(), sources)
    for name, known in recognised.items():
        if name not in {result.copy for result in results if result.state == "ready"}:
            gone_one = known.withdrawal
            click.echo(
                f"Left out: {name}: {gone_one.id} was withdrawn on {gone_one.date} ({known.how}): {gone_one.reason}",
                err=True,
            )
    rows: list[dict[str, Any]] = []
    for result in results:
        if result.text is not None and not result.wrong_spans:
            store.write_text(result.article, result.text)
        state = "different" if result.wrong_spans else result.state
        row = {"id": result.article.id, "state": state, "copy": result.copy, "detail": _detail(result)}
        spans = {"spans": [asdict(span) for span in result.spans]} if report else {}
        rows.append(row | spans)
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
    else:
        print_table(
            ["article", "state", "copy", "detail"],
            [
                [str(row["id"]), str(row["state"]), Path(str(row["copy"] or "–")).name, str(row["detail"])]
                for row in rows
            ],
        )
        if report:
            _print_spans(results)
    states = [row["state"] for row in rows]
    click.echo(", ".join(f"{states.count(s)} {s}" for s in ("ready", "missing", "different")) + ".", err=True)
    sys.exit(1 if "different" in states or "ready" not in states else 0)


def _detail(result: "Hydration") -> str:
    if result.wrong_spans:
        return f"{len(result.wrong_spans)} of {len(result.spans)} spans hold other words"
    if result.state == "ready":
        return f"text proved by SHA-256, all {len(result.spans)} spans hold their words"
    if result.state == "different":
        lines = f"{result.lines_found} of {len(result.article.lines)} lines found, or in other typography; not used"
        return f"{lines}; {result.spans_found} of {len(result.spans)} spans found"
    return "no copy in the folder"


def _print_spans(results: list["Hydration"]) -> None:
    """Print every span with its place in the copy and its proof, then what the proofs mean."""
    rows = [
        [result.article.id, span.document, span.pointer, _place(span), span.outcome]
        for result in results
        for span in result.spans
    ]
    if rows:
        click.echo()
        print_table(["article", "document", "span", "in the copy", "proof"], rows)
        click.echo()
    counts: Counter[str] = Counter(span.outcome for result in results for span in result.spans)
    print_table(
        ["proof", "spans", "meaning"],
        [[name, str(counts[name]), said] for name, said in _PROOFS.items() if counts[name]],
    )


def _place(span: "SpanProof") -> str:
    return "–" if span.begin is None else f"{span.begin}-{span.end}"
