"""The command publish release."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stancebank.cli.output import count, get_workspace, writes
from stancebank.cli.params import dry_run_option, json_option, no_cache_option

if TYPE_CHECKING:
    from stancebank.errors import Finding
    from stancebank.publish.release.release import Release


@click.command()
@click.argument("version")
@dry_run_option("Build and check, and write nothing.")
@click.option("--waive", multiple=True, metavar="CODE", help="Accept findings with this code; needs --reason.")
@click.option("--reason", multiple=True, metavar="TEXT", help="Why: one for each --waive, in the same order.")
@click.option("--allow-pending", is_flag=True, help="Release although fields wait for an answer; they are null.")
@click.option(
    "--sign",
    "key",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="KEY",
    help="Sign it with this SSH key: a private one, or a public one whose private half is in the agent.",
)
@click.option("--renew", is_flag=True, help="Make a version again that has a record and no tag yet.")
@no_cache_option
@json_option()
@click.pass_context
@writes
def release(
    ctx: click.Context,
    version: str,
    dry_run: bool,
    waive: tuple[str, ...],
    reason: tuple[str, ...],
    allow_pending: bool,
    key: Path | None,
    renew: bool,
    no_cache: bool,
    as_json: bool,
) -> None:
    """Make a version of the dataset, or make a recorded one again and compare.

    Reads the workspace and its last commit; nothing may differ from that. Writes releases/NAME-VERSION/, which git
    ignores: the tables as Parquet, card, schema, guidelines, changelog, rights, metadata for a deposit, a note to
    announce it with, manifest.json and SHA256SUMS. Then writes the version to stancebank.toml, dates what CHANGELOG.md
    says under Unreleased of the dataset, renews the card, and records the version in corpus/releases/VERSION/; prints
    the commands that commit and tag it.

    Before anything is written the folder passes a gate: no errors in the workspace, rights decided, no words beyond
    a text policy, no e-mail addresses, secrets or paths of machines, no row lost without a reason, a version number
    that is raised by enough, files of a size that the Hub accepts. `stancebank help releasing` explains it. What
    --waive accepts is recorded in the manifest; rights, secrets and wrong counts cannot be waived.

    A version that has a record is built again from the present commit and compared with the record; each difference is
    named, and the exit code is 1.

    --sign puts SHA256SUMS.sig beside SHA256SUMS, which is no part of the version: whoever makes it again needs no key.
    `stancebank publish sign` signs a folder that was made before.

    \b
    Example:
      stancebank publish release 2.0.0 --dry-run
      stancebank publish release 2.0.0 --sign ../signing-key
      stancebank publish release 2.0.0 --waive release-lost --reason "The outlet asked for it."
    """
    from stancebank.annotate.interface import check_interface
    from stancebank.publish.card.card import CITATION
    from stancebank.publish.release.gate import ReleaseWaiver
    from stancebank.publish.release.plan import CHANGELOG
    from stancebank.publish.release.release import Wish
    from stancebank.publish.release.release import release as make_release

    if len(waive) != len(reason):
        raise click.UsageError("Each --waive needs its --reason.")
    workspace = get_workspace(ctx)
    waivers = tuple(ReleaseWaiver(code, why) for code, why in zip(waive, reason, strict=True))
    if allow_pending:
        waivers = (*waivers, ReleaseWaiver("release-pending", "They are released as null."))
    also = tuple(check_interface(workspace))
    wish = Wish(
        version,
        waivers,
        dry_run=dry_run,
        renew=renew,
        also=also,
        key=key,
        may_ask=sys.stdin.isatty(),
        uses_cache=not no_cache,
    )
    made = make_release(workspace, wish)
    if as_json:
        click.echo(json.dumps(_listed(made, dry_run), ensure_ascii=False))
    else:
        _print(made, dry_run)
        told = {each.file for each in made.findings}
        lacking = [n for n in (CHANGELOG, CITATION) if not (workspace.root / n).is_file() and n not in told]
        if made.is_new and lacking:
            click.echo(f"The workspace has no {' and no '.join(lacking)}, so the folder has none.", err=True)
    if not made.is_clean:
        sys.exit(1)


def _print(made: "Release", dry_run: bool) -> None:
    from stancebank.publish.release.gate import say_changes
    from stancebank.publish.splitting import say_report

    for table, rows in made.rows.items():
        click.echo(f"{table}  {count(rows, 'row')}")
    for name, findings in (("", made.findings), (", waived", made.waived)):
        for each in findings:
            click.echo(f"{each.file}  {each.pointer}  {each.code}  ({each.severity}{name})\n    {each.message}")
            click.echo(f"    Hint: {each.hint}.")
    if made.splits:
        click.echo(say_report(made.splits), err=True)
    if made.changes:
        click.echo(f"Since {made.before}: {say_changes(made.changes)}", err=True)
    for difference in made.differences:
        click.echo(difference)
    if made.errors:
        counted = "1 finding is open" if len(made.errors) == 1 else f"{len(made.errors)} findings are open"
        click.echo(f"Not released: {counted} against it. Nothing was written.", err=True)
    elif made.differences:
        click.echo(
            f"What this commit gives is not the recorded {made.version}. Nothing was written.\n"
            f"Hint: git checkout {made.tag}, and run this again; or make the next version.",
            err=True,
        )
    elif dry_run:
        what = f"write {', '.join(made.written)}" if made.is_new else "be as it is recorded"
        click.echo(f"{made.version} would {what}. Nothing was written.", err=True)
    elif made.is_new:
        click.echo(f"Released {made.out}.", err=True)
        _print_signature(made)
        _print_commands(made)
    else:
        click.echo(f"Made {made.out} again: it is the recorded {made.version}, byte for byte.", err=True)
        _print_signature(made)
        if made.uncommitted:
            _print_commands(made)


def _print_signature(made: "Release") -> None:
    if made.signature:
        click.echo(f"It is signed with the key {made.signature.key_text}.", err=True)


def _print_commands(made: "Release") -> None:
    from stancebank.publish.release.release import commands

    click.echo(f"Now {'commit and ' if made.uncommitted else ''}tag it:", err=True)
    click.echo("\n".join(commands(made)))


def _listed(made: "Release", dry_run: bool) -> dict[str, object]:
    from stancebank.publish.release.release import commands

    def listed(findings: "tuple[Finding, ...]") -> list[dict[str, str]]:
        return [
            {
                "file": f.file,
                "pointer": f.pointer,
                "code": f.code,
                "severity": f.severity,
                "message": f.message,
                "hint": f.hint,
            }
            for f in findings
        ]

    changes = made.changes
    return {
        "version": made.version,
        "out": str(made.out),
        "new": made.is_new,
        "dry_run": dry_run,
        "rows": made.rows,
        "findings": listed(made.findings),
        "waived": listed(made.waived),
        "differences": made.differences,
        "before": made.before,
        "splits": made.splits["splits"] if made.splits else {},
        "leaks": len(made.splits["leaks"] + made.splits["fold_leaks"])
        if made.splits and made.splits["applicable"]
        else None,
        "step": changes.step.name if changes else None,
        "lost": changes.lost if changes else {},
        "written": made.written,
        "uncommitted": made.uncommitted,
        "commands": commands(made) if made.is_clean and not dry_run and (made.is_new or made.uncommitted) else [],
        "tag": made.tag,
        "signature": made.signature and made.signature.listed(),
    }


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("key", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@dry_run_option("Verify the folder and try the key, and write nothing.")
@json_option()
def sign(folder: Path, key: Path, dry_run: bool, as_json: bool) -> None:
    """Sign a release that was made before, with an SSH key.

    Reads FOLDER, which `stancebank publish release` has made, and verifies it first. Signs its SHA256SUMS with KEY, a
    private key of SSH, or a public one whose private half is in the agent, and writes the signature to SHA256SUMS.sig,
    in the place of an earlier one.

    It is `ssh-keygen -Y sign -n stancebank`. Whoever has your public key checks it with `stancebank publish verify
    --signers`, or with `ssh-keygen -Y verify`. Sign a release before you push it: what is published does not change.

    \b
    Example:
      stancebank publish sign releases/toy-1.2.0 ../signing-key
    """
    from stancebank.publish.layout import SIGNATURE
    from stancebank.publish.remote.places import read_release
    from stancebank.publish.signing import require_key
    from stancebank.publish.signing import sign as sign_folder

    may_ask = sys.stdin.isatty()
    require_key(key, may_ask=may_ask)
    made = read_release(folder, "signed")
    signature = sign_folder(folder, key, may_ask=may_ask, dry_run=dry_run)
    if as_json:
        value = {"folder": str(folder), "version": made.version, "signature": signature.listed(), "dry_run": dry_run}
        click.echo(json.dumps(value, ensure_ascii=False))
    elif dry_run:
        click.echo(f"{folder} would be signed with the key {signature.key_text}. Nothing was written.", err=True)
    else:
        click.echo(f"Wrote {folder / SIGNATURE}, made with the key {signature.key_text}.", err=True)
