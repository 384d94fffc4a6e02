"""The group engine: Daft and Ray, which run long work on several machines."""

import json

import click

from stancebank.cli.output import Group, Progress, count, print_table
from stancebank.cli.params import json_option


@click.group(cls=Group)
def engine() -> None:
    """Install and check the engine that runs long work on a Ray cluster.

    Commands that work article by article take --engine: daft for this machine, or ray://HOST:PORT for a cluster. They
    write the same bytes with and without it. See `stancebank help engine`.
    """


@engine.command()
@json_option("Print where it is as a JSON object.")
def install(as_json: bool) -> None:
    """Install Daft and Ray into an environment of their own, below ~/.cache/stancebank (1 GB, a minute).

    With pinned versions and hashes. Daft needs an older pyarrow than the toolkit writes with, so it cannot be in the
    toolkit's own environment. Prints the folder. On each machine of a cluster, run this, too, and start Ray with the
    program bin/ray of that folder. A second run only lets the environment have the toolkit as it is now.

    \b
    Example:
      stancebank engine install
    """
    from stancebank.batches.engine import install as make

    with Progress() as progress:
        folder = make(progress.report)
    click.echo(json.dumps({"folder": str(folder)}) if as_json else folder)


@engine.command()
@click.argument("address", metavar="ADDRESS")
@json_option("Print the machines and their versions as a JSON object.")
def check(address: str, as_json: bool) -> None:
    """Say which machines the engine at ADDRESS has, and the versions on each; writes nothing.

    ADDRESS is daft, or ray://HOST:PORT. Python, Ray, Daft, pyarrow and the toolkit must be equal on all machines; each
    run with --engine sees to that before it begins.

    \b
    Example:
      stancebank engine check daft
      stancebank engine check ray://head.example.org:10001
    """
    from stancebank.batches.engine import check_engine, other_versions

    about = check_engine(address)
    others = other_versions(about)
    if as_json:
        click.echo(json.dumps({**about, "others": {name: list(each) for name, each in others.items()}}))
        return
    names = ["python", "ray", "daft", "pyarrow", "stancebank"]
    print_table(
        ["machine", "cores", *names],
        [[each["name"], str(each["cores"]), *(each[name] for name in names)] for each in about["nodes"]],
    )
    cores = sum(each["cores"] for each in about["nodes"])
    click.echo(f"{count(len(about['nodes']), 'machine')}, {count(cores, 'core')}, equal versions.", err=True)
    if others:
        told = ", ".join(f"{name} {here} (there {there})" for name, (here, there) in others.items())
        click.echo(f"Here are other versions than on the engine, so that results may differ: {told}.", err=True)
