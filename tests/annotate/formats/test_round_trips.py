"""What is exported and read again says the same, but for what the export said that it loses."""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stancebank.annotate.formats.brat import brat_settings, read_brat, write_brat
from stancebank.annotate.formats.conll import read_conll, write_conll
from stancebank.annotate.formats.flatten import LabelNames, Loss, flatten, tables_of_map
from stancebank.annotate.formats.jsonl import write_jsonl
from stancebank.annotate.formats.mapping import read_map, write_map
from stancebank.annotate.formats.sheet import COUNTS, Sheet
from stancebank.annotate.formats.spacy_docs import USER_DATA, Docs
from stancebank.annotate.formats.w3c import write_w3c
from stancebank.model import Article, Document
from stancebank.schema.fields import Scheme
from stancebank.text import graphemes, tokenise
from tests.annotate.formats.ours import as_expected, build, statements_of, with_offsets, workspace_of
from tests.annotate.tasks import read, task_of
from tests.conftest import examples
from tests.schemes import SCHEMES
from tests.strategies import ENTITIES, SCHEME, TARGETS, readings

Drawn = tuple[Article, str, Document]
ALL: dict[str, Scheme] = {"own": SCHEME, **SCHEMES}
USED = {"entities": ENTITIES, "targets": TARGETS}


def scheme_and_reading() -> st.SearchStrategy[tuple[str, Drawn]]:
    return st.sampled_from(sorted(ALL)).flatmap(lambda name: st.tuples(st.just(name), readings(ALL[name])))


def brat_line(text: str, line: str, known: set[str], conf: str) -> None:
    """Demand of a line what brat's own reader demands of it."""
    name, _, said = line.partition("\t")
    about, tab, tail = said.partition("\t")
    kind, *rest = about.split(" ")
    assert re.search(rf"^{re.escape(kind)}(\t|$)", conf, re.MULTILINE) or name[0] == "#", kind
    if name[0] == "T":
        spans = [tuple(map(int, each.split(" "))) for each in " ".join(rest).split(";")]
        assert all(0 <= begin < end <= len(text) for begin, end in spans)
        assert spans == sorted(spans)
        assert all(one[1] <= other[0] for one, other in pairwise(spans))
        assert tail == " ".join(text[begin:end] for begin, end in spans)
        assert tab
        assert "\n" not in tail
        known.add(name)
    elif name[0] == "A":
        assert rest[0] in known
        if len(rest) > 1:
            values = re.search(rf"^{re.escape(kind)}\tArg:\S+, Value:(\S+)$", conf, re.MULTILINE)
            assert values is not None
            assert " ".join(rest[1:]) in values[1].split("|")
    elif name[0] == "#":
        assert len(rest) == 1
        assert rest[0] in known
    else:
        assert name[0] == "R"
        ends = [each.split(":") for each in rest]
        assert [role for role, _ in ends] == ["Arg1", "Arg2"]
        assert all(end in known for _, end in ends)


@pytest.mark.slow
@settings(max_examples=examples(60), deadline=None)
@given(scheme_and_reading())
def test_brat_takes_what_is_written_for_it_and_it_comes_back(drawn: tuple[str, Drawn]) -> None:
    scheme, (article, text, document) = ALL[drawn[0]], drawn[1]
    names, loss = LabelNames(scheme, USED), Loss()
    sheet = flatten(document, article, text, names, loss)
    content = write_brat(sheet, loss)
    conf = brat_settings(names)["annotation.conf"]
    known: set[str] = set()
    for line in content.splitlines() if "\x85" not in content else content.split("\n")[:-1]:
        brat_line(text, line, known, conf)
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{article.id}.ann"
        path.write_bytes(content.encode())
        path.with_suffix(".txt").write_bytes(text.encode())
        (Path(folder) / "map.toml").write_text(write_map(tables_of_map(names), "Ours."), encoding="utf-8")
        told = read_map(Path(folder) / "map.toml", scheme)
        quoted, builder = build(workspace_of(article, text, scheme), told, read_brat(path))
    assert builder.report.faults == []
    assert builder.report.loose == []
    assert dict(builder.report.left_out) == {}
    assert quoted.get("nothing_to_annotate", False) == document.nothing_to_annotate
    assert sorted(statements_of(quoted, text, scheme), key=lambda each: each.id) == sorted(
        (as_expected(each, scheme) for each in document.statements), key=lambda each: each.id
    )
    passed = [(each["begin"], each["end"], each["reason"]) for each in quoted.get(scheme.non_statements_key, ())]
    assert sorted(passed) == sorted((each.span.begin, each.span.end, each.reason) for each in document.non_statements)
    lost = {why for (_, why), _ in loss.counted.items()}
    assert lost <= {"line ends and runs of blanks in free text become one blank"}


