"""What a build says of itself: whether it may be handed on, which words it lacks, and what no split should part."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from stancebank.model import Sourced
from stancebank.publish.build import BuildResult, build
from stancebank.publish.card.workspace_card import refresh_card
from stancebank.publish.gold import split_groups
from stancebank.publish.hydrate import hydrate_folder
from stancebank.publish.verification import Wanted, verify
from stancebank.records import read_json
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import REPO, Run, lay_first, second_edition
from tests.frozen.forging import read_rows, seal, write_json, write_rows
from tests.publish.builds import ENVOY, HARVEST, MINISTER, lay_toy, withhold
from tests.publish.release.releases import commit, lay_committed, make
from tests.publish.verifying import ALONE

RESERVED = "LicenseRef-all-rights-reserved"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return lay_toy(tmp_path / "toy")


def change(workspace: Workspace, article_id: str, **values: Any) -> None:
    """Change the record of an article; values of its rights are given under `rights`."""
    store = workspace.store
    article = store.article(article_id)
    rights = msgspec.structs.replace(article.rights, **values.pop("rights", {}))
    store.write_article(msgspec.structs.replace(article, rights=rights, **values), store.text(article) or "")


def quote(workspace: Workspace, article_id: str) -> Workspace:
    """Let the quotations of an article be published, however long they are."""
    withhold(workspace, article_id, "quotes")
    path = workspace.root / "stancebank.toml"
    path.write_text(path.read_text("utf-8") + "\n[rights]\nlongest_quote = 1000\nquoted_share = 90\n", "utf-8")
    return open_workspace(workspace.root)


def first_paragraph(out: Path) -> str:
    """Return the first paragraph of a card below its title and warnings."""
    body = (out / "README.md").read_text(encoding="utf-8").split("---\n", 2)[2]
    return next(each for each in body.split("<!-- computed:version -->\n")[1].split("\n\n"))


def warning(out: Path) -> str:
    body = (out / "README.md").read_text(encoding="utf-8").split("---\n", 2)[2]
    return next((line for line in body.splitlines() if line.startswith("> **Not for publication.**")), "")


# Publishable.


def says_blocked(out: Path, *codes: str) -> bool:
    """Whether a folder says everywhere that it may not be handed on, and for which codes."""
    manifest = read_json(out / "manifest.json")
    return (
        (manifest["publishable"], manifest["blocked_by"]) == (False, list(codes))
        and all(f"`{code}`" in warning(out) for code in codes)
        and (out / ".gitignore").read_bytes() == b"*\n"
    )


@pytest.mark.slow
def test_a_folder_whose_rights_nobody_decided_is_not_publishable_and_says_so_everywhere(
    workspace: Workspace, tmp_path: Path, run: Run
) -> None:
    change(workspace, ENVOY, rights={"licence": RESERVED})
    out = tmp_path / "out"
    done = run("-w", workspace.root, "publish", "build", "--out", out)
    assert done.returncode == 0, done.stderr
    assert "Not for publication: `stancebank publish release` would refuse what it holds." in done.stderr
    assert f"corpus/articles/{ENVOY}.json  /rights  release-rights" in done.stderr
    assert says_blocked(out, "release-rights")
    assert verify(out, ALONE).faults == []
    change(workspace, ENVOY, rights={"note": "By leave of the holder, letter of 2031-02-01."})
    assert build(workspace, out).publishable
    assert (warning(out), read_json(out / "manifest.json")["publishable"]) == ("", True)
    assert not (out / ".gitignore").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "code"), [("rights", "release-rights"), ("address", "release-address"), ("words", "release-words")]
)
def test_a_build_is_publishable_where_the_gate_of_a_release_passes_it_and_nowhere_else(
    tmp_path: Path, place: str, code: str, run: Run
) -> None:
    root = tmp_path / "toy"
    workspace = lay_committed(root)
    (root / "CITATION.cff").write_text("cff-version: 1.2.0\nmessage: Cite it.\ntitle: Toy\n", encoding="utf-8")
    commit(root)
    out = tmp_path / "out"

    def built() -> Any:
        done = run("-w", root, "publish", "build", "--out", out, "--json")
        assert done.returncode == 0, done.stderr
        return read_json_text(done.stdout)

    assert (built()["publishable"], built()["blocked_by"]) == (True, [])
    assert make(root, "1.2.0", dry_run=True).is_clean
    if place == "rights":
        change(workspace, ENVOY, rights={"holder": "unknown"})
    elif place == "address":
        change(workspace, ENVOY, author=Sourced(value="Anna Felk anna.felk@norland-post.co", basis="given"))
    else:
        quote(workspace, ENVOY)
        (workspace.root / workspace.store.text_name(workspace.store.article(ENVOY))).unlink()
    commit(root)
    assert (built()["publishable"], built()["blocked_by"]) == (False, [code])
    assert says_blocked(out, code)
    assert {each.code for each in make(root, "1.2.0", dry_run=True).errors} == {code}
    assert verify(out, ALONE).faults == []


def read_json_text(text: str) -> Any:
    return msgspec.json.decode(text)


@pytest.mark.slow
def test_a_manifest_that_hides_what_its_rows_tell_is_a_fault(workspace: Workspace, tmp_path: Path) -> None:
    change(workspace, ENVOY, rights={"holder": "unknown"})
    out = build(workspace, tmp_path / "out").out
    manifest = read_json(out / "manifest.json")
    write_json(out / "manifest.json", manifest | {"blocked_by": [], "publishable": True})
    (out / ".gitignore").unlink()
    seal(out)
    found = {(each.code, each.column) for each in verify(out, ALONE).errors}
    assert ("manifest-differs", "blocked_by") in found
    write_json(out / "manifest.json", manifest | {"blocked_by": ["all-is-well"]})
    seal(out)
    assert ("manifest-differs", "blocked_by") in {(each.code, each.column) for each in verify(out, ALONE).errors}
    write_json(out / "manifest.json", manifest | {"blocked_by": "release-rights"})
    seal(out)
    assert ("manifest-form", "blocked_by") in {(each.code, each.column) for each in verify(out, ALONE).errors}


@pytest.mark.slow
def test_a_folder_that_got_its_words_from_copies_stays_blocked(workspace: Workspace, tmp_path: Path) -> None:
    change(workspace, MINISTER, rights={"holder": "unknown"})
    withhold(workspace, ENVOY)
    out = build(workspace, tmp_path / "out").out
    made = hydrate_folder(out, [], tmp_path / "more")
    assert read_json(made.out / "manifest.json")["blocked_by"] == ["release-rights"]
    assert verify(made.out, ALONE).faults == []


@pytest.mark.slow
def test_a_workspace_of_the_first_edition_is_told_too_and_its_manifest_stays_as_it_was(tmp_path: Path) -> None:
    workspace = open_workspace(lay_first(tmp_path / "first"))
    change(workspace, ENVOY, rights={"licence": RESERVED})
    found = build(workspace, tmp_path / "out")
    assert (found.publishable, [each.code for each in found.errors]) == (False, ["release-rights"])
    assert "blocked_by" not in read_json(tmp_path / "out/manifest.json")
    assert verify(tmp_path / "out", ALONE).faults == []


# Words that are not in it.


@pytest.mark.slow
def test_a_build_says_how_many_rows_have_no_words_and_why(workspace: Workspace, tmp_path: Path, run: Run) -> None:
    for each in (ENVOY, MINISTER, HARVEST):
        withhold(workspace, each)
    done = run("-w", workspace.root, "publish", "build", "--out", tmp_path / "out")
    rows = read_rows(tmp_path / "out", "statements")
    assert all(row["content"] is None for row in rows)
    said = f"content is null in {len(rows)} of {len(rows)} rows: the text policy of 2 articles is withheld."
    assert said in done.stderr
    assert "Hint: whoever has copies of the articles puts the words in with `stancebank publish hydrate" in done.stderr
    assert said.replace("content", "`content`").replace("withheld", "`withheld`") in first_paragraph(tmp_path / "out")
    assert "`stancebank publish hydrate FOLDER COPIES --out DIR`" in first_paragraph(tmp_path / "out")
    assert verify(tmp_path / "out", ALONE).faults == []


def empty(found: BuildResult) -> str:
    """Return what a build says of null words, and require that the number is that of the rows."""
    null = sum(row["content"] is None for row in read_rows(found.out, "statements"))
    assert (f"null in {null} of" in found.empty) == bool(null)
    return found.empty


@pytest.mark.slow
def test_every_reason_for_rows_without_words_is_named(workspace: Workspace, tmp_path: Path) -> None:
    assert empty(build(workspace, tmp_path / "out")) == ""
    assert first_paragraph(tmp_path / "out").startswith("`toy`, dataset version 1.2.0, annotation schema v2.\n")
    withhold(workspace, ENVOY)
    workspace = quote(workspace, MINISTER)
    (workspace.root / workspace.store.text_name(workspace.store.article(MINISTER))).unlink()
    assert empty(build(workspace, tmp_path / "out")).endswith(
        "rows: the text policy of 1 article is `withheld`, and the text of 1 article was not at hand."
    )
    assert empty(build(workspace, tmp_path / "out", "withheld")).endswith(
        "rows: `--text withheld` left out the words of 2 articles."
    )


# What people write in a card.


PROSE = """# Toy statements

