"""The gate: each fault is planted in a folder that is sound, and found there."""

import json
import shutil
from datetime import date
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest

from stancebank.codes import NEVER_WAIVED_IN_RELEASE, RELEASE_CODES
from stancebank.corpus.leaks import make_guard
from stancebank.errors import Finding, InputError
from stancebank.publish.build import Recipe, WorkspaceFiles, build, fill_folder, read_to_publish
from stancebank.publish.gold import check_rights, read_gold
from stancebank.publish.layout import MANIFEST
from stancebank.publish.parquet import Written, make_table
from stancebank.publish.release import gate
from stancebank.publish.release.release import Wish, release
from stancebank.publish.release.secrets import Machine
from stancebank.publish.rights import audit, read_terms
from stancebank.publish.tables import ListOf, Struct, Table, make_rows
from stancebank.records import read_json
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import REPO
from tests.publish.builds import ENVOY, HARVEST, MINISTER, lay_toy, withhold
from tests.publish.own import SCHEME, STATEMENTS, TABLES
from tests.publish.release.releases import commit, git, lay_committed, make, make_and_commit

HERE = Machine(("/srv/spool/norland-desk",), ("correct-horse-battery",))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("gate")
    workspace = lay_toy(place / "toy")
    withhold(workspace, ENVOY)
    withhold(workspace, HARVEST, "quotes")
    (place / "out").mkdir()
    fill_folder(place / "out", workspace, read_to_publish(workspace, None), Recipe(WorkspaceFiles(workspace.root)))
    return place / "out"


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "out"))


def look(folder: Path) -> list[Finding]:
    manifest = read_json(folder / MANIFEST)
    rows = {name: Written((folder / each["file"],), each["rows"]) for name, each in manifest["tables"].items()}
    shown = audit(rows, read_terms(manifest).cap, SCHEME)
    return list(gate.check_folder(folder, rows, shown, HERE, SCHEME))


def table_of(name: str) -> Table:
    return next(each for each in TABLES if each.name == name)


def plant(folder: Path, table: str, article: str, **values: object) -> None:
    """Put values into the first row of an article."""
    path = folder / table / "train-00000-of-00001.parquet"
    rows = pq.ParquetFile(path).read().to_pylist()
    next(row for row in rows if row.get("article_id") == article).update(values)
    pq.write_table(make_table(table_of(table), rows), path)


def test_a_sound_folder_passes(folder: Path) -> None:
    assert look(folder) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("planted", "code", "shown"),
    [
        ("write to desk@norland-post.com, please", "release-address", "desk@norland-post.com"),
        ("(a.b+c@mail.brenn.org)", "release-address", "a.b+c@mail.brenn.org"),
        ("token hf_" + "aB3" * 12, "release-secret", "hf_aB3..."),
        ("ghp_" + "a1B2" * 9, "release-secret", "ghp_a1..."),
        ("eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyIjoiYSJ9abc.c2lnbmF0dXJlc2ln", "release-secret", "eyJhbG..."),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "release-secret", "-----B..."),
        ("https://brenn:wordofpass@norland-post.com/x", "release-secret", "brenn:..."),
        ("it is correct-horse-battery, said he", "release-secret", "correc..."),
        ("built in /home/ilse/corpus", "release-path", "/home/ilse"),
        ("C:\\Users\\ilse\\corpus", "release-path", "C:\\Users\\ilse"),
        ("file:///tmp/pytest-1", "release-path", "file:///tmp/pytest-1"),
        ("see /srv/spool/norland-desk.", "release-path", "/srv/spool/norland-desk"),
    ],
)
def test_an_address_a_secret_or_a_path_is_found_in_every_kind_of_file(
    folder: Path, planted: str, code: str, shown: str
) -> None:
    card = folder / "README.md"
    card.write_text(card.read_text(encoding="utf-8") + f"\n{planted}\n", encoding="utf-8")
    line = card.read_text(encoding="utf-8").count("\n")
    plant(folder, "articles", MINISTER, outlet=planted)
    plant(folder, "statements", MINISTER, via=[{"entity_id": "x", "name": planted}])
    plant(folder, "conditions", MINISTER, obligor_names=["nobody", planted])
    found = [each for each in look(folder) if each.code == code]
    assert {each.file for each in found} == {
        "README.md",
        *(f"{table}/train-00000-of-00001.parquet" for table in ("articles", "statements", "conditions")),
    }
    said = {each.file.partition("/")[0]: each.message for each in found}
    assert said["README.md"] == f"{shown} in line {line}."
    assert said["articles"].startswith(f"{shown} in column outlet, row {MINISTER}")
    assert said["statements"].startswith(f"{shown} in column via.name, row {MINISTER}/s")
    assert said["conditions"].startswith(f"{shown} in column obligor_names, row {MINISTER}/s")


