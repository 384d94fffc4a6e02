"""The task in words: what a language model is told, and how it is shown an article."""

from collections.abc import Sequence

from stancebank.corpus.passages import Passage
from stancebank.model import Article
from stancebank.publish.sources import Context

_TASK = """You read one news article and list its statements: who takes which stance towards what, on which conditions.

A statement is one speaker's position on one target, as the article reports it. Two targets or two stances in one
breath are two statements, and each cue starts a statement of its own. Blame for the past, praise, biography, and
promises of benefit or harm are no statements. An article may hold none.

The user gives the article. Each paragraph has the number of its line in front, in brackets. Answer with one JSON
object and nothing else: {"statements": [...]}, in the order of the text, or {"statements": []}. Each statement has
these keys; what is marked with * is left out where there is nothing to say.

- "content": a list of spans, the words that carry the position: the whole clause with its conditions and reasons,
  without outer quotation marks or final stop.
- "speaker": whose position it is: {"entity": the full name, "mention"*: a span, the mention nearest to the cue}.
  Speakers without a name are called after their kind and affiliation.
- "cue"*: a span, the words that attribute it.
- "attribution": how the words are rendered.
- "via"*: a list like speaker, those between speaker and article, outermost first.
- "stance": the position.
- "force": how firmly it is put.
- "target": what the position is about: {"id": from the list of targets, "parties"*, "mediators"*, "agents"*: lists
  of names of those who would take part, mediate, or have to do it, "scope"*: what narrows it, in a few words,
  "mention"*: a span that names it}.
- "conditions": what the position depends on, a list, empty where it depends on nothing: {"spans": a list of spans,
  with the connective, "role": how it depends, "kind"*: what has to hold, from the list of targets, or
  "unspecified", "obligors"*: names of those who must fulfil it, "group"*: for if, only_if and even_if; the same
  number must hold together, different numbers are alternatives}.
- "reason"*: a list of spans, grounds given that are no conditions.
- "said_on"*: when it was said: {"date": in EDTF, "basis": what it rests on}.

A span is exact words of the article inside one paragraph, without the number in front. Where the same words, whatever
their case, stand more than once in the article, it is {"quote": the words, "line": the number in front of the
paragraph}, and where they stand more than once in that paragraph's line, also "occurrence": 1 for the first."""

_TABLES = {
    "stance": "Stances",
    "force": "Force",
    "attribution": "Attribution",
    "condition_role": "Roles of conditions",
    "date_basis": "Basis of a date",
}


def system_message(context: Context) -> str:
    """Return the task, with the targets of the registry and the values of the vocabularies."""
    parts = [_TASK]
    parts += [f"{title}:\n\n{context.vocabularies.table(name).rstrip()}" for name, title in _TABLES.items()]
    targets = [
        f"| `{each.id}` | {'target or condition' if each.use == 'both' else each.use} | {each.definition} |"
        for each in context.targets.values()
        if each.use != "root"
    ]
    parts.append(
        "\n".join(
            ("Targets, and kinds of conditions:\n", "| id | stands for | meaning |", "| --- | --- | --- |", *targets)
        )
    )
    return "\n\n".join(parts) + "\n"


def user_message(article: Article, text: str, passages: Sequence[Passage]) -> str:
    """Return the annotated text of an article, a passage a line, each behind the number of its line.

    Above it stand outlet and date of publication, where they are known. text: the stored text.
    """
    known = {"Outlet": article.outlet, "Published": article.published}
    head = [f"{name}: {sourced.value}" for name, sourced in known.items() if sourced]
    body = [f"[{each.line}] {text[each.begin : each.end]}" for each in passages]
    return "\n".join([*head, *([""] if head else []), *body]) + "\n"
