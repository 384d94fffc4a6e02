"""Whatever a file holds, it is read, or named with its place; nothing ends in a traceback."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stancebank.annotate.formats.importing import TOOLS
from stancebank.annotate.formats.mapping import map_template, read_map, write_map
from stancebank.annotate.formats.statements import count_labels
from stancebank.errors import InputError
from tests.annotate.formats.ours import build, workspace_of
from tests.annotate.formats.test_mapping import MINIMAL, TEXT, article
from tests.conftest import examples
from tests.schemes import SCHEMES
from tests.strategies import SCHEME

PLAIN = (
    st.none() | st.booleans() | st.integers(-5, 90) | st.floats(allow_nan=False) | st.sampled_from(["", "Quote", "é😀"])
)
KEYS = (
    *("text", "label", "labels", "entities", "relations", "annotations", "start_offset", "end_offset", "id", "meta"),
    *("from_id", "to_id", "type", "spans", "tokens", "start", "end", "token_start", "token_end", "head", "child"),
    *("head_span", "child_span", "answer", "_annotator_id", "article_id", "accept", "Comments", "data"),
)
VALUES = st.recursive(
    PLAIN,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.sampled_from(KEYS), below, max_size=6),
    max_leaves=25,
)
PART = st.sampled_from(
    (
        *(
            "T1",
            "T2",
            "E1",
            "R1",
            "A1",
            "N1",
            "#1",
            "*",
            "M1",
            "\t",
            " ",
            ";",
            ":",
            "Quote",
            "0",
            "5",
            "12",
            "99",
            "\r",
        ),
        *(
            "Arg1:T1",
            "Arg2:T2",
            "😀",
            "No.",
            "B-X",
            "I-X",
            "O",
            "# newdoc id = a",
            "-DOCSTART-",
            "\n",
            "\n",
            "\n",
            "\n",
        ),
    )
)


def require_an_answer(tool: str, content: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "labels.ann"
        path.write_bytes(content)
        path.with_suffix(".txt").write_text(TEXT, encoding="utf-8")
        try:
            sheets = list(TOOLS[tool].read(path, None, None))
        except InputError:
            return
    assert all(
        len(piece) == 2 and piece[0] < piece[1] for each in sheets for mark in each.marks for piece in mark.pieces
    )
    scheme = SCHEMES["minimal"]
    assert map_template(count_labels(sheets), tool, scheme)
    _, builder = build(workspace_of(article(scheme), TEXT, scheme), MINIMAL, sheets)
    assert all(isinstance(each, str) for each in builder.report.faults)


@pytest.mark.slow
@settings(max_examples=examples(200), deadline=None)
@given(st.sampled_from(("doccano", "prodigy")), st.lists(VALUES, min_size=1, max_size=3), st.booleans())
def test_any_json_is_read_or_named(tool: str, values: list[Any], is_list: bool) -> None:
    lines = "\n".join(map(json.dumps, values))
    require_an_answer(tool, (json.dumps(values) if is_list else lines).encode())


@settings(max_examples=examples(200), deadline=None)
@example("conll", "0# newdoc id = a\n0")
@given(st.sampled_from(sorted(TOOLS)), st.lists(PART, max_size=40).map("".join))
def test_any_text_is_read_or_named(tool: str, content: str) -> None:
    require_an_answer(tool, content.encode())


@pytest.mark.parametrize("tool", ["doccano", "prodigy"])
@pytest.mark.parametrize(
    "content",
    [
        b'{"text": "no \\ud800", "label": [[0, 2, "X"]], "spans": [{"start": 0, "end": 2, "label": "X"}]}',
        b'{"text": "no", "label": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"text": "no", "text": "yes"}',
        b'{"text": "no", "label": [[0, 1e999, "X"]]}',
        b"{",
        b"[{]",
        b"[[[",
        b"\xff\xfe",
        b"",
    ],
)
def test_what_is_no_json_is_named(tool: str, content: bytes) -> None:
    require_an_answer(tool, content)


TABLES = st.dictionaries(
    st.sampled_from(("statement", "speaker", "target", "condition", "fields", "ignore", "reading", "articles", "text")),
    st.recursive(
        st.sampled_from(["Quote", "nearest", 7, True]) | st.lists(st.sampled_from(["Quote", "X"]), max_size=2),
        lambda below: st.dictionaries(
            st.sampled_from(
                (
                    "labels",
                    "relation",
                    "place",
                    "entity",
                    "id",
                    "role",
                    "stance",
                    "constant",
                    "attribute",
                    "values",
                    "of",
                )
            ),
            below,
            max_size=4,
        ),
        max_leaves=8,
    ),
    max_size=5,
)


@pytest.mark.slow
@settings(max_examples=examples(25), deadline=None)
@given(TABLES)
def test_any_toml_is_a_map_or_its_faults_are_named(tables: dict[str, Any]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "map.toml"
        plain = {name: each for name, each in tables.items() if isinstance(each, dict)}
        path.write_text(write_map(plain, "Any."), encoding="utf-8")
        said = "Hint: "
        try:
            read_map(path, SCHEME)
        except InputError as error:
            said = str(error)
    assert "Hint: " in said
