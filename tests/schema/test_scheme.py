"""A scheme: read from its files, checked, generated, and made new."""

import json
import shutil
import tracemalloc
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import OWN_SCHEMA, REPO, TOY, Run, examples, second_edition

from stancebank.errors import InputError
from stancebank.model import DateValue, Line, Mention, Span, Zone, to_builtins
from stancebank.records import read_json
from stancebank.schema import rules
from stancebank.schema.fields import KEYWORD, load_scheme
from stancebank.schema.rules import check_scheme, generated_schemas, with_declarations
from stancebank.schema.scaffold import NewScheme, make_schema_files, parse_field
from stancebank.schema.validate import packed_schema
from stancebank.workspace import Workspace, open_workspace

OWN, FIRST = OWN_SCHEMA, REPO / "schema/v1"
OTHERS = ("other_domain", "minimal")
Json = dict[str, Any]


def lay(folder: Path, files: dict[str, str], version: str = "v1") -> Path:
    target = folder / "schema" / version
    target.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (target / name).write_text(text, encoding="utf-8")
    return target


def codes(folder: Path) -> list[str]:
    return [finding.code for finding in check_scheme(folder.parent.parent, folder)]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A copy of the toolkit's own schema folder, in a workspace."""
    return lay(tmp_path, {path.name: path.read_text("utf-8") for path in OWN.glob("*.json")}, OWN.name)


def edit(folder: Path, name: str, change: Callable[[Json], object]) -> None:
    value = read_json(folder / name)
    change(value)
    (folder / name).write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def test_copies_of_a_scheme_are_one_until_one_of_them_is_edited(own: Path, tmp_path: Path) -> None:
    other = lay(tmp_path / "other", {path.name: path.read_text("utf-8") for path in own.glob("*.json")}, own.name)
    assert load_scheme(own) is load_scheme(other)
    assert codes(own) == codes(other) == []
    edit(other, "vocabularies.json", lambda each: each["zone"].update(description="Parts of a page."))
    assert load_scheme(own) is not load_scheme(other)
    assert (codes(own), set(codes(other))) == ([], {"scheme-drift"})
    assert generated_schemas(own) != generated_schemas(other)
    generated_schemas(own).clear()
    assert generated_schemas(own)
    (other / "quoted.schema.json").unlink()
    (other / "annotation.schema.json").write_text("{", encoding="utf-8")
    assert (codes(own), codes(other)) == ([], ["scheme-incomplete"])


@pytest.mark.parametrize("about", [2, {"edition": "2"}, {"edition": 0}, {"edition": True}, {"edition": 2, "of": 1}])
def test_an_edition_that_is_none_is_a_finding(own: Path, about: object) -> None:
    edit(own, "annotation.schema.json", lambda schema: schema.update({KEYWORD: about}))
    assert codes(own) == ["scheme-incomplete"]


def test_the_edition_is_declared_and_a_later_one_asks_for_a_newer_toolkit(own: Path, tmp_path: Path) -> None:
    assert load_scheme(own).edition == 2
    for name in OTHERS:
        shutil.copytree(REPO / "tests" / name / "schema", tmp_path / name / "schema")
        (other,) = (tmp_path / name / "schema").iterdir()
        assert load_scheme(other).edition == 1
        second_edition(tmp_path / name)
        assert (load_scheme(other).edition, codes(other)) == (2, [])
    edit(own, "annotation.schema.json", lambda schema: schema.update({KEYWORD: {"edition": 3}}))
    (finding,) = check_scheme(own.parent.parent, own)
    assert "install a newer one" in finding.message
    with pytest.raises(InputError, match="install a newer stancebank"):
        load_scheme(own)


@pytest.mark.parametrize("root", [REPO, TOY, *(REPO / "tests" / name for name in OTHERS)], ids=lambda each: each.name)
def test_documents_come_back_as_they_were_read(root: Path) -> None:
    scheme = load_scheme(OWN) if root == TOY else open_workspace(root).scheme
    paths = [*root.glob("corpus/gold/*.json"), *root.glob("corpus/annotations/*/*.json")]
    assert paths
    for path in paths:
        assert to_builtins(scheme.read_document(read_json(path))) == read_json(path)


def test_a_value_that_is_the_default_is_not_kept() -> None:
    scheme = load_scheme(OWN)
    value = read_json(next(TOY.glob("corpus/gold/norland*.json")))
    plain = deepcopy(value)
    plain["statements"][0] |= {"force": "plain", "uncertain": False, "via": [], "said_on": None}
    bare = deepcopy(value)
    for name in ("force", "uncertain", "via", "said_on"):
        bare["statements"][0].pop(name, None)
    assert scheme.read_document(plain) == scheme.read_document(bare)


