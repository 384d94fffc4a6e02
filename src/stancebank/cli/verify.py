"""The command that verifies a folder."""

import json
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stancebank.cli.output import count, print_table
from stancebank.cli.params import ReleaseFolder, json_option

if TYPE_CHECKING:
    from stancebank.publish.hydrate import Coverage
    from stancebank.publish.verification import Verified


@click.command()
@click.argument("folder", metavar="DIR", type=ReleaseFolder(is_judged=True))
@click.option(
    "--workspace",
    "-w",
    "against",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Also compare the folder with a workspace: with its record of the version, or with its gold if there is none.",
)
@click.option("--no-readers", is_flag=True, help="Do not open the folder with datasets, pandas and other readers.")
@click.option("--require-readers", is_flag=True, help="Fail if a reader is not installed; otherwise it is only named.")
@click.option(
    "--signers",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Require a signature by somebody whom this file names, in the form of SSH's allowed signers.",
)
@json_option("Print what was found as a JSON object.")
def verify(
    folder: Path, against: Path | None, no_readers: bool, require_readers: bool, signers: Path | None, as_json: bool
) -> None:
    """Verify a published folder from its files alone, without trusting it.

    Reads DIR, a folder that `stancebank publish build` or `publish release` has written, and no workspace. Or DIR is
    the address of a published version, such as hf://datasets/ORG/NAME@1.2.0, which is fetched into a cache. Checks
    files, manifest, tables, rows, card and croissant.json, and computes again every value that follows from others;
    then opens the folder with each installed reader, in a process without the toolkit. Writes nothing.

    The folder alone cannot show everything, such as a label that was changed in all files. So --workspace also compares
    it with the record of its version, in the last commit or under the version's tag. If there is no record yet, it
    compares the rows with the gold of a workspace at the same version. A workspace at another version is not compared,
    and the command exits with 5.

    A signature, SHA256SUMS.sig, is checked with `ssh-keygen`. Without --signers it is that of an unknown key, whose
    fingerprint is printed.

    \b
    Example:
      stancebank publish verify build/dataset --no-readers
      stancebank publish verify build/dataset --workspace .
      stancebank publish verify releases/toy-1.2.0 --no-readers --signers ../signers
      stancebank publish verify s3://bucket/toy@1.2.0
    """
    from stancebank.publish.verification import Wanted
    from stancebank.publish.verification import verify as verify_folder
    from stancebank.publish.verification.readers import READERS
    from stancebank.workspace import open_workspace

    if no_readers and require_readers:
        raise click.UsageError("--no-readers and --require-readers exclude one another.")
    workspace = open_workspace(against) if against else None
    found = verify_folder(folder, Wanted(workspace, () if no_readers else READERS, require_readers, signers))
    if as_json:
        faults = [asdict(each) | {"severity": each.severity, "hint": each.hint} for each in found.faults]
        value = {"sound": found.is_sound, "checks": found.done, "rows": found.rows, "readers": found.tried}
        value |= {"signature": found.signature and found.signature.listed()}
        value |= {"left_out": list(found.beside)} if found.beside else {}
        click.echo(json.dumps(value | {"faults": faults}, ensure_ascii=False))
    else:
        _print(found, has_workspace=workspace is not None, has_readers=not no_readers)
    if not found.is_sound:
        sys.exit(1)
    if not found.is_compared:
        sys.exit(5)


def _print(found: "Verified", *, has_workspace: bool, has_readers: bool) -> None:
    from stancebank.publish.verification import CHECKS

    for each in found.faults[:MOST]:
        click.echo(f"{_seen(each.place)}  {each.code}  ({each.severity})\n    {_seen(each.message)}")
        click.echo(f"    Hint: {each.hint}.")
    if len(found.faults) > MOST:
        click.echo(f"... and {len(found.faults) - MOST} more; --json lists them all.")
    if found.beside:
        click.echo(f"Left out, since it belongs to git, to the Hub or to its client: {', '.join(found.beside)}.")
    state = {name: "done" if name in found.done else "not reached" for name in CHECKS}
    if not has_workspace or not found.is_compared:
        state["workspace"] = "not compared" if has_workspace else "not asked for"
    if not has_readers or (found.is_sound and not found.tried):
        state["readers"] = "left out"
    if "signature" not in found.done:
        state["signature"] = "not signed"
    elif found.signature and not any(each.code == "signature-unknown" for each in found.faults):
        state["signature"] = ", ".join(found.signature.by) or "by an unknown key"
    else:
        state["signature"] = "not proved"
    if found.tried:
        state["readers"] = ", ".join(f"{name} {version}" for name, version in found.tried.items())
    print_table(["check", "state", "what it proves"], [[name, state[name], CHECKS[name]] for name in CHECKS])
    errors = len(found.errors)
    counted = f"{errors} error{'' if errors == 1 else 's'}"
    click.echo("The folder is sound." if found.is_sound else f"The folder is not sound: {counted}.", err=True)
    if found.is_sound and found.signature:
        lacking = "" if found.signature.by else " Name a file of --signers to know whose it is."
        click.echo(f"It is signed by {found.signature}.{lacking}", err=True)
    if found.is_sound and not found.is_compared:
        click.echo("It was not compared with the workspace, which has no record of this version.", err=True)
    if found.is_sound and not has_workspace:
        who = "" if found.signature else ", nor who made it"
        said = f"No folder proves its labels{who}: --workspace holds it against a workspace of the project."
        click.echo(said, err=True)


