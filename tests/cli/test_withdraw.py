"""Withdrawing an article as a user does it, and every way in which it might come back."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.annotate.tasks import submitted
from tests.conftest import TOY, Run
from tests.corpus.test_withdrawal import change_words
from tests.publish.builds import ENVOY, HARVEST, MINISTER, contents, lay_toy, withhold

from stancebank.check import check_workspace
from stancebank.errors import ConflictError, InputError
from stancebank.publish.build import build
from stancebank.workspace import open_workspace

REASON = "The publisher asked for it."
PLACES = (
    f"corpus/articles/{ENVOY}.json",
    f"corpus/texts/{ENVOY}.txt",
    f"corpus/gold/{ENVOY}.json",
    f"corpus/annotations/ada/{ENVOY}.json",
    f"corpus/annotations/bo/{ENVOY}.json",
    f".stancebank/texts/{ENVOY}.txt",
)
TOMBSTONE = f"corpus/withdrawn/{ENVOY}.json"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace where an article lies in every place there is."""
    workspace = lay_toy(tmp_path / "toy")
    for name in ("annotate/GUIDELINES.md", "DATASET_CARD.md"):  # each test would search all of it, several times
        head = (workspace.root / name).read_text(encoding="utf-8")[:1000].partition("\n## ")[0]
        (workspace.root / name).write_text(head.rpartition("\n\n")[0] + "\n", encoding="utf-8")
    gold = workspace.store.gold(ENVOY)
    assert gold
    from msgspec.structs import replace

    for annotator in ("ada", "bo"):
        workspace.store.write_document(replace(gold, annotator=annotator, gold=None))
    workspace.store.keep_local_store_out_of_git()
    local = workspace.root / PLACES[-1]
    local.parent.mkdir(parents=True)
    shutil.copy(workspace.root / PLACES[1], local)
    assert all((workspace.root / place).is_file() for place in PLACES)
    return workspace.root


def withdraw(run: Run, root: Path, *more: object) -> subprocess.CompletedProcess[str]:
    return run("-w", root, "corpus", "withdraw", ENVOY, "--reason", REASON, *more)


def errors_of(root: Path) -> set[tuple[str, str]]:
    return {(each.code, each.file) for each in check_workspace(open_workspace(root)).errors}


def require_refused(root: Path, out: Path) -> None:
    with pytest.raises(InputError, match="withdraw"):
        build(open_workspace(root), out)
    assert not out.exists()


@pytest.mark.slow
def test_an_article_leaves_every_place_and_nothing_else_does(root: Path, run: Run) -> None:
    before = contents(root)
    done = withdraw(run, root)
    assert done.returncode == 0, done.stderr
    after = contents(root)
    assert set(before) - set(after) == set(PLACES)
    assert set(after) - set(before) == {TOMBSTONE, f".stancebank/withdrawn/{ENVOY}.json"}
    assert all(after[name] == before[name] for name in set(before) & set(after))
    assert all(f"gone  {place}" in done.stdout for place in PLACES)
    assert errors_of(root) == set()
    for said in ("git filter-repo", f"--path corpus/texts/{ENVOY}.txt", "Label Studio", "releases/"):
        assert said in done.stderr


def test_a_dry_run_says_what_would_go_and_writes_nothing(root: Path, run: Run) -> None:
    before = contents(root)
    done = withdraw(run, root, "--dry-run", "--json")
    told = json.loads(done.stdout)
    assert sorted(told["removed"]) == sorted(PLACES)
    assert (told["new"], told["dry_run"], told["reason"]) == (True, True, REASON)
    assert contents(root) == before


def test_an_unknown_article_and_an_empty_reason_change_nothing(root: Path, run: Run) -> None:
    before = contents(root)
    assert run("-w", root, "corpus", "withdraw", "nobody", "--reason", REASON).returncode == 1
    assert run("-w", root, "corpus", "withdraw", ENVOY, "--reason", "  ").returncode == 1
    assert run("-w", root, "corpus", "withdraw", "../x", "--reason", REASON).returncode == 1
    assert run("-w", root, "corpus", "withdraw", ENVOY, "--undo", "--reason", REASON).returncode == 1
    assert contents(root) == before


@pytest.mark.slow
def test_a_second_run_changes_nothing_and_keeps_day_and_reason(root: Path, run: Run) -> None:
    withdraw(run, root)
    before = contents(root)
    done = run("-w", root, "corpus", "withdraw", ENVOY, "--reason", "Another reason.")
    assert done.returncode == 0
    assert "was withdrawn before" in done.stderr
    assert contents(root) == before


