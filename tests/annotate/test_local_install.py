"""The environment of the server is made once, from pins and hashes, and made anew where it is not whole.

Label Studio itself takes a gigabyte. So a wheel of the same name stands in for it here, in a folder that pip is told
to take packages from; pip, venv and hashes are real.
"""

import base64
import shutil
import subprocess
import zipfile
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from stancebank import environments
from stancebank.annotate.local import install
from stancebank.annotate.local.install import (
    cache_folder,
    find_environment,
    installed_version,
    make_environment,
    read_lock,
    server_program,
    wanted_version,
)
from stancebank.errors import InputError, StancebankError
from tests.conftest import REPO

WHEEL = "label_studio-0.0.1-py3-none-any.whl"


def lay_wheel(folder: Path) -> str:
    """Make a wheel with a program `label-studio`, and return the lock that pins it."""
    info = "label_studio-0.0.1.dist-info"
    files = {
        "label_studio_stand_in.py": "def main():\n    print('stand-in')\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: label-studio\nVersion: 0.0.1\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\nlabel-studio = label_studio_stand_in:main\n",
    }
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(sha256(text.encode()).digest()).rstrip(b'=').decode()},{len(text)}\n"
        for name, text in files.items()
    )
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / WHEEL, "w") as wheel:
        for name, text in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            wheel.writestr(name, text)
    return f"label-studio==0.0.1 \\\n    --hash=sha256:{sha256((folder / WHEEL).read_bytes()).hexdigest()}\n"


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes packages from, and nowhere else; the cache is a new one, and no uv is on the path."""
    lock = lay_wheel(tmp_path / "packages")
    monkeypatch.setattr(install, "read_lock", lambda: lock)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "packages"))
    return tmp_path / "packages"


def test_the_lock_pins_the_version_that_the_toolkit_was_tried_with() -> None:
    assert f"label-studio=={wanted_version()}" in (REPO / "requirements/studio.in").read_text()
    assert read_lock() == (REPO / "requirements/studio.lock").read_text()


def test_a_cache_folder_that_is_not_absolute_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_folder().is_relative_to(Path.home() / ".cache" / "stancebank")


def test_an_environment_where_earlier_versions_installed_it_is_found_and_not_made_again(
    packages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = tmp_path / "cache" / "stancebank" / f"label-studio-{wanted_version()}"
    monkeypatch.setattr(environments, "user_cache_path", lambda *_, **__: tmp_path / "Library" / "Caches")
    assert find_environment(None) is None
    server_program(earlier).parent.mkdir(parents=True)
    server_program(earlier).touch()
    metadata = earlier / "lib/python3.11/site-packages/label_studio-0.0.1.dist-info/METADATA"
    metadata.parent.mkdir(parents=True)
    metadata.touch()
    (earlier / "stancebank-made").write_text(sha256(install.read_lock().encode()).hexdigest())
    assert find_environment(None) == make_environment() == earlier


@pytest.mark.slow
def test_an_environment_is_made_once_and_shows_life(packages: Path) -> None:
    assert find_environment(None) is None
    told: list[str] = []
    made = make_environment(lambda what, how_far: told.append(f"{what}: {how_far}"))
    assert made == cache_folder() == find_environment(None)
    assert installed_version(made) == "0.0.1"
    assert subprocess.run([server_program(made)], capture_output=True, text=True, check=True).stdout == "stand-in\n"
    assert any("Installing Label Studio 0.0.1 into" in line and " MB, " in line for line in told)
    shutil.rmtree(packages)
    assert make_environment() == made


@pytest.mark.slow
def test_a_half_made_environment_and_one_of_older_pins_are_made_anew(
    packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cache_folder() / "bin").mkdir(parents=True)
    (cache_folder() / "left-over").touch()
    assert find_environment(None) is None
    make_environment()
    assert not (cache_folder() / "left-over").exists()
    newer = install.read_lock() + "# of another day\n"
    monkeypatch.setattr(install, "read_lock", lambda: newer)
    assert find_environment(None) is None
    assert make_environment() == find_environment(None)


@pytest.mark.slow
def test_two_runs_at_once_make_it_one_after_the_other(packages: Path) -> None:
    told: list[str] = []
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda _: make_environment(lambda what, _: told.append(what)), range(2)))
    assert made == [cache_folder()] * 2
    assert any("Waiting for another run" in what for what in told)


@pytest.mark.slow
def test_without_a_network_that_is_said_and_a_rerun_mends_it(packages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as offline:
        offline.delenv("PIP_NO_INDEX")
        offline.delenv("PIP_FIND_LINKS")
        offline.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
        offline.setenv("PIP_RETRIES", "0")
        with pytest.raises(StancebankError, match="the package index cannot be reached") as caught:
            make_environment()
    assert "Hint: check the network" in str(caught.value)
    assert find_environment(None) is None
    assert make_environment() == find_environment(None)


@pytest.mark.slow
def test_a_package_that_is_not_the_pinned_one_is_not_installed(packages: Path) -> None:
    with (packages / WHEEL).open("ab") as wheel:
        wheel.write(b"more")
    with pytest.raises(StancebankError, match="could not be installed") as caught:
        make_environment()
    assert "hash" in str(caught.value).lower()
    assert find_environment(None) is None


def test_a_full_disk_is_said_before_anything_is_fetched(packages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "ROOM", 10**18)
    with pytest.raises(StancebankError, match=r"MB free, and .* needs .*\nHint: make room"):
        make_environment()
    assert not cache_folder().exists()


def test_an_environment_of_the_users_own_is_taken_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not an environment with Label Studio"):
        find_environment(tmp_path)
