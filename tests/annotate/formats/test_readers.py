"""Files of brat, doccano, Prodigy and CoNLL become marks with their words, whatever order and form they come in."""

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stancebank.annotate.formats.brat import read_brat
from stancebank.annotate.formats.conll import read_conll
from stancebank.annotate.formats.doccano import read_doccano
from stancebank.annotate.formats.importing import find_files
from stancebank.annotate.formats.places import Places
from stancebank.annotate.formats.prodigy import read_prodigy
from stancebank.annotate.formats.sheet import Mark, Sheet
from stancebank.errors import InputError
from stancebank.search import search_fold
from stancebank.text import graphemes, normalise
from tests.conftest import examples
from tests.strategies import texts

TEXT = "The envoy of Keth said no.\nShe would 😀 meet Suvia, she added, only if the ferry runs."


def brat(tmp_path: Path, lines: list[str], text: str | None = TEXT, encoding: str = "utf-8") -> Sheet:
    (tmp_path / "envoy.ann").write_bytes("".join(f"{line}\n" for line in lines).encode(encoding))
    if text is not None:
        (tmp_path / "envoy.txt").write_bytes(text.encode())
    (sheet,) = read_brat(tmp_path / "envoy.ann")
    return sheet


def said(sheet: Sheet) -> list[tuple[str, str]]:
    """The labels of a sheet with the words at their places."""
    text = sheet.text or ""
    return [(mark.label, " ".join(text[begin:end] for begin, end in mark.pieces)) for mark in sheet.marks]


def at(words: str, text: str = TEXT) -> tuple[int, int]:
    return text.index(words), text.index(words) + len(words)


def test_brat_lines_come_in_any_order_and_pieces_stay_pieces(tmp_path: Path) -> None:
    one, other = at("She would 😀 meet Suvia"), at("only if the ferry runs")
    sheet = brat(
        tmp_path,
        [
            "E1\tQuote:T3 Speaker:T1 Place2:T4",
            "A1\tStance E1 reject",
            "A2\tHedged T3",
            "M1\tNegation T1",
            "R1\tSays Arg1:T1 Arg2:T3",
            "N1\tReference T1 Wikidata:Q7\tThe envoy",
            "#1\tAnnotatorNotes E1\tnot sure",
            "*\tEquiv T1 T4",
            f"T3\tQuote {one[0]} {one[1]};{other[0]} {other[1]}\tShe would 😀 meet Suvia only if the ferry runs",
            "T1\tPerson 0 9\tThe envoy",
            "T4\tPlace 13 17\tKeth",
            "",
        ],
    )
    assert sheet.faults == ()
    assert said(sheet) == [
        ("Quote", "She would 😀 meet Suvia only if the ferry runs"),
        ("Person", "The envoy"),
        ("Place", "Keth"),
    ]
    quote, person, _ = sheet.marks
    assert quote.pieces == (one, other)
    assert quote.attributes == {"Hedged": ("",), "Stance": ("reject",)}
    assert quote.notes == {"AnnotatorNotes": ("not sure",)}
    assert person.attributes == {"Negation": ("",)}
    assert person.references == {"Wikidata": ("Q7",)}
    assert [(each.label, each.begin, each.end) for each in sheet.links] == [
        ("Speaker", "T3", "T1"),
        ("Place", "T3", "T4"),
        ("Says", "T1", "T3"),
        ("Equiv", "T1", "T4"),
    ]
    assert quote.where == "envoy.ann:9"


