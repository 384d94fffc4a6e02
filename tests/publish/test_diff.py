"""What changed between two versions: every planted edit is found, and none is invented."""

import dataclasses
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from stancebank.corpus.registry import resolve_document
from stancebank.errors import InputError
from stancebank.model import (
    Condition,
    Entity,
    Gold,
    Placement,
    Sourced,
    Span,
    Statement,
    Target,
    Withdrawal,
    replace_spans,
)
from stancebank.publish.build import build
from stancebank.publish.diff import KINDS, Diff, compare_sides
from stancebank.publish.diff_report import (
    draw_label_flow,
    group_changes,
    say_verdict,
    to_changelog,
    to_markdown,
    to_page,
    to_value,
)
from stancebank.publish.history import VersionStep, compare, take
from stancebank.publish.parquet import read_table
from stancebank.publish.sides import Side, open_sides, read_folder, read_workspace
from stancebank.publish.tables import Row
from stancebank.text import span_fingerprint
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import TOY, Run, examples, lay_first, lay_workspace
from tests.publish.builds import ENVOY, HARVEST, MINISTER
from tests.publish.release.releases import commit, git, lay_committed, make_and_commit

Found = tuple[str, str, str, str, str]
"""A change that must be found: its kind, row, field, old and new value."""


@cache
def toy() -> Side:
    return read_workspace(open_workspace(lay_workspace(TOY, Path(mkdtemp()) / "toy")), "toy")


def copied(side: Side) -> Side:
    return dataclasses.replace(
        side,
        articles=dict(side.articles),
        documents=dict(side.documents),
        placements=dict(side.placements),
        withdrawn=dict(side.withdrawn),
    )


def found(diff: Diff) -> list[Found]:
    return sorted((each.kind, each.row, each.field, each.old, each.new) for each in diff.changes)


def held(side: Side, row: str) -> Statement:
    return next(each for each in side.documents[row.split("/")[0]].statements if each.id == row)


def put(side: Side, row: str, *new: Statement) -> None:
    """Let other statements, or none, take the place of one."""
    article = row.split("/")[0]
    document = side.documents[article]
    kept = [each for each in document.statements if each.id != row]
    in_order = sorted([*kept, *new], key=lambda each: each.content[0].begin)
    side.documents[article] = replace(document, statements=tuple(in_order))


def at(begin: int, end: int) -> Span:
    return Span(begin=begin, end=end, fingerprint="k" + "0" * 16)


def relabel(side: Side) -> list[Found]:
    row = f"{MINISTER}/s3"
    old = held(side, row)
    put(side, row, replace(old, fields={**old.fields, "stance": "offer"}))
    return [("relabelled", row, "stance", "demand", "offer")]


def give_another_speaker(side: Side) -> list[Found]:
    row = f"{ENVOY}/s5"
    old = held(side, row)
    put(side, row, replace(old, speaker=replace(old.speaker, entity="norland-government")))
    return [("relabelled", row, "speaker", "norland-army-command", "norland-government")]


def move_content(side: Side) -> list[Found]:
    row = f"{MINISTER}/s4"
    put(side, row, replace(held(side, row), content=(at(521, 580),)))
    return [("moved", row, "content", "521-590", "521-580")]


def move_cue(side: Side) -> list[Found]:
    row = f"{ENVOY}/s3"
    old = held(side, row)
    put(side, row, replace(old, fields={**old.fields, "cue": at(526, 533)}))
    return [("moved", row, "cue", "526-542", "526-533")]


def remove(side: Side) -> list[Found]:
    row = f"{ENVOY}/s6"
    put(side, row)
    return [("removed", row, "", "lake-council: demand talks at 991-1057", "–")]


def mark_anew(side: Side) -> list[Found]:
    row = f"{MINISTER}/s7"
    put(side, row, replace(held(side, row), id=f"{MINISTER}/s9"))
    return [("renumbered", f"{MINISTER}/s9", "id", row, f"{MINISTER}/s9")]


def add(side: Side) -> list[Found]:
    row = f"{ENVOY}/s7"
    model = held(side, f"{ENVOY}/s4")
    new = replace(model, id=row, content=(at(557, 634),), conditions=(), target=Target(id="talks"), same_as=None)
    put(side, row, new)
    return [("added", row, "", "–", "tor-aven: offer talks at 557-634")]


