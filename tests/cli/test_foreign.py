"""Labels of other tools come in by a map, through the same door as readings by quotes."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import REPO, Run

from stancebank.workspace import Workspace, open_workspace

ENVOY = "norland-post-2031-02-11-envoy"
TEXT = (REPO / f"tests/toy/corpus/texts/{ENVOY}.txt").read_text("utf-8")
QUOTE = "We will sit down with Norland"
MORE = "once it lifts the blockade of the river, and only if Keth is in the chair"

MAP = """
[statement]
labels = ["Quote"]

[speaker]
labels = ["Speaker"]
relation = ["Says"]
entity = {words = true}

[target]
id = {constant = "talks"}

[target.fields.parties]
constant = "norland, suvia"

[fields.stance]
attribute = "Stance"
values = {Yes = "open", No = "reject"}

[fields.attribution]
quotation_marks = true
"""


def piece(words: str, text: str = TEXT, after: str = "") -> str:
    begin = text.index(words, text.index(after))
    return f"{begin} {begin + len(words)}"


def lay(folder: Path, *more: str, quote: str = "", name: str = f"{ENVOY}.ann") -> Path:
    """A folder of brat with one good quote, and a map beside it."""
    lines = [
        "R1\tSays Arg1:T2 Arg2:T1",
        quote or f"T1\tQuote {piece(QUOTE)};{piece(MORE)}\t{QUOTE} {MORE}",
        "A1\tStance T1 Yes",
        f"T2\tSpeaker {piece('Ilse Marrow', after='“We will')}\tIlse Marrow",
        *more,
    ]
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / name).with_suffix(".txt").write_text(TEXT, encoding="utf-8")
    (folder / "map.toml").write_text(MAP, encoding="utf-8")
    return folder


def take(run: Run, root: Path, folder: Path, *options: object, tool: str = "brat") -> Any:
    return run(
        *("annotate", "import", folder, "--from", tool, "--map", folder / "map.toml", "--annotator", "anna", *options),
        cwd=root,
    )


@pytest.mark.slow
def test_what_is_exported_for_brat_comes_back_through_the_door(
    run: Run, toy_workspace: Workspace, tmp_path: Path
) -> None:
    root, store = toy_workspace.root, toy_workspace.store
    assert run("annotate", "export", "--all", "--format", "brat", "--out", tmp_path / "out", cwd=root).returncode == 0
    taken = take(run, root, tmp_path / "out")
    assert taken.returncode == 0, taken.stderr
    assert "Left out" not in taken.stderr
    for gold in store.documents(None):
        made = store.document(store.document_name(gold.article_id, "anna"))
        prefix = f"{gold.article_id}/"

        def plain(each: Any, prefix: str = prefix) -> Any:
            return each.content, each.speaker, each.target, [one.spans for one in each.conditions], each.fields

        assert [each.id for each in made.statements] == [each.id.removeprefix(prefix) for each in gold.statements]
        for one, other in zip(made.statements, gold.statements, strict=True):
            assert plain(one) == plain(other)
        passed = sorted(gold.non_statements, key=lambda each: each.span.begin)
        assert list(made.non_statements) == passed
        assert made.origin == "import:brat"
    again = take(run, root, tmp_path / "out")
    assert again.stdout.count("unchanged") == 3
    assert run("check", cwd=root).returncode == 0


def test_a_quote_in_pieces_and_its_speaker_are_a_statement(run: Run, toy_workspace: Workspace, tmp_path: Path) -> None:
    folder = lay(tmp_path / "brat")
    dry = take(run, toy_workspace.root, folder, "--dry-run")
    assert (dry.returncode, "would be written" in dry.stdout) == (0, True), dry.stderr
    taken = take(run, toy_workspace.root, folder)
    assert taken.returncode == 0, taken.stderr
    store = toy_workspace.store
    (made,) = store.document(store.document_name(ENVOY, "anna")).statements
    assert [TEXT[span.begin : span.end] for span in made.content] == [QUOTE, MORE]
    assert (made.speaker.entity, made.fields["stance"], made.fields["attribution"]) == ("ilse-marrow", "open", "direct")
    assert made.target.fields["parties"] == ("norland", "suvia")


def test_every_fault_is_told_with_its_line_and_nothing_is_written(run: Run, toy_root: Path, tmp_path: Path) -> None:
    folder = lay(
        tmp_path / "brat",
        f"T5\tQuote {piece('did not rule out a meeting')}\tdid not rule out a meeting",
        "A2\tStance T5 Maybe",
        "T6\tQuote 0 5\tNo!!!",
        f"T7\tPlace {piece('Vesta')}\tVesta",
        f"T8\tSpeaker {piece('Oda Brill')}\tOda Brill",
    )
    taken = take(run, toy_root, folder)
    assert taken.returncode == 1
    for part in (
        f"{ENVOY}.ann:5: no Speaker belongs to it, and nothing says who speaks.",
        f"{ENVOY}.ann:5: 'Maybe' is no stance. Allowed: ",
        f"{ENVOY}.ann:7: it says 'No!!!', and the text has 'Envoy' there.",
        "Hint: correct the map or the labels, or leave these statements out with --partial.",
        "Nothing was written.",
    ):
        assert part in taken.stderr, part
    assert not (toy_root / "corpus/annotations").exists()
    partial = take(run, toy_root, folder, "--partial")
    assert partial.returncode == 1
    assert f"{ENVOY}.ann:5: 'Maybe' is no stance" in partial.stderr
    assert f"{ENVOY}.ann:9: Speaker belongs to no statement." in partial.stderr
    assert "label 'Place': 1" in partial.stderr
    assert f"{ENVOY}: 1 statement" in partial.stdout
    assert run("check", cwd=toy_root).returncode == 0


def test_what_a_check_would_refuse_is_told_at_the_place_in_the_tools_file(
    run: Run, toy_root: Path, tmp_path: Path
) -> None:
    photo = "an hour before she spoke"  # in a caption, where nothing is annotated
    folder = lay(
        tmp_path / "brat",
        f"T5\tQuote {piece('Winter boots at half price')}\tWinter boots at half price",
        "A2\tStance T5 Yes",
        "R2\tSays Arg1:T2 Arg2:T5",
    )
    assert photo in TEXT
    taken = take(run, toy_root, folder)
    assert taken.returncode == 1
    assert f"{ENVOY}.ann:5 (s2): content" in taken.stderr
    assert not (toy_root / "corpus/annotations").exists()
    partial = take(run, toy_root, folder, "--partial")
    assert (partial.returncode, f"{ENVOY}: 1 statement" in partial.stdout) == (1, True), partial.stderr


def test_names_that_the_registry_lacks_are_refused_or_added(run: Run, toy_root: Path, tmp_path: Path) -> None:
    folder = lay(tmp_path / "brat")
    registry = toy_root / "corpus/entities.json"
    value = json.loads(registry.read_text("utf-8"))
    (folder / "map.toml").write_text(MAP.replace("entity = {words = true}", 'entity = {constant = "Nell Ostry"}'))
    refused = take(run, toy_root, folder)
    assert (refused.returncode, "no entity is called 'Nell Ostry'" in refused.stderr) == (1, True)
    added = take(run, toy_root, folder, "--add-missing", "--kind", "person")
    assert added.returncode == 0, added.stderr
    (new,) = [each for each in json.loads(registry.read_text("utf-8"))["entities"] if each not in value["entities"]]
    assert (new["id"], new["name"], new["kind"]) == ("nell-ostry", "Nell Ostry", "person")
    assert run("check", cwd=toy_root).returncode == 0


def test_a_second_import_keeps_the_ids_of_statements_that_stay(
    run: Run, toy_workspace: Workspace, tmp_path: Path
) -> None:
    store = toy_workspace.store
    rest = ("offered to lift the blockade", "refused to meet the envoy", "meet without preconditions")

    def given(numbers: tuple[int, ...]) -> Path:
        more = []
        for number in numbers:
            more += [
                f"T{number + 10}\tQuote {piece(rest[number])}\t{rest[number]}",
                f"A{number + 10}\tStance T{number + 10} Yes",
            ]
        folder = lay(tmp_path / "brat", *more)
        mark = 'labels = ["Speaker"]\nrelation = ["Says"]\nentity = {words = true}'
        (folder / "map.toml").write_text(MAP.replace(mark, 'entity = {constant = "marrow"}'))
        return folder

    def ids() -> dict[str, str]:
        made = store.document(store.document_name(ENVOY, "anna"))
        return {TEXT[each.content[0].begin : each.content[0].end]: each.id for each in made.statements}

    (tmp_path / "brat").mkdir()
    first = take(run, toy_workspace.root, given((0, 2)))
    assert first.returncode == 0, first.stderr
    before = ids()
    second = take(run, toy_workspace.root, given((1, 2)))
    assert second.returncode == 0, second.stderr
    after = ids()
    assert after[rest[2]] == before[rest[2]]
    assert after[QUOTE] == before[QUOTE]
    assert after[rest[1]] not in before.values()
    third = take(run, toy_workspace.root, given((0, 1, 2)))
    assert third.returncode == 0, third.stderr
    assert ids()[rest[1]] == after[rest[1]]


def test_the_result_can_be_read_by_a_program(run: Run, toy_root: Path, tmp_path: Path) -> None:
    folder = lay(tmp_path / "brat", f"T7\tPlace {piece('Vesta')}\tVesta")
    told = json.loads(take(run, toy_root, folder, "--json").stdout)
    assert told["readings"][0]["state"] == "written"
    assert told["left_out"] == {"label 'Place'": 1}
    assert told["faults"] == []


def test_a_template_is_printed_that_becomes_a_map(run: Run, toy_root: Path, tmp_path: Path) -> None:
    folder = lay(tmp_path / "brat")
    made = run("annotate", "import", folder, "--from", "brat", "--map-template", cwd=toy_root)
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("# Which labels of brat are which part of a statement.")
    assert '# Labels: "Quote" 1, "Speaker" 1' in made.stdout
    assert '# Attribute Stance: "Yes" 1' in made.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--from", "brat"), "--map-template > map.toml"),
        (("--map", "map.toml"), "go with --from"),
        (("--map-template",), "go with --from"),
        (("--partial",), "go with --from"),
        (("--from", "brat", "--map", "map.toml", "--annotator", "=x"), "is neither NAME nor THEIRS=NAME"),
        (("--from", "brat", "--map", "map.toml", "--annotator", "nul"), "reserved name"),
    ],
)
def test_options_that_do_not_go_together_are_usage_errors(
    options: tuple[str, ...], said: str, run: Run, toy_root: Path, tmp_path: Path
) -> None:
    folder = lay(tmp_path / "brat")
    done = run(
        "annotate", "import", folder, *(folder / each if each == "map.toml" else each for each in options), cwd=toy_root
    )
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


def test_whose_labels_these_are_has_to_be_known(run: Run, toy_root: Path, tmp_path: Path) -> None:
    folder = lay(tmp_path / "brat")
    done = run("annotate", "import", folder, "--from", "brat", "--map", folder / "map.toml", cwd=toy_root)
    assert (done.returncode, "Hint: pass --annotator NAME." in done.stderr) == (1, True)


def test_two_annotators_of_prodigy_are_two_readings(run: Run, toy_root: Path, tmp_path: Path) -> None:
    sentence = next(line for line in TEXT.split("\n") if QUOTE in line)
    start = sentence.index(QUOTE)
    spans = [{"start": start, "end": start + len(QUOTE), "label": "OPEN"}]
    tasks = [
        {"text": sentence, "spans": spans, "answer": "accept", "_annotator_id": who, "meta": {"article_id": ENVOY}}
        for who in ("sess-Anna@x.org", "bert")
    ]
    tasks.append({"text": sentence, "spans": spans, "answer": "reject", "_annotator_id": "bert"})
    folder = tmp_path / "prodigy"
    folder.mkdir()
    (folder / "tasks.jsonl").write_text("".join(json.dumps(each) + "\n" for each in tasks), encoding="utf-8")
    (folder / "map.toml").write_text(
        '[statement]\nlabels = "OPEN"\n[speaker]\nentity = {constant = "ilse-marrow"}\n'
        '[target]\nid = {constant = "talks"}\n[target.fields.parties]\nconstant = "norland suvia"\n'
        '[fields.stance]\nlabel = true\nvalues = {OPEN = "open"}\n[fields.attribution]\nquotation_marks = true\n'
    )
    options = ("annotate", "import", folder / "tasks.jsonl", "--from", "prodigy", "--map", folder / "map.toml")
    refused = run(*options, cwd=toy_root)
    assert (refused.returncode, "'sess-Anna@x.org' is no pseudonym" in refused.stderr) == (1, True)
    taken = run(*options, "--annotator", "sess-Anna@x.org=anna", cwd=toy_root)
    assert taken.returncode == 0, taken.stderr
    assert "answers rejected: 1" in taken.stderr
    assert sorted(path.parent.name for path in toy_root.glob("corpus/annotations/*/*.json")) == ["anna", "bert"]


def test_labels_of_another_scheme_become_its_statements(run: Run, tmp_path: Path) -> None:
    root = Path(shutil.copytree(REPO / "tests/other_domain", tmp_path / "other"))
    store = open_workspace(root).store
    name = "talmarker-bote-2031-05-06-waldpartei-will-die-kohleabgabe-wenn-die"
    article = store.article(name)
    stored = store.text(article)
    assert stored is not None
    text = stored.replace("„", '"').replace("“", '"').replace("\n", "\r\n")
    words = {
        1: ("support", "Wir werden der Kohleabgabe zustimmen, sofern die Pendler einen Ausgleich bekommen"),
        2: ("Wer", "Hedwig Brandner"),
        3: ("sofern", "sofern die Pendler einen Ausgleich bekommen"),
    }
    entities = [
        {"id": number, "label": label, "start_offset": text.index(said), "end_offset": text.index(said) + len(said)}
        for number, (label, said) in words.items()
    ]
    relations = [{"id": 9, "from_id": 2, "to_id": 1, "type": "sagt"}]
    folder = tmp_path / "doccano"
    folder.mkdir()
    value = {"id": 12, "text": text, "entities": entities, "relations": relations, "Comments": []}
    (folder / "all.jsonl").write_text(json.dumps(value) + "\n", encoding="utf-8")
    (folder / "map.toml").write_text(
        """
