"""The page "Release a version", done as it stands there: three versions, one of them a migration, and one taken back.

Somebody who follows it has a Hub and an object store. Where the page says that a person does something, the test does
it; with the corrections of the second version it plants a change of every kind that `publish diff` knows.
"""

import json
from pathlib import Path
from typing import Any

import pytest
import s3fs
from msgspec.structs import replace

import stancebank
from stancebank.model import Condition, Gold, Span, Statement, replace_spans
from stancebank.publish.diff import KINDS
from stancebank.publish.release import gate
from stancebank.publish.tables import ARTICLES
from stancebank.publish.verification import readers
from stancebank.text import span_fingerprint
from stancebank.workspace import open_workspace
from tests.command import call
from tests.conftest import REPO
from tests.following import Maintainer, blocks, learn_once
from tests.publish.builds import read_apart
from tests.publish.keys import fingerprint_of, make_key
from tests.publish.remote.hub import READER, Hub

pytestmark = pytest.mark.slow

PAGE = REPO / "docs/release-a-version.md"
HUB, STORE = "hf://datasets/org/sorne-sample", "s3://sorne-data/sample"

SOUP = "the-kettle-2031-06-06-lukewarm-soup"
DEAL = "brenn-evening-post-2031-06-17-secret-deal"
FAIR = "qana-2031-03-13-grain-fair-address"
GONE = "haddan-today-2031-04-17-general-sohl-army-to-stay-at"

FERRY = """Ferry keeper waits for a letter

OSK, 14 February – The ferry at Rook crossed without a passenger on Friday, and its keeper counted the gulls.

"We will open the lower lock if the launches go home," Odo Senn said in a letter that hung in the ferry house.

Nobody had read it by noon.
"""

IMPOSSIBLE = {
    "text-replaced": "a stored text is never edited",
    "split-moved": "a published article stays in its split",
    "split-given": "the first version has splits already",
    "entry-removed": "an entry that a release has is merged, and not removed",
}
"""Kinds of change that the second version cannot have, each with the reason."""


@pytest.fixture
def maintainer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Maintainer:
    home = tmp_path / "home"
    make_key(home / ".ssh/id_ed25519", "desk@paper.example")
    for name, value in (("HOME", str(home)), ("GIT_CONFIG_NOSYSTEM", "1"), ("EDITOR", "false")):
        monkeypatch.setenv(name, value)
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Somebody")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "somebody@paper.example")
    prove = gate.check_proofs  # without readers, which take most of the time: other tests are about them
    monkeypatch.setattr(gate, "check_proofs", lambda part, _: prove(part, ()))
    monkeypatch.setattr(readers, "READERS", ())
    learn_once(monkeypatch)
    (tmp_path / "desk").mkdir()
    return Maintainer(tmp_path / "desk", home)


def test_the_page_is_done_from_the_first_version_to_one_that_is_taken_back(
    maintainer: Maintainer, hub: Hub, bucket: str, tmp_path: Path
) -> None:
    s3fs.S3FileSystem().mkdir("sorne-data")
    waiting: list[str] = []
    for language, body in blocks(PAGE):
        if language == "toml":
            change_the_scheme(maintainer.cwd, body)
        elif language == "python":
            look_at_what_was_published(body, hub, tmp_path, maintainer)
        for line in body.splitlines() if language == "sh" else ():
            prepare(maintainer, line)
            if waiting:
                assert line == waiting.pop(0), "the commands that a release prints are those of the page"
            said = maintainer.type(line)
            if line.startswith("stancebank publish release"):
                assert "signed with the key ED25519" in said
                waiting = [each for each in said.splitlines() if each.startswith("git ")]
            if line == "stancebank publish diff 0.1.0":
                require_every_kind(maintainer)
            if line == "stancebank publish diff 0.2.0":
                require_the_migration(maintainer)
            if line == "stancebank publish diff 0.1.0 --changelog":
                say_news(maintainer.cwd / "CHANGELOG.md", said)
            if line.startswith("stancebank publish verify"):
                key = fingerprint_of(maintainer.home / ".ssh/id_ed25519")
                assert f"It is signed by desk@paper.example (ED25519 {key})." in said
    require_that_one_is_gone(hub)


