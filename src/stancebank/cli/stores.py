"""The commands corpus store, convert and compact: where records are kept."""

import json
from dataclasses import asdict
from typing import Any

import click

from stancebank.cli.articles import DRY
from stancebank.cli.output import count, get_workspace, print_table, writes
from stancebank.cli.params import dry_run_option, json_option

_PLACE = 'A folder relative to the workspace, an address such as "s3://bucket/folder", or "files".'


@click.command()
@click.option("--take-last", is_flag=True, help="Let corpus/store.lock pin the last version of the table.")
@json_option("Print it as a JSON object.")
@dry_run_option()
@click.pass_context
def store(ctx: click.Context, take_last: bool, as_json: bool, dry_run: bool) -> None:
    """Say where the records of the corpus are kept, and whether the lock file fits.

    Records are files, or rows of a table, of which corpus/store.lock pins a version. --take-last is for a lock that was
    lost, such as that of a machine that broke before it was committed: everything that was written to the table counts.

    \b
    Example:
      stancebank corpus store
    """
    from stancebank.corpus.backend import STORED
    from stancebank.corpus.table import TableBackend
    from stancebank.errors import InputError

    workspace = get_workspace(ctx)
    backend = workspace.store.backend
    value: dict[str, Any] = {"store": workspace.settings.store}
    if isinstance(backend, TableBackend):
        if take_last and not dry_run:
            with workspace.store.alone(ctx.command_path):
                backend.take_last()
        backend.require_sound()
        lock, last = backend.lock(), backend.main.last_version()
        value |= {
            "version": lock.version if lock else None,
            "last_version": last,
            "sha256": lock.sha256 if lock else None,
        }
    elif take_last:
        raise InputError("The records of this workspace are files, which need no lock.\nHint: leave out --take-last.")
    folders = {folder: len(backend.names(folder)) for folder in STORED}
    value["records"] = folders
    if as_json:
        click.echo(json.dumps(value, ensure_ascii=False))
    else:
        print_table(["folder", "records"], [[name, str(number)] for name, number in folders.items()])
    if "version" not in value:
        click.echo("Records are files.", err=True)
        return
    if value["version"] is None:
        click.echo(f"Records are in the table {value['store']}; nothing was written yet.", err=True)
        return
    click.echo(f"Records are in version {value['version']} of the table {value['store']}.", err=True)
    if value["last_version"] != value["version"]:
        click.echo(
            f"The table has version {value['last_version']}, which is newer.\n"
            "Hint: `git pull` brings the lock file of who wrote it; where it is lost, use --take-last.",
            err=True,
        )
    if take_last and dry_run:
        click.echo(DRY, err=True)


@click.command()
@click.option("--to", "address", required=True, metavar="PLACE", help=_PLACE)
@dry_run_option()
@json_option()
@click.pass_context
@writes
def convert(ctx: click.Context, address: str, dry_run: bool, as_json: bool) -> None:
    """Move the records of the corpus from files to a table, or back.

    Articles, texts, documents, adjudications and suggestions move, without a byte changed; registries, ledgers and
    settings stay files. All of it is written, read back and compared before the old place is given up. It can be run
    again after it was killed. Words that may not be published never leave .stancebank/. A table stays where it is when
    its records become files, since commits of git pin its versions.

    Afterwards commit what git shows: stancebank.toml, corpus/store.lock, and the files that are gone.

    \b
    Example:
      stancebank corpus convert --to .stancebank/shared --dry-run
      stancebank corpus convert --to files
    """
    from stancebank.corpus.conversion import convert as move

    workspace = get_workspace(ctx)
    done = move(workspace.store, workspace.settings.store, address, dry_run=dry_run)
    if as_json:
        click.echo(json.dumps({**asdict(done), "dry_run": dry_run}, ensure_ascii=False))
    if done.is_done:
        click.echo(f"All {count(done.records, 'record')} are there: {address}.", err=True)
    else:
        click.echo(
            f"{count(done.records, 'record')} from {done.before} to {done.after}, {done.local} of them within "
            f".stancebank/; {done.copied} copied now, {done.bytes:,} bytes. SHA-256 of what is held: {done.sha256}.",
            err=True,
        )
    if done.left and not dry_run:
        click.echo(f"The table {done.left} was left as it is: earlier commits pin its versions.", err=True)
    if dry_run:
        click.echo(DRY, err=True)


@click.command()
@click.option(
    "--keep-days",
    type=click.IntRange(0, 36500),
    default=30,
    show_default=True,
    help="Keep files for so many days after they went out of use.",
)
@dry_run_option()
@json_option()
@click.pass_context
@writes
def compact(ctx: click.Context, keep_days: int, dry_run: bool, as_json: bool) -> None:
    """Write small files of the table together, and remove those that are out of use.

    No file is removed that a pinned version has: of corpus/store.lock in any commit that git knows, so that each
    release can be made again. Others may have commits that are not here yet; --keep-days is their time to push them.

    \b
    Example:
      stancebank corpus compact --dry-run
    """
    from stancebank.corpus.compaction import Compaction
    from stancebank.corpus.compaction import compact as write_together
    from stancebank.corpus.table import TableBackend

    backend = get_workspace(ctx).store.backend
    done = Compaction((0, 0), (0, 0), (), ())
    if isinstance(backend, TableBackend):
        done = write_together(backend, keep_days, dry_run=dry_run)
    if as_json:
        click.echo(json.dumps({**asdict(done), "dry_run": dry_run}, ensure_ascii=False))
    else:
        for name in done.removed:
            click.echo(name)
    if not isinstance(backend, TableBackend):
        click.echo("Records are files: there is no table to compact.", err=True)
        return
    removed = f"{count(len(done.removed), 'file')} {'would be ' if dry_run else ''}removed"
    click.echo(
        f"{count(done.files[0], 'data file')} of {done.bytes[0]:,} bytes in use before, {done.files[1]} of "
        f"{done.bytes[1]:,} after; {removed}; {count(len(done.pinned), 'version')} pinned.",
        err=True,
    )
    if dry_run:
        click.echo(DRY, err=True)
