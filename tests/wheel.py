"""The toolkit as users get it: a wheel, and an environment that holds it and what is pinned for running it, no more."""

import os
import re
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import distribution
from pathlib import Path

from packaging.markers import Marker

from tests.conftest import REPO

PINNED = re.compile(r"^([\w.-]+)==[^\s;]+(?: ; ([^\\]+))?", re.MULTILINE)


def build_wheel(folder: Path) -> Path:
    """Build the wheel of this checkout into a folder."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=REPO, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def pinned(lock: str) -> set[str]:
    """Return the packages of a lock that this Python needs."""
    text = (REPO / "requirements" / f"{lock}.lock").read_text(encoding="utf-8")
    return {name for name, marker in PINNED.findall(text) if not marker or Marker(marker.strip()).evaluate()}


def make_environment(wheel: Path, folder: Path) -> Path:
    """Make an environment with the wheel and what run.lock pins; return the folder of its commands.

    The packages are those of the environment that the tests run in, by links: a download would take minutes. Those that
    only development needs are not there.
    """
    venv.create(folder, symlinks=True)
    (site,) = folder.glob("lib/python*/site-packages")
    for name in pinned("run"):
        found = distribution(name)
        for top in {Path(file).parts[0] for file in found.files or ()} - {"..", "__pycache__", "/"}:
            if not (site / top).exists():
                (site / top).symlink_to(Path(str(found.locate_file(top))))
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    command = folder / "bin" / "stancebank"
    command.write_text(f"#!{folder}/bin/python\nfrom stancebank.cli import main\nmain()\n", encoding="utf-8")
    command.chmod(0o755)
    return folder / "bin"


def plain_variables(commands: Path, home: Path) -> dict[str, str]:
    """Return the variables of somebody who has nothing but the commands, a home folder and a name for git."""
    who = {f"GIT_{role}_{what}": told for role in ("AUTHOR", "COMMITTER") for what, told in _WHO.items()}
    kept = {name: os.environ[name] for name in ("LANG", "TMPDIR") if name in os.environ}
    return {
        **kept,
        **who,
        "PATH": f"{commands}{os.pathsep}/usr/local/bin{os.pathsep}/usr/bin{os.pathsep}/bin",
        "HOME": str(home),
        "HF_HUB_OFFLINE": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
    }


_WHO = {"NAME": "Anna", "EMAIL": "anna@example.org"}
