"""The card: numbers and words in its computed parts, its header, its prose."""

import random
import re
from pathlib import Path

from tests.publish.forgery.base import Base, By, Forged, copy_to, seal
from tests.publish.forgery.cells import LOOKALIKES

BLOCK = re.compile(r"<!-- computed:\S+ -->\n(.*?)<!-- /computed -->", re.DOTALL)
ELSEWHERE = ("4,711", "٤٧١١", "⁴⁷", "Ⅻ", "½", "④", "&#52;&#55;", "４７", "0x2F", "1e4", "²", "௧௨", "SHA-257", "v9")
IN_PROSE = ("a dozen", "twelve thousand", "&frac12;", "CC BY 9.9", "https://norland.example/4711", "UTF-16", "XII")


def _parts(base: Base, out: Path) -> tuple[str, str]:
    copy_to(base, out)
    text = (out / "README.md").read_bytes().decode()
    head, body = text.removeprefix("---\n").split("---\n", 1)
    return head, body


def _write(base: Base, out: Path, head: str, body: str, forged: Forged, before: bytes = b"---\n") -> Forged | None:
    data = before + f"{head}---\n{body}".encode()
    if data == (base.root / "README.md").read_bytes():
        return None
    (out / "README.md").write_bytes(data)
    seal(out, base.manifest)
    return forged


def change_numbers(base: Base, out: Path, rng: random.Random) -> Forged | None:
    """Change a number of the card, wherever it stands."""
    head, body = _parts(base, out)
    what = rng.choice(("number of a block", "number of a block", "number of the header", "digits of a block swapped"))
    if what == "number of the header":
        match = rng.choice(list(re.finditer(r"\d+", head)))
        head = head[: match.start()] + _other(match[0], rng) + head[match.end() :]
        named = "pretty_name" in head.rpartition("\n")[0][: match.start()].rpartition("\n")[2]
        return _write(base, out, head, body, Forged(what, match[0], "gold" if named else "folder"))
    every = [(block, match) for block in BLOCK.finditer(body) for match in re.finditer(r"\d+", block[1])]
    block, match = rng.choice(every)
    new = _other(match[0], rng) if what == "number of a block" else match[0][::-1]
    at = block.start(1) + match.start()
    body = body[:at] + new + body[at + len(match[0]) :]
    return _write(base, out, head, body, Forged(what, f"{block[0][:40]!r}: {match[0]} to {new}"))


def _other(digits: str, rng: random.Random) -> str:
    arabic = "".join(chr(0x660 + int(each)) for each in digits)
    return rng.choice((str(int(digits) + 1), str(int(digits) + 1), f"{digits}0", digits[:-1], f"0{digits}", arabic))


def add_numbers(base: Base, out: Path, rng: random.Random) -> Forged | None:
    """Write a number where nothing computes it."""
    head, body = _parts(base, out)
    lines = body.split("\n")
    open_lines = _prose_lines(body)
    what = rng.choice(("number in the prose", "number in the prose", "marker removed", "number in words in the prose"))
    if what == "marker removed":
        block = rng.choice([each for each in BLOCK.finditer(body) if re.search(r"\d", each[1])])
        body = body.replace(block[0], block[1], 1)
        return _write(base, out, head, body, Forged(what, block[0][:40]))
    number = base.draw(what, ELSEWHERE if what == "number in the prose" else IN_PROSE, rng)
    place = rng.choice(open_lines)
    form = rng.choice(("There are {} of them.", "# {}", "| {} |", "<!-- {} -->", "{}", "<b>{}</b>"))
    lines.insert(place, form.format(number))
    by: By = "gold"
    return _write(base, out, head, "\n".join(lines), Forged(what, number, by))


def _prose_lines(body: str) -> list[int]:
    """Return the numbers of lines before which a line may be put that is outside of all computed parts."""
    found, inside = [], False
    for number, line in enumerate(body.split("\n")):
        if not inside:
            found.append(number)
        if line.startswith("<!-- computed:"):
            inside = True
        elif line == "<!-- /computed -->":
            inside = False
    return found


