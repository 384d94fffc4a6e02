"""preview.svg: the picture at the head of a release's card, made of its rows and held against them again."""

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from stancebank.corpus.cleaning import Source
from stancebank.corpus.sources import read_sources
from stancebank.pictures.positions import make_positions
from stancebank.pictures.svg import stand_alone
from stancebank.pictures.who_what import draw_who_what
from stancebank.publish.build import build
from stancebank.publish.card.preview import MOST_COLUMNS, MOST_ROWS
from stancebank.publish.gold import read_gold
from stancebank.publish.hydrate import hydrate_folder
from stancebank.publish.layout import entry_of
from stancebank.publish.tables import in_order
from stancebank.publish.verification import Wanted, verify
from stancebank.workspace import Workspace
from tests.conftest import lay_first
from tests.frozen.forging import seal
from tests.publish.builds import ENVOY, lay_toy, withhold
from tests.publish.test_papers import codes, make_release

ALONE = Wanted(readers=())
SHOWN = "![Who says what: speakers and targets](preview.svg)\n\n"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The toy; the words of one article are withheld."""
    found = lay_toy(tmp_path_factory.mktemp("preview") / "toy")
    withhold(found, ENVOY)
    return found


@pytest.fixture(scope="module")
def release(workspace: Workspace) -> Path:
    return make_release(workspace, workspace.root.parent / "release")


def test_it_is_the_picture_of_the_whole_records(release: Path, workspace: Workspace) -> None:
    """Only some columns are read for it."""
    read = read_gold(workspace, None)
    held = [(each.article, in_order(each).document, dict[str, str]()) for each in read.readings]
    positions = make_positions(workspace.scheme, read.context.entities, read.context.targets, held)
    assert positions.copies
    assert any(map(positions.is_conditional, positions.unique))
    picture = draw_who_what(positions, most_rows=MOST_ROWS, most_columns=MOST_COLUMNS)
    assert picture is not None
    assert picture.table.rows
    assert (release / "preview.svg").read_bytes() == stand_alone(picture.svg).encode()


def test_the_card_of_a_release_begins_with_a_picture_of_names_and_labels(
    release: Path, workspace: Workspace, tmp_path: Path
) -> None:
    data = (release / "preview.svg").read_bytes()
    assert len(data) < 60_000
    picture = ET.fromstring(data)
    assert picture.attrib["role"] == "img"
    assert picture.attrib["aria-label"].startswith("Who says what: speakers and targets. 12 statements by ")
    assert not {"script", "a", "image", "foreignObject"} & {each.tag.rpartition("}")[2] for each in picture.iter()}
    said = {each.text for each in picture.iter() if each.text}
    names = {each.name for each in workspace.store.entities().entities}
    assert names & said
    articles = [(each, workspace.store.text(each)) for each in workspace.store.articles()]
    texts = {each.id: text for each, text in articles if text is not None}
    assert ENVOY in texts
    quiet = " ".join(picture.itertext())
    for text in texts.values():
        words = text.split()
        assert not any(" ".join(words[n : n + 8]) in quiet for n in range(len(words) - 7))
    readme = (release / "README.md").read_text("utf-8")
    assert readme.count(SHOWN) == 1
    assert readme.index(SHOWN) < readme.index("dataset version 1.2.0")
    again = make_release(workspace, tmp_path / "again")
    assert (again / "preview.svg").read_bytes() == data


def test_a_build_and_a_release_of_the_first_edition_have_none(workspace: Workspace, tmp_path: Path) -> None:
    from stancebank.workspace import open_workspace

    out = build(workspace, tmp_path / "out").out
    first = make_release(open_workspace(lay_first(tmp_path / "first")), tmp_path / "release")
    for folder in (out, first):
        assert not (folder / "preview.svg").exists()
        assert "preview.svg" not in (folder / "README.md").read_text("utf-8")
    entry = entry_of("preview.svg")
    assert entry is not None
    assert not entry.in_builds


def test_a_picture_that_was_changed_or_taken_is_a_fault(release: Path, tmp_path: Path) -> None:
    assert verify(release, ALONE).faults == []
    folder = Path(shutil.copytree(release, tmp_path / "folder"))
    path = folder / "preview.svg"
    data = path.read_bytes()
    path.write_bytes(data.replace(b"font-weight: 700", b"font-weight: 600"))
    seal(folder)
    assert codes(verify(folder, ALONE)) == {("paper-differs", "preview.svg")}
    path.unlink()
    seal(folder)
    assert codes(verify(folder, ALONE)) == {("card-block", "README.md")}
    readme = folder / "README.md"
    readme.write_text(readme.read_text("utf-8").replace(SHOWN, ""), "utf-8")
    seal(folder)
    assert verify(folder, ALONE).errors == []  # so are the releases of earlier toolkits
    path.write_bytes(data)
    seal(folder)
    assert codes(verify(folder, ALONE)) == {("card-block", "README.md")}


def test_a_picture_of_another_toolkit_is_not_drawn_again(release: Path, tmp_path: Path) -> None:
    """What a later one draws otherwise makes no earlier release unsound."""
    folder = Path(shutil.copytree(release, tmp_path / "folder"))
    path = folder / "preview.svg"
    path.write_bytes(path.read_bytes().replace(b"font-weight: 700", b"font-weight: 600"))
    manifest = folder / "manifest.json"
    told = json.loads(manifest.read_text("utf-8"))
    manifest.write_text(manifest.read_text("utf-8").replace(f'"{told["toolkit_version"]}"', '"0.0.9"'), "utf-8")
    seal(folder)
    found = verify(folder, ALONE)
    assert found.errors == []
    assert {each.code for each in found.faults} == {"toolkit-differs"}


def test_a_release_that_gets_its_words_keeps_its_picture(workspace: Workspace, release: Path, tmp_path: Path) -> None:
    text = workspace.store.text(workspace.store.article(ENVOY))
    assert text is not None
    (tmp_path / "envoy.txt").write_text(text, "utf-8")
    copies = [each for each in read_sources([tmp_path / "envoy.txt"]) if isinstance(each, Source)]
    out = hydrate_folder(release, copies, tmp_path / "out").out
    assert (out / "preview.svg").read_bytes() == (release / "preview.svg").read_bytes()
    assert verify(out, ALONE).faults == []
