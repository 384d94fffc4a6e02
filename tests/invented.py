"""A workspace of invented articles of any number, drawn from a seed: for what has to hold, or be measured, at size.

Needs nothing but the toolkit. The same arguments give the same bytes.
"""

import random
import shutil
from pathlib import Path
from typing import Any

from stancebank.corpus.ingest import text_lines
from stancebank.model import (
    Article,
    Condition,
    Document,
    Entity,
    EntityRegistry,
    Gold,
    Mention,
    Record,
    Rights,
    Sourced,
    Span,
    Statement,
    Target,
    TargetRegistry,
    TextPolicy,
    Zone,
    from_builtins,
    to_builtins,
)
from stancebank.records import read_json, to_json
from stancebank.schema.fields import load_scheme
from stancebank.text import sha256, span_fingerprint
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import OWN_SCHEMA

SCHEME = load_scheme(OWN_SCHEMA)
REPO = Path(__file__).parent.parent

SETTINGS = """[workspace]
schema = "v2"

[dataset]
name = "invented"
version = "{version}"
pretty_name = "Invented statements"

[corpus]
language = "en"
"""

_ONSETS = ("b", "br", "d", "f", "g", "h", "k", "l", "m", "n", "p", "qu", "r", "s", "st", "t", "tr", "v", "w", "z")
_NUCLEI = ("a", "e", "i", "o", "u", "ai", "ea", "ou")
_CODAS = ("", "l", "n", "r", "s", "t", "nd", "rk", "sh")
_STANCES = ("reject", "open", "offer", "support", "demand", "doubt")
_ROLES = ("if", "only_if", "unless")


