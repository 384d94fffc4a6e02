"""The command init."""

import re
from pathlib import Path

import click


@click.command()
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.option("--sample", is_flag=True, help="Add the sample: articles to learn on, with gold and three readings.")
@click.option("--name", help="What the dataset is called. Default: the name of the folder.")
@click.pass_context
def init(ctx: click.Context, folder: Path, sample: bool, name: str | None) -> None:
    """Create a new workspace in DIR, by default the working directory.

    Writes schema/, annotate/ (guidelines, labelling interface), corpus/ with the registries, and a stancebank.toml
    whose comments explain the settings. Existing files are kept; if one has other content, nothing is written. An
    interrupted run is completed by the next one.

    With --sample, the corpus holds news articles of invented countries with all their words, a gold reading, and the
    readings of three invented annotators, with their mistakes listed in DIFFERENCES.md.

    \b
    Example:
      stancebank init river-talks
      stancebank init --sample river-sample
    """
    from stancebank.errors import InputError
    from stancebank.starter.laying import lay, plain_files, sample_files

    if sample and name:
        raise click.UsageError("--sample has its own name; leave --name out.")
    if sample:
        files = sample_files()
    else:
        found = name or re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")
        if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", found):
            raise InputError(
                f"{found!r} is not a valid name for a dataset.\n"
                "Hint: give one with --name, of lower-case letters, digits and hyphens, such as river-talks."
            )
        files = plain_files(found)
    written = lay(files, folder)
    if not written:
        click.echo(f"{folder} is a complete workspace already; nothing was written.", err=True)
        return
    click.echo(f"Created a workspace in {folder} ({written} files).", err=True)
    if sample:
        click.echo(f"Next: cd {folder}, read README.md, and run `stancebank check`.", err=True)
    else:
        click.echo(f"Next: cd {folder}, and `stancebank corpus add PATH --outlet NAME`.", err=True)
