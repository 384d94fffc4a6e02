"""The command view."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from stancebank.pictures.picture import Picture

PRIVATE = "It holds words of articles: keep it out of the repository."


@click.command()
@click.argument("what", metavar="[WORKSPACE|FOLDER]", default=".")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Where to write the page, or, of more than 300 articles, the folder.  [default: view.html, or view]",
)
@click.option("--open", "opens", is_flag=True, help="Open the page in the browser.")
@click.option(
    "--words",
    type=click.Choice(["local", "published", "none"]),
    default="local",
    show_default=True,
    help="Which words of articles to show: all that are at hand, such as may be published, or none.",
)
@click.option(
    "--target", "targets", metavar="ID", multiple=True, help="Draw conditions for this target; can be repeated."
)
@click.option("--against", metavar="OLDER", help="Show what changed since this version, named as for publish diff.")
@click.option("--picture", metavar="NAME", help="Write only this picture, with --svg or --png; a wrong NAME lists all.")
@click.option("--svg", type=click.Path(path_type=Path, dir_okay=False), help="Write the picture to an SVG file.")
@click.option("--png", type=click.Path(path_type=Path, dir_okay=False), help="Write the picture to a PNG file.")
@click.option(
    "--scale", type=click.FloatRange(0, min_open=True), help="Of the PNG: pixels a px of the SVG.  [default: 2]"
)
@click.option("--width", type=click.IntRange(1), help="Of the PNG: its width in pixels, instead of --scale.")
@click.option(
    "--font",
    "fonts",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="A font file for characters that DejaVu Sans lacks, for --png; can be repeated.",
)
@click.pass_context
def view(
    ctx: click.Context,
    what: str,
    out: Path | None,
    opens: bool,
    words: str,
    targets: tuple[str, ...],
    against: str | None,
    picture: str | None,
    svg: Path | None,
    png: Path | None,
    scale: float | None,
    width: int | None,
    fonts: tuple[Path, ...],
) -> None:
    """Look at a workspace or a dataset as a page with pictures.

    Writes one HTML file that needs no server and no network; of more than 300 articles, a folder of such files, which
    begins with index.html. What it replaces must be its own. WORKSPACE is a folder with a stancebank.toml, by default
    that of the command; FOLDER is one that `publish build` or `publish release` has written, or the address of a
    published one.

    \b
    Example:
      stancebank view
      stancebank view --words published --out dossier.html
      stancebank view --picture time --svg time.svg --png time.png
    """
    from stancebank.errors import WorkspaceError
    from stancebank.view.collection import Words, open_collection
    from stancebank.view.dossier import find_picture
    from stancebank.view.folder import write_dossier
    from stancebank.view.versions import compare_with
    from stancebank.workspace import find_workspace, open_workspace

    if (picture is None) != (svg is None and png is None):
        raise click.UsageError("--picture and --svg or --png belong together.")
    if scale is not None and width is not None:
        raise click.UsageError("Give --scale or --width, not both.")
    if png is None and (scale is not None or width is not None or fonts):
        raise click.UsageError("--scale, --width and --font are for --png.")
    named: Path | None = ctx.find_root().obj
    workspace = None
    if what == ".":
        workspace = open_workspace(named) if named else find_workspace(Path.cwd())
    elif against is not None:
        with suppress(*() if named else (WorkspaceError,)):  # which only revisions of git need
            workspace = open_workspace(named) if named else find_workspace(Path.cwd())
    collection = open_collection(what, Words(words), workspace).about(targets)
    if against is not None:
        collection = compare_with(collection, against, workspace)
    if picture is not None:
        found = find_picture(collection, picture)
        _write_picture(found, svg, png, scale, width, fonts)
        if found.holds_words and collection.is_private:
            click.echo(PRIVATE, err=True)
        return
    page = write_dossier(collection, out)
    warning = f" {PRIVATE}" if collection.is_private else ""
    click.echo(f"Wrote {page}.{warning}", err=True)
    if opens:
        click.launch(page.resolve().as_uri())


def _write_picture(
    picture: "Picture",
    svg: Path | None,
    png: Path | None,
    scale: float | None,
    width: int | None,
    fonts: Sequence[Path],
) -> None:
    from stancebank.pictures.svg import stand_alone
    from stancebank.records import write_bytes, write_text

    drawn = stand_alone(picture.svg)
    if png is not None:  # first, since it can fail
        from stancebank.pictures.png import find_lacking, make_png, say_lacking

        made = make_png(drawn, scale=scale, width=width, fonts=fonts)
        if told := say_lacking(find_lacking(drawn, fonts)):
            click.echo(told, err=True)
        write_bytes(png, made)
        click.echo(f"Wrote {png}.", err=True)
    if svg is not None:
        write_text(svg, drawn)
        click.echo(f"Wrote {svg}.", err=True)