def test_what_a_parquet_file_says_of_itself_is_looked_at_too(folder: Path) -> None:
    path = folder / "articles/train-00000-of-00001.parquet"
    table = pq.ParquetFile(path).read()
    pq.write_table(table.replace_schema_metadata({"made_in": "/home/ilse/corpus"}), path)
    found = [each for each in look(folder) if each.code == "release-path"]
    assert [each.message for each in found] == ["/home/ilse in the file's own metadata."]


@pytest.mark.slow
@pytest.mark.parametrize(
    "harmless",
    [
        "somebody@example.org and a@mail.example.com, b@nowhere.invalid",
        "https://norland-post.com/@desk/home/envoy and /statements/3/content",
        "the home/away match, and/or /rooted",
        "a task-force-of-the-norland-post-that-is-long-enough-for-a-key",
        "0123456789abcdef0123456789abcdef01234567",
        "the token (Token) of trust; a bearer of news",
        "he said: see http://norland-post.com:8080/a@b",
    ],
)
def test_what_only_looks_like_a_leak_is_not_one(folder: Path, harmless: str) -> None:
    card = folder / "README.md"
    card.write_text(card.read_text(encoding="utf-8") + f"\n{harmless}\n", encoding="utf-8")
    plant(folder, "articles", MINISTER, outlet=harmless)
    assert look(folder) == []


@pytest.mark.slow
def test_an_address_in_the_words_of_an_article_has_a_code_of_its_own(folder: Path) -> None:
    plant(folder, "passages", MINISTER, text="Readers wrote to desk@norland-post.com.")
    plant(folder, "tokens", MINISTER, tokens=["desk@norland-post.com"])
    assert {(each.file.partition("/")[0], each.code) for each in look(folder)} == {
        ("passages", "release-address-in-words"),
        ("tokens", "release-address-in-words"),
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("table", "article", "values", "column"),
    [
        ("statements", ENVOY, {"cue": "said"}, "cue"),
        ("articles", ENVOY, {"text": "All of it."}, "text"),
        ("articles", HARVEST, {"text": "All of it."}, "text"),
        ("passages", MINISTER, {"article_id": HARVEST}, "text"),
        ("chat", MINISTER, {"article_id": ENVOY}, "messages"),
    ],
)
def test_words_beyond_a_text_policy_are_found_wherever_they_are(
    folder: Path, table: str, article: str, values: dict[str, object], column: str
) -> None:
    plant(folder, table, article, **values)
    found = [each for each in look(folder) if each.code == "release-text-policy"]
    assert found
    assert all(each.file == table for each in found)
    assert any(each.message.startswith(f"the column {column} shows words") for each in found)


@pytest.mark.slow
def test_words_in_nested_columns_are_held_against_the_text_policy_too(folder: Path) -> None:
    path = folder / "statements/train-00000-of-00001.parquet"
    rows = pq.ParquetFile(path).read().to_pylist()
    row = next(each for each in rows if each["article_id"] == ENVOY and each["conditions"])
    row["conditions"][0]["text"] = "if they leave"
    pq.write_table(make_table(STATEMENTS, rows), path)
    assert [each.message for each in look(folder) if each.code == "release-text-policy"] == [
        f"the column conditions.text shows words of {ENVOY}, whose text policy is withheld."
    ]


@pytest.mark.slow
def test_what_cannot_be_verified_is_found(folder: Path) -> None:
    assert list(gate.check_proofs(folder, ())) == []
    path = folder / "conditions/train-00000-of-00001.parquet"
    pq.write_table(pq.ParquetFile(path).read().slice(1), path)
    found = list(gate.check_proofs(folder, ()))
    assert {each.code for each in found} == {"release-unverified"}
    assert any(each.message.startswith("sums-differ: ") for each in found)


@pytest.mark.slow
def test_a_reader_that_is_not_installed_is_found(folder: Path) -> None:
    (found,) = gate.check_proofs(folder, ("abacus",))
    assert (found.file, found.code, found.severity) == ("abacus", "release-reader", "warning")


def test_a_file_that_is_too_large_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "LARGEST_OTHER", 20_000)
    assert {each.file for each in look(folder) if each.code == "release-size"} == {
        path.name for path in folder.iterdir() if path.is_file() and path.stat().st_size > 20_000
    }
    assert gate.LARGEST_TABLE == 500_000_000


