"""What lies beside the tables: licence, guidelines, citation, history, rights, splits, copies of schemas."""

import random
from pathlib import Path
from typing import Any

from stancebank.publish.folder import MANIFEST, SUMS, file_sha256, folder_files
from tests.publish.forgery.base import Base, By, Forged, copy_to, seal

COPIES = {"LICENSE": "LICENSE-DATA", "GUIDELINES.md": "annotate/GUIDELINES.md", "CITATION.cff": "CITATION.cff"}
"""Files that are copies, each with its original in the workspace."""


def follow(base: Base, out: Path, name: str) -> dict[str, Any]:
    """Return a manifest that says that the original has changed as well."""
    manifest = base.manifest
    original = COPIES.get(name)
    if original is None and name.startswith("schema/"):
        original = next((each for each in manifest["inputs"] if each.endswith(f"/{name}")), None) or next(
            each for each in manifest["inputs"] if each.startswith("schema/") and each.endswith(name.partition("/")[2])
        )
    if original in manifest["inputs"]:
        manifest["inputs"][original] = file_sha256(out / name)
    return manifest


def change_papers(base: Base, out: Path, rng: random.Random) -> Forged | None:
    """Change words, lines or the form of a paper."""
    copy_to(base, out)
    tables = {name for each in base.folder.views for name in each.files}
    papers = sorted(folder_files(out) - tables - {MANIFEST, SUMS, "README.md", "croissant.json"})
    name = base.draw(f"papers {base.root.name}", papers, rng)
    text = (out / name).read_bytes().decode()
    what, new = other_text(text, rng)
    if new == text:
        return None
    (out / name).write_bytes(new.encode())
    follows = (name in COPIES or name.startswith("schema/")) and rng.random() < 0.5
    seal(out, follow(base, out, name) if follows else base.manifest)
    by: By = "record" if name == "CHANGELOG.md" else "gold" if follows and name in COPIES else "folder"
    return Forged(f"{what} of a paper" + (", its original too" if follows else ""), name, by)


def other_text(text: str, rng: random.Random) -> tuple[str, str]:
    """Return a text with one change, and what kind it is."""
    lines = text.splitlines(keepends=True)
    place = rng.randrange(len(lines)) if lines else 0
    what = rng.choice(
        ("line removed", "line doubled", "lines swapped", "word changed", "number changed", "form changed")
    )
    if what == "line removed" and len(lines) > 1:
        del lines[place]
    elif what == "line doubled":
        lines.insert(place, lines[place])
    elif what == "lines swapped":
        other = rng.randrange(len(lines))
        lines[place], lines[other] = lines[other], lines[place]
    elif what in ("word changed", "number changed"):
        wanted = str.isalpha if what == "word changed" else str.isdecimal
        found = [number for number, each in enumerate(text) if wanted(each)]
        if not found:
            return what, text
        at = rng.choice(found)
        new = str((int(text[at]) + 1) % 10) if what == "number changed" else rng.choice("aеx")
        return what, text[:at] + new + text[at + 1 :]
    else:
        forms = (text.replace("\n", "\r\n"), "\ufeff" + text, text + "\n", text[:-1], text.replace(" ", "\u00a0", 1))
        return "form changed", rng.choice(forms)
    return what, "".join(lines)