def test_a_scheme_of_others_has_its_own_fields_and_lacks_ours() -> None:
    other, minimal = (open_workspace(REPO / "tests" / name).scheme for name in OTHERS)
    assert [field.name for field in other.fields] == ["stance", "certainty", "remark"]
    assert other.has_conditions
    assert other.non_statements is None
    assert [field.name for field in minimal.fields] == ["stance"]
    assert not minimal.has_conditions
    assert not minimal.has_polarity
    assert other.has_polarity


@pytest.mark.parametrize("folder", [OWN, *(REPO / "tests" / name / "schema" / "v1" for name in OTHERS)], ids=str)
def test_a_sound_scheme_has_no_finding_and_its_generated_parts_are_current(folder: Path) -> None:
    assert codes(folder) == []
    assert {name: (folder / name).read_text("utf-8") for name in generated_schemas(folder)} == generated_schemas(folder)


def test_a_tenth_stance_takes_one_edit(own: Path) -> None:
    edit(own, "vocabularies.json", lambda v: v["stance"]["values"].update(
        waver={"description": "Has not decided.", "polarity": "none"}))  # fmt: skip
    assert set(codes(own)) == {"scheme-drift"}
    for name, text in generated_schemas(own).items():
        (own / name).write_text(text, encoding="utf-8")
    assert codes(own) == []
    assert "waver" in read_json(own / "annotation.schema.json")["$defs"]["stance"]["enum"]
    assert "waver" in load_scheme(own).vocabularies.values("stance")


def statement(schema: Json) -> Json:
    found: Json = schema["$defs"]["statement"]
    return found


def about(name: str, **keys: Any) -> Callable[[Json], object]:
    return lambda schema: statement(schema)["properties"][name][KEYWORD].update(keys)


def rename(schema: Json, name: str, to: str) -> None:
    properties = statement(schema)["properties"]
    properties[to] = properties.pop(name)


def strengthen(vocabularies: Json, strength: object) -> None:
    for value in vocabularies["force"]["values"].values():
        value["strength"] = strength


def all_retired(vocabulary: Json) -> Json:
    return vocabulary | {"values": {name: each | {"retired": True} for name, each in vocabulary["values"].items()}}


def name_parties(schema: Json, other: str) -> None:
    statement(schema)["properties"]["target"]["properties"]["parties"][KEYWORD]["parties"] = True
    statement(schema)["properties"][other][KEYWORD]["parties"] = True


FAULTS: list[tuple[str, str, Callable[[Json], object], str]] = [
    ("a field says nothing", "annotation", lambda s: statement(s)["properties"]["cue"].pop(KEYWORD), "cue"),
    ("an unknown kind", "annotation", about("cue", kind="words"), "cue"),
    ("a key that is not known", "annotation", about("cue", colour="red"), "colour"),
    ("a vocabulary that is not there", "annotation", about("force", vocabulary="strength"), "strength"),
    ("a default that is no value", "annotation", about("force", default="loud"), "loud"),
    ("a second label", "annotation", about("force", label=True), "label"),
    ("no label", "annotation", about("stance", label=False), "label"),
    ("a shape that does not fit", "annotation", about("uncertain", kind="spans"), "uncertain"),
    ("a group of a statement", "annotation", about("uncertain", kind="group"), "uncertain"),
    ("a required field nobody asks for", "annotation", about("stance", profile=None), "required"),
    ("no speaker", "annotation", lambda s: statement(s)["properties"].pop("speaker"), "speaker"),
    ("no statement", "annotation", lambda s: s["$defs"].pop("statement"), "statement"),
    ("a column called select", "annotation", about("cue", column="select"), "select"),
    ("a field called line", "annotation", lambda s: rename(s, "cue", "line"), "line"),
    ("a vocabulary called quote", "vocabularies", lambda v: v.update(quote=v["force"]), "quote"),
    ("no zones", "vocabularies", lambda v: v.pop("zone"), "zone"),
    (
        "a zone that says too little",
        "vocabularies",
        lambda v: v["zone"]["values"]["body"].pop("annotated"),
        "annotated",
    ),
    ("no text policy full", "vocabularies", lambda v: v["text_policy"]["values"].pop("full"), "full"),
    ("polarity for some", "vocabularies", lambda v: v["stance"]["values"]["open"].pop("polarity"), "polarity"),
    ("strength for some", "vocabularies", lambda v: v["force"]["values"]["plain"].pop("strength"), "strength"),
    ("strength in words", "vocabularies", lambda v: strengthen(v, "much"), "strength"),
    ("parties that are words", "annotation", about("cue", parties=True), "parties"),
    ("parties twice", "annotation", lambda s: name_parties(s, "via"), "parties of a target"),
    ("nothing on offer", "vocabularies", lambda v: v.update(force=all_retired(v["force"])), "retired"),
    ("a value without meaning", "vocabularies", lambda v: v["force"]["values"].update(loud={}), "description"),
    ("a vocabulary without values", "vocabularies", lambda v: v.update(force={"description": "none"}), "values"),
]