@pytest.mark.slow
@settings(max_examples=examples(40), deadline=None)
@given(scheme_and_reading())
def test_lines_of_json_say_every_statement_whole(drawn: tuple[str, Drawn]) -> None:
    scheme, (_, text, document) = ALL[drawn[0]], drawn[1]
    loss = Loss()
    lines = [json.loads(line) for line in write_jsonl(document, text, scheme, loss).split("\n")[:-1]]
    assert {line["article_id"] for line in lines} <= {document.article_id}
    require_words(lines, text)
    back = statements_of({"statements": with_offsets(lines)}, text, scheme)
    assert back == whole(document, scheme)
    passed = loss.counted["words that are no statement", "left out"]
    assert passed == len(document.non_statements)


def whole(document: Document, scheme: Scheme) -> list[Any]:
    """The statements of a document with ids of conditions as `place_statement` makes them."""
    from msgspec.structs import replace

    return [
        replace(each, conditions=tuple(replace(one, id=f"{each.id}/{one.id}") for one in each.conditions))
        for each in document.statements
    ]


def require_words(value: Any, text: str) -> None:
    """Demand that the words beside offsets are those of the text."""
    if isinstance(value, dict):
        if "begin" in value and "quote" in value:
            assert value["quote"] == text[value["begin"] : value["end"]]
        for each in value.values():
            require_words(each, text)
    elif isinstance(value, list | tuple):
        for each in value:
            require_words(each, text)


IRI = re.compile(r"(?:https?:|urn:)\S+\Z")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")
MOTIVES = {"classifying", "identifying", "tagging", "linking", "commenting", "describing"}


def annotations_of(page: Any, text: str) -> Iterator[Any]:
    """The annotations of a page; demands what the Web Annotation Data Model demands of each."""
    assert page["@context"] == "http://www.w3.org/ns/anno.jsonld"
    assert page["type"] == "AnnotationPage"
    assert IRI.match(page["id"])
    assert len({each["id"] for each in page["items"]}) == len(page["items"])
    for each in page["items"]:
        assert IRI.match(each["id"])
        assert each["type"] == "Annotation"
        assert each["motivation"] in MOTIVES
        assert TIME.match(each["created"])
        assert TIME.match(each["modified"])
        for body in each["body"]:
            assert body["purpose"] in MOTIVES
            assert isinstance(body["value"], str) if body["type"] == "TextualBody" else IRI.match(body["source"])
        targets = each["target"] if isinstance(each["target"], list) else [each["target"]]
        assert targets
        for target in targets:
            assert target["type"] == "SpecificResource"
            assert IRI.match(target["source"]["id"])
            assert TIME.match(target["state"]["sourceDate"])
            position, quote = target["selector"]
            assert position["type"] == "TextPositionSelector"
            assert quote["type"] == "TextQuoteSelector"
            begin, end = position["start"], position["end"]
            assert quote["exact"] == text[begin:end]
            assert text[:begin].endswith(quote["prefix"])
            assert text[end:].startswith(quote["suffix"])
        yield each


@pytest.mark.slow
@settings(max_examples=examples(60), deadline=None)
@given(scheme_and_reading())
def test_web_annotations_are_of_the_model_and_hold_every_statement(drawn: tuple[str, Drawn]) -> None:
    scheme, (article, text, document) = ALL[drawn[0]], drawn[1]
    names = LabelNames(scheme, USED)
    sheet = flatten(document, article, text, names, Loss())
    page = json.loads(write_w3c(document, article, sheet, names, Loss()))
    found = list(annotations_of(page, text))
    iris = {each["id"] for each in found}
    told = []
    for each in found:
        for body in each["body"]:
            if body["purpose"] == "linking":
                assert body["source"] in iris
            if body["purpose"] == "describing":
                told.append(json.loads(body["value"]))
    require_words(told, text)
    assert statements_of({"statements": with_offsets(told)}, text, scheme) == whole(document, scheme)