@pytest.mark.parametrize(
    ("rights", "pointer"),
    [
        ({"holder": "unknown"}, "/rights/holder"),
        ({"holder": "  ?"}, "/rights/holder"),
        ({"licence": "LicenseRef-unknown"}, "/rights/licence"),
        ({"licence": "NOASSERTION"}, "/rights/licence"),
        ({"licence": "LicenseRef-all-rights-reserved"}, "/rights"),
    ],
)
def test_rights_that_nobody_decided_are_found(tmp_path: Path, rights: dict[str, str], pointer: str) -> None:
    article = lay_toy(tmp_path / "toy").store.article(ENVOY)
    assert list(check_rights([article])) == []
    changed = msgspec.structs.replace(article, rights=msgspec.structs.replace(article.rights, **rights))
    (found,) = check_rights([changed])
    assert (found.file, found.pointer, found.code) == (f"corpus/articles/{ENVOY}.json", pointer, "release-rights")
    if pointer == "/rights":
        noted = msgspec.structs.replace(changed.rights, note="By leave of the holder, letter of 2031-02-01.")
        assert list(check_rights([msgspec.structs.replace(changed, rights=noted)])) == []


@pytest.mark.parametrize("code", sorted(NEVER_WAIVED_IN_RELEASE))
def test_rights_secrets_and_false_counts_cannot_be_waived(code: str) -> None:
    with pytest.raises(InputError, match="cannot be waived"):
        gate.require_waivable([gate.ReleaseWaiver(code, "It is urgent.")])


@pytest.mark.parametrize(
    ("code", "reason"), [("release-lots", "Why not"), ("entity-alike", "x"), ("release-lost", " ")]
)
def test_a_waiver_of_no_code_or_without_a_reason_is_refused(code: str, reason: str) -> None:
    with pytest.raises(InputError, match=r"no code of the gate|gives no reason"):
        gate.require_waivable([gate.ReleaseWaiver(code, reason)])


def test_a_waiver_covers_its_code_alone() -> None:
    findings = [Finding("a", "", code, "it is.") for code in RELEASE_CODES]
    counted, waived = gate.apply_waivers(findings, [gate.ReleaseWaiver("release-lost", "Known.")])
    assert [each.code for each in waived] == ["release-lost"]
    assert {each.code for each in counted} == RELEASE_CODES.keys() - {"release-lost"}


def test_every_code_of_the_gate_is_explained_in_the_docs() -> None:
    page = (REPO / "docs/findings.md").read_text(encoding="utf-8")
    codes = [line.removeprefix("### ").strip("`") for line in page.splitlines() if line.startswith("### ")]
    assert codes == list(RELEASE_CODES)


@pytest.mark.slow
def test_the_founding_corpus_passes(tmp_path: Path) -> None:
    from stancebank.workspace import open_workspace

    workspace: Workspace = open_workspace(REPO)
    assert list(check_rights(workspace.store.articles())) == []
    build(workspace, tmp_path / "out")
    assert look(tmp_path / "out") == []


def test_quotations_over_the_cap_and_stray_words_are_found(folder: Path) -> None:
    told = read_json(folder / MANIFEST)
    rows = {
        table: pq.ParquetFile(folder / table / "train-00000-of-00001.parquet").read().to_pylist()
        for table in ("articles", "statements", "conditions")
    }
    article = next(row for row in rows["articles"] if row["article_id"] == MINISTER)
    article.update(text_policy="quotes", text=None)
    told["rights"] |= {"longest_quote": 5, "quoted_share": 100}
    (found,) = gate.check_quotes(audit(rows, read_terms(told).cap, SCHEME))
    assert (found.code, found.file) == ("quotes-over-cap", f"corpus/articles/{MINISTER}.json")
    assert "quotes-over-cap" not in RELEASE_CODES  # so no waiver of the gate covers it
    told["rights"]["longest_quote"] = 5000
    next(row for row in rows["statements"] if row["article_id"] == MINISTER)["cue"] = "a word of nobody"
    (found,) = gate.check_quotes(audit(rows, read_terms(told).cap, SCHEME))
    assert (found.code, found.file) == ("release-text-policy", "statements")
    assert MINISTER in found.message