@pytest.mark.parametrize(("name", "change", "word"), [each[1:] for each in FAULTS], ids=[each[0] for each in FAULTS])
def test_a_scheme_that_cannot_work_is_refused_with_place_and_reason(
    own: Path, name: str, change: Callable[[Json], object], word: str
) -> None:
    file = f"{name}.schema.json" if name == "annotation" else f"{name}.json"
    edit(own, file, change)
    found = check_scheme(own.parent.parent, own)
    assert {finding.code for finding in found} <= {"scheme-incomplete", "scheme-name"}
    assert any(word in f"{finding.pointer} {finding.message}" and finding.file.endswith(file) for finding in found)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "change", "word"), [each[1:] for each in FAULTS], ids=[each[0] for each in FAULTS])
def test_a_scheme_that_cannot_work_stops_no_command_with_a_traceback(
    toy_root: Path, run: Run, name: str, change: Callable[[Json], object], word: str
) -> None:
    folder = toy_root / "schema" / OWN.name
    edit(folder, f"{name}.schema.json" if name == "annotation" else f"{name}.json", change)
    checked = run("-w", toy_root, "check", "--json")
    found = json.loads(checked.stdout)["findings"]
    assert {each["code"] for each in found if each["severity"] == "error"} <= {"scheme-incomplete", "scheme-name"}
    assert checked.returncode == 1
    for command in (
        ["annotate", "interface"],
        ["annotate", "export", "--tasks"],
        ["schema", "show"],
        ["corpus", "list"],
    ):
        assert "Traceback" not in run("-w", toy_root, *command).stderr, command


def test_a_default_is_no_value_that_is_retired(own: Path) -> None:
    edit(own, "vocabularies.json", lambda v: v["force"]["values"]["plain"].update(retired=True))
    (found,) = check_scheme(own.parent.parent, own)
    assert (found.code, found.pointer) == ("scheme-incomplete", "/$defs/statement/properties/force")
    assert "'plain' is retired" in found.message


def record(root: Path, version: str, values: Json, schema: str = OWN.name) -> None:
    """Lay the record of a release, as far as its closed lists go."""
    folder = root / "corpus" / "releases" / version
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"schema_version": schema}), encoding="utf-8")
    (folder / "rows.json").write_text(json.dumps({"values": values}), encoding="utf-8")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"force": ["plain", "categorical", "hedged"]}, None),
        ({"force": ["plain", "categorical"]}, None),
        (
            {"force": ["plain", "hedged", "categorical"]},
            "'hedged' was number 1 in release 1.10.0, and is number 2 now.",
        ),
        ({"force": ["plain", "loud"]}, "'loud' was number 1 in release 1.10.0, and is gone."),
        ({"mood": ["good"]}, "'good' was number 0 in release 1.10.0, and is gone."),
    ],
)
def test_the_order_of_a_vocabulary_is_that_of_the_last_release_of_its_version(
    own: Path, values: Json, said: str | None
) -> None:
    root = own.parent.parent
    record(root, "1.9.0", {"force": ["hedged", "plain"]})
    record(root, "1.10.0", values)
    record(root, "2.0.0", {"force": ["hedged", "plain"]}, schema="v1")
    record(root, "not-a-version", {"force": ["hedged", "plain"]})
    found = check_scheme(root, own)
    assert [(each.code, each.message) for each in found] == ([("scheme-order", said)] if said else [])


def test_a_record_that_cannot_be_read_gives_way_to_the_one_before(own: Path) -> None:
    root = own.parent.parent
    record(root, "1.0.0", {"force": ["hedged", "plain"]})
    for version, text in (("1.1.0", "{"), ("1.2.0", '{"values": ["plain"]}')):
        record(root, version, {})
        (root / f"corpus/releases/{version}/rows.json").write_text(text, encoding="utf-8")
    assert {each.code for each in check_scheme(root, own)} == {"scheme-order"}


