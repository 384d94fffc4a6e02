"""The table of tokens: what is tagged is what was annotated, and what is lost is counted."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stancebank.corpus.selectors import TextIndex, find_passages
from stancebank.model import (
    Span,
    statement_spans,
)
from stancebank.publish.card.statistics import measure_alignment
from stancebank.publish.gold import Readings
from stancebank.publish.tables import Row
from stancebank.publish.tables.chat import answer_spans
from stancebank.publish.tables.text import LAYERS, decode, span_labels, tags_column
from stancebank.schema.validate import validate
from stancebank.text import cuts_grapheme, fingerprint, graphemes, line_bounds, normalise, trim
from tests.conftest import examples
from tests.publish.builds import MINISTER
from tests.publish.hard import HARD, SCHEMA, answer_of, article_of, hard_rows, row_of, span_at
from tests.publish.own import SCHEME

LABELS = tuple(span_labels(SCHEME))


def test_the_known_passage_has_its_tokens_and_tags(rows: dict[str, list[Row]]) -> None:
    row = row_of(rows["tokens"], f"{MINISTER}/p5")
    columns = ("speaker", "content", "target", "condition")
    tagged = [
        (token, *(row[tags_column(label, 1)][place].removesuffix(f"-{label}") for label in columns))
        for place, token in enumerate(row["tokens"])
    ]
    assert tagged[:10] == [
        ("“", "O", "O", "O", "O"),
        ("No", "O", "B", "O", "O"),
        ("talks", "O", "I", "B", "O"),
        ("🙅🏽\u200d♀️", "O", "I", "O", "O"),
        (",", "O", "I", "O", "O"),
        ("never", "O", "I", "O", "O"),
        (",", "O", "I", "O", "O"),
        ("while", "O", "I", "O", "B"),
        ("Norland", "O", "I", "O", "I"),
        ("’", "O", "I", "O", "I"),
    ]
    assert tagged[19:23] == [
        ("Foreign", "B", "O", "O", "O"),
        ("Minister", "I", "O", "O", "O"),
        ("Kon̈a", "I", "O", "O", "O"),
        ("Veltri", "I", "O", "O", "O"),
    ]


def test_content_in_two_pieces_and_from_right_to_left_is_tagged_piece_by_piece(rows: dict[str, list[Row]]) -> None:
    row = row_of(rows["tokens"], f"{MINISTER}/p13")
    pieces = [" ".join(row["tokens"][first:last]) for first, last in decode(row["content_tags"])]
    assert pieces == ["بابُنا مفتوحٌ", "our door is open"]


def test_tokens_index_the_stored_text_and_cut_no_character(rows: dict[str, list[Row]], texts: dict[str, str]) -> None:
    for row in rows["tokens"]:
        text, begin = texts[row["article_id"]], row["start"]
        bounds = list(zip(row["token_begins"], row["token_ends"], strict=True))
        assert [text[begin + first : begin + last] for first, last in bounds] == row["tokens"]
        assert len(row["tokens"]) == row["n_tokens"]
        assert not any(cuts_grapheme(text, begin + first, begin + last) for first, last in bounds)
        assert all(0 <= first < last <= row["stop"] - begin for first, last in bounds)


def require_tags_of_kept_spans(row: Row) -> None:
    """Demand that the tags of a row give back the spans that it says are kept, and no others."""
    for label in LABELS:
        for layer in LAYERS:
            column = tags_column(label, layer)
            kept = [
                (span["first_token"], span["last_token"] + 1)
                for span in row["spans"]
                if (span["label"], span["layer"]) == (label, layer)
            ]
            assert decode(row[column]) == sorted(kept)
            names = ("O", f"B-{label}", f"I-{label}")
            assert [names[each] for each in row[column.replace("tags", "tag_ids")]] == row[column]


def test_the_tags_give_back_the_spans_of_the_gold(rows: dict[str, list[Row]], read: Readings) -> None:
    found: dict[str, set[tuple[str, int, int, str]]] = {}
    for row in rows["tokens"]:
        require_tags_of_kept_spans(row)
        for span in row["spans"]:
            assert (span["exact"], span["layer"]) == (True, 1)
            begin, end = row["start"] + span["start"], row["start"] + span["stop"]
            found.setdefault(row["article_id"], set()).update((span["label"], begin, end, i) for i in span["ids"])
    for reading in read.readings:
        gold = set()
        for statement in reading.document.statements:
            for pointer, span in statement_spans(statement):
                label = pointer.split("/")[1].removesuffix("s")
                owner = statement.conditions[int(pointer.split("/")[2])].id if label == "condition" else statement.id
                if label in LABELS:
                    gold.add((label, span.begin, span.end, owner))
        assert found.get(reading.article.id, set()) == gold


def test_spans_that_nest_coincide_and_overlap_stand_in_two_layers_and_the_rest_is_counted() -> None:
    whole = span_at(HARD, "he will meet them, he said, if the talks help")
    inner = span_at(HARD, "meet them, he said")
    third = span_at(HARD, "them")
    rows = hard_rows(
        HARD,
        [(0, len(HARD), "body")],
        {"content": (whole,)},
        {"content": (whole,)},
        {"content": (inner,)},
        {"content": (third, span_at(HARD, "nly he"))},
    )
    first, second = rows["tokens"]
    for row in rows["tokens"]:
        require_tags_of_kept_spans(row)
    assert [(each["layer"], each["ids"]) for each in first["spans"]] == [
        (1, ["hard/s1", "hard/s2"]),
        (2, ["hard/s3"]),
        (None, ["hard/s4"]),
    ]
    assert [(each["layer"], each["exact"], each["first_token"], each["last_token"]) for each in second["spans"]] == [
        (1, False, 0, 1)
    ]
    assert second["content_tags"] == ["B-content", "I-content", "O", "O", "O"]
    report = measure_alignment(rows["tokens"], SCHEME)["content"]
    assert (report.annotated, report.spans, report.exact, report.snapped, report.second, report.dropped) == (
        5,
        4,
        2,
        1,
        1,
        1,
    )


def test_a_span_that_runs_out_of_its_passage_is_counted_as_dropped() -> None:
    text = "They will meet [Photo: X]"
    rows = hard_rows(text, [(0, 15, "body"), (15, 25, "boilerplate")], {"content": (span_at(text, "meet [Photo"),)})
    (row,) = rows["tokens"]
    assert [(each["layer"], each["start"], each["stop"]) for each in row["spans"]] == [(None, 10, 21)]
    assert set(row["content_tags"]) == {"O"}
    assert measure_alignment(rows["tokens"], SCHEME)["all"].dropped == 1
    assert answer_of(rows["chat"][0])["statements"][0]["content"] == [{"begin": 10, "end": 21}]


lines = st.text(alphabet="aB ’“\u00a0\u0308é🙅🏽\u200d♀️با\u0651\n", min_size=1, max_size=30).map(normalise)


@settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(lines.filter(lambda text: bool(words_of(text))), st.data())
def test_whatever_is_annotated_comes_back_from_tokens_and_answers(text: str, data: st.DataObject) -> None:
    spans = data.draw(st.lists(st.sampled_from(words_of(text)), min_size=1, max_size=5))
    gold = [Span(begin=begin, end=end, fingerprint=fingerprint(text[begin:end])) for begin, end in spans]
    rows = hard_rows(text, [(0, len(text), "body")], *({"content": (span,)} for span in gold))
    found = []
    for row in rows["tokens"]:
        require_tags_of_kept_spans(row)
        assert [text[row["start"] + a : row["start"] + b] for a, b in bounds_of(row)] == row["tokens"]
        assert not any(cuts_grapheme(text, row["start"] + a, row["start"] + b) for a, b in bounds_of(row))
        found += [(row["start"] + each["start"], row["start"] + each["stop"]) for each in row["spans"]]
    assert sorted(found) == sorted(set(spans))
    report = measure_alignment(rows["tokens"], SCHEME)["content"]
    assert (report.annotated, report.spans) == (len(spans), len(set(spans)))
    index = TextIndex.of_passages(text, find_passages(article_of(text), text, ["body"]))
    (row,) = rows["chat"]
    assert validate(answer_of(row), "prediction", SCHEMA, "answer") == []
    assert sorted(index.find(each) for _, each in answer_spans(answer_of(row), SCHEME)) == sorted(spans)


def words_of(text: str) -> list[tuple[int, int]]:
    """Return all stretches inside lines that cut no character and have no white space at their ends."""
    found = []
    for first, last in line_bounds(text):
        edges = [first, *(first + end for _, end in graphemes(text[first:last]))]
        both = ((begin, end) for begin in edges for end in edges if begin < end)
        found += [(begin, end) for begin, end in both if trim(text, begin, end) == (begin, end)]
    return found


def bounds_of(row: Row) -> list[tuple[int, int]]:
    return list(zip(row["token_begins"], row["token_ends"], strict=True))
