"""A release is signed with an SSH key, and a signature is checked: by `ssh-keygen -Y`, which is the one door to both.

What is signed is SHA256SUMS, and with it all that it lists. The signature lies beside it and is no part of the release:
the same release may have none, or that of somebody else.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stancebank.errors import InputError
from stancebank.publish.layout import SIGNATURE, SUMS
from stancebank.records import write_bytes

NAMESPACE = "stancebank"
"""What a signature is made for: one that was made for a commit or an e-mail is none of a release."""

_ARMOUR = re.compile(rb"-----BEGIN SSH SIGNATURE-----\n(?:[A-Za-z0-9+/=]{1,76}\n)+-----END SSH SIGNATURE-----\n")
_LARGEST = 65_536  # bytes; a signature by a certificate has some thousand
_GOOD = re.compile(r'Good "stancebank" signature (?:for .+ )?with (\S+) key (\S+)')
_LONGEST = 60.0  # seconds for a key that must not ask a person
_INSTALL = "install OpenSSH (on Debian: apt-get install openssh-client)"


class BadSignatureError(InputError):
    """A signature is not one of these bytes, for this purpose. The message is a part of a sentence."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A good signature. type: of the key, such as ED25519; key: its fingerprint, `SHA256:` and 43 letters.

    by: who signs with the key, as a file of signers names them; none where it does not, or there is no such file.
    refused: what `ssh-keygen` says where such a file does not take the key.
    """

    type: str
    key: str
    by: tuple[str, ...] = ()
    refused: str = ""

    def listed(self) -> dict[str, object]:
        """Return it as JSON has it."""
        return {"by": list(self.by), "type": self.type, "key": self.key}

    def __str__(self) -> str:
        """Return by whom, for people."""
        whom = ", ".join(self.by) or "an unknown key"
        return f"{whom} ({self.key_text})"

    @property
    def key_text(self) -> str:
        """The key, for people."""
        return f"{self.type} {self.key}"


def can_check() -> bool:
    """Whether there is an `ssh-keygen`."""
    return shutil.which("ssh-keygen") is not None


def require_ssh_keygen() -> None:
    """Raise InputError where there is no `ssh-keygen`."""
    if not can_check():
        raise InputError(f"There is no ssh-keygen, which makes and checks signatures.\nHint: {_INSTALL}.")


def require_key(key: Path, *, may_ask: bool) -> None:
    """Raise InputError where a key cannot sign, before there is anything to be signed.

    may_ask: whether somebody can be asked for a passphrase. Then only the file is looked at, so as to ask once.
    """
    require_ssh_keygen()
    if not key.is_file():
        raise InputError(f"{key} is no file with a key.\nHint: name one that `ssh-keygen -t ed25519` has made.")
    if not may_ask:
        make_signature(b"", key, may_ask=False)


def make_signature(data: bytes, key: Path, *, may_ask: bool) -> bytes:
    """Return a signature of some bytes. key: a private key of SSH, or a public one whose other half the agent has.

    may_ask: whether somebody sits at a terminal, who is asked for a passphrase, or to touch a key. Raises InputError
    where the key cannot sign.
    """
    done = _ask("sign", "-f", str(key), "-n", NAMESPACE, given=data, may_ask=may_ask)
    if done.returncode or not _ARMOUR.fullmatch(done.stdout):
        raise InputError(
            f"{key} cannot sign: {_said(done)}.\n"
            "Hint: give a private key of SSH, or a public key whose private half is in the agent (`ssh-add -l`). A "
            "passphrase is asked for on a terminal only; without one, put the key into the agent with `ssh-add`."
        )
    return done.stdout


def sign(folder: Path, key: Path, *, may_ask: bool, dry_run: bool = False) -> Signature:
    """Sign the SHA256SUMS of a folder, and write the signature beside it, in the place of an earlier one.

    Raises InputError where the key cannot sign; nothing is written then.
    """
    sums = (folder / SUMS).read_bytes()
    made = make_signature(sums, key, may_ask=may_ask)
    if not dry_run:
        write_bytes(folder / SIGNATURE, made)
    return read_signature(sums, made, None)


def keep_signature(old: Path, new: Path) -> Signature | None:
    """Bring the signature of a folder to another one, if both have the same SHA256SUMS; return None for none."""
    if not (old / SIGNATURE).is_file() or not (old / SUMS).is_file():
        return None
    sums, signature = (new / SUMS).read_bytes(), (old / SIGNATURE).read_bytes()
    if (old / SUMS).read_bytes() != sums:
        return None
    try:
        found = read_signature(sums, signature, None)
    except InputError:  # it is none, or cannot be checked here
        return None
    write_bytes(new / SIGNATURE, signature)
    return found


def read_signature(data: bytes, signature: bytes, signers: Path | None) -> Signature:
    """Return what a signature of some bytes says. signers: a file in the form that `ssh-keygen` calls allowed signers.

    Raises BadSignatureError where it is none of these bytes, InputError where it cannot be checked.
    """
    from tempfile import TemporaryDirectory

    if len(signature) > _LARGEST or not _ARMOUR.fullmatch(signature):
        raise BadSignatureError("it is not one signature of SSH, whole and alone")
    with TemporaryDirectory(prefix="stancebank-") as place:
        path = Path(place, SIGNATURE)
        path.write_bytes(signature)
        told = ("-n", NAMESPACE, "-s", str(path))
        done = _ask("check-novalidate", *told, given=data)
        good = _GOOD.match(done.stdout.decode("utf-8", "replace"))
        if done.returncode or not good:
            raise BadSignatureError(_said(done))
        found = Signature(good[1], good[2])
        if signers is None:
            return found
        named = _ask("find-principals", "-s", str(path), "-f", str(signers))
        by, refused = [], _said(named)
        for whom in named.stdout.decode("utf-8", "replace").splitlines() if not named.returncode else ():
            done = _ask("verify", *told, "-f", str(signers), "-I", whom, given=data)
            if done.returncode:
                refused = _said(done)
            else:
                by.append(whom)
    return replace(found, by=tuple(by), refused="" if by else refused)


def _ask(
    operation: str, *arguments: str, given: bytes = b"", may_ask: bool = False
) -> "subprocess.CompletedProcess[bytes]":
    """Run `ssh-keygen -Y`. may_ask: whether it may ask somebody at the terminal; else it has none, and no window."""
    try:
        done = subprocess.run(
            ["ssh-keygen", "-Y", operation, *arguments],
            input=given,
            capture_output=True,
            check=False,
            env=None if may_ask else {**os.environ, "SSH_ASKPASS_REQUIRE": "never"},
            start_new_session=not may_ask,
            timeout=None if may_ask else _LONGEST,
        )
    except FileNotFoundError:
        require_ssh_keygen()
        raise
    except subprocess.TimeoutExpired:
        raise InputError(
            f"ssh-keygen did not answer for {_LONGEST:.0f} seconds: the agent, or a key that has to be touched, waits "
            "for a person.\nHint: run this on a terminal."
        ) from None
    if done.returncode and b"usage:" in done.stderr:
        raise InputError(f"ssh-keygen is too old for signatures.\nHint: {_INSTALL}, 8.2 or newer.")
    return done


_PROMPTS: Sequence[str] = ("Signing data on standard input", "Enter passphrase: ")
_CLOSING = ("No principal matched.", "sig_", "This private key will be ignored", "No private key found", "Could not")


def _said(done: "subprocess.CompletedProcess[bytes]") -> str:
    """Return the line in which `ssh-keygen` says why; what follows from it comes after."""
    text = (done.stderr + done.stdout).decode("utf-8", "replace")
    for prompt in _PROMPTS:
        text = text.replace(prompt, "")
    lines = [line.strip().rstrip(".") for line in text.splitlines() if line.strip(" @")]
    telling = [line for line in lines if not line.startswith(_CLOSING)]
    return " ".join((telling or lines or [f"it ended with {done.returncode}"])[0].split())