@pytest.mark.parametrize("count", ["code points", "utf-16", "bytes", "graphemes"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_what_brats_offsets_count_is_told_by_the_words_beside_them(count: str, ends: str, tmp_path: Path) -> None:
    text = TEXT.replace("\n", ends)

    def size(part: str) -> int:
        sizes = {"code points": len(part), "utf-16": len(part.encode("utf-16-le")) // 2, "bytes": len(part.encode())}
        return len(graphemes(part)) if count == "graphemes" else sizes[count]

    lines = []
    for number, words in enumerate(("The envoy", "She would 😀 meet", "Suvia", "the ferry"), 1):
        begin = size(text[: text.index(words)])
        lines.append(f"T{number}\tX {begin} {begin + size(words)}\t{words}")
    sheet = brat(tmp_path, lines, text)
    assert sheet.faults == ()
    assert [words for _, words in said(sheet)] == ["The envoy", "She would 😀 meet", "Suvia", "the ferry"]


def test_offsets_that_do_not_count_a_carriage_return_are_understood(tmp_path: Path) -> None:
    begin, end = at("Suvia")
    sheet = brat(tmp_path, [f"T1\tX {begin} {end}\tSuvia"], TEXT.replace("\n", "\r\n"))
    assert (sheet.faults, said(sheet)) == ((), [("X", "Suvia")])


def test_what_brat_would_not_read_is_named_with_its_line_all_at_once(tmp_path: Path) -> None:
    sheet = brat(
        tmp_path,
        [
            "T1\tX 0 9\tThe envoi",
            "T2\tX 0 900\tThe envoy",
            "T3 X 0 9 The envoy",
            "R1\tSays Arg1:T9 Arg2:T4",
            "T4\tX 0 9\tThe envoy",
            "T4\tX 0 3\tThe",
            "A1\tStance T77 reject",
            "prose",
        ],
    )
    places = [fault.partition(": ")[0] for fault in sheet.faults]
    assert sorted(places) == [
        *("envoy.ann", "envoy.ann"),
        *(f"envoy.ann:{number}" for number in (1, 2, 3, 6, 8)),
    ]
    assert "it says 'The envoi', and the text has 'The envoy' there" in "".join(sheet.faults)
    assert "T9 is not there" in "".join(sheet.faults)
    assert "T77 is no mark" in "".join(sheet.faults)


def test_brat_files_without_a_text_keep_their_words(tmp_path: Path) -> None:
    sheet = brat(tmp_path, ["T1\tX 0 9\tThe envoy"], text=None)
    assert (sheet.text, sheet.marks[0].words, sheet.faults) == (None, "The envoy", ())


def lines_of(tmp_path: Path, *values: Any) -> Path:
    path = tmp_path / "labels.jsonl"
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "labels",
    [
        {"label": [[0, 9, "Speaker"], [13, 17, "Place"]]},
        {"labels": [[0, 9, "Speaker"], [13, 17, "Place"]]},
        {
            "entities": [
                {"id": 4, "label": "Speaker", "start_offset": 0, "end_offset": 9},
                {"id": 5, "label": "Place", "start_offset": 13, "end_offset": 17},
            ],
            "relations": [{"id": 1, "from_id": 4, "to_id": 5, "type": "of"}],
            "Comments": ["sure?"],
        },
        {
            "annotations": [
                {"label": "Speaker", "start_offset": 0, "end_offset": 9, "user": 1},
                {"label": "Place", "start_offset": 13, "end_offset": 17, "user": 1},
            ]
        },
    ],
)
def test_doccanos_forms_say_the_same(labels: dict[str, Any], tmp_path: Path) -> None:
    (sheet,) = read_doccano(lines_of(tmp_path, {"id": 1, "text": TEXT, "meta": {"article_id": "a-1"}, **labels}))
    assert said(sheet) == [("Speaker", "The envoy"), ("Place", "Keth")]
    assert (sheet.article_id, sheet.name, sheet.faults) == ("a-1", "1", ())
    assert [each.label for each in sheet.links] == (["of"] if "relations" in labels else [])
    assert dict(sheet.left_out) == ({"comments of doccano": 1} if "Comments" in labels else {})


def test_a_list_of_doccano_is_read_as_its_lines_are(tmp_path: Path) -> None:
    path = tmp_path / "all.json"
    path.write_text(json.dumps([{"id": 1, "text": TEXT, "label": [[0, 9, "Speaker"]]}, 7]), encoding="utf-8")
    first, second = read_doccano(path)
    assert said(first) == [("Speaker", "The envoy")]
    assert second.faults == ("all.json[2]: it is no JSON object.",)


def test_a_label_without_a_place_is_a_fault_and_one_of_the_text_is_told(tmp_path: Path) -> None:
    value = {"id": 1, "text": "No.", "label": [[0, 90, "X"], [2, 1, "X"], ["a", 1, "X"], "angry"]}
    (sheet,) = read_doccano(lines_of(tmp_path, value))
    assert [fault.partition(" has")[0] for fault in sheet.faults] == [f"labels.jsonl:1: label {n}" for n in (1, 2, 3)]
    assert sheet.others == ("angry",)


def test_prodigys_tasks_have_spans_by_places_or_tokens_and_relations_between_them(tmp_path: Path) -> None:
    tokens, place = [], 0
    for number, word in enumerate(TEXT.split()):
        place = TEXT.index(word, place)
        tokens.append({"text": word, "start": place, "end": place + len(word), "id": number})
    path = lines_of(
        tmp_path,
        {
            "text": TEXT,
            "tokens": tokens,
            "meta": {"source": "envoy", "article_id": "a-1"},
            "spans": [
                {"start": 0, "end": 9, "label": "SPEAKER"},
                {"token_start": 6, "token_end": 10, "label": "QUOTE"},
            ],
            "relations": [
                {"head": 1, "child": 10, "label": "SAYS"},
                {
                    "head": 10,
                    "child": 3,
                    "head_span": {"token_start": 6, "token_end": 10, "label": "QUOTE"},
                    "child_span": {"start": 13, "end": 17, "label": "PLACE"},
                    "label": "ABOUT",
                },
            ],
            "answer": "accept",
            "_annotator_id": "anna",
        },
        {"text": TEXT, "spans": [{"start": 0, "end": 9, "label": "SPEAKER"}], "answer": "reject"},
        {"text": TEXT, "spans": [], "answer": "ignore"},
        {"text": TEXT, "spans": [{"start": 5, "end": 900, "label": "X"}], "accept": ["angry"]},
    )
    first, rejected, ignored, last = read_prodigy(path)
    assert (first.faults, first.annotator, first.article_id, first.name) == ((), "anna", "a-1", "envoy")
    assert said(first) == [("SPEAKER", "The envoy"), ("QUOTE", "She would 😀 meet Suvia,"), ("PLACE", "Keth")]
    names = {mark.id: mark.label for mark in first.marks}
    assert [(each.label, names[each.begin], names[each.end]) for each in first.links] == [
        ("SAYS", "SPEAKER", "QUOTE"),
        ("ABOUT", "QUOTE", "PLACE"),
    ]
    assert dict(rejected.left_out) == {"answers rejected": 1}
    assert dict(ignored.left_out) == {"answers ignored": 1}
    assert not rejected.marks
    assert last.others == ("angry",)
    assert last.faults[0].startswith("labels.jsonl:4, span 1: ")


BIO = ["O", "B-SPK", "I-SPK", "O", "B-SPK", "I-SPK", "O", "O"]
WAYS = {
    "bio": BIO,
    "iob": ["O", "I-SPK", "I-SPK", "O", "I-SPK", "I-SPK", "O", "O"],
    "iobes": ["O", "B-SPK", "E-SPK", "O", "B-SPK", "E-SPK", "O", "O"],
    "bilou": ["O", "B-SPK", "L-SPK", "O", "B-SPK", "L-SPK", "O", "O"],
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("shape", ["two columns", "four columns", "universal"])
def test_columns_of_tags_become_marks(way: str, shape: str, tmp_path: Path) -> None:
    words = ["Today", "Ilse", "Marrow", "met", "Tor", "Aven", "again", "."]
    rows = []
    for number, (word, tag) in enumerate(zip(words, WAYS[way], strict=True), 1):
        row = {
            "two columns": f"{word} {tag}",
            "four columns": f"{word} NNP B-NP {tag}",
            "universal": f"{number}\t{word}\t_\tPROPN\t{tag}",
        }[shape]
        rows.append(row)
        rows += [""] if number == 4 else []
    (tmp_path / "a.conll").write_text("# newdoc id = a-1\n# text = no\n" + "\n".join(rows) + "\n\n", encoding="utf-8")
    (sheet,) = read_conll(tmp_path / "a.conll")
    assert (sheet.name, sheet.faults) == ("a-1", ())
    assert [each for each in said(sheet) if each[0] == "SPK"] == [("SPK", "Ilse Marrow"), ("SPK", "Tor Aven")]


def test_two_names_side_by_side_stay_two(tmp_path: Path) -> None:
    (tmp_path / "a.conll").write_text("Norland B-X\nSuvia B-X\nKeth I-X\nno S-X\n", encoding="utf-8")
    (sheet,) = read_conll(tmp_path / "a.conll")
    assert [words for _, words in said(sheet)] == ["Norland", "Suvia Keth", "no"]


def test_documents_of_one_file_are_told_apart_and_what_is_no_table_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.conll").write_text("-DOCSTART- O\n\nNo B-X\n\n-DOCSTART- O\n\nYes O\n# doc_id = b\nNo\n", "utf-8")
    first, second, third = read_conll(tmp_path / "a.conll")
    assert said(first) == [("X", "No")]
    assert "no column of it holds tags" in second.faults[0]
    assert third.name == "b"
    (tmp_path / "b.conll").write_text("Norland x B-X\nSuvia O\n", encoding="utf-8")
    (broken,) = read_conll(tmp_path / "b.conll")
    assert broken.faults == ("b.conll:2: it has 2 columns, not 3.",)


def test_folders_are_searched_for_files_of_the_tool_alone(tmp_path: Path) -> None:
    for name in ("a/one.ann", "a/one.txt", "a/._one.ann", "two.ann", "map.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert [path.name for path in find_files([tmp_path], "brat")] == ["one.ann", "two.ann"]
    with pytest.raises(InputError, match=r"has no file of doccano: none is called \*.jsonl, \*.json"):
        find_files([tmp_path], "doccano")


@pytest.mark.parametrize("read", [read_brat, read_doccano, read_prodigy, read_conll])
def test_a_file_that_is_not_utf_8_is_refused(read: Any, tmp_path: Path) -> None:
    (tmp_path / "a.ann").write_bytes(b"T1\tX 0 1\t\xe4\n")
    with pytest.raises(InputError, match="is not UTF-8: byte 9"):
        list(read(tmp_path / "a.ann"))


# Places

CHANGES = ("line ends", "more around", "normal form", "soft hyphens", "typography", "wrapped")


def changed(text: str, change: str) -> str:
    """A stored text as a tool may have it."""
    return {
        "line ends": text.replace("\n", "\r\n"),
        "wrapped": text.replace(" ", "\n"),
        "normal form": unicodedata.normalize("NFD", text),
        "typography": text.replace("“", '"').replace("”", '"').replace(" ", "  "),
        "soft hyphens": text.replace("no", "n\u00ado"),
        "more around": f"Page furniture, which nobody stored.\n\n{text}\n\nAnd more of it behind.",
    }[change]


@settings(max_examples=examples(60), deadline=None)
@given(texts(), st.sampled_from(CHANGES), st.data())
def test_words_are_found_in_the_stored_text_whatever_the_tool_made_of_it(
    stored: str, change: str, data: st.DataObject
) -> None:
    theirs = changed(stored, change)
    places = Places(theirs, stored)
    edges = [begin for begin, _ in graphemes(theirs)]
    begin = data.draw(st.sampled_from(edges))
    end = data.draw(st.sampled_from([edge for edge in (*edges, len(theirs)) if edge > begin]))
    try:
        first, last = places.find(begin, end)
    except InputError as error:
        said_why = str(error)
        bare = search_fold(theirs[begin:end]).replace(" ", "")
        assert not bare or "occurs" in said_why or "outside" in said_why or change == "more around"
        return
    found, wanted = search_fold(stored[first:last]).replace(" ", ""), search_fold(theirs[begin:end]).replace(" ", "")
    assert wanted in found  # what a place cuts of a character is taken whole
    assert (
        search_fold(theirs[:begin]).replace(" ", "").endswith(search_fold(stored[:first]).replace(" ", ""))
        or found != wanted
    )


def test_words_with_several_places_are_told_apart_by_what_is_around_them() -> None:
    stored = normalise("Norland said no to the ferry plan.\nSuvia said no to the harbour plan.\nNobody said more.")
    theirs = "A headline.\nNorland said no to the ferry plan!\nSuvia said no to the harbour, plan.\nNobody said more."
    places = Places(theirs, stored)
    for words, number in (("said no", 1), ("said no", 2)):
        begin = theirs.index(words, theirs.index("Norland" if number == 1 else "Suvia"))
        first, last = places.find(begin, begin + len(words))
        assert stored[first:last] == words
        assert stored.count("\n", 0, first) == number - 1
    with pytest.raises(InputError, match="'A headline' does not occur in the stored text"):
        places.find(0, 10)
    twice = Places("He said no. Elsewhere.", "Xx no. Yy no. Zz.")
    with pytest.raises(InputError, match="'no' occurs 2 times in the stored text, and nothing around it tells which"):
        twice.find(8, 10)


def test_marks_of_a_sheet_are_never_empty() -> None:
    with pytest.raises(InputError, match="has no words"):
        Places("a   b", "a b").find(1, 3)
    assert Mark("T1", "X", ((0, 1),), "a:1").words is None