@pytest.mark.slow
@settings(max_examples=examples(40), deadline=None)
@given(scheme_and_reading())
def test_spacy_reads_its_docs_and_they_hold_every_statement(drawn: tuple[str, Drawn]) -> None:
    import spacy
    from spacy.tokens import DocBin

    scheme, (article, text, document) = ALL[drawn[0]], drawn[1]
    names, loss = LabelNames(scheme, USED), Loss()
    sheet = flatten(document, article, text, names, Loss())
    docs = Docs(names, loss)
    docs.add(document, article, sheet)
    (doc,) = DocBin().from_bytes(docs.to_bytes()).get_docs(spacy.blank("xx").vocab)
    assert doc.text == text
    told = doc.user_data[USER_DATA]
    assert statements_of({"statements": with_offsets(told["statements"])}, text, scheme) == whole(document, scheme)
    assert sorted(doc.spans) == sorted(names.labels)
    pieces = {(mark.label, mark.id, piece) for mark in sheet.marks for piece in mark.pieces}
    spans = {(key, span.id_, (span.start_char, span.end_char)) for key, group in doc.spans.items() for span in group}
    widened = sum(number for (_, why), number in loss.counted.items() if "widened" in why or "left out" in why)
    assert len(pieces - spans) <= widened
    label = scheme.label.name
    said = {span.id_: span.label_ for span in doc.spans[names.content]}
    assert said == {each.id: each.fields[label] for each in document.statements}


@settings(max_examples=examples(40), deadline=None)
@given(readings())
def test_tasks_of_label_studio_come_back(drawn: Drawn) -> None:
    article, text, document = drawn
    found = read(task_of(article, text, document)).documents[0]
    assert found.statements == document.statements
    assert found.non_statements == document.non_statements


def read_columns(content: str) -> list[tuple[str, int, int, list[str]]]:
    """A reader of its own: tokens with their places and tags."""
    found = []
    for line in content.split("\n"):
        if line and not line.startswith("# "):
            token, start, stop, *tags = line.split("\t")
            found.append((token, int(start), int(stop), tags))
    return found


@pytest.mark.slow
@settings(max_examples=examples(40), deadline=None)
@given(scheme_and_reading())
def test_columns_of_tags_are_the_marks_but_for_those_that_were_named_as_lost(drawn: tuple[str, Drawn]) -> None:
    scheme, (article, text, document) = ALL[drawn[0]], drawn[1]
    names, loss = LabelNames(scheme, USED), Loss()
    sheet = flatten(document, article, text, names, Loss())
    content = write_conll(sheet, names, loss)
    rows = read_columns(content)
    assert [(start, stop) for _, start, stop, _ in rows] == tokenise(text)
    assert all(token == text[start:stop] for token, start, stop, _ in rows)
    chunks: dict[str, list[tuple[int, int]]] = {}
    for place, label in enumerate(names.labels):
        for _, start, stop, tags in rows:
            tag = tags[place]
            assert tag == "O" or re.fullmatch(r"[BI]-\S+", tag)
            if tag.startswith("B-"):
                chunks.setdefault(label, []).append((start, stop))
            elif tag.startswith("I-"):
                chunks[label][-1] = (chunks[label][-1][0], stop)
    lost = {what for (what, why), _ in loss.counted.items() if "left out" in why or "token" in why}
    for label in names.labels:
        pieces = sorted(piece for mark in sheet.marks if mark.label == label for piece in mark.pieces)
        if label not in lost:
            assert chunks.get(label, []) == pieces
        else:
            assert set(chunks.get(label, [])) != set(pieces) or len(pieces) > len(chunks.get(label, []))