def add_condition(side: Side) -> list[Found]:
    row = f"{MINISTER}/s2"
    condition = Condition(
        id=f"{row}/c1", spans=(at(378, 385),), role="only_if", fields={"kind": "format", "alternative": 1}
    )
    put(side, row, replace(held(side, row), conditions=(condition,)))
    return [("condition-added", f"{row}/c1", "", "–", "only_if format at 378-385")]


def remove_condition(side: Side) -> list[Found]:
    row = f"{MINISTER}/s5"
    old = held(side, row)
    put(side, row, replace(old, conditions=old.conditions[:1]))
    place = "-".join(map(str, (old.conditions[1].spans[0].begin, old.conditions[1].spans[0].end)))
    return [("condition-removed", f"{row}/c2", "", f"if pay-compensation at {place}", "–")]


def change_condition(side: Side) -> list[Found]:
    row = f"{MINISTER}/s6"
    old = held(side, row)
    condition = replace(old.conditions[0], role="while", fields={**old.conditions[0].fields, "obligors": ("keth",)})
    put(side, row, replace(old, conditions=(condition,)))
    name = f"{row}/c1"
    return [
        ("condition-changed", name, "obligors", "norland", "keth"),
        ("condition-changed", name, "role", "unless", "while"),
    ]


def change_note(side: Side) -> list[Found]:
    row = f"{ENVOY}/s2"
    old = held(side, row)
    put(side, row, replace(old, fields={**old.fields, "note": "Read again."}))
    return [("noted", row, "note", str(old.fields["note"]), "Read again.")]


def _move_entity(side: Side, old: str, new: str) -> None:
    for name, document in side.documents.items():
        side.documents[name] = resolve_document(document, side.scheme, {old: new}, {})
    redirects = {**side.entities.redirects, old: new}
    side.entities = replace(side.entities, redirects=redirects)


def merge_entity(side: Side) -> list[Found]:
    kept = tuple(each for each in side.entities.entities if each.id != "radio-essa")
    side.entities = replace(side.entities, entities=kept)
    _move_entity(side, "radio-essa", "lantern")
    return [("entry-merged", "lantern", "id", "radio-essa", "lantern")]


def rename_entity(side: Side) -> list[Found]:
    old = next(each for each in side.entities.entities if each.id == "samir-dahl")
    new = replace(old, id="samir-r-dahl", name="Samir R. Dahl", kind="unnamed")
    entries = (new if each is old else each for each in side.entities.entities)
    side.entities = replace(side.entities, entities=tuple(entries))
    _move_entity(side, "samir-dahl", "samir-r-dahl")
    return [
        ("entry-changed", "samir-r-dahl", "name", old.name, "Samir R. Dahl"),
        ("entry-moved", "samir-r-dahl", "kind", "person", "unnamed"),
        ("entry-renamed", "samir-r-dahl", "id", "samir-dahl", "samir-r-dahl"),
    ]


def add_entity(side: Side) -> list[Found]:
    new = Entity(id="brann", name="Brann", kind=side.entities.entities[0].kind)
    side.entities = replace(side.entities, entities=(*side.entities.entities, new))
    return [("entry-added", "brann", "", "–", "Brann")]


def describe_target(side: Side) -> list[Found]:
    entries = (
        replace(each, definition="A word of regret.") if each.id == "apology" else each for each in side.targets.targets
    )
    old = next(each.definition for each in side.targets.targets if each.id == "apology")
    side.targets = replace(side.targets, targets=tuple(entries))
    return [("entry-changed", "apology", "definition", old, "A word of regret.")]


def change_rights(side: Side) -> list[Found]:
    article = side.articles[MINISTER]
    side.articles[MINISTER] = replace(article, rights=replace(article.rights, holder="Suvia Press"))
    return [("rights-changed", MINISTER, "holder", article.rights.holder, "Suvia Press")]


def change_metadata(side: Side) -> list[Found]:
    article = side.articles[ENVOY]
    side.articles[ENVOY] = replace(article, author=Sourced(value="Ada Brann", basis="given"))
    return [("article-changed", ENVOY, "author", article.author.value if article.author else "–", "Ada Brann")]