def test_of_the_rows_of_a_release_only_the_closed_lists_are_kept(own: Path) -> None:
    root = own.parent.parent
    record(root, "1.0.0", {"force": ["plain", "categorical", "hedged"]})
    path = root / "corpus/releases/1.0.0/rows.json"
    rows = {f"invented-{number}/s1": "0123456789ab 0123456789ab" for number in range(20_000)}
    path.write_text(json.dumps({"rows": {"statements": rows}, **json.loads(path.read_text("utf-8"))}), "utf-8")
    check_scheme(root, own)  # what is kept of the schemas is made
    tracemalloc.start()
    assert check_scheme(root, own) == []
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.5 * path.stat().st_size


SCHEMA_FAULTS: list[tuple[str, Callable[[Json], object], str]] = [
    ("a type that there is not", lambda s: s.update(type="nothing"), "nothing"),
    ("a remote reference", lambda s: s["properties"].update(id={"$ref": "https://norland.example/s.json"}), "norland"),
    ("a reference to nothing", lambda s: s["properties"].update(id={"$ref": "#/$defs/none"}), "#/$defs/none"),
    ("a pattern that is none", lambda s: s["properties"].update(id={"pattern": "("}), "("),
    ("a description that is a number", lambda s: s.update(description=7), "description"),
]


@pytest.mark.parametrize("schema", ["article", "entities", "targets", "withdrawal", "annotation"])
@pytest.mark.parametrize(
    ("change", "word"), [each[1:] for each in SCHEMA_FAULTS], ids=[each[0] for each in SCHEMA_FAULTS]
)
def test_a_file_that_is_no_json_schema_is_a_finding_that_says_why(
    own: Path, schema: str, change: Callable[[Json], object], word: str
) -> None:
    edit(own, f"{schema}.schema.json", change)
    found = check_scheme(own.parent.parent, own)
    assert {finding.code for finding in found} == {"scheme-incomplete"}
    assert any(word in each.message and each.file.endswith(f"{schema}.schema.json") for each in found)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff", b'"x"', b"{}"])
@pytest.mark.parametrize("name", ["annotation.schema.json", "vocabularies.json"])
def test_a_file_that_is_no_scheme_is_a_finding(own: Path, name: str, data: bytes) -> None:
    (own / name).write_bytes(data)
    assert set(codes(own)) == {"scheme-incomplete"}


def test_a_folder_of_an_earlier_toolkit_gets_what_it_lacks(tmp_path: Path) -> None:
    own = lay(tmp_path, {path.name: path.read_text("utf-8") for path in FIRST.glob("*.json")})
    wanted = {path.name: read_json(path) for path in own.glob("*.json")}

    def strip(value: Any) -> None:
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            strip(item)
        if isinstance(value, dict):
            value.pop(KEYWORD, None)

    edit(own, "annotation.schema.json", strip)
    edit(own, "vocabularies.json", lambda v: v["condition_role"]["values"]["waived"].pop("is_waiver"))
    (finding,) = check_scheme(own.parent.parent, own)
    assert "stancebank schema write" in finding.message
    with pytest.raises(InputError, match="x-stancebank"):
        load_scheme(own)
    for name, text in with_declarations(own).items():
        (own / name).write_text(text, encoding="utf-8")
    for name, text in generated_schemas(own).items():
        (own / name).write_text(text, encoding="utf-8")
    assert {path.name: read_json(path) for path in own.glob("*.json")} == wanted
    assert with_declarations(own) == {}


def test_the_folder_of_the_first_release_becomes_that_of_the_toolkit(tmp_path: Path) -> None:
    first = REPO / "tests/frozen/release-0.1.0/schema"
    folder = lay(tmp_path, {path.name: path.read_text("utf-8") for path in first.glob("*.json")})
    for make in (with_declarations, generated_schemas):
        for name, text in make(folder).items():
            (folder / name).write_text(text, encoding="utf-8")
    assert {path.name: path.read_bytes() for path in folder.glob("*.json")} == {
        path.name: path.read_bytes() for path in FIRST.glob("*.json")
    }


NAMES = st.text("abcdefghij_", min_size=1, max_size=8).filter(lambda name: not name.startswith("_"))
TAKEN = {
    "id",
    "same_as",
    "content",
    "speaker",
    "target",
    "conditions",
    "fields",
    "text",
    "span",
    "zone",
    "value",
    "type",
}


