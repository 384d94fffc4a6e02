"""The readers that people open a folder with, each in a process of its own that has no toolkit."""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from stancebank.publish.card.croissant import described
from stancebank.publish.verification.faults import Fault
from stancebank.publish.verification.papers import ReadFolder

READERS = ("datasets", "datasets, streaming", "pandas", "polars", "duckdb", "mlcroissant")

AT_ONCE = 3
"""Readers that run side by side at most, where there are as many cores: each may hold all rows of a table."""

LONGEST = 900.0
"""Seconds that a reader may take, whatever the folder; and as many more as `LONGEST_ROW` gives for its rows."""

LONGEST_ROW = 0.03
"""Seconds that a reader may take for a row: six times what mlcroissant, the slowest by far, took for one."""

_SCRIPT = Path(__file__).parent / "opening.py"


def check_readers(folder: ReadFolder, readers: tuple[str, ...]) -> tuple[list[Fault], dict[str, str]]:
    """Let each reader open every table, compare with what pyarrow sees, and return the versions that were tried."""
    from concurrent.futures import ThreadPoolExecutor
    from importlib.metadata import PackageNotFoundError, version

    faults: list[Fault] = []
    tried: dict[str, str] = {}
    for reader in readers:
        try:
            tried[reader] = version(reader.partition(",")[0])
        except PackageNotFoundError:
            faults.append(Fault(reader, "", "", "reader-missing", "it is not installed, and was not tried."))
    with ThreadPoolExecutor(min(os.cpu_count() or 1, AT_ONCE)) as pool:  # each thread waits for a process
        for found in pool.map(lambda reader: _try(folder, reader), reversed(tried)):
            faults += found
    return faults, tried


def _try(folder: ReadFolder, reader: str) -> list[Fault]:
    tables = {}
    for each in folder.tables:
        fields: dict[str, list[str]] = {}
        for name in described(each.table):
            column, _, field = name.partition("/")
            fields.setdefault(column, [])
            fields[column] += [field] if field else []
        tables[each.table.name] = [[str(folder.files.root / name) for name in each.files], fields]
    longest = LONGEST + LONGEST_ROW * sum(each.rows for each in folder.tables)
    asked = json.dumps({"reader": reader, "folder": str(folder.files.root), "tables": tables})
    with TemporaryDirectory(prefix="stancebank-") as home:
        offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
        env = {"PATH": os.environ.get("PATH", ""), "HOME": home, "HF_HOME": home, "PYTHONUTF8": "1"} | offline
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-X", "utf8", _SCRIPT, asked],
                cwd=home,
                env=env,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=longest,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return [Fault(reader, "", "", "reader-failed", f"it took longer than {longest:.0f} seconds.")]
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1][:300]
        return [Fault(reader, "", "", "reader-failed", f"{said.rstrip('.')}.")]
    seen = json.loads(done.stdout.splitlines()[-1])
    return [
        Fault(table, "", "", "reader-differs", f"{reader} sees {found[0]} rows, pyarrow {wanted[0]}, and not the same.")
        for table, (found, wanted) in seen.items()
        if found != wanted
    ]
