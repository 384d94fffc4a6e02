"""Make the workspace whose pull broke off: tests/frozen/interrupted, with the code of release 0.1.0.

It was made once, and is not made again: what it shows is that state from then is read today. A batch of a pull holds
one task here. The pull is killed in its second batch, when documents are written and nothing is noted of them yet.

Usage: PYTHONPATH=CHECKOUT_OF_0.1.0/src:. python tests/frozen/make_interrupted.py
"""

import gzip
import json
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from unittest.mock import patch

from tests.frozen.label_studio import Studio, serving
from tests.frozen.scene import LOCAL, change_document, label_all, label_more, lay, pull, push
from tests.frozen.workspaces import ENVOY

OUT = Path(__file__).parent / "interrupted"
SERVER = "http://server.example"  # stands for the address in the files


class KilledError(BaseException):
    """The process ends here."""


def main() -> None:
    from stancebank.annotate.sync import pull as module
    from stancebank.annotate.sync.bases import Bases

    with tempfile.TemporaryDirectory() as folder, serving(Studio()) as studio:
        root = lay(Path(folder) / "toy")
        push(root, studio)
        made = label_all(studio)
        assert pull(root, studio).code == 0
        label_more(studio, made)
        change_document(root / f"corpus/annotations/user-2/{ENVOY}.json")
        write, written = Bases.write, 0

        def kill(bases: Bases) -> None:
            nonlocal written
            written += 1
            if written == 2:
                raise KilledError
            write(bases)

        with patch.object(module, "CHUNK", 1), patch.object(Bases, "write", kill), suppress(KilledError):
            pull(root, studio)
        assert written == 2
        shutil.rmtree(OUT, ignore_errors=True)
        shutil.copytree(root / LOCAL, OUT / "label-studio", ignore=shutil.ignore_patterns("lock"))
        shutil.copytree(root / "corpus/annotations", OUT / "annotations")
        for path in OUT.rglob("*.json"):
            path.write_text(path.read_text("utf-8").replace(studio.url, SERVER), "utf-8", newline="")
        (OUT / "server.json.gz").write_bytes(gzip.compress(json.dumps(studio.dump()).encode(), mtime=0))


if __name__ == "__main__":
    main()