class Draw:
    """A source of invented words and of choices. seed: any number."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.pool = sorted({self._word() for _ in range(4000)})

    def words(self, count: int) -> str:
        """Return so many words of the pool."""
        return " ".join(self.chance.choices(self.pool, k=count))

    def _word(self) -> str:
        syllables = self.chance.randint(1, 3)
        parts = (_ONSETS, _NUCLEI, _CODAS)
        return "".join("".join(map(self.chance.choice, parts)) for _ in range(syllables))


def lay_invented(
    root: Path,
    articles: int,
    *,
    statements: int = 20,
    full: float = 0.3,
    readers: int = 0,
    seed: int = 1,
    version: str = "0.1.0",
    first: int = 0,
    copies: Path | None = None,
) -> Workspace:
    """Lay a workspace with so many articles, each with its gold, and return it.

    statements: in an article; every third has a condition. full: the share of articles whose words are free and lie in
    corpus/texts; of the others there are no words. readers: annotators who have read every article. first: the number
    of the first article, so that a second call adds more of them. copies: a folder outside, which gets the words of
    every article, as somebody may hold them who hydrates.
    """
    draw = Draw(seed)
    for folder in ("schema", "annotate"):
        ignored = shutil.ignore_patterns("examples")
        shutil.copytree(REPO / folder, root / folder, dirs_exist_ok=True, ignore=ignored)
    (root / "stancebank.toml").write_bytes(SETTINGS.format(version=version).encode())
    (root / "LICENSE-DATA").write_bytes((REPO / "LICENSE-DATA").read_bytes())
    (root / ".gitignore").write_bytes(b".stancebank/\n/releases/\n")
    targets = from_builtins(read_json(REPO / "tests/toy/corpus/targets.json"), TargetRegistry)
    names = list(
        dict.fromkeys(f"{word} {other}".title() for word, other in zip(draw.pool, draw.pool[::-1], strict=True))
    )
    entities = EntityRegistry(
        schema_version=OWN_SCHEMA.name,
        entities=tuple(
            Entity(id=name.lower().replace(" ", "-"), name=name, kind="person")
            for name in draw.chance.sample(names, 40)
        ),
    )
    _write(root / "corpus/targets.json", targets)
    _write(root / "corpus/entities.json", entities)
    about = [each.id for each in targets.targets if each.use in ("target", "both")]
    kinds = [each.id for each in targets.targets if each.use in ("condition", "both")]
    for number in range(first, first + articles):
        draw.chance.seed(seed * 1_000_003 + number)
        is_full = draw.chance.random() < full
        article, text, document = _article(draw, number, statements, is_full, entities.entities, about, kinds)
        _write(root / f"corpus/articles/{article.id}.json", article)
        _write(root / f"corpus/gold/{article.id}.json", document)
        for reader in range(1, readers + 1):
            _write(root / f"corpus/annotations/reader-{reader}/{article.id}.json", _reading(document, reader))
        for place in (root / "corpus/texts" if is_full else None, copies):
            if place:
                place.mkdir(parents=True, exist_ok=True)
                (place / f"{article.id}.txt").write_bytes(text.encode())
    return open_workspace(root)


def _article(
    draw: Draw,
    number: int,
    statements: int,
    is_full: bool,
    entities: tuple[Entity, ...],
    about: list[str],
    kinds: list[str],
) -> tuple[Article, str, Document]:
    article_id = f"invented-{number:06}"
    title = draw.words(7).capitalize()
    text = f"{title}\n\n"
    found = []
    for place in range(1, statements + 1):
        speaker = draw.chance.choice(entities)
        begin = len(text)
        text += f"{speaker.name} said "
        content = len(text)
        text += draw.words(draw.chance.randint(6, 12))
        conditions: tuple[Condition, ...] = ()
        if place % 3 == 0:
            role = draw.chance.choice(_ROLES)
            text += " "
            words = len(text)
            text += f"if {draw.words(4)}"
            conditions = (
                Condition(
                    id=f"{article_id}/s{place}/c1",
                    spans=(_span(text, words, len(text)),),
                    role=role,
                    fields={"kind": draw.chance.choice(kinds), **({} if role == "unless" else {"alternative": 1})},
                ),
            )
        found.append(
            Statement(
                id=f"{article_id}/s{place}",
                content=(_span(text, content, len(text)),),
                speaker=Mention(entity=speaker.id, span=_span(text, begin, begin + len(speaker.name))),
                fields={
                    "cue": _span(text, begin + len(speaker.name) + 1, content - 1),
                    "stance": draw.chance.choice(_STANCES),
                    "attribution": "indirect",
                },
                target=Target(id=draw.chance.choice(about)),
                conditions=conditions,
            )
        )
        text += f". {draw.words(8).capitalize()}.\n" if place % 2 else ". "
    text = text.rstrip() + "\n"
    policy, licence = (
        (TextPolicy.FULL, "CC0-1.0") if is_full else (TextPolicy.WITHHELD, "LicenseRef-all-rights-reserved")
    )
    article = Article(
        schema_version=OWN_SCHEMA.name,
        id=article_id,
        title=Sourced(value=title, basis="found"),
        outlet=Sourced(value=f"Outlet {number % 30}", basis="given"),
        published=Sourced(value=f"20{31 + number % 9}-0{1 + number % 9}-11", basis="given"),
        language=Sourced(value="en", basis="given"),
        event=Sourced(value=f"event-{number // 4}", basis="given"),
        rights=Rights(holder=f"House {number % 30}", licence=licence, text_policy=policy),
        raw_sha256=sha256(text),
        text_sha256=sha256(text),
        length=len(text),
        lines=text_lines(text, SCHEME.edition),
        zones=(Zone(begin=0, end=len(title), zone="title"), Zone(begin=len(title) + 2, end=len(text) - 1, zone="body")),
    )
    document = Document(
        schema_version=OWN_SCHEMA.name,
        guideline_version="1.1",
        article_id=article_id,
        text_sha256=article.text_sha256,
        annotator="nobody",
        origin="import:invented",
        created_at="2031-01-01T00:00:00Z",
        updated_at="2031-01-01T00:00:00Z",
        gold=Gold(method="single"),
        statements=tuple(found),
    )
    return article, text, SCHEME.read_document(_printed(to_builtins(document), text))


def _reading(document: Document, reader: int) -> Document:
    """Return the gold as one reader might have had it: without every tenth statement, another one a reader."""
    import msgspec

    kept = tuple(each for place, each in enumerate(document.statements) if place % 10 != reader)
    return msgspec.structs.replace(document, annotator=f"reader-{reader}", gold=None, statements=kept)


def _span(text: str, begin: int, end: int) -> Span:
    """A span in a text that is still being drawn: what its fingerprint rests on, its whole line, is not there yet."""
    return Span(begin=begin, end=end, fingerprint="0" * 16)


def _printed(value: Any, text: str) -> Any:
    """A record as JSON, with the fingerprints of its spans."""
    if isinstance(value, list):
        return [_printed(each, text) for each in value]
    if not isinstance(value, dict):
        return value
    if "fingerprint" in value:
        value["fingerprint"] = span_fingerprint(text, value["begin"], value["end"], SCHEME.edition)
    return {name: _printed(each, text) for name, each in value.items()}


def _write(path: Path, record: Record) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(to_json(to_builtins(record)).encode())