@pytest.mark.slow
def test_a_killed_withdrawal_is_an_error_until_it_is_run_again(root: Path, run: Run, tmp_path: Path) -> None:
    script = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom stancebank.corpus import withdraw as removal\n"
        "from stancebank.workspace import open_workspace\nstore = open_workspace(Path(sys.argv[1])).store\n"
        "real, left = Path.unlink, [2]\n"
        "def unlink(self, **options):\n"
        "    if left[0] == 0: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    left[0] -= 1\n    real(self, **options)\n"
        f"plan = removal.plan_removal(store, {ENVOY!r}, reason={REASON!r}, date='2031-05-02')\n"
        "Path.unlink = unlink\nremoval.remove(store, plan)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(root)], check=False)
    assert done.returncode == -signal.SIGKILL
    left = {place for place in PLACES if (root / place).is_file()}
    assert len(left) == len(PLACES) - 2
    assert {file for code, file in errors_of(root) if code == "withdrawn-returned"} == left
    require_refused(root, tmp_path / "out")
    again = withdraw(run, root)
    assert again.returncode == 0, again.stderr
    assert not any((root / place).is_file() for place in PLACES)
    assert errors_of(root) == set()


def test_words_that_are_changed_or_not_at_hand_do_not_hinder_it(root: Path, run: Run) -> None:
    (root / PLACES[1]).write_text("Other words.", encoding="utf-8")
    done = withdraw(run, root)
    assert done.returncode == 0, done.stderr
    assert "by its text or its lines only" in done.stderr
    assert not any((root / place).is_file() for place in PLACES)


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        lambda text: text,
        lambda text: text.replace("“", '"').replace("”", '"'),
        lambda text: change_words(text, 20),
        lambda text: "Home | News\n\n" + text[: 2 * len(text) // 3],
    ],
    ids=["as it was", "typography", "words changed", "an excerpt with more of the page"],
)
def test_a_text_that_is_added_again_is_refused_under_whatever_name(
    change: Callable[[str], str], root: Path, run: Run, tmp_path: Path
) -> None:
    text = (TOY / "sources/envoy.txt").read_text(encoding="utf-8")
    withdraw(run, root)
    before = contents(root)
    (tmp_path / "minutes.txt").write_text(change(text), encoding="utf-8")
    done = run(
        *("-w", root, "corpus", "add", tmp_path / "minutes.txt", "--outlet", "Ferry Gazette"),
        *("--slug", "minutes-of-the-day", "--title", "Minutes of the day", "--published", "2031-03-01"),
    )
    assert done.returncode == 4, done.stdout + done.stderr
    assert f"it was withdrawn as {ENVOY} on" in done.stderr
    assert REASON in done.stderr
    assert contents(root) == before


@pytest.mark.slow
def test_other_articles_are_still_added(root: Path, run: Run, tmp_path: Path) -> None:
    withdraw(run, root)
    (tmp_path / "tides.txt").write_text(
        "Spring tides delay the barges\n\nThe barges of the lower Sill stayed at their moorings on Sunday, since the "
        "spring tide stood two feet above the quay of Port Essa.\n",
        encoding="utf-8",
    )
    done = run("-w", root, "corpus", "add", tmp_path / "tides.txt", "--outlet", "Norland Post")
    assert (done.returncode, done.stdout.split()[0]) == (0, "added"), done.stderr
    assert errors_of(root) == set()


def test_an_id_is_not_given_out_again(root: Path, run: Run, tmp_path: Path) -> None:
    withdraw(run, root)
    (tmp_path / "a.txt").write_text("Another envoy\n\nAnother text on other matters altogether.\n", encoding="utf-8")
    done = run(
        *("-w", root, "corpus", "add", tmp_path / "a.txt", "--outlet", "Norland Post"),
        *("--published", "2031-02-11", "--slug", "envoy"),
    )
    assert done.returncode == 4
    assert f"it would get the id {ENVOY}" in done.stderr


@pytest.mark.slow
def test_what_is_only_like_it_can_be_added_by_a_person_who_says_so(root: Path, run: Run, tmp_path: Path) -> None:
    text = (TOY / "sources/envoy.txt").read_text(encoding="utf-8")
    withdraw(run, root)
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    (tmp_path / "b.txt").write_text(change_words(text, 20), encoding="utf-8")
    add = ("-w", root, "corpus", "add", "--allow-similar", "--outlet", "Ferry Gazette", "--slug", "other")
    assert run(*add, tmp_path / "a.txt").returncode == 4
    done = run(*add, tmp_path / "b.txt")
    assert done.returncode == 0, done.stderr
    name = done.stdout.split()[1]
    assert ("withdrawn-alike", f"corpus/articles/{name}.json") in errors_of(root)


