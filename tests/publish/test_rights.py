"""RIGHTS.md: made of the rows, and made again from a folder alone."""

import json
from pathlib import Path

import pytest

from stancebank.errors import InputError
from stancebank.model import Cap
from stancebank.publish.build import build
from stancebank.publish.gold import read_gold
from stancebank.publish.parquet import read_table
from stancebank.publish.rights import WORST, Terms, Withdrawn, audit, make_rights, read_terms
from stancebank.publish.tables import Row, make_rows
from stancebank.workspace import Workspace, open_workspace
from tests.publish.builds import ENVOY, HARVEST, MINISTER, lay_toy, withhold
from tests.publish.own import SCHEME


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return lay_toy(tmp_path / "toy")


def set_rights(workspace: Workspace, lines: str) -> Workspace:
    toml = workspace.root / "stancebank.toml"
    toml.write_text(toml.read_text() + f"\n[rights]\n{lines}\n")
    return open_workspace(workspace.root)


def rows_in(folder: Path) -> dict[str, list[Row]]:
    return {path.parent.name: read_table(path).to_pylist() for path in sorted(folder.glob("*/*.parquet"))}


def rights_of(rows: dict[str, list[Row]], terms: Terms) -> str:
    return make_rights(audit(rows, terms.cap, SCHEME), terms)


@pytest.mark.slow
@pytest.mark.parametrize("text", [None, "withheld", "quotes", "full"])
def test_the_page_can_be_made_again_from_the_folder_alone(
    text: str | None, workspace: Workspace, tmp_path: Path
) -> None:
    withhold(workspace, MINISTER, "quotes")
    withhold(workspace, ENVOY)
    workspace = set_rights(workspace, 'longest_quote = 400\nquoted_share = 90\ncontact = "rights@toy.example"')
    out = build(workspace, tmp_path / "out", text).out
    manifest = json.loads((out / "manifest.json").read_bytes())
    assert rights_of(rows_in(out), read_terms(manifest)).encode() == (out / "RIGHTS.md").read_bytes()
    assert "write to rights@toy.example." in (out / "RIGHTS.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_every_policy_and_holder_is_counted(workspace: Workspace, tmp_path: Path) -> None:
    withhold(workspace, MINISTER, "quotes")
    withhold(workspace, ENVOY)
    page = build(set_rights(workspace, "quoted_share = 90\nlongest_quote = 400"), tmp_path / "out").out / "RIGHTS.md"
    said = page.read_text(encoding="utf-8")
    for policy, shown in (("withheld", "no words"), ("quotes", "annotated spans"), ("full", "the whole text")):
        assert f"| {shown} | 1 |" in next(line for line in said.split("\n") if line.startswith(f"| `{policy}`"))
    assert "at most 400 characters may be shown in one run, and at most 90% of the article" in said
    assert f"| `{MINISTER}` |" in said
    assert "This folder is none of these." in said
    assert "No article has been withdrawn." in said


@pytest.mark.slow
def test_a_folder_beyond_its_policies_says_so_of_each_article(workspace: Workspace, tmp_path: Path) -> None:
    withhold(workspace, MINISTER)
    withhold(workspace, HARVEST, "quotes")
    said = (build(workspace, tmp_path / "out", "full").out / "RIGHTS.md").read_text(encoding="utf-8")
    assert "It may not be handed on: see below." in said
    assert f"- `{MINISTER}` shows the whole text, and its text policy is `withheld`." in said
    assert f"- `{HARVEST}` shows the whole text, and its text policy is `quotes`." in said


@pytest.mark.slow
def test_a_workspace_over_the_cap_is_not_built(workspace: Workspace, tmp_path: Path) -> None:
    withhold(workspace, MINISTER, "quotes")
    with pytest.raises(InputError, match="quotes-over-cap"):
        build(set_rights(workspace, "longest_quote = 40"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_with_many_quoted_articles_those_that_show_most_are_listed(workspace: Workspace) -> None:
    withhold(workspace, MINISTER, "quotes")
    read = read_gold(workspace, None)
    rows = make_rows(read.readings, read.context)
    one = next(each for each in rows["articles"] if each["article_id"] == MINISTER)
    many = []
    for number in range(WORST + 3):
        name = f"suvia-courier-undated-{number:02}"
        zones = [{"begin": 0, "end": one["length"] + number, "zone": "body"}]
        many.append(one | {"article_id": name, "zones": zones})
    said = rights_of({"articles": many}, Terms(Cap(10_000, 100)))
    listed = [f"| `suvia-courier-undated-{number:02}` |" in said for number in range(WORST + 3)]
    assert listed == [True] * WORST + [False] * 3
    assert "And 3 more, none of which shows a larger share." in said


def test_withdrawn_articles_are_named_with_their_reasons(workspace: Workspace) -> None:
    read = read_gold(workspace, None)
    rows = make_rows(read.readings, read.context)
    terms = Terms(
        Cap(), "", (Withdrawn("b-1", "2031-05-02", "The | holder asked."), Withdrawn("a-1", "2031-05-01", "x"))
    )
    said = rights_of(rows, terms)
    assert said.index("| `a-1` | 2031-05-01 | x |") < said.index("| `b-1` | 2031-05-02 | The \\| holder asked. |")
    assert read_terms(json.loads(json.dumps({"rights": terms.to_builtins()}))) == terms
    assert rights_of(rows, terms) == said