<!-- computed:version -->
<!-- /computed -->

Annotated by 2 students paid 15.50 euros an hour, in 2032; kappa 0.71 over 40 % of 1,200 articles (arXiv:2032.01234v2).

<!-- computed:counts -->
<!-- /computed -->

1. A list that begins with 99,
2. and a table:

| year | hours |
|---|---|
| 2031 | 7 |
"""


@pytest.mark.slow
def test_the_prose_of_a_card_may_hold_any_number(tmp_path: Path) -> None:
    root = tmp_path / "toy"
    lay_committed(root)
    (root / "DATASET_CARD.md").write_text(PROSE, encoding="utf-8")
    refresh_card(open_workspace(root))
    commit(root)
    built = build(open_workspace(root), tmp_path / "out")
    assert built.publishable
    assert verify(built.out, ALONE).faults == []
    made = make(root, "1.2.0")
    assert made.is_clean, made.findings
    released = (made.out / "README.md").read_text(encoding="utf-8")
    assert "paid 15.50 euros an hour, in 2032; kappa 0.71 over 40 % of 1,200 articles (arXiv:2032.01234v2)." in released
    assert verify(made.out, ALONE).faults == []


@pytest.mark.slow
def test_a_number_in_a_generated_part_is_held_to_the_rows(workspace: Workspace, tmp_path: Path) -> None:
    out = build(workspace, tmp_path / "out").out
    card = (out / "README.md").read_text(encoding="utf-8")
    counted = f"({len({row['statement_id'] for row in read_rows(out, 'statements') if not row['same_as']})})"
    assert counted in card
    (out / "README.md").write_text(card.replace(counted, "(99)", 1), encoding="utf-8")
    seal(out)
    assert ("card-block", "counts") in {(each.code, each.column) for each in verify(out, ALONE).errors}


# Groups that no split should part.


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ([("a", None, None), ("b", None, None)], {"a": "a", "b": "b"}),
        ([("a", "talks", None), ("b", "talks", None)], {"a": "talks", "b": "talks"}),
        ([("a", None, None), ("b", None, "a"), ("c", None, "b")], {"a": "a", "b": "a", "c": "a"}),
        ([("a", "talks", None), ("b", None, "a")], {"a": "talks", "b": "talks"}),
        ([("a", None, None), ("b", "talks", "a")], {"a": "talks", "b": "talks"}),
        ([("b", None, "gone"), ("c", None, "gone")], {"b": "gone", "c": "gone"}),
        ([("a", "talks", None), ("b", "harvest", "a")], {"a": "harvest", "b": "harvest"}),
        ([("a", None, "b"), ("b", None, "a")], {"a": "a", "b": "a"}),
        ([("a", None, None), ("b", "a", None)], {"a": "a", "b": "a"}),
    ],
)
def test_articles_of_an_event_and_copies_of_an_article_are_a_group(
    told: list[tuple[str, str | None, str | None]], wanted: dict[str, str]
) -> None:
    for order in (told, told[::-1]):
        assert split_groups(order) == wanted


def grouped(out: Path) -> dict[str, set[str]]:
    """Return the groups of each article in all tables together."""
    found: dict[str, set[str]] = {}
    for table in ("articles", "statements", "passages", "tokens", "chat"):
        for row in read_rows(out, table):
            found.setdefault(row["article_id"], set()).add(row["split_group"])
    return found


def forget(workspace: Workspace, ids: Iterable[str]) -> None:
    for each in ids:
        change(workspace, each, event=None)


@pytest.mark.slow
def test_every_row_has_the_group_of_its_article_and_verification_makes_it_again(
    workspace: Workspace, tmp_path: Path
) -> None:
    forget(workspace, (ENVOY, MINISTER, HARVEST))
    out = build(workspace, tmp_path / "out").out
    assert grouped(out) == {each: {each} for each in (ENVOY, MINISTER, HARVEST)}
    change(workspace, ENVOY, reprint_of=MINISTER)
    change(workspace, MINISTER, event=Sourced(value="osk-talks", basis="given"))
    out = build(workspace, out).out
    assert grouped(out) == {ENVOY: {"osk-talks"}, MINISTER: {"osk-talks"}, HARVEST: {HARVEST}}
    assert verify(out, ALONE).faults == []
    assert {each.code for each in verify(out, Wanted(against=workspace, readers=())).faults} == {"record-missing"}
    for table in ("articles", "statements", "passages", "tokens", "chat"):
        rows = read_rows(out, table)
        write_rows(out, table, [row | {"split_group": "mine"} if row["article_id"] == ENVOY else row for row in rows])
    found = {(each.file, each.row, each.column, each.code) for each in verify(out, ALONE).errors}
    assert ("articles", ENVOY, "split_group", "cell-differs") in found


@pytest.mark.slow
def test_copies_that_get_their_words_keep_their_groups(workspace: Workspace, tmp_path: Path) -> None:
    change(workspace, ENVOY, reprint_of=MINISTER)
    out = build(workspace, tmp_path / "out").out
    made = hydrate_folder(out, [], tmp_path / "more").out
    assert grouped(made) == grouped(out)
    assert verify(made, ALONE).faults == []


@pytest.mark.slow
def test_a_scheme_of_the_first_edition_has_no_groups(tmp_path: Path) -> None:
    workspace = open_workspace(lay_first(tmp_path / "first"))
    assert "split_group" not in read_rows(build(workspace, tmp_path / "out").out, "articles")[0]
    later = open_workspace(second_edition(Path(shutil.copytree(REPO / "tests/other_domain", tmp_path / "second"))))
    assert all(row["split_group"] for row in read_rows(build(later, tmp_path / "later").out, "statements"))
