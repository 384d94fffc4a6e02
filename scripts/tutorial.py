"""Run the commands of docs/tutorial.md in a new folder and renew their outputs, or with --check say which differ."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from stancebank.records import write_text

REPO = Path(__file__).parent.parent
PAGE = REPO / "docs/tutorial.md"
BLOCK = re.compile(r"```(sh|python|text)\n(.*?)```", re.DOTALL)


def run_page(page: str) -> str:
    """Return the page with the output of every block in the `text` block behind it.

    All blocks run in one shell session's folder, in their order. Raises SystemExit where a block fails.
    """
    printed: list[str] = []

    def run(match: re.Match[str]) -> str:
        language, code = match.groups()
        if language == "text":
            found, printed[:] = "".join(printed), []
            return f"```text\n{found}```"
        printed.append(run_block(language, code, folder))
        return match[0]

    with tempfile.TemporaryDirectory() as folder:
        return BLOCK.sub(run, page)


def run_block(language: str, code: str, folder: str) -> str:
    """Run a block and return what it prints, blanks at line ends removed. The folder's `cwd` file keeps the place."""
    place = Path(folder, "cwd")
    cwd = place.read_text(encoding="utf-8").strip() if place.is_file() else folder
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HF_HOME": f"{folder}/hf",
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
        "PYTHONUTF8": "1",
        "NO_COLOR": "1",
    }
    script = f"set -e\n{code}\npwd > '{place}'"
    command = ["bash", "-c", script] if language == "sh" else [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    shown = (done.stdout + done.stderr).replace(folder, "~")
    if done.returncode:
        sys.exit(f"{PAGE.name}: this failed:\n{code}\n{shown}")
    return "".join(f"{line.rstrip()}\n" for line in shown.splitlines())


def main() -> None:
    page = PAGE.read_text(encoding="utf-8")
    wanted = run_page(page)
    if wanted == page:
        print("docs/tutorial.md is current.")
    elif "--check" in sys.argv:
        import difflib

        sys.stdout.writelines(difflib.unified_diff(page.splitlines(True), wanted.splitlines(True), "page", "run"))
        sys.exit("docs/tutorial.md is not current. Run scripts/docs.")
    else:
        write_text(PAGE, wanted)
        print("docs/tutorial.md renewed.")


if __name__ == "__main__":
    main()
