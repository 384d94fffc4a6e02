"""What records of articles say since the second edition: in their rows, and back."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from stancebank.check.workspace import check_workspace
from stancebank.model import Extraction
from stancebank.publish.build import build
from stancebank.publish.gold import read_gold
from stancebank.publish.tables import article_rows, find_table
from stancebank.publish.tables.restore import restore_article
from stancebank.publish.verification import Wanted, verify
from stancebank.workspace import Workspace, open_workspace
from tests.frozen.forging import read_rows, table_path, write_rows
from tests.publish.builds import ENVOY, HARVEST, MINISTER, lay_toy
from tests.publish.second_edition import lay_other, names
from tests.publish.verifying import ALONE


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return lay_toy(tmp_path_factory.mktemp("second") / "toy")


def lay_with_more(root: Path) -> Workspace:
    """Lay the toy, the record of one article with all that such records may say since the second edition."""
    workspace = lay_toy(root)
    article = workspace.store.article(ENVOY)
    more = msgspec.structs.replace(
        article,
        extraction=Extraction(
            extractor="news-please", version="1.6.13", page_sha256="5" * 64, page_url="https://norland-post.example/1"
        ),
        reprint_of=MINISTER,
        extra={"wordcount": 204, "desk": "Ausland", "paid": False, "score": 0.5, "tags": ("Łódź", "port")},
    )
    workspace.store.write_article(more, workspace.store.text(article) or "")
    return open_workspace(root)


MORE: dict[str, Any] = {
    "extraction": {
        "extractor": "news-please",
        "version": "1.6.13",
        "page_sha256": "5" * 64,
        "page_url": "https://norland-post.example/1",
    },
    "reprint_of": MINISTER,
    "extra": '{"desk":"Ausland","paid":false,"score":0.5,"tags":["Łódź","port"],"wordcount":204}',
}


NO_MORE: dict[str, Any] = dict.fromkeys(MORE)


@pytest.mark.slow
def test_what_records_of_articles_say_since_then_is_in_their_rows_and_comes_back(tmp_path: Path) -> None:
    workspace = lay_with_more(tmp_path / "toy")
    read = read_gold(workspace, None)
    table = find_table(workspace.scheme, "articles")
    for reading in read.readings:
        (row,) = article_rows(reading, read.context)["articles"]
        assert {name: row[name] for name in MORE} == (MORE if reading.article.id == ENVOY else NO_MORE)
        assert restore_article(table, row) == reading.article
    out = build(workspace, tmp_path / "out").out
    assert verify(out, ALONE).faults == []
    assert all(f"| `{name}` |" in (out / "COLUMNS.md").read_text(encoding="utf-8") for name in MORE)
    other = open_workspace(lay_other(tmp_path / "other")).scheme
    assert not MORE.keys() & set(names(find_table(other, "articles")))


@pytest.mark.slow
def test_what_records_of_articles_say_since_then_is_held_against_the_workspace(tmp_path: Path) -> None:
    workspace = lay_with_more(tmp_path / "toy")
    out = build(workspace, tmp_path / "out").out
    assert {each.code for each in verify(out, Wanted(against=workspace, readers=())).faults} == {"record-missing"}
    rows = read_rows(out, "articles")
    row = next(each for each in rows if each["article_id"] == ENVOY)
    row |= {"extraction": {**row["extraction"], "version": "9"}, "reprint_of": "gone", "extra": '{"desk":"Ausland"}'}
    write_rows(out, "articles", rows)
    found = verify(out, Wanted(against=workspace, readers=())).errors
    differing = {each.column for each in found if (each.code, each.file) == ("source-differs", "articles")}
    assert differing == MORE.keys()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("forged", "code", "column"),
    [
        ({"extra": '{"wordcount":204,"desk":"Ausland"}'}, "cell-differs", "extra"),
        ({"extra": '{"desk":"Ausland","desk":"Inland"}'}, "cell-differs", "extra"),
        ({"extra": "{}"}, "cell-differs", "extra"),
        ({"extra": '{"desk":{"of":"Ausland"}}'}, "row-invalid", ""),
        ({"extra": "Ausland"}, "row-invalid", ""),
        ({"extra": '{"desk":""}'}, "row-invalid", "extra/desk"),
        ({"reprint_of": ENVOY}, "row-invalid", "reprint_of"),
        ({"extraction": {**MORE["extraction"], "page_sha256": "5"}}, "row-invalid", "extraction/page_sha256"),
    ],
)
def test_a_forged_value_of_these_is_found(tmp_path: Path, forged: dict[str, Any], code: str, column: str) -> None:
    out = build(lay_with_more(tmp_path / "toy"), tmp_path / "out").out
    rows = read_rows(out, "articles")
    next(each for each in rows if each["article_id"] == ENVOY).update(forged)
    write_rows(out, "articles", rows)
    found = {(each.code, each.row, each.column) for each in verify(out, ALONE).errors if each.file == "articles"}
    assert (code, ENVOY, column) in found
    assert {row for _, row, _ in found} == {ENVOY}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reprint_of", "codes"),
    [(ENVOY, set()), (None, {"row-invalid"}), (HARVEST, {"row-invalid", "cell-differs"})],  # its group is another one
)
def test_a_text_is_published_twice_only_as_a_reprint(tmp_path: Path, reprint_of: str | None, codes: set[str]) -> None:
    workspace = lay_toy(tmp_path / "toy")
    first, document = workspace.store.article(ENVOY), workspace.store.gold(ENVOY)
    text = workspace.store.text(first)
    assert document
    assert text
    again = msgspec.structs.replace(first, id="suvia-courier-2031-02-12-envoy", reprint_of=ENVOY)
    workspace.store.write_article(again, text)
    named = {each.id: each.id.replace(ENVOY, again.id) for each in document.statements}
    statements = [
        msgspec.structs.replace(
            each,
            id=named[each.id],
            same_as=named.get(each.same_as or ""),
            conditions=tuple(
                msgspec.structs.replace(one, id=one.id.replace(ENVOY, again.id)) for one in each.conditions
            ),
        )
        for each in document.statements
    ]
    workspace.store.write_document(msgspec.structs.replace(document, article_id=again.id, statements=tuple(statements)))
    assert not check_workspace(workspace).errors
    out = build(workspace, tmp_path / "out").out
    assert verify(out, ALONE).faults == []
    rows = read_rows(out, "articles")
    next(each for each in rows if each["article_id"] == again.id)["reprint_of"] = reprint_of
    write_rows(out, "articles", rows)
    found = verify(out, ALONE).errors
    assert {each.code for each in found if each.file == "articles"} == codes


@pytest.mark.slow
def test_readers_see_what_records_of_articles_say_since_then(tmp_path: Path) -> None:
    import duckdb
    import pandas
    import polars
    from datasets import load_dataset

    out = build(lay_with_more(tmp_path / "toy"), tmp_path / "out").out
    path = table_path(out, "articles")
    wanted = {row["article_id"]: {name: row[name] for name in MORE} for row in read_rows(out, "articles")}
    assert wanted[ENVOY] == MORE
    loaded = load_dataset(str(out), "articles", split="train", cache_dir=str(tmp_path / "cache"))
    frame = pandas.read_parquet(path)
    asked = f"SELECT article_id, {', '.join(MORE)} FROM read_parquet($1)"
    seen = {
        "datasets": {row["article_id"]: {name: row[name] for name in MORE} for row in loaded},
        "pandas": {row["article_id"]: {name: row[name] for name in MORE} for row in frame.to_dict("records")},
        "polars": {
            row["article_id"]: {name: row[name] for name in MORE} for row in polars.read_parquet(path).to_dicts()
        },
        "duckdb": {
            row[0]: dict(zip(MORE, row[1:], strict=True)) for row in duckdb.execute(asked, [str(path)]).fetchall()
        },
    }
    assert seen == dict.fromkeys(seen, wanted)
