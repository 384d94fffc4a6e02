"""The command view."""

from pathlib import Path

import click


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
@click.option("--picture", metavar="NAME", help="Only this picture, for --svg; its name stands in its address.")
@click.option("--svg", type=click.Path(path_type=Path, dir_okay=False), help="Write the picture to an SVG file.")
@click.pass_context
def view(
    ctx: click.Context, what: str, out: Path | None, opens: bool, words: str, picture: str | None, svg: Path | None
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
    """
    from stancebank.pictures.svg import stand_alone
    from stancebank.records import write_text
    from stancebank.view.collection import Words, open_collection
    from stancebank.view.dossier import find_picture
    from stancebank.view.folder import write_dossier
    from stancebank.view.overview import is_private
    from stancebank.workspace import find_workspace, open_workspace

    if (picture is None) != (svg is None):
        raise click.UsageError("--picture and --svg belong together.")
    named: Path | None = ctx.find_root().obj
    workspace = None
    if what == ".":
        workspace = open_workspace(named) if named else find_workspace(Path.cwd())
    collection = open_collection(what, Words(words), workspace)
    if svg is not None and picture is not None:
        write_text(svg, stand_alone(find_picture(collection, picture).svg))
        click.echo(f"Wrote {svg}.", err=True)
        return
    page = write_dossier(collection, out)
    warning = " It holds words of articles: keep it out of the repository." if is_private(collection) else ""
    click.echo(f"Wrote {page}.{warning}", err=True)
    if opens:
        click.launch(page.resolve().as_uri())