def change_card(base: Base, out: Path, rng: random.Random) -> Forged | None:
    """Change words, lines, markers and form of the card."""
    head, body = _parts(base, out)
    blocks = list(BLOCK.finditer(body))
    block = rng.choice(blocks)
    start, end = block.span(1)
    what = rng.choice(
        ("word of a block", "letter of a block", "line of a block removed", "line of a block doubled", "blocks swapped",
         "block emptied", "marker renamed", "marker doubled", "line of the header removed", "block hidden",
         "line of the header doubled", "key added to the header", "name in the header", "word of the prose",
         "form of the card")
    )  # fmt: skip
    by: By = "folder"
    before = b"---\n"
    if what == "word of a block":
        match = rng.choice(list(re.finditer(r"[A-Za-z]{4,}", block[1])) or [None])  # type: ignore[list-item]
        if match is None:
            return None
        body = body[: start + match.start()] + match[0][::-1] + body[start + match.end() :]
    elif what == "letter of a block":
        found = [place for place in range(start, end) if body[place] in LOOKALIKES]
        if not found:
            return None
        place = rng.choice(found)
        body = body[:place] + LOOKALIKES[body[place]] + body[place + 1 :]
    elif what in ("line of a block removed", "line of a block doubled"):
        lines = block[1].splitlines(keepends=True)
        place = rng.randrange(len(lines))
        lines[place : place + 1] = [] if what.endswith("removed") else [lines[place]] * 2
        body = body[:start] + "".join(lines) + body[end:]
    elif what == "blocks swapped":
        other = rng.choice(blocks)
        if other[1] == block[1]:
            return None
        body = body.replace(block[0], "\0").replace(other[0], other[0].replace(other[1], block[1]))
        body = body.replace("\0", block[0].replace(block[1], other[1]))
    elif what == "block emptied":
        body = body[:start] + body[end:]
    elif what == "marker renamed":
        name = block[0].split("\n")[0]
        new = rng.choice(
            (
                "<!-- computed:more -->",
                "<!--computed:counts -->",
                "<!-- /computed -->",
                f" {name}",
                "<!-- computed: -->",
            )
        )
        body = body[: block.start()] + new + body[block.start() + len(name) :]
    elif what == "marker doubled":
        name = block[0].split("\n")[0]
        body = body[: block.start()] + f"{rng.choice((name, '<!-- /computed -->'))}\n" + body[block.start() :]
    elif what.startswith("line of the header"):
        lines = head.splitlines(keepends=True)
        place = rng.randrange(len(lines))
        lines[place : place + 1] = [] if what.endswith("removed") else [lines[place]] * 2
        head = "".join(lines)
    elif what == "key added to the header":
        added = (
            "license: mit\n",
            "viewer: false\n",
            "extra: &a [x]\n",
            "pretty_name: More\n",
            "# more\n",
            "? [a]\n: b\n",
        )
        new = rng.choice(added)
        head = rng.choice((new + head, head + new))
        by = "gold" if new.startswith("pretty_name") and head.startswith(new) else "folder"
    elif what == "name in the header":
        head, by = re.sub(r"(?m)^pretty_name: ", f"pretty_name: {rng.choice(('More ', 'The ', ' '))}", head), "gold"
    elif what in ("word of the prose", "block hidden"):
        lines, by = body.split("\n"), "gold"
        place = rng.choice(_prose_lines(body))
        lines.insert(
            place, rng.choice(("Every label is right.", "<!--", "<div hidden>", "\u202e", "```", "   ", "# Errata"))
        )
        body = "\n".join(lines)
    else:
        before = rng.choice((b"---\n", b"\xef\xbb\xbf---\n", b"\n---\n", b"--- \n"))
        body = rng.choice((body, body + "\n", body.replace("\n", "\r\n"), body.rstrip("\n"), "\n" + body))
        by = "gold" if before == b"---\n" else "folder"
    return _write(base, out, head, body, Forged(what, block[0][:40], by), before)
