"""The commands that bring a release to an address, and take one away again."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from stancebank.cli.output import Progress, count, print_table
from stancebank.cli.params import dry_run_option, json_option


@click.command()
@click.argument("release", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("target")
@click.option("--public", is_flag=True, help="Let everybody see it. A repository that is made is private otherwise.")
@dry_run_option("Print what would be sent, and send nothing.")
@json_option()
def push(release: Path, target: str, public: bool, dry_run: bool, as_json: bool) -> None:
    """Push a release to the Hugging Face Hub, an object store or a folder.

    Reads RELEASE, a folder that `stancebank publish release` has made, and verifies it first. TARGET is
    `hf://datasets/ORG/NAME`, `s3://BUCKET/PREFIX`, or another address that fsspec knows, such as `file:///PATH`.

    On the Hub, a version is one commit and the tag vX.Y.Z, which comes last: after all digests there were compared and
    `datasets` has opened every table there. Elsewhere it is a folder X.Y.Z, in which manifest.json comes last. A run
    that is stopped leaves no version or the whole one, and the next run completes it. A version that is there is not
    overwritten; the same content again changes nothing.

    Credentials are found by the clients themselves: HF_TOKEN or `hf auth login`; AWS_ACCESS_KEY_ID and the like.

    \b
    Example:
      stancebank publish push releases/toy-1.2.0 hf://datasets/org/toy --dry-run
      stancebank publish push releases/toy-1.2.0 s3://bucket/toy
    """
    from stancebank.publish.remote.places import listed
    from stancebank.publish.remote.push import plan_push
    from stancebank.publish.remote.push import push as push_release

    with Progress() as progress:
        progress.report("Verifying the folder", str(release))
        if dry_run:
            _, _, plan = plan_push(release, target)
        else:
            plan = push_release(release, target, progress.report, public=public)
    if as_json:
        click.echo(json.dumps(listed(plan) | {"dry_run": dry_run}, ensure_ascii=False))
        return
    rows = [
        ["upload", str(len(plan.new)), f"{plan.bytes:,}"],
        ["is there", str(len(plan.same)), ""],
        ["delete there", str(len(plan.gone)), ""],
    ]
    print_table(["what", "files", "bytes"], [row for row in rows if row[1] != "0"])
    if plan.is_there:
        click.echo(f"{plan.target} is there already, with the same content. Nothing was changed.", err=True)
    elif dry_run:
        made = " It would be made, private." if plan.creates and not public else ""
        gated = " Readers would have to agree to the terms of its texts." if plan.gated else ""
        click.echo(f"{plan.target} would be made.{made}{gated} Nothing was sent.", err=True)
    else:
        click.echo(f"Pushed {plan.target}.", err=True)


@click.command()
@click.argument("target")
@click.argument("version")
@click.option("--reason", required=True, metavar="TEXT", help="Why. It stays there, in the tombstone.")
@dry_run_option("Print what would be taken away, and change nothing.")
@json_option()
def retract(target: str, version: str, reason: str, dry_run: bool, as_json: bool) -> None:
    """Take a published version away, and leave a tombstone with the reason.

    On the Hub the tag goes, and all history and large files that lead to the version; the versions that stay keep their
    content and their tags, and get other commit ids. In an object store the files go, and the older versions of them
    that the bucket keeps. The version cannot be pushed there again, and who asks for it is told the reason.

    Prints what is out of reach, such as copies that people have made.

    \b
    Example:
      stancebank publish retract hf://datasets/org/toy 1.2.0 --reason "The outlet asked for it." --dry-run
    """
    from stancebank.publish.remote.push import retract as retract_version

    with Progress() as progress:
        done = retract_version(target, version, reason, progress.report, dry_run=dry_run)
    if as_json:
        click.echo(json.dumps(asdict(done) | {"dry_run": dry_run}, ensure_ascii=False))
        return
    print_table(["step"], [[each] for each in done.steps])
    click.echo()
    print_table(["out of reach"], [[each] for each in done.beyond])
    where = f"{done.version} of {done.target}"
    if dry_run:
        click.echo(f"{where} would be retracted in {count(len(done.steps), 'step')}. Nothing was changed.", err=True)
    else:
        click.echo(f"Retracted {where}.", err=True)
