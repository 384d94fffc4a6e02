"""The command line: quick to ask, and its pages tell the truth."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from msgspec.structs import replace
from tests.archives import lay_archive
from tests.command import call_whole
from tests.conftest import REPO, TOY, Run, lay_workspace
from tests.publish.builds import ENVOY, MINISTER, fill_release, write_ledger
from tests.publish.keys import make_key, name_signers
from tests.publish.release.releases import commit, drop_statement, git

from stancebank.cli import stancebank
from stancebank.publish.signing import sign
from stancebank.workspace import open_workspace

HEAVY = (
    "datasets",
    "label_studio_sdk",
    "pyarrow",
    "pandas",
    "numpy",
    "jsonschema",
    "jsonschema_rs",
    "msgspec",
    "rich",
    "yaml",
    "rustworkx",
)


@pytest.mark.slow
@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_and_version_import_nothing_heavy(argument: str) -> None:
    code = (
        "import sys\nsys.argv = ['stancebank', sys.argv[1]]\nfrom stancebank.cli import main\n"
        "try:\n    main()\nexcept SystemExit as stop:\n    assert not stop.code\n"
        "print('LOADED', *sorted(name for name in sys.modules if '.' not in name))"
    )
    result = subprocess.run([sys.executable, "-c", code, argument], capture_output=True, text=True, check=True)
    loaded = result.stdout.rpartition("LOADED ")[2].split()
    assert "click" in loaded
    assert set(loaded).isdisjoint(HEAVY)


def commands(command: click.Command, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    yield context.command_path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from commands(below, click.Context(below, info_name=name, parent=context))


ALL = dict(commands(stancebank, click.Context(stancebank, info_name="stancebank")))


@pytest.mark.parametrize("path", sorted(ALL))
def test_every_command_says_what_it_does_and_what_its_options_mean(path: str) -> None:
    command = ALL[path]
    assert command.help
    assert command.help.splitlines()[0].endswith((".", "."))
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help, f"{path} {option.opts}"
    if not isinstance(command, click.Group):
        assert "Example:" in command.help


def examples() -> list[str]:
    found = []
    for command in ALL.values():
        block = (command.help or "").partition("Example:\n")[2]
        found += [line.strip() for line in block.splitlines() if line.strip().startswith("stancebank ")]
    return found


def test_there_is_an_example_for_every_command() -> None:
    leaves = [path for path, command in ALL.items() if not isinstance(command, click.Group)]
    for path in leaves:
        assert any(example.startswith(path) for example in examples()), path


def annotate_again(root: Path, name: str = "annotator-1") -> None:
    """Give the gold readings to an annotator as well."""
    store = open_workspace(root).store
    for document in list(store.documents(None)):
        store.write_document(replace(document, annotator=name, gold=None))


ELSEWHERE = (
    *(
        f"stancebank annotate {name}"
        for name in (
            *("studio", "doctor", "push", "pull", "status", "watch", "practice check --pull"),
            *("adjudicate push", "adjudicate pull"),
        )
    ),
    "stancebank engine",
)
"""Run where there is a server: by the tests of annotate, of publishing (those with an address) and of the engine."""

LONG = tuple(
    f"stancebank publish {name}"
    for name in ("release", "verify", "hydrate", "build", "score", "baselines", "card", "diff", "sign")
)


FERRY = (
    b"<!doctype html><html lang='en'><meta property='og:site_name' content='Norland Post'>"
    b"<h1>The ferry sails</h1><p>The ferry of Suvia sails again, its captain said on Monday, to all three ports.</p>"
)


def examples_here() -> list[Any]:
    """The examples that need no server; those that take seconds are marked as slow."""
    return [
        pytest.param(each, marks=pytest.mark.slow if each.startswith(LONG) else ())
        for each in examples()
        if not each.startswith(ELSEWHERE) and "://" not in each
    ]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a workspace that has what the examples ask for, made once: each example gets a copy."""
    root = lay_workspace(TOY, tmp_path_factory.mktemp("begun") / "toy")
    (root / "envoy.txt").write_bytes((root / "sources/harvest.txt").read_bytes().replace(b"barley", b"oats"))
    (root / "news.csv").write_text("body,date,section\nThe ferry of Suvia sails again.,2031-02-11,News\n")
    lay_archive(root / "crawl.warc.gz", [("https://norland-post.example/ferry", FERRY)])
    (root / "my-copies").mkdir()
    (root / "my-copies/a.txt").write_bytes((root / "sources/envoy.txt").read_bytes())
    (root / "answers.json").write_text("[]")
    annotate_again(root)
    subprocess.run(["git", "init", "-q", "."], cwd=root, check=True)
    subprocess.run(["git", "add", "-A"], cwd=root, check=True)
    assert call_whole("-w", root, "publish", "card", "--write").returncode == 0
    return root


@pytest.fixture(scope="module")
def dataset(begun: Path) -> Path:
    """The dataset of this workspace."""
    assert call_whole("-w", begun, "publish", "build", "--out", begun.parent / "dataset").returncode == 0
    return begun.parent / "dataset"