def _seen(text: str) -> str:
    """Return what a folder says so that nothing in it can move the cursor or stay unseen."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


MOST = 50
"""Faults that are printed one by one."""


_STATES = {
    "verified": "a copy is proved to be the text, by its SHA-256, or the folder shows the whole text itself",
    "partial": "a copy differs: only spans that are proved one by one have words, and whole texts lack it",
    "mismatch": "a copy is proved to be the text, and spans hold other words; not used",
    "missing": "no copy in the folder",
}


@click.command("hydrate")
@click.argument("release", type=ReleaseFolder())
@click.argument("copies", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder to write. An earlier one of ours is replaced; anything else is left alone, and refused.",
)
@click.option("--report", is_flag=True, help="Say of every article what was found, not only of those that lack words.")
@json_option("Print what was written and found as a JSON object.")
def hydrate_release(release: Path, copies: Path, out: Path, report: bool, as_json: bool) -> None:
    """Give a release its words back, from copies of the articles that you hold. Needs no workspace.

    Reads RELEASE, a folder or the address of a published version, and every article in COPIES, as `stancebank corpus
    add` does (texts, web pages, JSON), whatever its file is called; writes the full dataset to the folder --out: all
    tables with the words of their spans, and those that need whole texts.

    A copy is recognised by its lines and proved by the text's SHA-256. Of a copy that differs, spans are looked for
    through the lines that it shares with the record, and get their words only with a proof. Exits with 1 where a copy
    differs, or none was found. Another version of what takes the text out of web pages may take out another text.

    A folder that shows more words than the articles' text policies allow is for your own use: it says that it is not
    publishable, and git ignores it.

    \b
    Example:
      stancebank publish hydrate releases/toy-1.2.0 my-copies/ --out releases/toy-with-words
    """
    from stancebank.corpus.sources import for_words, read_sources
    from stancebank.errors import InputError
    from stancebank.publish.hydrate import hydrate_folder
    from stancebank.publish.layout import key_of

    sources = []
    for source in read_sources([copies], for_words()):
        if isinstance(source, InputError):
            click.echo(f"Left out: {source}", err=True)
        else:
            sources.append(source)
    made = hydrate_folder(release, sources, out)
    states: Counter[str] = Counter(each.state for each in made.coverage)
    if as_json:
        value = {
            "out": str(made.out),
            "rows": made.rows,
            "publishable": not made.beyond,
            key_of("exceeds_policy", made.edition): made.beyond,
            "articles": [
                {key: value for key, value in asdict(each).items() if key != "reason" or value}
                for each in made.coverage
            ],
        }
        click.echo(json.dumps(value, ensure_ascii=False))
    else:
        for table, rows in made.rows.items():
            click.echo(f"{table}  {count(rows, 'row')}")
        listed = [each for each in made.coverage if report or each.state != "verified"]
        if listed:
            click.echo()
            print_table(["article", "state", "copy", "spans proved"], [_line(each) for each in listed])
            for each in listed:
                if each.reason:
                    click.echo(f"{each.article_id}: {each.reason}.")
        click.echo()
        counts = [[name, str(states[name]), said] for name, said in _STATES.items() if states[name]]
        print_table(["state", "articles", "meaning"], counts)
    click.echo(f"Wrote {made.out}.", err=True)
    if made.beyond:
        click.echo(
            f"Not for publication. Articles that show more words than their text policy allows: {len(made.beyond)}.",
            err=True,
        )
    sys.exit(1 if states["partial"] or states["mismatch"] or not states["verified"] else 0)


def _line(each: "Coverage") -> list[str]:
    share = f"{each.found} of {each.spans}" + (f" ({100 * each.found // each.spans}%)" if each.spans else "")
    return [each.article_id, each.state, Path(each.copy or "–").name, share]
