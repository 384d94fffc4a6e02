"""The command annotate assign, and what else knows its ledger."""

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.conftest import Run
from tests.publish.builds import ENVOY, HARVEST, MINISTER, contents

import stancebank
from stancebank.annotate.client import User
from stancebank.annotate.connection import local_folder
from stancebank.annotate.sync.state import rename_user
from stancebank.annotate.users import UserTable
from stancebank.check import check_workspace
from stancebank.corpus.assignments import ASSIGNMENTS, Assignment, read_assignments, write_assignments
from stancebank.workspace import open_workspace

ALL = [HARVEST, ENVOY, MINISTER]
TWO = ("--annotator", "ann-1", "--annotator", "ann-2")


@pytest.fixture
def unread(toy_root: Path) -> Path:
    """The toy without any document."""
    for path in toy_root.glob("corpus/*/**/*.json"):
        if path.parent.name != "articles":
            path.unlink()
    return toy_root


def assign(run: Run, root: Path, *arguments: str) -> dict[str, Any]:
    done = run("-w", root, "annotate", "assign", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def lines(root: Path) -> list[tuple[str, str]]:
    return [(each.article_id, each.annotator) for each in read_assignments(open_workspace(root).store)]


def test_a_dry_run_writes_nothing_and_the_run_does_what_it_said_once(unread: Path, run: Run) -> None:
    before = contents(unread)
    told = assign(run, unread, *TWO, "--overlap", "30", "--dry-run")
    assert contents(unread) == before
    made = assign(run, unread, *TWO, "--overlap", "30")
    assert made == {**told, "dry_run": False}
    assert (made["articles"], made["read_by_several"]) == (3, 1)
    assert made["pairs"] == [{"annotators": ["ann-1", "ann-2"], "articles": 1}]
    assert [(each["article_id"], each["annotator"]) for each in made["added"]] == lines(unread)
    after = contents(unread)
    assert assign(run, unread, *TWO, "--overlap", "30")["added"] == []
    assert contents(unread) == after
    shown = run("-w", unread, "annotate", "assign")
    assert (shown.returncode, contents(unread)) == (0, after)
    assert "Several people read 1 of 3 articles (33%)." in shown.stderr


def test_articles_with_gold_are_left_out_unless_they_are_named(toy_root: Path, run: Run) -> None:
    told = assign(run, toy_root, *TWO)
    assert (told["added"], told["with_gold"]) == ([], ALL)
    (toy_root / "mine.txt").write_text(f"# to be read again\n{ENVOY}\n\n", "utf-8")
    assign(run, toy_root, *TWO, "--articles", str(toy_root / "mine.txt"), "--overlap", "100")
    assert lines(toy_root) == [(ENVOY, "ann-1"), (ENVOY, "ann-2")]
    assign(run, toy_root, *TWO, "--overlap", "0", "--with-gold")
    assert {name for name, _ in lines(toy_root)} == set(ALL)


def test_what_somebody_has_read_stays_theirs_when_the_rest_moves(toy_root: Path, run: Run) -> None:
    store = open_workspace(toy_root).store
    gold = store.gold(ENVOY)
    assert gold is not None
    store.write_document(replace(gold, annotator="ann-1", gold=None))
    write_assignments(store, [Assignment(each, "ann-1", "share") for each in ALL])
    told = assign(run, toy_root, "--reassign", "ann-1=ann-2", "--reassign", "ann-1=ann-3")
    assert [(each["article_id"], each["annotator"]) for each in told["removed"]] == [
        (HARVEST, "ann-1"),
        (MINISTER, "ann-1"),
    ]
    now = dict(lines(toy_root))
    assert (now[ENVOY], {now[HARVEST], now[MINISTER]}) == ("ann-1", {"ann-2", "ann-3"})
    (mine,) = [each for each in told["annotators"] if each["annotator"] == "ann-1"]
    assert (mine["assigned"], mine["read"], mine["left"], mine["words_left"]) == (1, 1, 0, 0)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--annotator", "Ann One", "--annotator", "B"), 1, "'Ann One' is not a pseudonym.\n'B' is not a pseudonym."),
        (("--annotator", "con"), 1, "reserved name on Windows"),
        (("nobody", *TWO), 1, "There is no article 'nobody'"),
        ((ENVOY,), 2, "Say who gets these articles"),
        ((*TWO, "--share", "ann-3=2"), 2, "'ann-3' gets no articles"),
        ((*TWO, "--share", "ann-1=0"), 2, "with N from 1 to 1000"),
        ((*TWO, "--readers", "1"), 2, "neither a number of 2 or more nor 'all'"),
        (("--reassign", "ann-1"), 2, "not of the form FROM=TO"),
        (("--reassign", "ann-1=ann-2", "--annotator", "ann-1"), 2, "cannot give up articles and get some"),
        (("--reassign", "ann-8=ann-2"), 1, "ann-8 has no articles to give up.\nHint: nothing is assigned yet."),
    ],
)
def test_wrong_input_is_named_and_writes_nothing(
    toy_root: Path, run: Run, arguments: tuple[str, ...], code: int, message: str
) -> None:
    before = contents(toy_root)
    done = run("-w", toy_root, "annotate", "assign", *arguments)
    assert (done.returncode, contents(toy_root)) == (code, before)
    assert message in done.stderr


def test_a_ledger_that_somebody_spoilt_is_refused_and_stays(toy_root: Path, run: Run) -> None:
    path = toy_root / ASSIGNMENTS
    path.write_bytes(b"article_id,annotator\nx,y\n")
    done = run("-w", toy_root, "annotate", "assign", *TWO)
    assert (done.returncode, path.read_bytes()) == (2, b"article_id,annotator\nx,y\n")
    assert "has the columns article_id, annotator, not article_id, annotator, because" in done.stderr


@pytest.mark.slow
def test_a_removed_article_takes_its_lines_with_it_and_a_withdrawn_one_may_keep_them(unread: Path, run: Run) -> None:
    workspace = open_workspace(unread)
    write_assignments(workspace.store, [Assignment(each, "ann-1", "share") for each in ALL])
    assert run("-w", unread, "corpus", "remove", HARVEST).returncode == 0
    assert [name for name, _ in lines(unread)] == [ENVOY, MINISTER]
    assert run("-w", unread, "corpus", "withdraw", ENVOY, "--reason", "By letter.").returncode == 0
    codes = {each.code for each in check_workspace(workspace).findings}
    assert codes.isdisjoint({"assignment-unknown", "assignment-invalid"})
    told = assign(run, unread)
    assert [(each["assigned"], each["left"]) for each in told["annotators"]] == [(1, 1)]


def test_an_account_that_gets_another_name_keeps_its_articles(unread: Path) -> None:
    workspace = open_workspace(unread)
    user = User(7, "a@example.org", "2031-01-01T00:00:00Z")
    UserTable(local_folder(workspace)).register([user])
    write_assignments(workspace.store, [Assignment(ENVOY, "user-7", "share"), Assignment(ENVOY, "ann-2", "overlap")])
    rename_user(workspace, user, "ann-1")
    assert lines(unread) == [(ENVOY, "ann-1"), (ENVOY, "ann-2")]


def test_nothing_that_publishes_knows_the_ledger() -> None:
    code = Path(stancebank.__file__).parent / "publish"
    assert not [path for path in code.rglob("*.py") if "assignments" in path.read_text("utf-8")]