def prepare(maintainer: Maintainer, line: str) -> None:
    """Do what the page leaves to a person before a line."""
    root = maintainer.cwd
    if line.startswith("stancebank corpus add"):
        plant_changes(root)
        (root / "sources/ferry.txt").write_text(FERRY)
    if line.startswith("stancebank annotate import"):
        (name,) = (path.stem for path in root.glob("corpus/articles/*ferry-keeper*.json"))
        reading = json.loads(call("annotate", "new", name, cwd=root).stdout)
        (statement,) = reading["statements"]
        statement["content"] = ["We will open the lower lock if the launches go home"]
        statement |= {"stance": "offer", "attribution": "direct", "cue": "said"}
        statement["speaker"] = {"entity": "odo-senn", "mention": "Odo Senn"}
        statement["target"] = {"id": "open-waterway", "parties": ["veldia"]}
        statement["conditions"] = [
            {"id": "s1/c1", "spans": ["if the launches go home"], "role": "if", "kind": "withdraw-forces"}
        ]
        (root / "readings/ferry.json").write_text(json.dumps(reading))

    if line == "stancebank schema migrate":
        change(root, f"{FAIR}/s6", cut)
        change(root, f"{FAIR}/s9", lambda old, _: (replace(old, fields={**old.fields, "stance": "offer"}),))


def plant_changes(root: Path) -> None:
    """Make a change of every kind, as annotators, registrars and holders of rights bring them about."""
    for words in (
        ("entity", "rename", "osk-lock-keepers-guild", "osk-keepers-guild"),
        ("entity", "add", "gull-board", "--name", "Gull Board", "--kind", "organisation"),
        ("entity", "edit", "osk-keepers-guild", "kind=group"),
        ("target", "edit", "apologise", "definition=To say that one is sorry."),
        ("edit", FAIR, "author=Ada Brann", "holder=QANA"),
        ("zone", "the-kettle-2031-03-22-forty-one-keys", "--line", "7", "boilerplate"),
        ("withdraw", GONE, "--reason", "Its outlet took it back."),
    ):
        done = call("corpus", *words, cwd=root)
        assert done.returncode == 0, (words, done.stderr)
    change(root, f"{SOUP}/s9", cut)
    change(root, f"{SOUP}/s13", lambda _, __: ())
    change(root, f"{SOUP}/s11", add_condition)
    change(root, f"{SOUP}/s7", lambda old, _: (replace(old, conditions=old.conditions[:1]),))
    change(root, f"{SOUP}/s5", lambda old, _: (replace(old, conditions=(replace(old.conditions[0], role="while"),)),))
    change(root, f"{DEAL}/s10", lambda old, _: (replace(old, id=f"{DEAL}/s12"),))
    change(root, f"{DEAL}/s5", lambda old, text: (old, cut(replace(old, id=f"{DEAL}/s13"), text)[0]))
    change(root, f"{FAIR}/s3", lambda old, _: (replace(old, fields={**old.fields, "note": "Read again."}),))
    store = open_workspace(root).store
    document = store.gold(FAIR)
    assert document
    store.write_document(replace(document, gold=Gold(method="double", by="cleo", reason="Read again.", rule="G-33")))


def cut(old: Statement, text: str) -> tuple[Statement, ...]:
    """Let the content end a word earlier."""
    span = old.content[-1]
    end = span.begin + text[span.begin : span.end].rstrip().rindex(" ")
    return (replace(old, content=(*old.content[:-1], replace(span, end=end))),)


def add_condition(old: Statement, text: str) -> tuple[Statement, ...]:
    """Let the last word of the content be a condition."""
    end = old.content[-1].end
    begin = text.rindex(" ", 0, end) + 1
    span = Span(begin=begin, end=end, fingerprint="")
    condition = Condition(id=f"{old.id}/c1", spans=(span,), role="only_if", fields={"kind": "format", "alternative": 1})
    return (replace(old, conditions=(condition,)),)


def change(root: Path, row: str, to: Any) -> None:
    """Let what a function makes of a statement and the text take its place in gold; what is gone is retired."""
    store = open_workspace(root).store
    article = row.partition("/")[0]
    document, text = store.gold(article), store.text(store.article(article))
    assert document
    assert text is not None
    statements: list[Statement] = []
    for each in document.statements:
        statements += to(each, text) if each.id == row else (each,)

    def ids(of: Any) -> set[str]:
        return {name for each in of for name in (each.id, *(condition.id for condition in each.conditions))}

    retired = {*document.retired, *(ids(document.statements) - ids(statements))}
    ordered = tuple(sorted(statements, key=lambda each: each.content[0].begin))
    document = replace(document, statements=ordered, retired=tuple(sorted(retired)))

    def proved(span: Span) -> Span:
        return replace(span, fingerprint=span_fingerprint(text, span.begin, span.end, 2))

    store.write_document(replace_spans(document, proved))


