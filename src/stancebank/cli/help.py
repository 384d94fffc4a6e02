"""The commands help and completion."""

import sys

import click


@click.command("help")
@click.argument("topic", required=False)
def help_(topic: str | None) -> None:
    """Print a page of the documentation, or list the pages.

    The pages come with the toolkit, and are those of its version. On a terminal they are laid out; redirected, they
    are Markdown.

    \b
    Example:
      stancebank help
      stancebank help authoring
      stancebank help schemes > schemes.md
    """
    from stancebank.cli.output import print_file, print_table, printing
    from stancebank.starter.laying import doc_pages

    pages = doc_pages()
    if topic is None:
        print_table(["page", "what it is about"], [[name, _title(text)] for name, text in pages.items()])
        click.echo("Print one with `stancebank help PAGE`; `stancebank COMMAND --help` explains a command.", err=True)
        return
    name = topic.lower().removeprefix("docs/").removesuffix(".md")
    if name not in pages:
        from difflib import get_close_matches

        likely = get_close_matches(name, pages, 1)
        hint = f"Did you mean {likely[0]!r}?" if likely else f"There are: {', '.join(pages)}."
        raise click.UsageError(f"There is no page {topic!r}. {hint}")
    if not sys.stdout.isatty():
        print_file(pages[name])
        return
    from rich.markdown import Markdown

    with printing() as out:
        out.print(Markdown(pages[name]))


def _title(page: str) -> str:
    return page.partition("\n")[0].removeprefix("# ").strip()


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print what lets a shell complete commands, options, and ids of articles, entities and targets.

    \b
    Example:
      stancebank completion bash >> ~/.bashrc
      stancebank completion zsh >> ~/.zshrc
      stancebank completion fish > ~/.config/fish/completions/stancebank.fish
    """
    from click.shell_completion import get_completion_class

    from stancebank.cli import COMPLETE, stancebank
    from stancebank.cli.output import print_file

    found = get_completion_class(shell)
    assert found is not None
    made = found(stancebank, {}, "stancebank", COMPLETE)
    print_file(made.source_template % made.source_vars())