@pytest.mark.slow
@settings(deadline=None, max_examples=examples(40))
@given(
    label=NAMES,
    values=st.lists(st.from_regex(r"[a-z]{1,6}", fullmatch=True), min_size=1, max_size=12, unique=True),
    fields=st.dictionaries(NAMES, st.sampled_from(["text", "flag", "date", "span", "spans", "mentions", "entities"])),
    roles=st.lists(st.from_regex(r"[a-z]{1,6}", fullmatch=True), max_size=3, unique=True),
)
def test_a_new_scheme_is_sound_whatever_its_fields(
    tmp_path_factory: pytest.TempPathFactory,
    label: str,
    values: list[str],
    fields: dict[str, str],
    roles: list[str],
) -> None:
    fields.pop(label, None)
    words = {name for name in (label, *fields) if name in TAKEN}
    described = NewScheme(
        parse_field(f"{label}={','.join(values)}"),
        tuple(parse_field(f"{name}:{kind}") for name, kind in fields.items()),
        tuple(roles),
    )
    if words:
        return
    root = tmp_path_factory.mktemp("scheme")
    folder = lay(root, make_schema_files(described, OWN.name), OWN.name)
    for name, text in generated_schemas(folder).items():
        (folder / name).write_text(text, encoding="utf-8")
    found = check_scheme(root, folder)
    assert {finding.code for finding in found} <= {"scheme-name"}
    if not found:
        assert [field.name for field in load_scheme(folder).fields] == [label, *fields]


@pytest.mark.parametrize(
    ("text", "word"), [("comment", "NAME:KIND"), ("comment:words", "kinds"), ("a=", "once"), ("a=b,b", "once")]
)
def test_a_field_that_is_not_one_is_refused(text: str, word: str) -> None:
    with pytest.raises(InputError, match=word):
        parse_field(text)


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        *(("profile", ["core"]), ("column", 7), ("label", "yes"), ("weight", "1"), ("weight", True)),
        *(("vocabulary", None), ("excludes", "speaker"), ("is_ground", 1), ("place", False)),
    ],
)
def test_a_field_that_is_described_by_a_wrong_value_is_refused(own: Path, key: str, wrong: object) -> None:
    def change(schema: Json) -> None:
        schema["$defs"]["statement"]["properties"]["stance"][KEYWORD][key] = wrong

    edit(own, "annotation.schema.json", change)
    with pytest.raises(InputError, match=f"stance of a statement has a wrong value for {key}"):
        load_scheme(own)


def test_equal_names_in_documents_are_one_object(toy_workspace: Workspace) -> None:
    """A corpus in memory holds each name once, not once for every statement."""
    store = toy_workspace.store
    by_name: dict[str, set[int]] = {}
    for path in sorted((toy_workspace.root / "corpus/gold").glob("*.json")):
        for statement in store.document(path.relative_to(store.root).as_posix()).statements:
            held = [statement.speaker.entity, statement.target.id, *(each.role for each in statement.conditions)]
            for level, holder in ((level, holder) for _, level, holder in toy_workspace.scheme.holders(statement)):
                for field in toy_workspace.scheme.of(level):
                    value = holder.fields.get(field.name)
                    if field.kind in ("vocabulary", "entity", "target"):
                        held += [value] if isinstance(value, str) else []
                    elif field.kind in ("entities", "mentions"):
                        held += field.ids(holder)
            for name in held:
                by_name.setdefault(name, set()).add(id(name))
    assert len(by_name) > 10
    assert {name for name, objects in by_name.items() if len(objects) > 1} == set()


def test_records_of_places_and_names_are_none_of_the_garbage_collectors_business() -> None:
    """Most of a corpus in memory are these; none can refer to itself, and each would be a third larger."""
    assert [kind.__name__ for kind in (Line, Zone, Span, Mention, DateValue) if kind.__struct_config__.gc] == []


@pytest.mark.slow
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_what_the_toolkit_brings_is_sound_and_is_judged_no_more(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought = packed_schema(version)
    assert brought is not None
    assert check_scheme(brought.parent.parent, brought, proves_migration=False) == []
    own = lay(tmp_path, {path.name: path.read_text("utf-8") for path in brought.glob("*.json")}, version)
    with monkeypatch.context() as patch:
        patch.setattr(rules, "_judge", lambda *_: pytest.fail("it was judged again"))
        assert check_scheme(tmp_path, own) == []
    for name in ("annotation.schema.json", "quoted.schema.json"):
        text = (own / name).read_text("utf-8")
        (own / name).write_text(text + "\n", encoding="utf-8")
        assert codes(own) == ["scheme-drift"]
        (own / name).write_text(text, encoding="utf-8")
    (own / "vocabularies.json").unlink()
    assert "scheme-incomplete" in codes(own)
