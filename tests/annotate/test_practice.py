"""Annotators learn the guidelines on three articles: what differs from gold is said, with the rule that decides."""

import json
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from msgspec.structs import replace

from stancebank.annotate.client import Server
from stancebank.annotate.interface_settings import load_interface
from stancebank.annotate.practice import Feedback, f1_scores, give_feedback, rules_of
from stancebank.schema.fields import load_scheme
from stancebank.schema.validate import validate_quoted
from stancebank.starter.laying import PRACTICE, lay, sample_files, sample_gold
from stancebank.workspace import Workspace, open_workspace
from tests.annotate.sync.losing import run_push
from tests.annotate.sync.pulling import marks, task_of
from tests.conftest import OWN_SCHEMA, REPO, Run
from tests.guidelines import former_rules
from tests.studio import Studio

AGENCY, TABLOID, MUSEUM = PRACTICE


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("sample")
    lay(sample_files(), root)
    return open_workspace(root)


@pytest.fixture
def practice(run: Run, tmp_path: Path) -> Path:
    root = tmp_path / "practice"
    assert run("annotate", "practice", "start", root).returncode == 0
    return root


def feedback(sample: Workspace, annotator: str, article_id: str) -> Feedback:
    store = sample.store
    gold, text = store.gold(article_id), store.text(store.article(article_id))
    assert gold
    assert text
    reading = store.document(store.document_name(article_id, annotator))
    return give_feedback(reading, gold, text, load_interface(sample))


def write_reading(run: Run, sample: Workspace, practice: Path, article_id: str, annotator: str | None) -> Path:
    """Write a reading of the sample by its words into the folder of the practice workspace."""
    options = ("--annotator", annotator) if annotator else ()
    printed = run("annotate", "export", article_id, *options, cwd=sample.root)
    assert printed.returncode == 0, printed.stderr
    path = practice / "readings" / f"{article_id}.json"
    path.write_text(printed.stdout, "utf-8")
    return path


def test_the_workspace_has_three_articles_empty_readings_and_no_gold(run: Run, practice: Path) -> None:
    workspace = open_workspace(practice)
    assert sorted(workspace.store.article_ids()) == sorted(PRACTICE)
    assert not list(workspace.store.document_names())
    assert workspace.settings.name == "sorne-practice"
    has_parts = "<!-- stancebank:part" in (practice / "annotate/GUIDELINES.md").read_text("utf-8")
    assert (practice / "quick-guide.html").is_file() == has_parts
    forms = [json.loads(path.read_text()) for path in sorted((practice / "readings").iterdir())]
    assert [(form["article_id"], form["statements"]) for form in forms] == [(name, []) for name in sorted(PRACTICE)]
    again = run("annotate", "practice", "start", practice)
    assert (again.returncode, "nothing was written" in again.stderr) == (0, True)
    assert run("check", cwd=practice).returncode == 0


@pytest.mark.slow
def test_a_check_has_nothing_to_say_while_articles_are_unread_and_once_they_are_read(
    run: Run, sample: Workspace, practice: Path
) -> None:
    subprocess.run(["git", "init", "--quiet", practice], check=True)
    for count, name in enumerate(("", *PRACTICE)):
        if name:
            reading = write_reading(run, sample, practice, name, None)
            assert run("annotate", "import", reading, cwd=practice).returncode == 0
        done = run("check", cwd=practice)
        assert done.stdout == ""
        assert f"3 articles, {count} documents, " in done.stderr.replace("1 document,", "1 documents,")
        assert ": 0 errors, 0 warnings." in done.stderr


