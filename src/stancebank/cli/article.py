"""How an article and its statements look in a terminal."""

from rich.console import Group
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text

from stancebank.cli.context import printing
from stancebank.model import Article, Document, Span, Statement, statement_spans
from stancebank.text import line_bounds

_STYLES = {
    "content": "bold blue",
    "speaker": "yellow",
    "via": "yellow",
    "cue": "dim underline",
    "target": "green",
    "conditions": "bold magenta",
    "reason": "cyan",
}
_GREY = "dim"


def print_article(article: Article, document: Document | None, text: str | None) -> None:
    """Print the record, the text with its zones and spans where it is at hand, and one block a statement."""
    with printing() as out:
        title = article.title.value if article.title else article.id
        out.print(f"[bold]{escape(title)}[/bold]")
        out.print(escape(" · ".join([article.id, *_facts(article)])), style=_GREY)
        out.print()
        if text is None:
            out.print("The words are not at hand: `stancebank corpus hydrate DIR` brings them back.\n", style="italic")
        else:
            out.print(_coloured(article, document, text))
            out.print()
        if document is None:
            out.print("No annotations yet.", style="italic")
            return
        if document.nothing_to_annotate:
            out.print("Read, and nothing to annotate.", style="italic")
        for statement in document.statements:
            out.print(_block(statement, text, f"{article.id}/"))
        if document.passed_over:
            out.print(f"[bold]Passed over[/bold] ({len(document.passed_over)})")
            for passed in document.passed_over:
                out.print(f"  {passed.reason}: {escape(_words(passed.span, text))}", style=_GREY)


def _facts(article: Article) -> list[str]:
    facts = [
        f"{name} {', '.join(value.value) if isinstance(value.value, tuple) else value.value} ({value.basis})"
        for name in ("outlet", "agencies", "author", "place", "published", "event")
        if (value := getattr(article, name))
    ]
    return [*facts, f"text {article.rights.text_policy}"]


def _coloured(article: Article, document: Document | None, text: str) -> Group:
    """Lines with their numbers and zones; spans in colour, what is not annotated in grey."""
    whole = Text(text)
    for zone in article.zones:
        if zone.zone not in ("title", "standfirst", "body", "caption"):
            whole.stylize(_GREY, zone.begin, zone.end)
    for statement in document.statements if document else ():
        for pointer, span in statement_spans(statement):
            whole.stylize(_STYLES[pointer.split("/")[1]], span.begin, span.end)
    lines: list[Text | Padding] = []
    for number, (begin, end) in enumerate(line_bounds(text), 1):
        if begin < end:
            zones = sorted({zone.zone for zone in article.zones if zone.begin < end and begin < zone.end})
            lines.append(Text(f"{number:>4} {'+'.join(zones)}", style=_GREY))
            lines.append(Padding(whole[begin:end], (0, 0, 0, 5)))
    return Group(*lines)


def _block(statement: Statement, text: str | None, prefix: str) -> Group:
    target = statement.target
    label = statement.stance if statement.force == "plain" else f"{statement.stance}, {statement.force}"
    head = Text.assemble(
        (statement.id.removeprefix(prefix), "bold"),
        "  ",
        (statement.speaker.entity, "yellow"),
        "  ",
        (label, "bold blue"),
        "  ",
        (target.id, "green"),
    )
    if statement.doubt:
        head.append("  in doubt", style="red")
    lines = [head]

    def row(name: str, value: str, style: str = "") -> None:
        if value:
            lines.append(Text.assemble((f"     {name:<10} ", _GREY), (value, style)))

    row("content", " […] ".join(_words(span, text) for span in statement.content), _STYLES["content"])
    row("rendered", statement.attribution + (f", cue {_words(statement.cue, text)}" if statement.cue else ", no cue"))
    if statement.speaker.span:
        row("speaker", _words(statement.speaker.span, text), _STYLES["speaker"])
    row("via", " < ".join(mention.entity for mention in statement.via))
    row("parties", ", ".join(target.parties))
    row("mediators", ", ".join(target.mediators))
    row("agents", ", ".join(target.agents))
    row("scope", target.scope or "")
    if target.span:
        row("target", _words(target.span, text), _STYLES["target"])
    for condition in statement.conditions:
        who = f" by {', '.join(condition.obligors)}" if condition.obligors else ""
        group = f" (group {condition.group})" if condition.group else ""
        words = " […] ".join(_words(span, text) for span in condition.spans)
        about = f"{condition.kind}{who}{group}: " if condition.kind else ""
        row(condition.role, about + words, _STYLES["conditions"])
    row("reason", " […] ".join(_words(span, text) for span in statement.reason), _STYLES["reason"])
    if statement.said_on:
        row("said on", f"{statement.said_on.date} ({statement.said_on.basis})")
    row("same as", (statement.same_as or "").removeprefix(prefix))
    row("note", statement.note or "")
    lines.append(Text(""))
    return Group(*lines)


def _words(span: Span, text: str | None) -> str:
    return f"[{span.begin}:{span.end}]" if text is None else text[span.begin : span.end]