[reading]
guideline_version = "1.0"

[statement]
labels = ["support", "oppose"]

[speaker]
labels = "Wer"
relation = "sagt"
entity = {words = true}

[target]
id = {constant = "Kohleabgabe"}

[fields.stance]
label = true

[fields.certainty]
constant = "high"

[condition]
labels = ["sofern", "solange"]
place = "inside"
role = {label = true}
""",
        encoding="utf-8",
    )
    taken = take(run, root, folder, tool="doccano")
    assert taken.returncode == 0, taken.stderr
    (made,) = store.document(store.document_name(name, "anna")).statements
    gold = store.gold(name)
    assert gold is not None
    assert (made.content, made.speaker) == (gold.statements[0].content, gold.statements[0].speaker)
    assert [(each.role, each.spans) for each in made.conditions] == [
        (each.role, each.spans) for each in gold.statements[0].conditions
    ]
    assert dict(made.fields) == {"stance": "support", "certainty": "high"}


def test_tokens_are_found_in_the_article_that_they_are_of(run: Run, toy_workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "conll"
    folder.mkdir()
    tags = dict.fromkeys(QUOTE.split()[1:], "I-OPEN") | {"We": "B-OPEN"}
    line = next(line for line in TEXT.split("\n") if QUOTE in line)
    rows, inside = [], True
    for word in line.replace("“", "“ ").replace(",”", " , ”").split():
        inside = inside and word != ","
        rows.append(f"{word}\t{tags.get(word, 'O') if inside else 'O'}")
    (folder / "tokens.conll").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "map.toml").write_text(
        '[statement]\nlabels = "OPEN"\n[speaker]\nentity = {constant = "Marrow"}\n'
        '[target]\nid = {constant = "talks"}\n[target.fields.parties]\nconstant = "norland suvia"\n'
        '[fields.stance]\nconstant = "open"\n[fields.attribution]\nquotation_marks = true\n'
    )
    taken = take(run, toy_workspace.root, folder, tool="conll")
    assert taken.returncode == 0, taken.stderr
    store = toy_workspace.store
    (made,) = store.document(store.document_name(ENVOY, "anna")).statements
    assert [TEXT[span.begin : span.end] for span in made.content] == [QUOTE]