def test_the_pages_on_readings_in_files_give_the_form_of_the_newest_scheme() -> None:
    page = (REPO / "docs/authoring.md").read_text("utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    reading = json.loads(example)
    practice_page = (REPO / "src/stancebank/starter/practice/README.md").read_text("utf-8")
    (statement,) = re.findall(r"```json\n(.*?)```", practice_page, re.DOTALL)
    for each in (reading, reading | {"statements": [json.loads(statement)]}):
        assert validate_quoted(each, load_scheme(OWN_SCHEMA), "document", "a page") == []
    schema = json.loads((OWN_SCHEMA / "quoted.schema.json").read_bytes())["$defs"]
    rows = re.findall(r"^\| (`.*`) \| (.*) \| (?:yes|no) \|$", page, re.MULTILINE)
    told = {name: set(re.findall(r"`(\w+)`", about)) for names, about in rows for name in re.findall(r"`(\w+)`", names)}
    of_statement = schema["statement"]["properties"]
    assert told.keys() == of_statement.keys() - {"id", "line"}
    assert told["target"] == of_statement["target"]["properties"].keys()
    assert told["conditions"] == schema["condition"]["properties"].keys()
    assert all(f"`{value}`" in page for value in schema["scope_type"]["enum"])
    roles = re.findall(r"is not a role\. Allowed: (.*?)\.\n", page)
    assert roles == [", ".join(schema["condition_role"]["enum"])]


def test_starting_again_keeps_the_readings_that_were_begun(run: Run, practice: Path) -> None:
    path = practice / "readings" / f"{AGENCY}.json"
    path.write_text("mine")
    (practice / "readings" / f"{MUSEUM}.json").unlink()
    assert run("annotate", "practice", "start", practice).returncode == 0
    assert path.read_text() == "mine"
    assert (practice / "readings" / f"{MUSEUM}.json").is_file()


def test_an_empty_reading_is_not_told_what_gold_says(run: Run, practice: Path) -> None:
    files = sorted((practice / "readings").iterdir())
    done = run("annotate", "practice", "check", *files, cwd=practice)
    assert (done.returncode, done.stdout, done.stderr.count("is still empty")) == (1, "", 3)


def test_gold_itself_is_right_in_every_statement(run: Run, sample: Workspace, practice: Path) -> None:
    files = [write_reading(run, sample, practice, name, None) for name in PRACTICE]
    done = run("annotate", "practice", "check", *files, cwd=practice)
    assert done.returncode == 0, done.stdout
    assert set(re.findall(r"^  (\w+):", done.stdout, re.MULTILINE)) == {"right"}
    assert "F1: statement 1.00, stance 1.00, role 1.00." in done.stderr
    assert f"{MUSEUM}, sample-editor: nothing to annotate in gold" in done.stdout
    assert not list(open_workspace(practice).store.document_names())  # nothing is imported


def test_a_mistake_is_shown_with_its_words_and_the_rule_that_decides(
    run: Run, sample: Workspace, practice: Path
) -> None:
    file = write_reading(run, sample, practice, TABLOID, "annotator-2")
    done = run("annotate", "practice", "check", file, cwd=practice)
    assert done.returncode == 1
    assert "differs: “A meeting with Nuwan? I have never ruled it out”" in done.stdout
    rule = rules_of(load_interface(sample), "stance", ("offer", "open"))
    assert f"    stance: you say offer, gold says open [{rule}: " in done.stdout
    assert done.stdout.count("  right: ") == 9
    told = json.loads(run("annotate", "practice", "check", file, "--json", cwd=practice).stdout)
    assert sorted(told) == ["articles", "scores"]
    (article,) = told["articles"]
    (wrong,) = [each for each in article["statements"] if each["words"].startswith("A meeting with Nuwan?")]
    assert wrong["remarks"] == [{"field": "stance", "yours": "offer", "gold": "open", "rules": rule}]


def test_words_that_gold_passes_over_are_told_with_the_reason(sample: Workspace) -> None:
    found = [each for name in sample.store.article_ids() for each in feedback(sample, "annotator-3", name).statements]
    extra = [each for each in found if each.gold is None]
    notes = [each.note for each in extra]
    assert len(notes) == 5
    assert sum(note.startswith("passed over as past-blame: Blame, praise") for note in notes) == 4, notes
    assert all(each.remarks[0].rules for each in extra)


def test_saying_that_there_is_nothing_where_gold_has_statements_is_not_right(sample: Workspace) -> None:
    gold = sample.store.gold(AGENCY)
    text = sample.store.text(sample.store.article(AGENCY))
    assert gold
    assert text
    none = replace(gold, statements=(), nothing_to_annotate=True, gold=None)
    found = give_feedback(none, gold, text, load_interface(sample))
    assert (found.is_right, found.nothing) == (False, "the reading says that there is nothing to annotate")


def test_every_compared_field_leads_to_a_rule(sample: Workspace) -> None:
    interface = load_interface(sample)
    fields = {
        each.field
        for name in ("annotator-2", "annotator-3")
        for article in sample.store.article_ids()
        for statement in feedback(sample, name, article).statements
        for each in statement.remarks
    }
    assert len(fields) > 8
    assert all(rules_of(interface, name) for name in fields - {"note"}), fields


@pytest.mark.slow
def test_most_planted_mistakes_are_told_with_the_rule_that_they_break(sample: Workspace) -> None:
    """The rule of DIFFERENCES.md is among those told, or in a range such as G-14 to G-16."""
    page = (sample.root / "DIFFERENCES.md").read_text("utf-8")
    now = former_rules((sample.root / "annotate/GUIDELINES.md").read_text("utf-8"))
    hits = Counter[bool]()
    for section in page.split("\n## ")[1:]:
        annotator = section.split("\n")[0]
        rows = re.findall(r"^\| `([^`]+)` \| (s\d+) \| .* \| (G-\d+) \|$", section, re.MULTILINE)
        for article, number, rule in rows:
            (told,) = [e for e in feedback(sample, annotator, article).statements if e.gold == f"{article}/{number}"]
            hits[any(now.get(rule, rule) in _numbers(each.rules) for each in told.remarks)] += 1
    assert sum(hits.values()) > 60
    assert hits[True] / sum(hits.values()) > 0.8, hits


def _numbers(rules: str) -> set[str]:
    """Return the rules of a citation, those within a range included."""
    found = set(re.findall(r"G-\d+", rules))
    for first, last in re.findall(r"G-(\d+) to G-(\d+)", rules):
        found |= {f"G-{each:02}" for each in range(int(first), int(last) + 1)}
    return found


def test_scores_count_statements_of_all_articles_together(sample: Workspace) -> None:
    given = [feedback(sample, "annotator-2", name) for name in PRACTICE]
    scores = f1_scores(given, sample.scheme)
    assert list(scores) == ["statement", "stance", "role"]
    assert scores["statement"] == 1
    assert 0.9 < scores["stance"] < 1
    assert f1_scores([feedback(sample, "annotator-2", MUSEUM)], sample.scheme) == {}


def test_what_cannot_be_compared_is_refused_with_a_hint(run: Run, practice: Path, toy_root: Path) -> None:
    def refused(root: Path, *arguments: object, code: int = 1) -> str:
        done = run("annotate", "practice", "check", *arguments, cwd=root)
        assert done.returncode == code, done.stderr
        return done.stderr

    assert "There is no reading.\nHint: `stancebank annotate practice start DIR`" in refused(practice)
    assert "no document of nobody" in refused(practice, "--annotator", "nobody")
    assert "go without FILES" in refused(practice, "--pull", practice / "readings" / f"{AGENCY}.json", code=2)
    export = practice / "exports/tasks.json"
    export.write_text(run("annotate", "export", "--tasks", cwd=practice).stdout, "utf-8")
    bad = practice / "readings/bad.json"
    bad.write_text("{")
    said = refused(practice, export, bad)
    assert "is an export of Label Studio" in said
    assert "bad.json" in said  # all faults at once
    shutil.rmtree(toy_root / "corpus/gold")
    (toy_root / "corpus/annotations/me").mkdir(parents=True)
    assert "There is no reading." in refused(toy_root)


def test_the_readings_of_a_workspace_are_compared_with_its_own_gold(run: Run, toy_workspace: Workspace) -> None:
    store = toy_workspace.store
    for gold in list(store.documents(None)):
        store.write_document(replace(gold, annotator="me", gold=None))
    done = run("annotate", "practice", "check", cwd=toy_workspace.root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "right: " in done.stdout


def test_gold_of_the_sample_is_found_for_its_articles_alone() -> None:
    assert sample_gold(AGENCY)
    assert sample_gold("norland-post-2031-02-11-envoy") is None
    assert not (REPO / "corpus/gold" / f"{AGENCY}.json").exists()


@pytest.mark.server
def test_work_in_label_studio_gets_the_same_feedback(
    run: Run, practice: Path, sample: Workspace, studio: Studio, server: Server
) -> None:
    workspace = open_workspace(practice)
    store = sample.store
    run_push(server, workspace)
    for name in PRACTICE:
        reading = store.document(store.document_name(name, "annotator-2"))
        task = task_of(server, workspace, name)
        server.create_annotation(task, {"result": marks(sample, name, reading)})
    where = {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.token}
    done = run("annotate", "practice", "check", "--pull", cwd=practice, **where)
    assert done.returncode == 1, done.stderr
    assert "stance: you say offer, gold says open [G-" in done.stdout
    assert f"{MUSEUM}, user-1: nothing to annotate in gold" in done.stdout
    told = json.loads(run("annotate", "practice", "check", "--pull", "--json", cwd=practice, **where).stdout)
    expected = {name: feedback(sample, "annotator-2", name) for name in PRACTICE}
    for article in told["articles"]:
        made = [(each["words"], [one["field"] for one in each["remarks"]]) for each in article["statements"]]
        wanted = [
            (one.words, [each.field for each in one.remarks]) for one in expected[article["article_id"]].statements
        ]
        assert made == wanted
