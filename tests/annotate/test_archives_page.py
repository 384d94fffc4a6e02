"""The page "From a web archive to a labelled sample", done as it stands there, against a real server.

Label Studio is the one that all tests share. Where the page says that two people label, the test submits what Label
Studio would, through its API.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from stancebank.annotate.connection import connect, local_folder
from stancebank.annotate.local.accounts import add_member
from stancebank.annotate.sync.projects import find_projects
from stancebank.annotate.users import UserTable
from stancebank.corpus.samples import read_sample
from stancebank.publish.verification import Wanted, verify
from stancebank.workspace import open_workspace
from tests.annotate.adjudication.submitting import submit
from tests.annotate.test_suggesting import corrected
from tests.conftest import REPO
from tests.following import Maintainer, blocks
from tests.studio import Studio

pytestmark = [pytest.mark.server, pytest.mark.slow]

ANNOTATORS = ("ines", "olof")

MEANT = {  # by the id of the article: what both take for its only statement, whose, its stance and target
    "norland-post-2031-02-11-ferry-talks": ("We will talk to Suvia if", "Ilse Marrow", "offer", "talks"),
    "suvia-courier-2031-02-12-no-talks-before-spring": ("We will not negotiate", "Tor Aven", "reject", "talks"),
    "norland-post-2031-02-14-marrow-repeats-her-offer": ("Norland is ready to talk", "Ilse Marrow", "offer", "talks"),
    "suvia-courier-2031-02-14-marrow-says-it-again": ("Norland is ready to talk", "Ilse Marrow", "offer", "talks"),
    "keth-tribune-2031-03-02-a-call-from-across-the-lake": ("We demand talks", "Dora Quill", "demand", "talks"),
    "suvia-courier-2031-03-09-aven-on-the-embargo": ("Suvia will lift", "Tor Aven", "offer", "lift-sanctions"),
    "norland-post-2031-03-11-the-army-stays": ("We withdraw no", "General Sohl", "reject", "withdraw-forces"),
}


def test_the_page_is_done_from_a_web_archive_to_a_labelled_sample(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1", "LABEL_STUDIO_URL": studio.url}
    given |= {"LABEL_STUDIO_API_KEY": studio.token}
    for who in ("AUTHOR", "COMMITTER"):
        given |= {f"GIT_{who}_NAME": "Somebody", f"GIT_{who}_EMAIL": "somebody@paper.example"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    person = Maintainer(tmp_path, tmp_path)
    said: list[str] = []
    for language, body in blocks(REPO / "docs/archives.md"):
        if language == "python":
            done = subprocess.run([sys.executable, "-c", body], cwd=person.cwd, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            said.append(done.stdout)
        for line in body.splitlines() if language == "sh" else ():
            if line.startswith("stancebank annotate studio start"):
                users = UserTable(local_folder(open_workspace(person.cwd)))
                for name in ANNOTATORS:
                    users.rename(add_member(studio.folder, studio.url, name), name)
                continue
            if line == "stancebank annotate pull":
                label(studio, person.cwd)
            said.append(person.type(line))
    workspace = open_workspace(person.cwd)
    drawn = {each.article_id for each in read_sample(workspace.store, "first").drawn}
    assert len(drawn) == 4
    assert drawn <= MEANT.keys()
    assert any("7 candidates; 7.5 by the weights" in each for each in said)
    gold = {each.article_id: each for each in workspace.store.documents(None)}
    assert gold.keys() == drawn
    for name, document in gold.items():
        assert [(each.fields["stance"], each.target.id) for each in document.statements] == [MEANT[name][2:]]
    told = json.loads((person.cwd / "build/dataset/manifest.json").read_text())["samples"]["first"]
    assert (told["published"], told["drawn"], told["candidates"], told["corpus"]) == (4, 4, 7, 8)
    assert "4 of 4 articles (100%) were drawn by lot" in said[-1]
    assert verify(person.cwd / "build/dataset", Wanted(readers=(), against=workspace)).errors == []


def label(studio: Studio, root: Path) -> None:
    """Submit what both annotators make of each task of theirs: they agree."""
    workspace = open_workspace(root)
    server = connect(workspace)
    for project in find_projects(server, workspace):
        annotator = studio.add_person(str(project.annotator))
        for task in server.tasks(project.id, ["data"]):
            submit(studio, annotator, task, corrected(task["data"], [], MEANT))
