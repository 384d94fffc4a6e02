"""SSH keys that tests sign with, made anew each time: a private key is in no repository, however little it opens."""

import subprocess
from pathlib import Path


def make_key(place: Path, whom: str = "ada@paper.example", passphrase: str = "") -> Path:
    """Make a key, and return the private half; the public one is beside it, with .pub. whom: its comment."""
    place.parent.mkdir(parents=True, exist_ok=True)
    named = ("-t", "ed25519", "-N", passphrase, "-C", whom, "-f", str(place))
    subprocess.run(["ssh-keygen", "-q", *named], check=True, stdin=subprocess.DEVNULL)
    return place


def name_signers(place: Path, **keys: Path) -> Path:
    """Write a file of signers. keys: by the first part of an address at `paper.example`."""
    lines = (f"{whom}@paper.example {Path(f'{key}.pub').read_text()}" for whom, key in keys.items())
    place.write_text("".join(lines))
    return place


def fingerprint_of(key: Path) -> str:
    """Return the fingerprint of a key, as `ssh-keygen` says it."""
    done = subprocess.run(["ssh-keygen", "-l", "-f", f"{key}.pub"], capture_output=True, text=True, check=True)
    return done.stdout.split()[1]


def sign_bytes(data: bytes, key: Path, namespace: str) -> bytes:
    """Sign some bytes for any purpose, without our code."""
    command = ["ssh-keygen", "-Y", "sign", "-f", str(key), "-n", namespace]
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout
