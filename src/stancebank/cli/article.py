"""How an article and its statements look in a terminal."""

from collections.abc import Iterable

from rich.console import Group
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text

from stancebank.cli.output import printing
from stancebank.model import Article, Document, Span, Statement, statement_spans
from stancebank.schema.fields import Field, Holder, Kind, Scheme
from stancebank.schema.quoted import quoted_order
from stancebank.text import line_bounds

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
    field = scheme.find("statement", name)
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

    def row(name: str, value: str, style: str = "") -> None:
        if value:
            lines.append(Text.assemble((f"     {name:<{_WIDTH}} ", _GREY), (value, style)))

    def rows(fields: Iterable[Field], holder: Holder) -> None:
        for field in fields:
            if not field.is_label and field.kind != "flag":
                row(field.title, _value(field, holder, text), _STYLES_OF_KINDS.get(field.kind, ""))

    before, after = quoted_order(scheme)
    row("content", _joined(statement.content, text), _STYLES["content"])
    row("speaker", _joined([statement.speaker.span], text), _STYLES["speaker"])
    rows(before, statement)
    row("target", _joined([target.span], text), _STYLES["target"])
    rows(scheme.of("target"), target)
    for condition in statement.conditions:
        said = ((field, _value(field, condition, text)) for field in scheme.of("condition"))
        about = [value if field.kind == "target" else f"{field.title} {value}" for field, value in said if value]
        words = _joined(condition.spans, text)
        row(condition.role, f"{', '.join(about)}: {words}" if about else words, _STYLES["conditions"])
    rows(after, statement)
    row("same as", (statement.same_as or "").removeprefix(prefix))
    lines.append(Text(""))
    return Group(*lines)


def _value(field: Field, holder: Holder, text: str | None) -> str:
    """What a statement, target or condition says in a field, as people read it; empty where it says nothing."""
    if field.name not in holder.fields:
        return ""
    match field.kind:
        case "span" | "spans":
            return _joined(field.spans(holder), text)
        case "mentions":
            return " < ".join(field.ids(holder))
        case "entities" | "targets":
            return ", ".join(field.ids(holder))
        case "date":
            date = field.date(holder)
            return f"{date.date} ({date.basis})" if date else ""
        case "flag":
            return "yes"
    return str(field.value(holder))


def _joined(spans: Iterable[Span | None], text: str | None) -> str:
    return " […] ".join(_words(span, text) for span in spans if span)


def _words(span: Span, text: str | None) -> str:
    return f"[{span.begin}:{span.end}]" if text is None else text[span.begin : span.end]
