"""Files: flipped, cut, swapped, renamed, added, removed, linked; and SHA256SUMS."""

import random
import re
from pathlib import Path

from stancebank.publish.folder import MANIFEST, SUMS, folder_files
from stancebank.publish.parquet import read_head, read_table
from tests.publish.forgery.base import Base, By, Forged, copy_to, reseal, seal, seal_file, write_sums
from tests.publish.forgery.papers import COPIES

ADDED = (
    *("more.txt", "statements/more.parquet", ".hidden", "load.py", "statements/notes.txt", "schema/x.txt", "README.MD"),
    *("data/train-00000-of-00001.parquet", "statements/test-00000-of-00001.parquet", "dataset_infos.json", "a\nb"),
    *("statements/train-٠٠٠٠٠-of-٠٠٠٠١.parquet", "schema/more.json", "ｍanifest.json", "manifest.json ", "state.json"),
    *("CITATION.cff", "CHANGELOG.md", "splits.csv", ".gitignore", "prediction.schema.json", "stancebank.py"),
)


def flip_bytes(base: Base, out: Path, rng: random.Random) -> Forged | None:
    """Flip bits of any file; now and then nothing else is made to fit."""
    copy_to(base, out)
    tables = sorted(name for each in base.folder.views for name in each.files)
    others = sorted(folder_files(out) - {*tables})
    name = base.draw(f"flip {base.root.name}", [*tables, *others], rng)
    data = bytearray((out / name).read_bytes())
    for _ in range(rng.choice((1, 3, 10))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    if data == (out / name).read_bytes():
        return None
    (out / name).write_bytes(data)
    if rng.random() < 0.2 or name == SUMS:
        return Forged("bytes flipped, sums left", name)
    by: By = "folder"
    if name in tables:
        reseal(base, out)
        by = "record" if reads_alike(base.root / name, out / name) else "folder"
    else:
        seal_file(base, out, name)
        by = {"README.md": "gold", "CHANGELOG.md": "record", MANIFEST: "record"}.get(name, "folder")  # type: ignore[assignment]
    return Forged("bytes flipped", name, by)


def reads_alike(one: Path, other: Path) -> bool:
    """Whether a flip changed nothing that anyone can read as rows."""
    try:
        return read_head(one)[:2] == read_head(other)[:2] and read_table(one).equals(read_table(other))
    except Exception:
        return False


def cut_files(base: Base, out: Path, rng: random.Random) -> Forged | None:
    """Truncate a file, or make it longer."""
    copy_to(base, out)
    name = base.draw(f"cut {base.root.name}", sorted(folder_files(out)), rng)
    data = (out / name).read_bytes()
    what = rng.choice(("file cut", "file emptied", "end of the file doubled", "file doubled", "beginning cut"))
    cut = rng.randrange(1, len(data))
    forms = {
        "file cut": data[:cut],
        "file emptied": b"",
        "end of the file doubled": data + data[cut:],
        "file doubled": data + data,
        "beginning cut": data[cut:],
    }
    (out / name).write_bytes(forms[what])
    seal_file(base, out, name)
    by: By = "folder"
    if name in ("README.md", "CHANGELOG.md"):
        by = "gold" if name == "README.md" else "record"
    if name.endswith(".parquet") and reads_alike(base.root / name, out / name):
        by = "record"
    return Forged(what, name, by)


def swap_files(base: Base, out: Path, rng: random.Random) -> Forged | None:
    """Let two files change names: tables, shards, papers."""
    copy_to(base, out)
    every = sorted(folder_files(out))
    one = base.draw(f"swap {base.root.name}", every, rng)
    same = [each for each in every if each != one and each.rpartition(".")[2] == one.rpartition(".")[2]]
    near = [each for each in same if each.rpartition("/")[0] == one.rpartition("/")[0] and "/" in one]
    pool = near if near and rng.random() < 0.5 else same if same and rng.random() < 0.7 else every
    other = rng.choice([each for each in pool if each != one])
    first, second = (out / one).read_bytes(), (out / other).read_bytes()
    if first == second:
        return None
    (out / one).write_bytes(second)
    (out / other).write_bytes(first)
    if one.endswith(".parquet") or other.endswith(".parquet"):
        reseal(base, out)
    elif {one, other} & {MANIFEST, SUMS}:
        write_sums(out)
    else:
        seal(out, base.manifest)
    return Forged(
        "shards swapped" if near and other in near and one.endswith("parquet") else "files swapped", f"{one} {other}"
    )


def rename_files(base: Base, out: Path, rng: random.Random) -> Forged | None:
    copy_to(base, out)
    every = sorted(folder_files(out))
    name = base.draw(f"rename {base.root.name}", every, rng)
    folder, _, file = name.rpartition("/")
    names = [f"{file}.bak", file.upper(), file.swapcase(), f" {file}", file.replace("a", "а"), f"x{file}"]
    if name.endswith(".parquet"):
        number, count = re.findall(r"\d{5}", file)
        names += [f"train-{number}-of-{int(count) + 1:05}.parquet", f"train-{int(number) + 1:05}-of-{count}.parquet"]
        names += [f"{split}-{number}-of-{count}.parquet" for split in ("test", "validation", "dev")]
        names += [
            f"train-{number.replace('0', '٠')}-of-{count}.parquet",
            f"train-{int(number)}-of-{int(count)}.parquet",
        ]
        views = [each.view.name for each in base.folder.views]
        if rng.random() < 0.2:
            folder, names = rng.choice([each for each in views if each != folder]), [file, *names]
    new = f"{folder}/{rng.choice(names)}" if folder else rng.choice(names)
    if new == name or (out / new).exists():
        return None
    (out / name).rename(out / new)
    if name.endswith(".parquet"):
        reseal(base, out)
    elif name not in (MANIFEST, SUMS):
        seal(out, base.manifest)
    elif name == MANIFEST:
        write_sums(out)
    return Forged("file renamed", f"{name} to {new}")


def add_files(base: Base, out: Path, rng: random.Random) -> Forged | None:
    copy_to(base, out)
    what = rng.choice(("file added", "file added", "file added", "folder added", "table added", "file copied"))
    tables = sorted(name for each in base.folder.views for name in each.files)
    new = ""
    if what == "file added":
        new = base.draw("add", ADDED, rng)
        if (out / new).exists():
            return None
        (out / new).parent.mkdir(exist_ok=True)
        (out / new).write_bytes(rng.choice((b"more\n", b"", b"*\n", b"article_id,split\n")))
        if new == ".gitignore" and (base.root / new).exists():
            return None
    elif what == "folder added":
        new = rng.choice(("more", "statements/more", "schema/more", ".git", "empty"))
        (out / new).parent.mkdir(exist_ok=True)
        (out / new).mkdir()
    elif what == "file copied":
        name = rng.choice(sorted(folder_files(out)))
        new = f"{rng.choice(('', 'schema/', 'statements/'))}{rng.choice(('copy.json', 'train.parquet', 'more.md'))}"
        (out / new).parent.mkdir(exist_ok=True)
        (out / new).write_bytes((out / name).read_bytes())
    else:
        name = rng.choice(tables)
        view = name.partition("/")[0]
        count = len([each for each in tables if each.startswith(f"{view}/")])
        for number in range(count):
            old = out / view / f"train-{number:05}-of-{count:05}.parquet"
            old.rename(out / view / f"train-{number:05}-of-{count + 1:05}.parquet")
        new = f"{view}/train-{count:05}-of-{count + 1:05}.parquet"
        if rng.random() < 0.5:
            (out / new).write_bytes((base.root / name).read_bytes())
        else:
            from tests.publish.forgery.tables import versions, write

            write(out / new, read_table(base.root / name).slice(0, 0), versions(base, view))
    if what == "table added":
        reseal(base, out)
    else:
        seal(out, base.manifest)
    return Forged(what, new)


def remove_files(base: Base, out: Path, rng: random.Random) -> Forged | None:
    """Remove a file, a view, or a paper with what the manifest says of it."""
    copy_to(base, out)
    every = sorted(folder_files(out))
    name = base.draw(f"remove {base.root.name}", every, rng)
    (out / name).unlink()
    if "/" in name and not any((out / name).parent.iterdir()):
        (out / name).parent.rmdir()
    if name in (MANIFEST, SUMS):
        if name == MANIFEST:
            write_sums(out)
        return Forged("file removed", name)
    if name in COPIES and rng.random() < 0.5:
        manifest = base.manifest
        del manifest["inputs"][COPIES[name]]
        seal(out, manifest)
        return Forged("file removed with its original", name, "gold")
    seal_file(base, out, name)
    return Forged("file removed", name, "record" if name == "CHANGELOG.md" else "folder")


def link_files(base: Base, out: Path, rng: random.Random) -> Forged | None:
    """Put a symbolic link in the place of a file or a folder, or beside them."""
    copy_to(base, out)
    every = sorted(folder_files(out))
    name = base.draw(f"link {base.root.name}", every, rng)
    what = rng.choice(("file made a link", "file made a link", "folder made a link", "link added", "link to nowhere"))
    if what == "folder made a link":
        folder = name.partition("/")[0]
        if "/" not in name:
            return None
        for path in (out / folder).iterdir():
            path.unlink()
        (out / folder).rmdir()
        (out / folder).symlink_to(base.root / folder)
    elif what == "link added":
        (out / rng.choice(("more", "statements/more.parquet", "README2.md"))).symlink_to(out / name)
    else:
        (out / name).unlink()
        (out / name).symlink_to(base.root / name if what == "file made a link" else "/nowhere")
    if name not in (MANIFEST, SUMS) and not (out / MANIFEST).is_symlink():
        seal(out, base.manifest)
    return Forged(what, name)


def change_sums(base: Base, out: Path, rng: random.Random) -> Forged | None:
    """Change SHA256SUMS alone."""
    copy_to(base, out)
    text = (out / SUMS).read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    place = rng.randrange(len(lines))
    what = rng.choice(
        ("byte of the sums changed", "line of the sums removed", "line of the sums doubled", "path of the sums changed",
         "lines of the sums swapped", "form of the sums changed", "line of the sums added")
    )  # fmt: skip
    if what == "byte of the sums changed":
        data = bytearray(text.encode())
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        (out / SUMS).write_bytes(data)
        return Forged(what, SUMS)
    if what == "line of the sums removed":
        del lines[place]
    elif what == "line of the sums doubled":
        lines.insert(place, lines[place])
    elif what == "lines of the sums swapped":
        other = (place + rng.randrange(1, len(lines))) % len(lines)
        lines[place], lines[other] = lines[other], lines[place]
    elif what == "path of the sums changed":
        lines[place] = lines[place].replace("  ", rng.choice(("  ./", " *", "  ../", "  /", " ", "   ")))
    elif what == "line of the sums added":
        lines.append(f"{'0' * 64}  {rng.choice(('z', '../z', 'zz/../README.md', 'SHA256SUMS', ''))}\n")
    else:
        form = rng.choice(
            (text.replace("\n", "\r\n"), "\ufeff" + text, text.upper(), text[:-1], text + "\n", text.title())
        )
        lines = [form]
    (out / SUMS).write_text("".join(lines), encoding="utf-8", newline="")
    return Forged(what, SUMS)