@pytest.mark.slow
def test_a_document_about_it_is_not_imported(root: Path, run: Run) -> None:
    withdraw(run, root)
    done = run("-w", root, "annotate", "import", TOY / "readings/envoy.json", "--gold", "single")
    assert done.returncode == 1
    assert f"{ENVOY} was withdrawn on" in done.stderr
    assert not (root / PLACES[2]).exists()


@pytest.mark.slow
def test_an_export_about_it_is_not_imported(root: Path, run: Run, tmp_path: Path) -> None:
    printed = run("-w", root, "annotate", "export", "--tasks", ENVOY, "--annotator", "ada")
    (task,) = json.loads(printed.stdout)
    exported = submitted(task, task["predictions"][0]["result"])
    (tmp_path / "export.json").write_text(json.dumps([exported]), encoding="utf-8")
    take = ("-w", root, "annotate", "import", tmp_path / "export.json", "--annotator", "7=ada", "--dry-run")
    assert run(*take).returncode == 0
    withdraw(run, root)
    done = run("-w", root, "annotate", "import", tmp_path / "export.json", "--annotator", "7=ada")
    assert done.returncode == 1
    assert f"{ENVOY} was withdrawn on" in done.stderr
    assert not (root / PLACES[3]).exists()


@pytest.mark.slow
def test_its_words_are_not_hydrated(root: Path, run: Run, tmp_path: Path) -> None:
    withhold(open_workspace(root), MINISTER)
    record = (root / PLACES[0]).read_bytes()
    withdraw(run, root)
    copies = tmp_path / "copies"
    copies.mkdir()
    for name in ("envoy", "minister"):
        shutil.copy(TOY / f"sources/{name}.txt", copies)
    (copies / "again.txt").write_text(
        change_words((TOY / "sources/envoy.txt").read_text(encoding="utf-8"), 20), encoding="utf-8"
    )
    for restored in (False, True):
        if restored:
            (root / PLACES[0]).write_bytes(record)
        done = run("-w", root, "corpus", "hydrate", copies)
        assert done.returncode == 0, done.stderr
        assert done.stderr.count(f"{ENVOY} was withdrawn on") == 2
        assert not (root / PLACES[1]).exists()
        assert not (root / PLACES[-1]).exists()


@pytest.mark.slow
def test_nothing_writes_to_a_withdrawn_article(root: Path, run: Run) -> None:
    store = open_workspace(root).store
    article, document = store.article(ENVOY), store.gold(ENVOY)
    text = store.text(article)
    assert text
    assert document
    withdraw(run, root)
    for write in (
        lambda: store.write_article(article, text),
        lambda: store.write_text(article, text),
        lambda: store.write_document(document),
    ):
        with pytest.raises(ConflictError, match="was withdrawn on"):
            write()
    assert not any((root / place).exists() for place in PLACES)


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@toy.example", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=False, env=clean_environment()
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def clean_environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


@pytest.fixture
def repository(root: Path) -> Path:
    for folder in ("sources", "readings"):  # these have words of the article, which `check` finds once it is withdrawn
        shutil.rmtree(root / folder)
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "The toy corpus")
    return root


def commit_withdrawal(run: Run, root: Path) -> None:
    done = withdraw(run, root)
    assert done.returncode == 0, done.stderr
    git(root, "add", "-A")
    git(root, "commit", "-qm", "Withdraw the envoy")
    assert errors_of(root) == set()


@pytest.mark.slow
@pytest.mark.parametrize("elsewhere", [False, True], ids=["in the clone that withdrew it", "in a fresh clone"])
def test_a_revert_of_the_withdrawal_is_an_error(elsewhere: bool, repository: Path, run: Run, tmp_path: Path) -> None:
    commit_withdrawal(run, repository)
    if elsewhere:
        git(tmp_path, "clone", "-q", str(repository), "fresh")
        repository = tmp_path / "fresh"
        assert errors_of(repository) == set()
    git(repository, "revert", "--no-edit", "HEAD")
    assert (repository / PLACES[0]).is_file()
    assert not (repository / TOMBSTONE).exists()
    assert "withdrawal-lost" in {code for code, _ in errors_of(repository)}
    require_refused(repository, tmp_path / "out")
    assert withdraw(run, repository).returncode == 0
    assert not any((repository / place).exists() for place in PLACES[:5])
    assert errors_of(repository) == set()