def require_every_kind(maintainer: Maintainer) -> None:
    """Require that the diff finds a change of every kind."""
    told = json.loads(call("publish", "diff", "0.1.0", "--json", cwd=maintainer.cwd).stdout)
    assert {each["kind"] for each in told["changes"]} == KINDS.keys() - IMPOSSIBLE.keys()
    assert told["least_version"] == "0.2.0"


def require_the_migration(maintainer: Maintainer) -> None:
    """Require that the steps of the migration are told apart from what people changed beside it."""
    told = json.loads(call("publish", "diff", "0.2.0", "--json", cwd=maintainer.cwd).stdout)
    assert [(each["kind"], each["row"]) for each in told["changes"]] == [
        ("moved", f"{FAIR}/s6"),
        ("relabelled", f"{FAIR}/s9"),
    ]
    assert [(each["what"], each["rows"]) for each in told["schema"]] == [("stance doubt is called distrust", 8)]


def say_news(changelog: Path, news: str) -> None:
    """Put what is new for users of the dataset into the changelog."""
    text = changelog.read_text()
    changelog.write_text(text.replace("## Unreleased\n", f"## Unreleased\n\n### Dataset\n\n{news.strip()}\n", 1))


def change_the_scheme(root: Path, steps: str) -> None:
    """Rename a stance in the next version of the scheme, with the steps that the page shows."""
    folder = root / "schema/v3"
    (folder / "migration.toml").write_text(steps)
    vocabularies = folder / "vocabularies.json"
    vocabularies.write_text(vocabularies.read_text().replace('"doubt": {', '"distrust": {'))


def look_at_what_was_published(code: str, hub: Hub, tmp_path: Path, maintainer: Maintainer) -> None:
    """Run the Python of the page without our code, and hold what the versions have against one another."""
    (tmp_path / "reader").mkdir()
    env = {"HF_ENDPOINT": hub.endpoint, "HF_TOKEN": READER, "HF_HUB_DISABLE_XET": "1", "HF_HUB_OFFLINE": "0"}
    more = """
import json, sys
assert "stancebank" not in sys.modules
seen = {}
for revision in ("v0.1.0", "v0.2.0", "v0.3.0"):
    rows = load_dataset("org/sorne-sample", "statements", revision=revision)
    kept = ["statement_id", "article_id", "split", "stance"]
    seen[revision] = {split: rows[split].select_columns(kept).to_list() for split in rows}
print(json.dumps(seen))
"""
    seen = read_apart(code + more, tmp_path / "reader", **env)
    by_version = {revision: [row for rows in seen[revision].values() for row in rows] for revision in seen}
    assert by_version["v0.1.0"] != by_version["v0.2.0"] != by_version["v0.3.0"]
    splits: dict[str, set[str]] = {}
    for revision, found in seen.items():
        assert {"train", "validation", "test"} <= found.keys(), revision
        for split, rows in found.items():
            for row in rows:
                assert row["split"] == split
                splits.setdefault(row["article_id"], set()).add(split)
    assert {name for name, each in splits.items() if len(each) > 1} == set(), "a published row keeps its split"
    for version in ("0.1.0", "0.2.0", "0.3.0"):
        for target in (HUB, STORE):
            assert versions_of(stancebank.load(target, ARTICLES, version=version)) == {version}


def versions_of(loaded: Any) -> set[str]:
    """Return the versions that loaded rows say, whether they are of one split or of several."""
    return {str(each.info.version) for each in (loaded.values() if isinstance(loaded, dict) else [loaded])}


def require_that_one_is_gone(hub: Hub) -> None:
    """Require that a version was taken from both places, and that nothing else was."""
    assert sorted(hub.repositories["org/sorne-sample"].tags) == ["v0.1.0", "v0.3.0"]
    for target in (HUB, STORE):
        refused = call("publish", "verify", f"{target}@0.2.0")
        assert (refused.returncode, "was retracted" in refused.stderr, "A holder asked" in refused.stderr) == (
            1,
            True,
            True,
        )
        for version in ("0.1.0", "0.3.0"):
            assert versions_of(stancebank.load(target, ARTICLES, version=version)) == {version}