@pytest.mark.slow
@pytest.mark.usefixtures("no_readers")
@pytest.mark.parametrize("example", examples_here())
def test_the_example_of_a_help_page_runs(
    example: str, begun: Path, run: Run, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    toy_root = Path(shutil.copytree(begun, tmp_path / "toy"))
    if "--split test" in example:
        (toy_root / "corpus/splits.csv").write_text(f"article_id,split,fold,because\n{ENVOY},test,,hash\n")
        assert run("-w", toy_root, "publish", "build", "--out", toy_root / "build/dataset").returncode == 0
    if "build/dataset" in example and "--out" not in example:
        if "--split test" not in example:
            shutil.copytree(request.getfixturevalue("dataset"), toy_root / "build/dataset")
        empty = [{"article_id": article.id, "statements": []} for article in open_workspace(toy_root).store.articles()]
        (toy_root / "predictions.jsonl").write_text("".join(json.dumps(each) + "\n" for each in empty))
    if "publish hydrate" in example:
        assert run("-w", toy_root, "publish", "build", "--out", toy_root / "releases/toy-1.2.0").returncode == 0
    if "publish release" in example:
        commit(toy_root)
    if "../sign" in example:
        name_signers(tmp_path / "signers", ada=make_key(tmp_path / "signing-key"))
    if "../sign" in example and "publish release" not in example:
        (toy_root / "releases").mkdir()
        made = fill_release(open_workspace(toy_root), toy_root / "releases/toy-1.2.0")
        sign(made, tmp_path / "signing-key", may_ask=False)
    if "release-lost" in example:
        assert run("-w", toy_root, "publish", "release", "1.2.0").returncode == 0
        drop_statement(toy_root, f"{ENVOY}/s6", retire=False)
        commit(toy_root)
    if "publish diff" in example:
        commit(toy_root)
        git(toy_root, "tag", "data-v1.0.0")
        for folder in re.findall(r"releases/\S+", example):
            assert run("-w", toy_root, "publish", "build", "--out", toy_root / folder).returncode == 0
    if "errata settle" in example:
        assert run("-w", toy_root, "publish", "errata", "report", f"{ENVOY}/s3", "--what", "Cut.").returncode == 0
    if "schema new" in example:  # a scheme is replaced where no document follows it
        for folder in ("gold", "annotations"):
            shutil.rmtree(toy_root / "corpus" / folder)
    if "--from brat" in example:
        exported = ("annotate", "export", "--all", "--format", "brat", "--out", toy_root / "labels")
        assert run("-w", toy_root, *exported).returncode == 0
        shutil.copy(toy_root / "labels/map.toml", toy_root / "map.toml")
    if "annotate agreement" in example:
        annotate_again(toy_root, "annotator-2")
    if "corpus sample" in example:  # what is annotated is not drawn
        for folder in ("gold", "annotations"):
            shutil.rmtree(toy_root / "corpus" / folder)
    if "corpus split" in example:
        with (toy_root / "stancebank.toml").open("a") as settings:
            settings.write("\n[splits]\n")
    if "publish baselines" in example:
        write_ledger(open_workspace(toy_root), {ENVOY: "train,", MINISTER: "test,"})
        shutil.rmtree(toy_root / "build", ignore_errors=True)
        assert run("-w", toy_root, "publish", "build", "--out", toy_root / "build/dataset").returncode == 0
    if "corpus remove" in example:
        for path in toy_root.glob(f"corpus/*/**/{ENVOY}.json"):
            path.unlink() if path.parent.name != "articles" else None
    if "remove lena-orlo" in example:
        entity = ("lena-orlo", "--name", "Lena Orlo", "--kind", "person")
        assert run("-w", toy_root, "corpus", "entity", "add", *entity).returncode == 0
    if "remove recall" in example or "edit recall" in example:
        target = ("recall", "--name", "recall", "--definition", "Call home.", "--use", "both")
        assert run("-w", toy_root, "corpus", "target", "add", *target).returncode == 0
    plain = re.split(r" (?:\||>>?) ", example)[0]
    outside = tmp_path / "outside"
    outside.mkdir()
    result = run(*shlex.split(plain)[1:], cwd=outside if "stancebank init" in example else toy_root)
    assert result.returncode == 0, result.stderr


def test_a_wrong_command_is_wrong_use(run: Run) -> None:
    assert run("corpsu").returncode == 2


def test_without_a_workspace_the_mend_is_named(run: Run, tmp_path: Path) -> None:
    result = run("check", cwd=tmp_path)
    assert result.returncode == 2
    assert "no workspace here" in result.stderr
    assert "Hint:" in result.stderr


def test_every_command_is_documented() -> None:
    page = (REPO / "docs" / "cli.md").read_text()
    for path in ALL:
        assert f"## {path}\n" in page


def test_check_reports_as_json_and_in_words(toy_root: Path, run: Run) -> None:
    result = run("-w", toy_root, "check")
    assert (result.returncode, result.stdout.split()[:2]) == (0, ["corpus", "history-unread"])  # it is in no repository
    assert "0 errors, 1 warning" in result.stderr
    (toy_root / "corpus/entities.json").write_text("{")
    result = run("-w", toy_root, "check")
    assert result.returncode == 1
    assert "json-syntax" in result.stdout
    assert "Hint: " in result.stdout


def test_show_is_plain_when_piped_and_coloured_when_asked(toy_root: Path, run: Run) -> None:
    name = "norland-post-2031-02-11-envoy"
    plain = run("-w", toy_root, "corpus", "show", name)
    assert plain.returncode == 0
    assert "\x1b[" not in plain.stdout
    assert "only if Keth is in the chair" in plain.stdout
    assert all(line == line.rstrip() for line in plain.stdout.splitlines())
    coloured = run("-w", toy_root, "corpus", "show", name, FORCE_COLOR="1")
    assert "\x1b[" in coloured.stdout