@pytest.mark.slow
def test_files_that_are_restored_from_git_are_errors(repository: Path, run: Run, tmp_path: Path) -> None:
    commit_withdrawal(run, repository)
    git(repository, "checkout", "HEAD^", "--", *PLACES[:3])
    assert errors_of(repository) >= {("withdrawn-returned", place) for place in PLACES[:3]}
    require_refused(repository, tmp_path / "out")


@pytest.mark.slow
def test_a_branch_that_still_works_on_it_brings_an_error_with_its_merge(
    repository: Path, run: Run, tmp_path: Path
) -> None:
    git(repository, "checkout", "-qb", "reading")
    late = f"corpus/annotations/cy/{ENVOY}.json"
    (repository / late).parent.mkdir()
    document = (repository / PLACES[3]).read_text(encoding="utf-8").replace('"ada"', '"cy"')
    (repository / late).write_text(document, encoding="utf-8")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "A third reading")
    git(repository, "checkout", "-q", "main")
    commit_withdrawal(run, repository)
    git(repository, "merge", "-q", "--no-edit", "reading")
    assert (repository / late).is_file()
    assert ("withdrawn-returned", late) in errors_of(repository)
    require_refused(repository, tmp_path / "out")
    assert withdraw(run, repository).returncode == 0
    assert errors_of(repository) == set()


@pytest.mark.slow
def test_a_branch_that_holds_it_under_another_name_brings_an_error_with_its_merge(
    repository: Path, run: Run, tmp_path: Path
) -> None:
    commit_withdrawal(run, repository)
    git(repository, "checkout", "-qb", "old", "HEAD^")
    record = json.loads((repository / PLACES[0]).read_text(encoding="utf-8"))
    name = "norland-post-undated-renamed"
    (repository / f"corpus/articles/{name}.json").write_text(json.dumps(record | {"id": name}), encoding="utf-8")
    shutil.copy(repository / PLACES[1], repository / f"corpus/texts/{name}.txt")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "Another name")
    git(repository, "checkout", "-q", "main")
    git(repository, "merge", "-q", "--no-edit", "old")
    found = errors_of(repository)
    assert ("withdrawn-returned", f"corpus/articles/{name}.json") in found
    require_refused(repository, tmp_path / "out")


@pytest.mark.slow
def test_an_undone_withdrawal_lets_the_article_in_again_and_says_why(repository: Path, run: Run) -> None:
    commit_withdrawal(run, repository)
    done = run("-w", repository, "corpus", "withdraw", ENVOY, "--undo", "--reason", "The publisher agreed.")
    assert done.returncode == 0, done.stderr
    assert "Nothing comes back by itself" in done.stderr
    record = json.loads((repository / TOMBSTONE).read_bytes())
    assert (record["reason"], record["lifted"]["reason"]) == (REASON, "The publisher agreed.")
    assert not any((repository / place).exists() for place in PLACES[:5])
    git(repository, "checkout", "HEAD^", "--", *PLACES[:3])
    assert errors_of(repository) == set()
    again = run("-w", repository, "corpus", "withdraw", ENVOY, "--undo", "--reason", "Twice.")
    assert (again.returncode, "was undone before" in again.stderr) == (0, True)
    added = run("-w", repository, "corpus", "add", TOY / "sources/envoy.txt", "--outlet", "Norland Post")
    assert added.returncode == 0, added.stderr


@pytest.mark.slow
def test_a_lost_record_can_be_undone_from_what_git_remembers(repository: Path, run: Run, tmp_path: Path) -> None:
    commit_withdrawal(run, repository)
    git(tmp_path, "clone", "-q", str(repository), "fresh")
    fresh = tmp_path / "fresh"
    git(fresh, "revert", "--no-edit", "HEAD")
    done = run("-w", fresh, "corpus", "withdraw", ENVOY, "--undo", "--reason", "The publisher agreed.")
    assert done.returncode == 0, done.stderr
    assert json.loads((fresh / TOMBSTONE).read_bytes())["reason"] == REASON
    assert errors_of(fresh) == set()


