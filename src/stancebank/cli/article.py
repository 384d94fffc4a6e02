"""How an article and its statements look in a terminal."""

from collections.abc import Iterable

from rich.console import Group
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text

from stancebank.cli.output import printing
from stancebank.model import Article, Document, Span, Statement, statement_spans
from stancebank.schema.fields import Kind, Scheme
from stancebank.text import line_bounds
from stancebank.view.told import Names, tell_statement

_STYLES = {"content": "bold blue", "speaker": "yellow", "target": "green", "conditions": "bold magenta"}
_STYLES_OF_KINDS: dict[Kind, str] = {"mentions": "yellow", "entity": "yellow", "span": "dim underline", "spans": "cyan"}
_GREY = "dim"
_WIDTH = 10  # of the names before the values


def print_article(article: Article, document: Document | None, text: str | None, scheme: Scheme) -> None:
    """Print the record, the text with its zones and spans where it is at hand, and one block a statement."""
    with printing() as out:
        title = article.title.value if article.title else article.id
        out.print(f"[bold]{escape(title)}[/bold]")
        out.print(escape(" · ".join([article.id, *_facts(article)])), style=_GREY)
        out.print()
        if text is None:
            out.print("The words are not at hand: `stancebank corpus hydrate DIR` brings them back.\n", style="italic")
        else:
            out.print(_coloured(article, document, text, scheme))
            out.print()
        if document is None:
            out.print("No annotations yet.", style="italic")
            return
        if document.nothing_to_annotate:
            out.print("Read, and nothing to annotate.", style="italic")
        for statement in document.statements:
            out.print(_block(statement, text, f"{article.id}/", scheme))
        if document.non_statements:
            out.print(f"[bold]Passed over[/bold] ({len(document.non_statements)})")
            for passed in document.non_statements:
                out.print(f"  {passed.reason}: {escape(_words(passed.span, text))}", style=_GREY)


def _facts(article: Article) -> list[str]:
    facts = [
        f"{name} {', '.join(value.value) if isinstance(value.value, tuple) else value.value} ({value.basis})"
        for name in ("outlet", "agencies", "author", "place", "published", "event")
        if (value := getattr(article, name))
    ]
    again = [f"a reprint of {article.reprint_of}"] if article.reprint_of else []
    return [*facts, *again, f"text {article.rights.text_policy}"]


def _coloured(article: Article, document: Document | None, text: str, scheme: Scheme) -> Group:
    """Lines with their numbers and zones; spans in colour, what is not annotated in grey."""
    whole = Text(text)
    annotated = scheme.vocabularies.annotated_zones()
    for zone in article.zones:
        if zone.zone not in annotated:
            whole.stylize(_GREY, zone.begin, zone.end)
    for statement in document.statements if document else ():
        for pointer, span in statement_spans(statement):
            whole.stylize(_style(pointer.split("/")[1], scheme), span.begin, span.end)
    lines: list[Text | Padding] = []
    for number, (begin, end) in enumerate(line_bounds(text), 1):
        if begin < end:
            zones = sorted({zone.zone for zone in article.zones if zone.begin < end and begin < zone.end})
            lines.append(Text(f"{number:>4} {'+'.join(zones)}", style=_GREY))
            lines.append(Padding(whole[begin:end], (0, 0, 0, 5)))
    return Group(*lines)


def _style(name: str, scheme: Scheme) -> str:
    """Return the style of the words of a key of a statement."""
    field = scheme.find("statement", name) or scheme.find("target", name)
    return _STYLES_OF_KINDS.get(field.kind, "") if field else _STYLES[name]


def _block(statement: Statement, text: str | None, prefix: str, scheme: Scheme) -> Group:
    """One statement: a line with speaker, label and target, then a row for all else that it says."""
    target = statement.target
    head = Text.assemble(
        (statement.id.removeprefix(prefix), "bold"),
        "  ",
        (statement.speaker.entity, "yellow"),
        "  ",
        (str(scheme.label.text(statement)), "bold blue"),
        "  ",
        (target.id, "green"),
    )
    for field in scheme.of("statement"):
        if field.kind == "flag" and field.flag(statement):
            head.append(f"  {field.title}", style="red")
    lines = [head]
    for told in tell_statement(statement, scheme, Names()):
        words = _joined(told.spans, text)
        said = f"{told.said}: {words}" if told.said and words else told.said or words
        if said:
            style = _style(told.key, scheme)
            lines.append(Text.assemble((f"     {told.name:<{_WIDTH}} ", _GREY), (said, style)))
    if statement.same_as:
        lines.append(Text.assemble((f"     {'same as':<{_WIDTH}} ", _GREY), statement.same_as.removeprefix(prefix)))
    lines.append(Text(""))
    return Group(*lines)


def _joined(spans: Iterable[Span], text: str | None) -> str:
    return " […] ".join(_words(span, text) for span in spans)


def _words(span: Span, text: str | None) -> str:
    return f"[{span.begin}:{span.end}]" if text is None else text[span.begin : span.end]
