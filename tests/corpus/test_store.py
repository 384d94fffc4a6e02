"""The store: records come back as they were, names stay inside, texts lie in one place only."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from tests.conftest import OWN_SCHEMA, TOY, Run

from stancebank.annotate.client import User
from stancebank.annotate.users import UserTable
from stancebank.check import check_workspace
from stancebank.corpus.store import (
    LEDGER,
    LONGEST_ANNOTATOR,
    LONGEST_ARTICLE,
    LONGEST_PATH,
    Store,
    is_reserved,
    require_portable,
)
from stancebank.errors import InputError, WorkspaceError
from stancebank.model import Article, Placement, TextPolicy
from stancebank.workspace import Workspace, open_workspace

ENVOY = "norland-post-2031-02-11-envoy"
PUBLIC, LOCAL = Path("corpus/texts") / f"{ENVOY}.txt", Path(".stancebank/texts") / f"{ENVOY}.txt"


def with_policy(article: Article, policy: str) -> Article:
    return msgspec.structs.replace(
        article, rights=msgspec.structs.replace(article.rights, text_policy=TextPolicy(policy))
    )


def envoy(store: Store) -> tuple[Article, str]:
    article = store.article(ENVOY)
    text = store.text(article)
    assert text is not None
    return article, text


def test_records_and_documents_are_written_as_they_were_read(toy_workspace: Workspace) -> None:
    store = toy_workspace.store
    before = {path: path.read_bytes() for path in (store.root / "corpus").rglob("*") if path.is_file()}
    for article in list(store.articles()):
        text = store.text(article)
        assert text is not None
        (store.root / store.article_name(article.id)).unlink()
        (store.root / store.text_name(article)).unlink()
        store.write_article(article, text)
    for document in list(store.all_documents()):
        (store.root / store.document_name(document.article_id, None)).unlink()
        assert store.write_document(document)
    after = {path: path.read_bytes() for path in (store.root / "corpus").rglob("*") if path.is_file()}
    assert after == before
    assert len(before) > 8


@pytest.mark.parametrize(("here", "there"), [("full", "withheld"), ("withheld", "full"), ("full", "quotes")])
def test_words_move_with_their_policy_and_stay_in_one_place(here: str, there: str, toy_workspace: Workspace) -> None:
    store = toy_workspace.store
    article, text = envoy(store)
    store.write_article(with_policy(article, here), text)
    store.write_article(with_policy(article, there), text)
    assert (store.root / PUBLIC).is_file() is (there == "full")
    assert (store.root / LOCAL).is_file() is (there != "full")
    assert store.text(store.article(ENVOY)) == text


def test_a_text_that_is_not_the_articles_is_left_where_it_lies(toy_workspace: Workspace) -> None:
    store = toy_workspace.store
    article, text = envoy(store)
    (store.root / PUBLIC).write_text("Notes of somebody's own\n")
    store.write_article(with_policy(article, "withheld"), text)
    assert (store.root / PUBLIC).read_text() == "Notes of somebody's own\n"


def test_a_move_that_was_killed_before_its_end_is_completed_by_the_next_write(toy_workspace: Workspace) -> None:
    store = toy_workspace.store
    article, text = envoy(store)
    store.write_article(with_policy(article, "withheld"), text)
    shutil.copy(store.root / LOCAL, store.root / PUBLIC)
    assert store.write_text(store.article(ENVOY), text)
    assert not (store.root / PUBLIC).exists()
    assert not store.write_text(store.article(ENVOY), text)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(3))
def test_a_process_killed_while_it_adds_leaves_an_article_that_can_be_added_again(
    number: int, empty_root: Path, tmp_path: Path
) -> None:
    """Killed at the n-th file that takes its place: the ignore file, the text, the record."""
    (tmp_path / "a.txt").write_text("Envoy back in port\n\nThe envoy came back to Vesta on Monday.\n")
    arguments = ["-w", empty_root, "corpus", "add", tmp_path / "a.txt", "--outlet", "X", "--text-policy", "withheld"]
    code = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom stancebank.cli import main\n"
        "replace, left = Path.replace, [int(sys.argv.pop(1))]\n"
        "def kill(path, target):\n"
        "    if left[0] == 0:\n        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    left[0] -= 1\n    return replace(path, target)\n"
        "Path.replace = kill\nmain()"
    )
    command = [sys.executable, "-c", code, str(number), *map(str, arguments)]
    assert subprocess.run(command, check=False).returncode == -9
    assert not list((empty_root / "corpus").glob("articles/*.json"))
    command[3] = "99"
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    store = Store(empty_root.resolve(), OWN_SCHEMA.name)
    (article,) = store.articles()
    assert store.text(article) is not None


@pytest.mark.parametrize("name", ["../x", "/x", "a/b", "a\\b", "", ".", "A", "a--b", "-a", "a\n", "ä", "a" * 151])
def test_a_name_that_is_no_id_reaches_no_file(name: str, toy_workspace: Workspace) -> None:
    for name_of in (
        toy_workspace.store.article_name,
        lambda each: toy_workspace.store.document_name(each, None),
        lambda each: toy_workspace.store.document_name(ENVOY, each),
    ):
        with pytest.raises(InputError, match="is no id"):
            name_of(name)


def test_an_unknown_article_is_answered_with_those_there_are(toy_workspace: Workspace) -> None:
    with pytest.raises(InputError, match="There are: keth-tribune-undated-harvest, norland-post"):
        toy_workspace.store.article("nobody")


@pytest.mark.parametrize(
    "inside", ["corpus", "corpus/articles", "corpus/gold", "corpus/texts", f"corpus/articles/{ENVOY}.json", str(PUBLIC)]
)
def test_nothing_behind_a_link_out_of_the_workspace_is_read_or_written(
    inside: str, toy_workspace: Workspace, tmp_path: Path
) -> None:
    store = toy_workspace.store
    article, text = envoy(store)
    document = store.gold(ENVOY)
    assert document is not None
    place, outside = store.root / inside, tmp_path / "outside"
    place.rename(outside)
    place.symlink_to(outside)
    files = [outside, *outside.rglob("*")] if outside.is_dir() else [outside]
    before = {path: path.read_bytes() for path in files if path.is_file()}
    actions: list[Callable[[], object]]
    if "gold" in inside:
        actions = [lambda: list(store.all_documents()), lambda: store.write_document(document)]
    else:
        actions = [
            lambda: [store.text(each) for each in store.articles()],
            lambda: store.write_article(article, text + "more"),
        ]
    for action in actions:
        with pytest.raises(WorkspaceError, match="symbolic link that leads out"):
            action()
    after = {path: path.read_bytes() for path in files if path.is_file()}
    assert after == before


def test_a_single_document_behind_a_link_is_not_read(toy_workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    folder = toy_workspace.root / "corpus/annotations/one"
    folder.mkdir(parents=True)
    (folder / f"{ENVOY}.json").symlink_to(tmp_path / "secret")
    with pytest.raises(WorkspaceError, match="symbolic link that leads out"):
        list(toy_workspace.store.all_documents())


def test_the_local_store_is_not_laid_behind_a_link(toy_workspace: Workspace, tmp_path: Path) -> None:
    store = toy_workspace.store
    article, text = envoy(store)
    (tmp_path / "outside").mkdir()
    (store.root / ".stancebank").symlink_to(tmp_path / "outside")
    with pytest.raises(WorkspaceError, match="symbolic link that leads out"):
        store.write_text(with_policy(article, "withheld"), text)
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_link_that_stays_inside_is_followed(toy_workspace: Workspace) -> None:
    store = toy_workspace.store
    (store.root / PUBLIC).rename(store.root / "elsewhere.txt")
    (store.root / PUBLIC).symlink_to(store.root / "elsewhere.txt")
    assert envoy(store)[1]


def test_a_record_of_another_schema_version_is_not_read_as_this_one(toy_workspace: Workspace) -> None:
    path = toy_workspace.root / toy_workspace.store.article_name(ENVOY)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema_version": "v1"}))
    with pytest.raises(
        WorkspaceError, match=r"follows schema 'v1'; this workspace follows 'v2'\.\nHint: run `stancebank sch"
    ):
        toy_workspace.store.article(ENVOY)


def test_a_record_that_cannot_be_read_is_named_with_its_mend(toy_workspace: Workspace) -> None:
    path = toy_workspace.root / toy_workspace.store.article_name(ENVOY)
    for data in (b"{", b"[]", b'{"schema_version": "v2"}', b"\xff", b'{"a": 1, "a": 2}'):
        path.write_bytes(data)
        with pytest.raises(WorkspaceError, match=rf"articles/{ENVOY}\.json cannot be read: .*\nHint: "):
            toy_workspace.store.article(ENVOY)


def test_stray_files_are_named_and_hidden_ones_do_not_count(toy_workspace: Workspace) -> None:
    folder = toy_workspace.root / "corpus/articles"
    known = toy_workspace.store.article_ids()
    for name in (f"._{ENVOY}.json", f".#{ENVOY}.json", f".{ENVOY}.json.abcd1234.part"):
        (folder / name).write_bytes(b"\0")
    assert toy_workspace.store.article_ids() == known
    (folder / "My notes.json").write_text("{}")
    with pytest.raises(WorkspaceError, match=r"corpus/articles/My notes\.json is not named for an id"):
        toy_workspace.store.article_ids()


def test_words_that_changed_are_not_handed_out(toy_workspace: Workspace) -> None:
    article, text = envoy(toy_workspace.store)
    for data in (text.replace("lake", "pond").encode(), b"\xff\xfe", b""):
        (toy_workspace.root / toy_workspace.store.text_name(article)).write_bytes(data)
        with pytest.raises(WorkspaceError, match="is not the text that the article's record describes"):
            toy_workspace.store.text(article)


def test_the_permissions_of_a_private_text_outlive_a_write(toy_workspace: Workspace) -> None:
    store = toy_workspace.store
    article, text = envoy(store)
    os.chmod(store.root / PUBLIC, 0o600)  # noqa: PTH101
    store.write_article(article, text + "more")
    assert (store.root / PUBLIC).stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
@pytest.mark.parametrize("name", ["con", "aux", "nul", "prn", "com1", "lpt9", "com0"])
def test_what_windows_takes_for_a_device_is_no_new_name(name: str, run: Run, toy_root: Path, tmp_path: Path) -> None:
    assert is_reserved(name)
    assert is_reserved(f"{name}.v2-1.0.0")
    assert is_reserved(name.upper())
    assert not is_reserved(f"{name}-1")
    table = toy_root / ".stancebank/label-studio/annotators.json"
    table.parent.mkdir(parents=True)
    table.write_text('[{"name": "user-7", "id": 7, "email": "a@example.org", "joined": "2031-01-01T00:00:00Z"}]')
    reading = tmp_path / "reading.json"
    reading.write_text(
        json.dumps(json.loads((TOY / "readings/envoy.json").read_text()) | {"annotator": name}), encoding="utf-8"
    )

    def held() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in toy_root.rglob("*") if path.is_file() and path.name != ".gitignore"}

    before = held()
    for command in (
        ("corpus", "entity", "add", name, "--name", "Any", "--kind", "person"),
        ("corpus", "entity", "rename", "ilse-marrow", name),
        ("annotate", "users", "--name", f"7={name}"),
        ("annotate", "import", reading),
        ("annotate", "studio", "start", "--annotator", name),
        ("annotate", "push", "--blind", name),
    ):
        result = run("-w", toy_root, *command)
        assert result.returncode in (1, 2), command
        assert "reserved name on Windows" in result.stderr, result.stderr
        assert held() == before
    with pytest.raises(InputError, match="Windows"):
        UserTable(table.parent).rename(User(7, "a@example.org", "2031-01-01T00:00:00Z"), name)


def test_a_new_name_is_short_and_one_that_exists_goes_on(toy_root: Path) -> None:
    store = open_workspace(toy_root).store
    with pytest.raises(InputError, match="has 41 characters; a new name has 40 at most"):
        require_portable("a" * 41)
    gold = next(store.documents(None))
    for name in ("aux", "a" * 120):
        assert store.write_document(msgspec.structs.replace(gold, gold=None, annotator=name))
        assert [each.article_id for each in store.documents(name)] == [gold.article_id]
    report = check_workspace(open_workspace(toy_root))
    found = [each for each in report.findings if each.code == "name-unportable"]
    assert len(found) == 1 + (len(f"corpus/annotations/{'a' * 120}/{gold.article_id}.json") > LONGEST_PATH)
    assert not [each for each in report.errors if "annotations" in each.file]


def test_the_longest_new_names_fit_into_what_windows_takes() -> None:
    file = f"{'a' * LONGEST_ANNOTATOR}/.{'b' * LONGEST_ARTICLE}.json.12345678.part"
    project = "1234567-20310301000130000000"
    for folder in ("corpus/annotations", f".stancebank/label-studio/projects/{project}/conflicts"):
        assert len(f"{folder}/{file}") < 260 - len("C:\\Users\\somebody\\")


def test_the_ledger_of_splits_is_read_strictly(toy_workspace: Workspace) -> None:
    toy = toy_workspace.store
    assert toy.placements() == {}
    path = toy.root / LEDGER
    path.write_text(
        "article_id,split,fold,because\nits-report,train,0,hash\nthe-other,none,,bridge\n", encoding="utf-8"
    )
    assert toy.placements() == {
        "its-report": Placement("train", 0, "hash"),
        "the-other": Placement("none", None, "bridge"),
    }
    for data, told in (
        (b"", "no CSV file"),
        (b"\xff", "no CSV file"),
        (b"article_id,split\n", "has the columns"),
        (b"article_id,split,fold,because\na-b,trian,,hash\n", "Line 2"),
        (b"article_id,split,fold,because\na-b,train,,hash\na-b,test,,hash\n", "second time"),
        (b"article_id,split,fold,because\n../a,train,,hash\n", "Line 2"),
        (b"article_id,split,fold,because\na-b,train\n", "Line 2"),
    ):
        path.write_bytes(data)
        with pytest.raises(WorkspaceError, match=told):
            toy.placements()
