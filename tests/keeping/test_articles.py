"""What a maintainer corrects of articles: zones, metadata and rights; and the removal of one that nobody uses."""

import json
from pathlib import Path

import click
import pytest

from stancebank.annotate.sync.bases import Bases
from stancebank.annotate.sync.state import RawTasks
from stancebank.check import check_workspace
from stancebank.model import Sourced
from stancebank.publish.history import Held, ReleaseRecord, write_record
from stancebank.records import to_json
from stancebank.workspace import Workspace, open_workspace
from tests.annotate.tasks import submitted
from tests.conftest import Run
from tests.publish.builds import ENVOY, HARVEST, contents, lay_toy, read_as

NEW = "harbour-wire-2032-04-03-ferry-crews-call-off-strike"
TEXT = """Ferry crews call off strike

By Anna Felk

EASTHAVEN – The crews of the lake ferries said on Friday that they would work again.

"We will sail on Monday," their speaker said.
Read more about the ferries
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return lay_toy(tmp_path / "toy")


@pytest.fixture
def added(workspace: Workspace, run: Run, tmp_path: Path) -> Workspace:
    """The toy with one more article, which nobody has annotated."""
    source = tmp_path / "ferry.txt"
    source.write_text(TEXT, "utf-8")
    options = ("--outlet", "Harbour Wire", "--published", "2032-04-03", "--text-policy", "withheld")
    done = run("-w", workspace.root, "corpus", "add", source, *options)
    assert done.returncode == 0, done.stderr
    assert workspace.store.article(NEW)
    return workspace


def zones(workspace: Workspace, article_id: str = NEW) -> list[tuple[str, int, int]]:
    return [(each.zone, each.begin, each.end) for each in workspace.store.article(article_id).zones]


@pytest.mark.slow
def test_a_zone_is_laid_over_lines_and_taken_back(added: Workspace, run: Run) -> None:
    before = contents(added.root)
    old = zones(added)
    done = run("-w", added.root, "corpus", "zone", NEW, "--line", "7", "boilerplate")
    assert done.returncode == 0, done.stderr
    begin = TEXT.index('"We')
    assert ("boilerplate", begin, TEXT.index("\nRead")) in zones(added)
    assert zones(added) != old
    assert not [each for each in check_workspace(added).findings if each.file.endswith(f"{NEW}.json")]
    assert run("-w", added.root, "corpus", "zone", NEW, "none", "--line", "7").returncode == 0
    assert contents(added.root) == before


def test_several_lines_get_a_zone_at_once_and_are_listed(added: Workspace, run: Run) -> None:
    done = run("-w", added.root, "corpus", "zone", NEW, "--line", "3", "--line", "7-8", "boilerplate", "--json")
    told = json.loads(done.stdout)
    assert (told["changed"], told["dry_run"]) == (True, False)
    listed = json.loads(run("-w", added.root, "corpus", "zone", NEW, "--list", "--json").stdout)
    assert listed["zones"] == told["zones"]
    assert [(each["zone"], each["lines"]) for each in listed["zones"] if each["zone"] == "boilerplate"] == [
        ("boilerplate", [3, 3]),
        ("boilerplate", [7, 8]),
    ]
    again = run("-w", added.root, "corpus", "zone", NEW, "--line", "3", "boilerplate")
    assert "as before" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--line", "4", "dateline"), 1, "line 4 is blank"),
        (("--line", "40", "dateline"), 1, "has 9 lines"),
        (("--line", "6-4", "dateline"), 2, "names no lines"),
        (("--line", "3", "datelin"), 2, "dateline"),
        (("dateline",), 2, "--line 4 dateline"),
        (("--line", "3"), 2, "--line 4 dateline"),
    ],
    ids=str,
)
def test_lines_that_are_none_change_nothing(
    arguments: tuple[str, ...], code: int, said: str, added: Workspace, run: Run
) -> None:
    before = contents(added.root)
    done = run("-w", added.root, "corpus", "zone", NEW, *arguments)
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert contents(added.root) == before


@pytest.mark.slow
def test_no_zone_leaves_annotated_words_where_nothing_is_annotated(workspace: Workspace, run: Run) -> None:
    before = contents(workspace.root)
    done = run("-w", workspace.root, "corpus", "zone", ENVOY, "--line", "9", "related")
    assert done.returncode == 4, done.stderr
    for folder in ("gold", "annotations/ada", "annotations/bo"):
        assert f"corpus/{folder}/{ENVOY}.json" in done.stderr
    assert "s3, line 9: content, " in done.stderr
    assert contents(workspace.root) == before
    assert run("-w", workspace.root, "corpus", "zone", ENVOY, "--line", "9", "standfirst").returncode == 0


def test_zones_are_listed_without_the_words_and_not_changed(added: Workspace, run: Run) -> None:
    (added.root / f".stancebank/texts/{NEW}.txt").unlink()
    listed = json.loads(run("-w", added.root, "corpus", "zone", NEW, "--json").stdout)["zones"]
    assert {each["words"] for each in listed} == {None}
    done = run("-w", added.root, "corpus", "zone", NEW, "--line", "3", "body")
    assert (done.returncode, "corpus hydrate" in done.stderr) == (1, True)


def test_an_edit_says_what_was_and_what_is_and_keeps_the_id(added: Workspace, run: Run) -> None:
    before = contents(added.root)
    values = ("published=2032-04-04", "author=A. Felk", "agencies=Lake News", "agencies=Wire Two", "extra.desk=lakes")
    plan = run("-w", added.root, "corpus", "edit", NEW, *values, "--dry-run")
    assert contents(added.root) == before
    done = run("-w", added.root, "corpus", "edit", NEW, *values)
    assert (done.returncode, done.stdout) == (0, plan.stdout)
    assert "published: 2032-04-03 (given) -> 2032-04-04 (given)\n" in done.stdout
    assert "author: Anna Felk (found) -> A. Felk (given)\n" in done.stdout
    article = added.store.article(NEW)
    assert article.agencies
    assert article.agencies.value == ("Lake News", "Wire Two")
    assert article.extra == {"desk": "lakes"}
    assert article.id == NEW
    cleared = run("-w", added.root, "corpus", "edit", NEW, "author=", "extra.desk=", "--json")
    assert json.loads(cleared.stdout) == {
        "id": NEW,
        "changed": {
            "author": {"old": {"value": "A. Felk", "basis": "given"}, "new": None},
            "extra.desk": {"old": "lakes", "new": None},
        },
        "dry_run": False,
    }
    assert run("-w", added.root, "corpus", "edit", NEW, "author=").stderr.strip() == f"{NEW} is so already."


def test_a_date_is_read_in_the_language_that_is_given_with_it(added: Workspace, run: Run) -> None:
    done = run("-w", added.root, "corpus", "edit", NEW, "published=3. März 2032", "language=de")
    assert done.returncode == 0, done.stderr
    article = added.store.article(NEW)
    assert article.published
    assert article.published.value == "2032-03-03"


def test_all_faults_of_an_edit_are_told_at_once_and_nothing_is_written(added: Workspace, run: Run) -> None:
    before = contents(added.root)
    values = ("titl=x", "published=3 April", "licence=mitt", "holder=", "reprint_of=nobody", "text_policy=some")
    done = run("-w", added.root, "corpus", "edit", NEW, "author=A", *values)
    assert done.returncode == 1
    for said in ("Did you mean 'title'?", "published is", "no SPDX id", "holder cannot", "'nobody'", "text_policy is"):
        assert said in done.stderr
    assert contents(added.root) == before
    assert run("-w", added.root, "corpus", "edit", NEW, "author").returncode == 2
    assert run("-w", added.root, "corpus", "edit", NEW, f"reprint_of={NEW}").returncode == 1


def test_a_reprint_names_the_first_article_of_its_text(added: Workspace, run: Run) -> None:
    edit = ("-w", added.root, "corpus", "edit")
    assert run(*edit, HARVEST, f"reprint_of={NEW}").returncode == 0
    before = contents(added.root)
    for article_id, first in ((NEW, NEW), (NEW, HARVEST), (NEW, ENVOY)):
        done = run(*edit, article_id, f"reprint_of={first}")
        assert (done.returncode, "Nothing was changed" in done.stderr) == (1, True), done.stderr
    assert contents(added.root) == before
    assert run(*edit, HARVEST, "reprint_of=").returncode == 0


def test_a_true_reprint_stays_one(added: Workspace, run: Run, tmp_path: Path) -> None:
    options = ("--outlet", "Lake Gazette", "--published", "2032-04-04", "--text-policy", "withheld")
    done = run("-w", added.root, "corpus", "add", tmp_path / "ferry.txt", *options)
    assert done.returncode == 0, done.stderr
    (other,) = (each for each in added.store.articles() if each.reprint_of)
    done = run("-w", added.root, "corpus", "edit", other.id, "reprint_of=")
    assert (done.returncode, "holds the same text" in done.stderr) == (1, True), done.stderr
    done = run("-w", added.root, "corpus", "remove", NEW)
    assert (done.returncode, f"{other.id} is a reprint of it" in done.stderr) == (4, True)


def test_words_move_with_the_text_policy(added: Workspace, run: Run) -> None:
    public, local = (added.root / place / f"{NEW}.txt" for place in ("corpus/texts", ".stancebank/texts"))
    done = run("-w", added.root, "corpus", "edit", NEW, "text_policy=full", "licence=CC0-1.0", "rights_note=asked")
    assert done.returncode == 0, done.stderr
    assert (public.is_file(), local.is_file()) == (True, False)
    assert added.store.article(NEW).rights.note == "asked"
    done = run("-w", added.root, "corpus", "edit", NEW, "text_policy=quotes", "rights_note=")
    assert (public.is_file(), local.is_file()) == (False, True)
    assert "stays in its history" in done.stderr
    assert added.store.article(NEW).rights.note is None


def test_a_record_is_edited_without_its_words(added: Workspace, run: Run) -> None:
    (added.root / f".stancebank/texts/{NEW}.txt").unlink()
    assert run("-w", added.root, "corpus", "edit", NEW, "event=strike").returncode == 0
    article = added.store.article(NEW)
    assert article.event
    assert article.event.value == "strike"


def test_a_rights_note_is_given_at_intake(workspace: Workspace, run: Run, tmp_path: Path) -> None:
    source = tmp_path / "ferry.txt"
    source.write_text(TEXT, "utf-8")
    options = ("--outlet", "Harbour Wire", "--published", "2032-04-03", "--rights-note", "by letter")
    assert run("-w", workspace.root, "corpus", "add", source, *options).returncode == 0
    assert workspace.store.article(NEW).rights.note == "by letter"


def test_an_article_that_nobody_uses_is_removed_and_can_be_added_again(
    added: Workspace, run: Run, tmp_path: Path
) -> None:
    before = contents(added.root)
    plan = run("-w", added.root, "corpus", "remove", NEW, "--dry-run")
    assert contents(added.root) == before
    done = run("-w", added.root, "corpus", "remove", NEW)
    assert done.returncode == 0, done.stderr
    assert done.stdout == plan.stdout.replace("would go", "gone")
    gone = set(before) - set(contents(added.root))
    assert gone == {f"corpus/articles/{NEW}.json", f".stancebank/texts/{NEW}.txt"}
    assert not [each for each in check_workspace(added).findings if NEW in each.file]
    options = ("--outlet", "Harbour Wire", "--published", "2032-04-03", "--text-policy", "withheld")
    again = run("-w", added.root, "corpus", "add", tmp_path / "ferry.txt", *options)
    assert again.stdout == f"added  {NEW}\n"
    assert contents(added.root) == before


def test_all_that_stands_in_the_way_of_a_removal_is_named(added: Workspace, run: Run) -> None:
    write_record(
        added.root, ReleaseRecord("1.0.0", b'{"dataset_version": "1.0.0"}', b"", Held({}, {"articles": {NEW: "a b"}}))
    )
    assert run("-w", added.root, "corpus", "edit", HARVEST, f"reprint_of={NEW}").returncode == 0
    before = contents(added.root)
    done = run("-w", added.root, "corpus", "remove", NEW, ENVOY)
    assert done.returncode == 4
    for said in (
        f"{NEW} cannot be removed:\n  release 1.0.0 has it\n  {HARVEST} is a reprint of it\n",
        f"gold document (corpus/gold/{ENVOY}.json)",
        f"ada has annotated it (corpus/annotations/ada/{ENVOY}.json)",
        "stancebank corpus withdraw",
    ):
        assert said in done.stderr
    assert contents(added.root) == before
    assert run("-w", added.root, "corpus", "remove", "nobody").returncode == 1


def test_labels_in_label_studio_stand_in_the_way_and_a_bare_task_does_not(added: Workspace, run: Run) -> None:
    folder = added.root / ".stancebank/label-studio/projects/2-toy"
    task = {"id": 3, "project": 2, "data": {"article_id": NEW}}
    RawTasks(folder).keep(submitted(task, []))
    done = run("-w", added.root, "corpus", "remove", NEW)
    assert (done.returncode, "task 3 in Label Studio has labels of it" in done.stderr) == (4, True)
    raw = next(folder.rglob("*.json.gz"))
    raw.unlink()
    RawTasks(folder).keep({**task, "annotations": []})
    base = {f"anna/{NEW}": {"document": "x", "annotation": 5, "updated_at": "2032-04-05T00:00:00Z"}}
    (folder / "bases.json").write_text(to_json(base))
    assert Bases(folder).all()
    done = run("-w", added.root, "corpus", "remove", NEW)
    assert (done.returncode, "anna has labels of it" in done.stderr) == (4, True)
    (folder / "bases.json").unlink()
    done = run("-w", added.root, "corpus", "remove", NEW)
    assert (done.returncode, "as task 2-toy/3: delete it there" in done.stderr) == (0, True), done.stderr
    assert not raw.parent.exists()


def test_a_removal_that_was_killed_is_completed_by_the_next(
    added: Workspace, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.unlink

    def unlink(path: Path, missing_ok: bool = False) -> None:
        if path.name == f"{NEW}.json":
            raise OSError(5, "killed")
        real(path, missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", unlink)
        assert run("-w", added.root, "corpus", "remove", NEW).returncode != 0
    assert not [each for each in check_workspace(open_workspace(added.root)).errors if NEW in each.file]
    assert run("-w", added.root, "corpus", "remove", NEW).returncode == 0
    assert NEW not in added.store.article_ids()


def test_articles_are_listed_by_what_they_are(added: Workspace, run: Run) -> None:
    def ids(*options: str) -> list[str]:
        return [each["id"] for each in json.loads(run("-w", added.root, "corpus", "list", *options, "--json").stdout)]

    assert len(ids()) == 4
    assert ids("--without-gold") == [NEW]
    assert ids("--outlet", "norland post") == [ENVOY]
    assert len(ids("--event", "2031-02-vesta-envoy")) == 2
    assert len(ids("--language", "EN")) == 4
    assert ids("--language", "e") == []
    assert "No article is like that" in run("-w", added.root, "corpus", "list", "--outlet", "X").stderr


@pytest.mark.parametrize("columns", [80, 60, 40, 200])
def test_a_list_fits_the_terminal_with_whole_ids(
    columns: int, added: Workspace, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rich.console import Console

    monkeypatch.setattr(Console, "is_terminal", True)
    monkeypatch.setattr("stancebank.cli.output._width", lambda: columns)
    monkeypatch.setenv("NO_COLOR", "1")
    done = run("-w", added.root, "corpus", "list")
    lines = click.unstyle(done.stdout).splitlines()
    assert max(map(len, lines)) <= columns
    if columns >= len(NEW):
        assert len(lines) == 5
        assert all(any(line.startswith(each) for line in lines) for each in (NEW, ENVOY))
    assert ("No room for" in done.stderr) is (columns < 200)
    if columns == 80:
        assert "published" in lines[0]


def test_a_redirected_list_has_every_column_on_one_line_an_article(added: Workspace, run: Run) -> None:
    read_as(added, "cy")
    long = "Harbour Wire and Lake Shore Gazette of Easthaven " * 5
    assert run("-w", added.root, "corpus", "edit", NEW, f"outlet={long}").returncode == 0
    lines = run("-w", added.root, "corpus", "list").stdout.splitlines()
    assert len(lines) == 5
    assert any(long.strip() in line for line in lines)


def test_a_reprint_is_linked_to_the_first_article_and_never_in_a_chain(workspace: Workspace, run: Run) -> None:
    first, second, third = list(workspace.store.article_ids())[:3]
    assert run("-w", workspace.root, "corpus", "edit", second, f"reprint_of={first}").returncode == 0
    assert run("-w", workspace.root, "corpus", "edit", third, f"reprint_of={second}").returncode == 0
    assert workspace.store.article(third).reprint_of == first
    for name, value in ((first, first), (first, second), (second, second)):
        done = run("-w", workspace.root, "corpus", "edit", name, f"reprint_of={value}")
        assert (done.returncode, "a reprint of itself" in done.stderr) == (1, True), done.stderr
    assert run("-w", workspace.root, "corpus", "edit", third, "reprint_of=").returncode == 0
    assert workspace.store.article(third).reprint_of is None


def test_an_edit_reads_a_date_in_the_language_of_the_article(added: Workspace, run: Run) -> None:
    done = run("-w", added.root, "corpus", "edit", NEW, "language=de", "published=5. April 2032")
    assert done.returncode == 0, done.stderr
    assert added.store.article(NEW).published == Sourced(value="2032-04-05", basis="given")
    refused = run("-w", added.root, "corpus", "edit", NEW, "language=english", "published=gestern")
    assert refused.returncode == 1
    assert "Did you mean 'en'?" in refused.stderr
    assert "not like 2031-02-11" in refused.stderr
