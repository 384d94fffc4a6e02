#!/usr/bin/env python
"""Measure how fast web archives are read, and in how much memory.

Usage: .venv/bin/python scripts/bench/archives.py [--pages N] [--kilobytes N]

Lays a WARC file, packed with gzip, of N invented pages (300 by default) in a temporary folder, those of
`scripts/bench/pages.py`, of N kilobytes each (60 by default). Each line is measured in a process of its own, three
times, in turns with its peer, which reads the same file: time is that of the processor, without the start, and the
median counts; the peak is that of the process. What is measured:

- reading: each record found, judged and unpacked, beside fastwarc's bare iteration that reads each payload;
- extraction: that and what `corpus add` makes of pages in one process, beside fastwarc and trafilatura (or, with
  --fast, resiliparse), with their own settings;
- corpus add: all of it, with records, zones, JSON Schema, ledger and writes that reach the disk, beside the same;
- growth: the time of a page in the whole file over that in one a tenth as long; it should be 1.

Where the time of `corpus add --fast` goes, by a profile of 100 pages of 60 kB: a third is extraction, of which
resiliparse itself takes an eighth, the rest the page's tree and what it says of itself; a third is planning, half of it
zones; a tenth the writes; a fifth imports. Where other processes take part, Arrow has to be imported as well.

Writes a Markdown table to stdout.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent))
from table import Row, markdown

from pages import lay

START = """
import resource, sys, time
from io import BytesIO
from pathlib import Path
"""
END = """
print(time.process_time() - begun, time.time() - wall, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""
BEGIN = "\nbegun, wall = time.process_time(), time.time()\n"
WARM = "import trafilatura; trafilatura.bare_extraction('<html><p>' + 'Words of a page. ' * 30, with_metadata=True)\n"
BARE = "from fastwarc.warc import ArchiveIterator, WarcRecordType\n"
EACH = "for record in ArchiveIterator(open(sys.argv[1], 'rb'), record_types=WarcRecordType.response):\n"
PEERS = {
    "fastwarc": BARE + BEGIN + EACH + "    record.reader.read()\n",
    "fastwarc + trafilatura": BARE
    + WARM
    + BEGIN
    + EACH
    + "    assert trafilatura.bare_extraction(record.reader.read().decode(), with_metadata=True)\n",
    "fastwarc + resiliparse": BARE
    + "from resiliparse.extract.html2text import extract_plain_text\n"
    + BEGIN
    + EACH
    + "    assert extract_plain_text(record.reader.read().decode(), main_content=True)\n",
}
OURS = """
from stancebank.corpus.archives import Capture, read_archive
from stancebank.corpus.cleaning import Handed
from stancebank.corpus.extraction import extract_here
archive = Handed("a", Path(sys.argv[1]))
"""
READING = OURS + BEGIN + "for each in read_archive(archive): assert isinstance(each, Capture), each\n"
EXTRACTION = (
    OURS
    + WARM
    + BEGIN
    + """
def batches():
    held = []
    for each in read_archive(archive):
        held.append(each)
        if len(held) == 100:
            yield held
            held = []
    yield held
for held in batches():
    for each in extract_here(held, fast=FAST): assert each.source, each
"""
)
WHOLE = (
    """
from click.testing import CliRunner
from stancebank.cli import stancebank
root = sys.argv[1] + ".d"
done = CliRunner().invoke(stancebank, ["init", root])
assert not done.exit_code, done.output
"""
    + WARM
    + BEGIN
    + """
done = CliRunner().invoke(stancebank, ["-w", root, "corpus", "add", sys.argv[1], *sys.argv[2:]])
assert not done.exit_code, done.output
"""
)


def lay_archive(path: Path, pages: int, kilobytes: int) -> None:
    """Lay a WARC file of pages, each in a member of gzip."""
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    with tempfile.TemporaryDirectory() as name, path.open("wb") as file:
        lay(Path(name), pages, kilobytes * 1000)
        writer = WARCWriter(file, gzip=True)
        for page in sorted(Path(name).iterdir()):
            http = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1")
            address = f"https://post.example/{page.stem}"
            data = page.read_bytes().replace(b"Envoy rules out", f"Envoy {int(page.stem)} rules out".encode())
            made = writer.create_warc_record(address, "response", payload=BytesIO(data), http_headers=http)
            writer.write_record(made)


def measure(code: str, archive: Path, *options: str) -> tuple[float, float, float]:
    """Return seconds of the processor, seconds of the clock and the peak in MB of a process."""
    command = [sys.executable, "-c", START + code + END, str(archive), *options]
    with tempfile.TemporaryDirectory() as name:
        link = Path(name) / archive.name
        link.hardlink_to(archive)
        command[3] = str(link)
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds, wall, peak = map(float, printed.split())
    return seconds, wall, peak


def rows(size: int, kilobytes: int = 60, runs: int = 3) -> Iterator[Row]:
    """Yield the lines of the table. size: pages."""
    cases = (
        ("reading a WARC file", "fastwarc", READING, ()),
        ("reading and extraction", "fastwarc + trafilatura", EXTRACTION.replace("FAST", "False"), ()),
        ("reading and extraction, --fast", "fastwarc + resiliparse", EXTRACTION.replace("FAST", "True"), ()),
        ("corpus add of a WARC file", "fastwarc + trafilatura", WHOLE, ()),
        ("corpus add of a WARC file, --fast", "fastwarc + resiliparse", WHOLE, ("--fast",)),
    )
    with tempfile.TemporaryDirectory() as name:
        large, small = Path(name) / "large.warc.gz", Path(name) / "small.warc.gz"
        lay_archive(large, size, kilobytes)
        lay_archive(small, max(1, size // 10), kilobytes)
        for what, peer, code, options in cases:
            pairs = [(measure(code, large, *options), measure(PEERS[peer], large)) for _ in range(runs)]
            ratio = median(ours[0] / theirs[0] for ours, theirs in pairs)
            peak, wall = max(ours[2] for ours, _ in pairs), median(ours[1] for ours, _ in pairs)
            yield Row(what, f"{size:,} pages of {kilobytes} kB", peer, ratio, peak=peak, wall=wall, runs=runs)
        for what, _, code, options in (cases[1], cases[3]):
            pairs = [(measure(code, large, *options), measure(code, small, *options)) for _ in range(runs)]
            ratio = median(ours[0] / size / (theirs[0] / max(1, size // 10)) for ours, theirs in pairs)
            told = f"{max(1, size // 10):,} to {size:,} pages"
            yield Row(
                f"{what}: a page, growth", told, "itself, a tenth", ratio, peak=max(p[0][2] for p in pairs), runs=runs
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--kilobytes", type=int, default=60)
    options = parser.parse_args()
    print(markdown(rows(options.pages, options.kilobytes)), end="")


if __name__ == "__main__":
    main()