def decide(side: Side) -> list[Found]:
    document = side.documents[HARVEST]
    gold = Gold(method="adjudicated", by="cleo", reason="Two readers differed.", rule="G-03")
    side.documents[HARVEST] = replace(document, gold=gold)
    return [("decided", HARVEST, "gold", "single", "adjudicated")]


EDITS: tuple[Callable[[Side], list[Found]], ...] = (
    *(relabel, give_another_speaker, move_content, move_cue, remove, mark_anew, add, add_condition, remove_condition),
    *(change_condition, change_note, merge_entity, rename_entity, add_entity, describe_target, change_rights),
    *(change_metadata, decide),
)


@settings(max_examples=examples(60), deadline=None)
@given(st.sets(st.sampled_from(EDITS)))
def test_every_planted_edit_is_found_and_none_is_invented(edits: set[Callable[[Side], list[Found]]]) -> None:
    new = copied(toy())
    planted = [each for edit in sorted(edits, key=EDITS.index) for each in edit(new)]
    diff = compare_sides(toy(), new)
    assert found(diff) == sorted(planted)
    assert sum(diff.flow.values()) == 13 + (add in edits)
    told = to_value(diff)
    assert len(told["changes"]) == len(planted)
    assert diff.step == max((KINDS[kind].step for kind, *_ in planted), default=VersionStep.NONE)


def test_an_article_that_is_gone_is_told_with_the_reason_of_its_withdrawal() -> None:
    new = copied(toy())
    del new.documents[MINISTER], new.articles[MINISTER]
    record = Withdrawal(
        schema_version="v2", id=MINISTER, date="2031-05-01", reason="The outlet asked.", text_sha256="", raw_sha256="",
        lines=(),
    )  # fmt: skip
    new.withdrawn[MINISTER] = record
    diff = compare_sides(toy(), new)
    assert [each.kind for each in diff.changes] == ["article-removed", *["removed"] * 7]
    assert {each.why.reason for each in diff.changes if each.why} == {"The outlet asked."}
    assert "The outlet asked." in to_changelog(diff)
    back = compare_sides(new, toy())
    assert [each.kind for each in back.changes] == ["article-added", *["added"] * 7]


def test_a_retired_statement_and_a_decision_say_why() -> None:
    new = copied(toy())
    remove(new)
    document = new.documents[ENVOY]
    gold = Gold(method="adjudicated", by="cleo", reason="It quotes a report.", rule="G-03")
    new.documents[ENVOY] = replace(document, retired=(f"{ENVOY}/s6",), gold=gold)
    (gone,) = (each for each in compare_sides(toy(), new).changes if each.kind == "removed")
    assert gone.why is not None
    assert (gone.why.decision, gone.why.by, gone.why.rule) == ("retired", "cleo", "G-03")


def test_a_text_that_was_replaced_leaves_only_ids_to_pair_by() -> None:
    new = copied(toy())
    mark_anew(new)
    other = "f" * 64
    new.articles[MINISTER] = replace(new.articles[MINISTER], text_sha256=other)
    new.documents[MINISTER] = replace(new.documents[MINISTER], text_sha256=other)
    kinds = [each.kind for each in compare_sides(toy(), new).changes]
    assert sorted(kinds) == ["added", "removed", "text-replaced"]


@pytest.mark.parametrize(
    ("old", "new", "changed", "least"),
    [
        ("train", "test", [("split-moved", "split", "train", "test")], "2.0.0"),
        ("none", "test", [("split-moved", "split", "none", "test")], "2.0.0"),
        ("train 0", "train 1", [("split-moved", "fold", "0", "1")], "2.0.0"),
        ("train 0", "", [("split-moved", "split", "train", "–"), ("split-moved", "fold", "0", "–")], "2.0.0"),
        ("", "test", [("split-given", "split", "–", "test")], "1.3.0"),
        ("train", "train 0", [("split-given", "fold", "–", "0")], "1.3.0"),
        ("train 0", "train 0", [], "1.2.0"),
        ("", "", [], "1.2.0"),
    ],
)
def test_an_article_that_is_in_another_split_or_fold_is_told(
    old: str, new: str, changed: list[tuple[str, ...]], least: str
) -> None:
    sides = copied(toy()), copied(toy())
    for side, told in zip(sides, (old, new), strict=True):
        split, _, fold = told.partition(" ")
        side.placements |= {ENVOY: Placement(split, int(fold) if fold else None, "event:talks")} if split else {}
    diff = compare_sides(*sides)
    assert [(each.kind, each.field, each.old, each.new) for each in diff.changes] == changed
    assert {each.row for each in diff.changes} <= {ENVOY}
    assert diff.least_version == least
    assert {each.why.reason for each in diff.changes if each.why} <= {"event:talks" if new else None}


