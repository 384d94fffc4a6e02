"""The command init."""

import json
import re
from pathlib import Path

import click

from stancebank.cli.params import dry_run_option, json_option


@click.command()
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.option("--sample", is_flag=True, help="Add the sample: articles to learn on, with gold and three readings.")
@click.option("--minimal", is_flag=True, help="Leave the registry of targets empty: for another subject than talks.")
@click.option("--git", "with_git", is_flag=True, help="Make the folder a git repository, too: releases need one.")
@click.option("--nested", is_flag=True, help="Allow a workspace inside another one.")
@click.option("--name", help="What the dataset is called. Default: the name of the folder.")
@dry_run_option()
@json_option()
def init(
    folder: Path,
    sample: bool,
    minimal: bool,
    with_git: bool,
    nested: bool,
    name: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Create a new workspace in DIR, by default the working directory.

    Writes schema/, annotate/ (guidelines, labelling interface), corpus/ with the registries, CHANGELOG.md,
    CITATION.cff, a DATASET_CARD.md to fill in, and a stancebank.toml whose comments explain the settings. Existing
    files are kept; if one has other content, nothing is written. An interrupted run is completed by the next one. A
    folder inside another workspace is refused without --nested.

    With --sample, the corpus holds news articles of invented countries with all their words, a gold reading, and the
    readings of three invented annotators, with their mistakes listed in DIFFERENCES.md.

    \b
    Example:
      stancebank init river-talks --git
      stancebank init --sample river-sample
    """
    from stancebank.errors import ConflictError, InputError
    from stancebank.git import begin
    from stancebank.starter.laying import lay, plain_files, sample_files
    from stancebank.workspace import nearest_root

    if sample and (name or minimal):
        raise click.UsageError(f"--sample has its own {'name' if name else 'targets'}; leave the other option out.")
    outer = nearest_root(*folder.resolve().parents)
    if outer is not None and not nested:
        raise ConflictError(
            f"{folder} is inside the workspace {outer}.\n"
            "Hint: name a folder outside of it, or add --nested. Nothing was written."
        )
    if sample:
        files = sample_files()
    else:
        found = name or re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")
        if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", found):
            raise InputError(
                f"{found!r} is not a valid name for a dataset.\n"
                "Hint: give one with --name, of lower-case letters, digits and hyphens, such as river-talks."
            )
        files = plain_files(found, minimal=minimal)
    written = lay(files, folder, dry_run=dry_run)
    made = with_git and not dry_run and begin(folder)
    if as_json:
        value = {"folder": str(folder), "written": written, "repository": made, "dry_run": dry_run}
        click.echo(json.dumps(value))
    if made:
        click.echo("Made it a git repository.", err=True)
    if not written:
        click.echo(f"{folder} is a complete workspace already; nothing was written.", err=True)
        return
    if dry_run:
        click.echo(f"Would create a workspace in {folder} ({written} files). Nothing was written.", err=True)
        return
    click.echo(f"Created a workspace in {folder} ({written} files).", err=True)
    enter = "" if folder.resolve() == Path.cwd() else f"cd {folder}; "
    then = "read README.md; stancebank check" if sample else "stancebank corpus add PATH --outlet NAME"
    click.echo(f"Next: {enter}{then}", err=True)
