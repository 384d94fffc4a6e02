"""The table of passages: paragraphs with statements, and without."""

from stancebank.publish.gold import Readings
from stancebank.publish.tables import Row
from stancebank.text import fingerprint
from tests.publish.builds import ENVOY, HARVEST
from tests.publish.hard import HARD, hard_rows, row_of, span_at


def test_the_passages_of_an_article_are_its_annotated_paragraphs(rows: dict[str, list[Row]]) -> None:
    found = [
        (row["passage_id"].removeprefix(f"{ENVOY}/"), row["zone"], row["n_statements"], row["non_statement_reasons"])
        for row in rows["passages"]
        if row["article_id"] == ENVOY
    ]
    assert found == [
        ("p1", "title", 1, []),
        ("p3", "body", 0, ["act"]),
        ("p5", "body", 1, ["biography"]),
        ("p7", "caption", 0, []),
        ("p9", "body", 2, []),
        ("p13", "body", 1, ["no-speaker", "part-of-statement", "part-of-statement"]),
        ("p15", "body", 1, ["out-of-scope"]),
    ]


def test_the_known_passage_has_its_values(rows: dict[str, list[Row]]) -> None:
    row = row_of(rows["passages"], f"{ENVOY}/p9")
    assert row["text"] == (
        "Norland's foreign minister, Tor Aven, did not rule out a meeting and offered to lift the blockade if Suvia "
        "withdrew its patrol boats from the lake."
    )
    assert (row["line"], row["start"], row["stop"], row["fingerprint"]) == (9, 488, 635, "p43bc04ace24911e1")
    assert row["statement_ids"] == [f"{ENVOY}/s3", f"{ENVOY}/s4"]
    assert row["stance_labels"] == ["open_conditional", "offer_conditional"]
    assert row["target_ids"] == ["talks", "lift-blockade"]
    first = row["statements"][0]
    assert (first["speaker_id"], first["speaker_name"], first["stance"]) == ("tor-aven", "Tor Aven", "open")
    assert first["content"].startswith("did not rule out a meeting and offered")
    assert (first["content_parts"], first["n_content_parts"]) == ([1], 1)
    assert [each["start"] for each in first["content_spans"]] == [526]
    assert [(each["role"], each["kind"], each["text"]) for each in first["conditions"]] == [
        ("if", "withdraw-forces", "if Suvia withdrew its patrol boats from the lake")
    ]


def test_a_passage_without_a_statement_is_a_negative_that_says_why(rows: dict[str, list[Row]]) -> None:
    row = row_of(rows["passages"], f"{HARVEST}/p9")
    assert (row["has_statement"], row["statements"]) == (False, [])
    assert row["non_statement_reasons"] == ["out-of-scope", "out-of-scope", "past-blame"]
    assert [each["reason"] for each in row["non_statements"]] == row["non_statement_reasons"]
    plain = row_of(rows["passages"], f"{HARVEST}/p1")
    assert (plain["has_statement"], plain["non_statement_reasons"]) == (False, [])


def test_positives_and_negatives_are_all_annotated_paragraphs(
    rows: dict[str, list[Row]], read: Readings, texts: dict[str, str]
) -> None:
    annotated = read.context.vocabularies.annotated_zones()
    for reading in read.readings:
        article, text = reading.article, texts[reading.article.id]
        wanted = {place for z in article.zones if z.zone in annotated for place in range(z.begin, z.end)}
        mine = [row for row in rows["passages"] if row["article_id"] == article.id]
        positive = [row for row in mine if row["has_statement"]]
        negative = [row for row in mine if not row["has_statement"]]
        held = {place for row in positive + negative for place in range(row["start"], row["stop"])}
        assert {place for place in wanted if not text[place].isspace()} <= held <= wanted
        assert {each for row in positive for each in row["statement_ids"]} == {
            each.id for each in reading.document.statements
        }
        assert sum(len(row["non_statements"]) for row in mine) == sum(
            any(row["start"] <= each.span.begin < row["stop"] for row in mine)
            for each in reading.document.non_statements
        )


def test_every_offset_of_a_passage_indexes_the_stored_text(rows: dict[str, list[Row]], texts: dict[str, str]) -> None:
    for row in rows["passages"]:
        text = texts[row["article_id"]]
        assert text[row["start"] : row["stop"]] == row["text"]
        assert fingerprint(row["text"], 2) == row["fingerprint"]
        assert text.count("\n", 0, row["start"]) + 1 == row["line"]
        assert row["has_statement"] == bool(row["n_statements"]) == bool(row["statements"])
        spans = [span for each in row["statements"] for span in each["content_spans"]] + row["non_statements"]
        assert all(fingerprint(text[span["start"] : span["stop"]], 2) == span["fingerprint"] for span in spans)


def test_a_statement_stands_with_each_passage_that_holds_a_piece_of_its_content() -> None:
    pieces = (span_at(HARD, "he will meet them"), span_at(HARD, "Only he said so"))
    rows = hard_rows(HARD, [(0, len(HARD), "body")], {"content": pieces})
    assert [row["statements"][0]["content_parts"] for row in rows["passages"]] == [[1], [2]]
    assert {row["statements"][0]["n_content_parts"] for row in rows["passages"]} == {2}
    assert all(row["statements"][0]["content"] == "he will meet them […] Only he said so" for row in rows["passages"])