def test_the_first_schema_becomes_the_second_without_a_change_of_labels(tmp_path: Path) -> None:
    first = read_workspace(open_workspace(lay_first(tmp_path / "first")), "first")
    diff = compare_sides(first, toy())
    kinds = {each.kind for each in diff.changes}
    assert kinds <= {"entry-added", "entry-changed", "entry-moved", "decided"}, diff.changes
    assert any(each.rows for each in diff.steps)
    assert diff.step is VersionStep.MAJOR
    with pytest.raises(InputError, match="name the older version first"):
        compare_sides(toy(), first)


@pytest.mark.slow
def test_a_published_folder_says_the_same_as_the_workspace_that_it_was_built_of(tmp_path: Path) -> None:
    one, other = (open_workspace(lay_workspace(TOY, tmp_path / name)) for name in ("one", "other"))
    _write(other, relabel, move_cue, remove, add_condition, change_rights, decide)
    folders = [read_folder(build(each, tmp_path / f"{each.root.name}-out").out) for each in (one, other)]
    of_folders = compare_sides(folders[0], folders[1])
    of_workspaces = compare_sides(read_workspace(one, "one"), read_workspace(other, "other"))
    assert found(of_folders) == found(of_workspaces)
    assert len(found(of_folders)) == 6
    assert of_folders.flow == of_workspaces.flow


def _write(workspace: Workspace, *edits: Callable[[Side], list[Found]]) -> None:
    """Change the gold, articles and registries of a workspace."""
    side = read_workspace(workspace, "workspace")
    for edit in edits:
        edit(side)
    store = workspace.store
    for article in side.articles.values():
        text = store.text(store.article(article.id))
        assert text is not None
        (store.root / store.article_name(article.id)).unlink()
        store.write_article(article, text)
        document = side.documents[article.id]

        def proved(span: Span, text: str = text) -> Span:
            return replace(span, fingerprint=span_fingerprint(text, span.begin, span.end, 2))

        store.write_document(replace_spans(document, proved))
    store.write_registry(side.entities, {})
    store.write_registry(side.targets, {})


@pytest.mark.slow
@pytest.mark.parametrize("edit", EDITS)
def test_the_step_of_a_change_is_that_which_a_release_asks_for(
    edit: Callable[[Side], list[Found]], tmp_path: Path
) -> None:
    """A release compares digests of rows, and knows nothing of what changed in them."""
    other = open_workspace(lay_workspace(TOY, tmp_path / "other"))
    _write(other, edit)
    earlier, _ = take(_unchanged(), other.scheme)
    now, then = take(_rows(build(other, tmp_path / "out").out), other.scheme, earlier)
    step = compare_sides(toy(), read_workspace(other, "other")).step
    assert compare(earlier, now, then).step == max(step, VersionStep.PATCH)


@cache
def _unchanged() -> dict[str, list[Row]]:
    root = Path(mkdtemp())
    return _rows(build(open_workspace(lay_workspace(TOY, root / "toy")), root / "out").out)


def _rows(folder: Path) -> dict[str, list[Row]]:
    return {path.parent.name: read_table(path).to_pylist() for path in folder.glob("*/*.parquet")}