@pytest.mark.parametrize("policy", ["withheld", "quotes"])
def test_words_in_columns_that_hold_none_are_found_where_the_text_is_at_hand(
    policy: str, toy_workspace: Workspace, tmp_path: Path
) -> None:
    withhold(toy_workspace, ENVOY, policy)
    store = toy_workspace.store
    read = read_gold(toy_workspace, None)
    rows = make_rows(read.readings, read.context)
    folder = tmp_path / "empty"
    assert list(gate.check_stray_words(folder, rows, make_guard(store), SCHEME)) == []
    row = next(each for each in rows["statements"] if each["article_id"] == MINISTER)
    row["via"] = [{**dict.fromkeys(via_keys()), "name": line_of(toy_workspace)}]
    (found,) = gate.check_stray_words(folder, rows, make_guard(store), SCHEME)
    assert (found.file, found.code, found.severity) == ("statements", "release-text-policy", "error")
    assert found.message == f"the column via.name in the row of {MINISTER} has a run of eight words of {ENVOY}."
    (store.root / store.text_name(store.article(ENVOY))).unlink()
    (found,) = gate.check_stray_words(folder, rows, make_guard(store), SCHEME)
    assert (found.code, found.severity) == ("release-unsearched", "warning")
    assert found.message.endswith(f"1 article, whose text is not at hand: {ENVOY}.")


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["README.md", "GUIDELINES.md", "RIGHTS.md", "croissant.json", "manifest.json", "CHANGELOG.md", "new.txt"]
)
def test_words_in_any_other_file_of_the_folder_are_found(name: str, folder: Path, toy_workspace: Workspace) -> None:
    withhold(toy_workspace, ENVOY)
    guard = make_guard(toy_workspace.store)
    before = set(gate.check_stray_words(folder, {}, guard, SCHEME))  # the guidelines have words of the toy
    text = line_of(toy_workspace)
    if name.endswith(".json"):
        (folder / name).write_text(json.dumps({**read_json(folder / name), "more": {"of it": [text]}}))
    else:
        (folder / name).write_text((folder / name).read_text() + f"\n> {text}\n" if (folder / name).exists() else text)
    (found,) = set(gate.check_stray_words(folder, {}, guard, SCHEME)) - before
    assert (found.file, found.code) == (name, "release-text-policy")
    assert found.pointer == ("/more/of it/0" if name.endswith(".json") else "")
    assert ENVOY in found.message


def line_of(workspace: Workspace) -> str:
    return max((workspace.store.text(workspace.store.article(ENVOY)) or "").split("\n"), key=len)


def test_a_warning_stops_nothing_and_an_error_does() -> None:
    findings = [Finding("a", "", code, "it is.") for code in ("release-unsearched", "release-text-policy")]
    assert [each.code for each in gate.errors_in(findings)] == ["release-text-policy"]


def via_keys() -> list[str]:
    column = next(each for each in STATEMENTS.columns if each.name == "via")
    assert isinstance(column.type, ListOf)
    assert isinstance(column.type.item, Struct)
    return [each.name for each in column.type.item.fields]


@pytest.mark.slow
def test_a_leak_that_is_waived_in_the_workspace_is_waived_in_the_release(tmp_path: Path) -> None:
    workspace = lay_committed(tmp_path / "toy")
    root = workspace.root
    withhold(workspace, ENVOY)
    (root / ".gitignore").write_bytes(b".stancebank/\n/releases/\n/sources/\n/readings/\n")
    git(root, "rm", "-r", "--quiet", "--cached", "sources", "readings")
    guidelines, card = root / "annotate/GUIDELINES.md", root / "CHANGELOG.md"
    text = workspace.store.text(workspace.store.article(ENVOY)) or ""
    lines = sorted(text.splitlines(), key=len)
    guidelines.write_text(f"{guidelines.read_text(encoding='utf-8')}\n> {lines[-1]}\n", encoding="utf-8")
    commit(root)
    assert {(each.code, each.file) for each in make(root, "1.2.0").errors} == {
        ("text-leaked", "annotate/GUIDELINES.md")
    }
    (root / "waivers.toml").write_text(
        '[[waiver]]\ncode = "text-leaked"\nfile = "annotate/GUIDELINES.md"\nreason = "A treaty."\nuntil = 2031-02-12\n'
    )
    commit(root)
    make_and_commit(root, "1.2.0")
    late = release(open_workspace(root), Wish("1.2.0", today=date(2032, 1, 1), readers=()))
    assert late.is_clean, (late.findings, late.differences)  # made again after the waiver has run out
    news = f"## Unreleased\n\n### Dataset\n\n- **Rows**: {lines[-2]}\n"
    told = card.read_text(encoding="utf-8").replace("## Unreleased\n", news, 1)
    card.write_text(told, encoding="utf-8")
    commit(root)
    assert {(each.code, each.file) for each in make(root, "1.3.0").errors} == {("text-leaked", "CHANGELOG.md")}