@pytest.mark.slow
@settings(max_examples=examples(40), deadline=None)
@given(readings())
def test_our_tokens_are_read_again_by_the_reader_of_such_files(drawn: Drawn) -> None:
    article, text, document = drawn
    names = LabelNames(SCHEME, USED)
    sheet = flatten(document, article, text, names, Loss())
    content = write_conll(sheet, names, Loss())
    with TemporaryDirectory() as folder:
        path = Path(folder) / "tokens.conll"
        path.write_bytes(content.encode())
        sheets = list(read_conll(path))
    assert all(each.faults == () or "no column" in each.faults[0] for each in sheets)
    if sheets:
        assert sheets[0].name == article.id
        tags = [tag for *_, row in read_columns(content) for tag in row]
        assert len(sheets[0].marks) == sum(tag.startswith("B-") for tag in tags)


@pytest.mark.parametrize("name", sorted(ALL))
def test_the_map_of_an_export_is_one(name: str, tmp_path: Path) -> None:
    names = LabelNames(ALL[name], USED)
    path = tmp_path / "map.toml"
    path.write_text(write_map(tables_of_map(names), "Ours."), encoding="utf-8")
    told = read_map(path, ALL[name])
    assert {field.name for field in ALL[name].fields} == {
        table.rpartition(".")[2] for table in told.parts if "fields." in table
    }


def counted(part: str, counts: str | None) -> int:
    """How long a text is in what offsets count; None: in what doccano counts."""
    if counts == "graphemes":
        return len(graphemes(part))
    sizes = {"code points": len(part), "bytes": len(part.encode())}
    return sizes.get(counts or "", len(part.encode("utf-16-le")) // 2)


def doccano_of(sheet: Sheet, names: LabelNames, counts: str | None) -> dict[str, Any]:
    """A sheet as doccano would export it: entities have a label and nothing else, so the stance is in it."""
    text = sheet.text or ""
    numbers = {mark.id: number for number, mark in enumerate(sheet.marks, 100)}
    stance = names.telling[names.content]
    entities = [
        {
            "id": numbers[mark.id],
            "label": mark.attributes[stance][0] if mark.label == names.content else mark.label,
            "start_offset": counted(text[: mark.pieces[0][0]], counts),
            "end_offset": counted(text[: mark.pieces[0][1]], counts),
        }
        for mark in sheet.marks
    ]
    relations = [
        {"id": n, "from_id": numbers[each.begin], "to_id": numbers[each.end], "type": each.label}
        for n, each in enumerate(sheet.links)
    ]
    return {"id": 7, "text": sheet.text, "article_id": sheet.article_id, "entities": entities, "relations": relations}


@settings(max_examples=examples(60), deadline=None)
@given(readings(SCHEMES["minimal"]), st.sampled_from((None, *COUNTS)))
def test_labels_of_doccano_become_statements(drawn: Drawn, counts: str | None) -> None:
    from stancebank.annotate.formats.doccano import read_doccano

    article, text, document = drawn
    scheme = SCHEMES["minimal"]
    names = LabelNames(scheme, USED)
    sheet = flatten(document, article, text, names, Loss())
    with TemporaryDirectory() as folder:
        path = Path(folder) / "all.jsonl"
        path.write_text(json.dumps(doccano_of(sheet, names, counts)) + "\n", encoding="utf-8")
        sheets = list(read_doccano(path, counts))
    stances = list(scheme.values(scheme.label))
    tables: dict[str, dict[str, Any]] = {
        "reading": {"empty": "nothing"},
        "statement": {"labels": stances},
        "speaker": {"labels": "Speaker", "relation": "Speaker_of", "entity": {"constant": "norland"}},
        "target": {"labels": "Target", "relation": "Target_of", "id": {"constant": "talks"}},
        "fields.stance": {"label": True},
    }
    quoted, builder = build(workspace_of(article, text, scheme), tables, sheets)
    assert builder.report.faults == []
    found = statements_of(quoted, text, scheme)

    def said(statement: Any) -> tuple[Any, ...]:
        return statement.content[:1], statement.speaker.span, statement.target.span, statement.fields["stance"]

    assert sorted(map(said, found), key=repr) == sorted(map(said, document.statements), key=repr)