@pytest.mark.slow
def test_versions_are_found_by_their_number_tag_and_commit(tmp_path: Path, run: Run) -> None:
    workspace = lay_committed(tmp_path / "toy")
    root = workspace.root
    make_and_commit(root, "1.2.0")
    _write(open_workspace(root), relabel)
    done = run("-w", root, "publish", "diff", "1.2.0", "--json")
    told = json.loads(done.stdout)
    assert (told["from"]["version"], told["step"], told["least_version"]) == ("1.2.0", "MAJOR", "2.0.0")
    assert [(each["kind"], each["old"], each["new"]) for each in told["changes"]] == [("relabelled", "demand", "offer")]
    commit(root)
    for older in ("1.2.0", "data-v1.2.0", "HEAD~1"):
        done = run("-w", root, "publish", "diff", older, "HEAD", "--json")
        (change,) = json.loads(done.stdout)["changes"]
        assert change["why"]["commit"].endswith(" Records"), change
    git(root, "tag", "-d", "data-v1.2.0")  # before a version has its tag, the commit of its record stands for it
    assert json.loads(run("-w", root, "publish", "diff", "1.2.0", "--json").stdout)["changes"]
    done = run("-w", root, "publish", "diff", f"{root}/releases/toy-1.2.0", "HEAD")
    assert (done.returncode, "stance: demand → offer" in done.stdout) == (0, True)


@pytest.mark.parametrize(
    ("older", "said"),
    [("data-v9.9.9", "git knows no revision"), ("--exec", "git knows no revision"), ("corpus", "is neither a dataset")],
)
def test_what_is_no_version_is_refused(older: str, said: str, tmp_path: Path, run: Run) -> None:
    root = lay_committed(tmp_path / "toy").root
    done = run("-w", root, "publish", "diff", "--", root / older if older == "corpus" else older)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Hint:" in done.stderr


def test_outside_a_workspace_only_folders_are_versions(tmp_path: Path, run: Run) -> None:
    done = run("publish", "diff", "1.2.0", cwd=tmp_path)
    assert done.returncode == 1
    assert "revisions of git can be named in a workspace only" in done.stderr


def test_links_in_a_revision_are_not_followed(tmp_path: Path) -> None:
    root = lay_committed(tmp_path / "toy").root
    (tmp_path / "secret").mkdir()
    (root / "corpus" / "gold" / "linked.json").symlink_to(tmp_path / "secret")
    commit(root)
    with (
        open_sides("HEAD", str(root / "releases"), open_workspace(root))
        if False
        else open_sides("HEAD", "HEAD", open_workspace(root)) as (one, other)
    ):
        assert compare_sides(one, other).changes == ()


def test_reports_are_whole_and_need_nothing_from_elsewhere(tmp_path: Path) -> None:
    new = copied(toy())
    for edit in EDITS:
        edit(new)
    diff = compare_sides(toy(), new)
    page = to_page(diff)
    assert not re.search(r"""(?:src|href)=(?!"#)|url\(|@import|https?://(?!www\.w3\.org/2000/svg)""", page)
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert data is not None
    assert json.loads(data[1]) == to_value(diff)
    assert page.count("<tr data-kind=") == len(diff.changes)
    assert sum(len(changes) for *_, changes in group_changes(diff)) == len(diff.changes)
    picture = draw_label_flow(diff)
    assert picture is not None
    assert sum(int(row[2]) for row in picture.table.rows) == sum(diff.flow.values())
    pairs = {row[:2] for row in picture.table.rows}
    assert {("demand", "offer"), ("(added)", "offer"), ("demand", "(removed)")} <= pairs
    markdown = to_markdown(diff)
    for each in diff.changes:
        assert f"`{each.row}`" in markdown
    log = to_changelog(diff)
    assert "1 statement relabelled" in log or "2 statements relabelled" in log
    assert "Read again." not in log  # a note is not published
    assert say_verdict(diff).endswith("The newer version is 2.0.0 or higher.")
    assert say_verdict(compare_sides(toy(), toy())).startswith("Nothing changed in articles, gold, registries and")
    assert to_changelog(compare_sides(toy(), toy())) == "- Nothing that is published changed.\n"


def test_what_people_write_is_only_text_in_the_page() -> None:
    new = copied(toy())
    row = f"{ENVOY}/s2"
    old = held(new, row)
    put(new, row, replace(old, fields={**old.fields, "note": "</script><b onclick=x>"}))
    page = to_page(compare_sides(toy(), new))
    assert "<b onclick" not in page
    assert page.count("</script>") == 2
