"""The readers that people open a folder with, each in a process of its own that has no toolkit."""

import json
import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory

from stancebank.publish.croissant import described
from stancebank.publish.verification.faults import Fault
from stancebank.publish.verification.papers import Folder

READERS = ("datasets", "datasets, streaming", "pandas", "polars", "duckdb", "mlcroissant")

LONGEST = 1800.0
"""Seconds that a reader may take."""

_SCRIPT = Path(__file__).parent / "opening.py"


def check_readers(folder: Folder, readers: tuple[str, ...]) -> tuple[list[Fault], dict[str, str]]:
    """Let each reader open every view, and compare with what pyarrow sees; also return the versions that were tried."""
    faults: list[Fault] = []
    tried: dict[str, str] = {}
    for reader in readers:
        try:
            tried[reader] = version(reader.partition(",")[0])
        except PackageNotFoundError:
            faults.append(Fault(reader, "", "", "reader-missing", "it is not installed, and was not tried."))
            continue
        faults += _try(folder, reader)
    return faults, tried


def _try(folder: Folder, reader: str) -> list[Fault]:
    views = {}
    for each in folder.views:
        fields: dict[str, list[str]] = {}
        for name in described(each.view):
            column, _, field = name.partition("/")
            fields.setdefault(column, [])
            fields[column] += [field] if field else []
        views[each.view.name] = [[str(folder.files.root / name) for name in each.files], fields]
    asked = json.dumps({"reader": reader, "folder": str(folder.files.root), "views": views})
    with TemporaryDirectory(prefix="stancebank-") as home:
        offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
        env = {"PATH": os.environ.get("PATH", ""), "HOME": home, "HF_HOME": home, "PYTHONUTF8": "1"} | offline
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-X", "utf8", _SCRIPT, asked],
                cwd=home,
                env=env,
                capture_output=True,
                text=True,
                timeout=LONGEST,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return [Fault(reader, "", "", "reader-failed", f"it took longer than {LONGEST:.0f} seconds.")]
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1][:300]
        return [Fault(reader, "", "", "reader-failed", f"{said.rstrip('.')}.")]
    seen = json.loads(done.stdout.splitlines()[-1])
    return [
        Fault(view, "", "", "reader-differs", f"{reader} sees {found[0]} rows, pyarrow {wanted[0]}, and not the same.")
        for view, (found, wanted) in seen.items()
        if found != wanted
    ]