@pytest.mark.slow
def test_the_next_build_names_it_with_its_reason(root: Path, run: Run, tmp_path: Path) -> None:
    withdraw(run, root)
    out = build(open_workspace(root), tmp_path / "out").out
    manifest = json.loads((out / "manifest.json").read_bytes())
    assert [(each["id"], each["reason"]) for each in manifest["rights"]["withdrawn"]] == [(ENVOY, REASON)]
    assert TOMBSTONE in manifest["inputs"]
    assert f"| `{ENVOY}` |" in (out / "RIGHTS.md").read_text(encoding="utf-8")
    run("-w", root, "corpus", "withdraw", ENVOY, "--undo", "--reason", "The publisher agreed.")
    out = build(open_workspace(root), tmp_path / "again").out
    assert "No article has been withdrawn." in (out / "RIGHTS.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_leak_check_finds_words_of_a_withdrawn_article(root: Path, run: Run, tmp_path: Path) -> None:
    text = (TOY / "sources/envoy.txt").read_text(encoding="utf-8")
    (tmp_path / "notes.md").write_text(text.split("\n")[2], encoding="utf-8")
    assert run("-w", root, "corpus", "leak-check", tmp_path / "notes.md").returncode == 0  # its text may be published
    withdraw(run, root)
    done = run("-w", root, "corpus", "leak-check", tmp_path / "notes.md")
    assert done.returncode == 1
    assert "notes.md: " in done.stdout
    (tmp_path / "notes.md").write_text("Nothing of it.", encoding="utf-8")
    assert run("-w", root, "corpus", "leak-check", tmp_path / "notes.md").returncode == 0


def test_one_list_names_the_places_of_an_article(root: Path) -> None:
    from stancebank.corpus.store import article_of
    from stancebank.corpus.withdraw import holdings

    assert sorted(holdings(open_workspace(root).store, ENVOY)) == sorted(PLACES)
    named = {path for path in contents(root) if ENVOY in path}
    assert named == set(PLACES)
    assert [article_of(name) for name in holdings(open_workspace(root).store, HARVEST)] == [HARVEST] * 4


def test_what_a_killed_write_left_of_an_article_goes_with_it(root: Path, run: Run) -> None:
    parts = [root / place for place in (f"corpus/texts/.{ENVOY}.txt.0a1b2c3d.part",)]
    parts.append(root / f".stancebank/texts/.{ENVOY}.txt.ffffffff.part")
    for path in parts:
        path.write_text("words", encoding="utf-8")
    assert withdraw(run, root).returncode == 0
    assert not [path for path in parts if path.exists()]


def test_texts_that_may_not_be_shown_are_their_owners_alone(root: Path) -> None:
    workspace = open_workspace(root)
    article = workspace.store.article(ENVOY)
    words = workspace.store.text(article)
    assert words is not None
    withhold(workspace, ENVOY)
    assert (root / PLACES[-1]).stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
def test_files_that_still_have_its_words_or_are_readings_of_it_are_named(root: Path, run: Run) -> None:
    text = (root / PLACES[1]).read_text(encoding="utf-8")
    line = max(text.splitlines(), key=len)
    (root / "notes").mkdir()
    (root / "notes/desk.md").write_text(f"He says:\n\n> {line}\n", encoding="utf-8")
    (root / "notes/short.json").write_text(json.dumps({"article_id": ENVOY, "statements": [{"speaker": "no"}]}))
    (root / "notes/other.md").write_text("Nothing of it.\n", encoding="utf-8")
    wanted = ["notes/desk.md", "notes/short.json", "readings/envoy.json", "sources/envoy.txt"]
    assert json.loads(withdraw(run, root, "--dry-run", "--json").stdout)["words_in"] == wanted
    done = withdraw(run, root)
    assert "".join(f"  {name}\n" for name in wanted) in done.stderr
    assert "other.md" not in done.stderr
    assert set(wanted) <= contents(root).keys()
    again = json.loads(withdraw(run, root, "--json").stdout)["words_in"]  # by its hashes, which are a sample
    assert {"readings/envoy.json", "sources/envoy.txt", "notes/short.json"} <= set(again)
    for name in wanted:
        (root / name).unlink()
    assert json.loads(withdraw(run, root, "--json").stdout)["words_in"] == []


@pytest.mark.slow
def test_a_record_that_cannot_be_read_keeps_nobody_from_withdrawing_another(root: Path, run: Run) -> None:
    (root / f"corpus/articles/{HARVEST}.json").write_text("{")
    assert withdraw(run, root).returncode == 0
    assert not (root / PLACES[0]).exists()
