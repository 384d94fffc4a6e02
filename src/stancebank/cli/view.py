"""The command view."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stancebank.cli.ids import ArticleId
from stancebank.cli.output import get_workspace
from stancebank.errors import StancebankError, WorkspaceError
from stancebank.workspace import Workspace, find_workspace, open_workspace

if TYPE_CHECKING:
    from stancebank.pictures.picture import Picture

PRIVATE = "It holds words of articles: keep it out of the repository."


class _Viewed(ArticleId):
    """A workspace, a published dataset, or the id of an article."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return a path or an address as it is, and the id that anything else begins."""
        given = str(value)
        return given if "://" in given or Path(given).exists() else super().convert(given, param, ctx)


@click.command()
@click.argument("what", metavar="[ARTICLE|WORKSPACE|FOLDER]", type=_Viewed(), default=".")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Where to write the page, or, of more than 300 articles, the folder.  [default: view.html, view, or ID.html]",
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
    """Look at an article, a workspace or a dataset as a page with pictures.

    Writes one HTML file that needs no server and no network; of more than 300 articles, a folder of such files, which
    begins with index.html. What it replaces must be its own. ARTICLE is the id of an article of the workspace, or its
    beginning: its page shows the text with the words of each statement, and all readings side by side. WORKSPACE is a
    folder with a stancebank.toml, by default that of the command; FOLDER is one that `publish build` or `publish
    release` has written, or the address of a published one.

    \b
    Example:
      stancebank view
      stancebank view norland-post-2031-02-11-envoy
      stancebank view --words published --out dossier.html
      stancebank view --picture time --svg time.svg --png time.png
    """
    from stancebank.view.collection import Words, open_collection
    from stancebank.view.dossier import find_picture
    from stancebank.view.folder import write_dossier
    from stancebank.view.versions import compare_with

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
    holder = None if "://" in what or Path(what).exists() else _find_workspace(ctx, what)
    if holder is not None:
        if picture is not None or targets or against is not None:
            raise click.UsageError("The page of an article has no picture: leave out --picture, --target, --against.")
        write_page(holder, what, out, words, opens=opens)
        return
    collection = open_collection(what, Words(words), workspace).about(targets)
    if against is not None:
        collection = compare_with(collection, against, workspace)
    if picture is not None:
        found = find_picture(collection, picture)
        _write_picture(found, svg, png, scale, width, fonts)
        if found.holds_words and collection.is_private:
            click.echo(PRIVATE, err=True)
        return
    _end(write_dossier(collection, out), is_private=collection.is_private, opens=opens)


def write_page(
    workspace: Workspace, article_id: str, out: Path | None, words: str = "local", *, opens: bool = False
) -> None:
    """Write the page of an article, and say where it is."""
    from stancebank.view.article import write_article
    from stancebank.view.collection import Words, of_workspace

    collection = of_workspace(workspace, Words(words))
    page = write_article(collection, article_id, out)
    _end(page, is_private=collection.shows_private(collection.article(article_id)), opens=opens)


def _find_workspace(ctx: click.Context, article_id: str) -> Workspace | None:
    """Return the workspace, where it has an article of this id."""
    try:
        workspace = get_workspace(ctx)
        return workspace if article_id in workspace.store.article_ids() else None
    except (StancebankError, OSError):  # there is none here: what was named is something else
        return None


def _end(page: Path, *, is_private: bool, opens: bool) -> None:
    click.echo(f"Wrote {page}.{f' {PRIVATE}' if is_private else ''}", err=True)
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
