"""Fixtures: two releases of the toy workspace, a server that speaks the Hub's protocol, and one that speaks S3."""

import itertools
import logging
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from stancebank.publish.remote.places import PublishableFolder, read_release
from stancebank.workspace import open_workspace
from tests.publish.builds import CHANGELOG, change_flag, fill_release, lay_toy
from tests.publish.remote.hub import WRITER, Hub

_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Releases:
    """Two versions of the toy dataset: 0.1.0, and 0.2.0 with another label."""

    first: Path
    second: Path


@pytest.fixture(scope="session")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    place = tmp_path_factory.mktemp("releases")
    made = []
    for version in ("0.1.0", "0.2.0"):
        workspace = lay_toy(place / f"workspace-{version}")
        settings = workspace.root / "stancebank.toml"
        settings.write_text(settings.read_text().replace('version = "1.2.0"', f'version = "{version}"'))
        workspace = open_workspace(workspace.root)
        if version == "0.2.0":
            change_flag(workspace)
        changes = CHANGELOG.replace(b"1.2.0", version.encode())
        made.append(fill_release(workspace, place / f"toy-{version}", changes, rows_per_file=20))
    return Releases(*made)


@pytest.fixture
def whole() -> None:
    """Asked for by the tests in which a push verifies the folder each time, and opens the tables there."""


@pytest.fixture(scope="session")
def read() -> dict[Path, PublishableFolder]:
    """The releases that were verified, by their folders."""
    return {}


@pytest.fixture(autouse=True)
def _quick(
    request: pytest.FixtureRequest, read: dict[Path, PublishableFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let a folder be verified once in a run, and no table be opened there, unless a test is about that."""
    if "whole" in request.fixturenames:
        return

    def remembered(folder: Path) -> PublishableFolder:
        if folder not in read:
            read[folder] = read_release(folder)
        return read[folder]

    monkeypatch.setattr("stancebank.publish.remote.push.read_release", remembered)
    monkeypatch.setattr("stancebank.publish.remote.hub.HubPlace._open", lambda *_: None)


@pytest.fixture(scope="session")
def server() -> Iterator[Hub]:
    with Hub() as hub:
        yield hub


@pytest.fixture
def hub(server: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """The server, with the clients of this process turned to it, and caches of their own."""
    import datasets
    import huggingface_hub

    constants = huggingface_hub.constants
    template = constants.HUGGINGFACE_CO_URL_TEMPLATE.removeprefix(constants.ENDPOINT)
    monkeypatch.setattr(constants, "ENDPOINT", server.endpoint)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", server.endpoint + template)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_XET_CACHE", "HF_ASSETS_CACHE"):
        monkeypatch.setattr(constants, name, str(tmp_path / "hf" / name), raising=False)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "hf/token"))
    monkeypatch.setattr(datasets.config, "HF_ENDPOINT", server.endpoint)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "hf/datasets"))
    monkeypatch.setattr(datasets.config, "HF_MODULES_CACHE", str(tmp_path / "hf/modules"))
    monkeypatch.setenv("HF_TOKEN", WRITER)
    server.requests.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield server
    huggingface_hub.close_session()


@pytest.fixture
def target(hub: Hub) -> str:
    """An address on the Hub that nobody has used."""
    return f"hf://datasets/toys/toy-{next(_NUMBERS)}"


def name_of(target: str) -> str:
    return target.removeprefix("hf://datasets/")


@pytest.fixture(scope="session")
def stores() -> Iterator[str]:
    """The endpoint of a server that speaks S3."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        yield "http://{}:{}".format(*server.get_host_and_port())
    finally:
        server.stop()


@pytest.fixture
def bucket(stores: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a new bucket that keeps versions, with the client of this process turned to its server."""
    import s3fs

    for name, value in (
        ("AWS_ACCESS_KEY_ID", "somebody"),
        ("AWS_SECRET_ACCESS_KEY", "secret-of-somebody"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("AWS_ENDPOINT_URL", stores),
        ("XDG_CACHE_HOME", str(tmp_path / "cache")),
    ):
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    name = f"toys-{next(_NUMBERS)}"
    fs = s3fs.S3FileSystem()
    fs.mkdir(name)
    fs.call_s3("put_bucket_versioning", Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    yield name
    s3fs.S3FileSystem.clear_instance_cache()
