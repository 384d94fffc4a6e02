"""A release that is signed says by whom, and a signature that is not one of it is never taken for one."""

import json
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from stancebank.corpus.sources import for_words, read_sources
from stancebank.errors import InputError
from stancebank.publish.hydrate import hydrate_folder
from stancebank.publish.layout import SIGNATURE, SUMS, make_sums
from stancebank.publish.signing import keep_signature, make_signature, read_signature, sign
from stancebank.publish.verification import CODES, Verified, Wanted, verify
from tests.command import read_terminal
from tests.conftest import TOY, Run
from tests.publish.builds import contents, fill_release, lay_toy
from tests.publish.keys import fingerprint_of, make_key, name_signers, sign_bytes
from tests.publish.release.releases import OUT, clone, lay_committed, make, make_and_commit

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two keys, ada and bo."""
    place = tmp_path_factory.mktemp("keys")
    for whom in ("ada", "bo"):
        make_key(place / whom, f"{whom}@paper.example")
    return place


@pytest.fixture(scope="module")
def unsigned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("release")
    return fill_release(lay_toy(place / "toy"), place / "toy-1.2.0")


@pytest.fixture
def signed(unsigned: Path, keys: Path, tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(unsigned, tmp_path / "toy-1.2.0"))
    sign(folder, keys / "ada", may_ask=False)
    return folder


def read(folder: Path, signers: Path | None = None) -> Verified:
    return verify(folder, Wanted(readers=(), signers=signers))


def codes(found: Verified) -> set[str]:
    return {each.code for each in found.faults}


def test_a_signed_folder_is_the_same_folder_and_says_by_whom_it_is_signed(
    unsigned: Path, signed: Path, keys: Path, run: Run
) -> None:
    after = contents(signed)
    signature = after.pop(SIGNATURE)
    assert after == contents(unsigned)
    subprocess.run(["sha256sum", "--quiet", "-c", SUMS], cwd=signed, check=True)
    signers = name_signers(signed.parent / "signers", ada=keys / "ada", bo=keys / "bo")
    command = ["ssh-keygen", "-Y", "verify", "-f", str(signers), "-I", "ada@paper.example", "-n", "stancebank", "-s"]
    subprocess.run([*command, str(signed / SIGNATURE)], input=after[SUMS], check=True, capture_output=True)

    about = {"type": "ED25519", "key": fingerprint_of(keys / "ada")}
    unknown = run("publish", "verify", signed, "--no-readers")
    assert unknown.returncode == 0
    assert f"It is signed by an unknown key (ED25519 {about['key']}). Name a file" in unknown.stderr
    told = run("publish", "verify", signed, "--no-readers", "--json")
    assert json.loads(told.stdout)["signature"] == {"by": [], **about}
    known = run("publish", "verify", signed, "--no-readers", "--signers", signers)
    assert (known.returncode, f"signed by ada@paper.example (ED25519 {about['key']}).\n" in known.stderr) == (0, True)
    assert "unknown" not in known.stdout + known.stderr
    told = run("publish", "verify", signed, "--no-readers", "--signers", signers, "--json")
    value = json.loads(told.stdout)
    assert (value["signature"], "signature" in value["checks"]) == ({"by": ["ada@paper.example"], **about}, True)
    plain = json.loads(run("publish", "verify", unsigned, "--no-readers", "--json").stdout)
    assert (plain["signature"], "signature" in plain["checks"]) == (None, False)
    assert sign_bytes(after[SUMS], keys / "ada", "stancebank") == signature, "it is what ssh-keygen makes"


def forge_a_file(folder: Path, _: Path) -> None:
    """Change a file, and SHA256SUMS with it."""
    (folder / "GUIDELINES.md").write_bytes(b"Mark nothing.\n")
    files = (path for path in contents(folder) if path != ".gitattributes")
    (folder / SUMS).write_text(make_sums({name: sha256((folder / name).read_bytes()).hexdigest() for name in files}))


def sign_for_a_commit(folder: Path, keys: Path) -> None:
    (folder / SIGNATURE).write_bytes(sign_bytes((folder / SUMS).read_bytes(), keys / "ada", "git"))


def sign_something_else(folder: Path, keys: Path) -> None:
    (folder / SIGNATURE).write_bytes(sign_bytes(b"other", keys / "ada", "stancebank"))


def change(to: Callable[[bytes], bytes]) -> Callable[[Path, Path], None]:
    def edit(folder: Path, _: Path) -> None:
        (folder / SIGNATURE).write_bytes(to((folder / SIGNATURE).read_bytes()))

    return edit


BAD: dict[str, Callable[[Path, Path], None]] = {
    "a file was changed": forge_a_file,
    "for another purpose": sign_for_a_commit,
    "of other bytes": sign_something_else,
    "empty": change(lambda _: b""),
    "truncated": change(lambda data: data[:120]),
    "a letter was changed": change(
        lambda data: data.replace(data[100:101], b"A" if data[100:101] != b"A" else b"B", 1)
    ),
    "something follows": change(lambda data: data + b"words that no file may have"),
    "something stands before": change(lambda data: b"words\n" + data),
    "two of them": change(lambda data: data * 2),
    "not of SSH": change(lambda _: b"-----BEGIN PGP SIGNATURE-----\n"),
    "endless": change(lambda data: data.replace(b"\n", b"\n" + b"A" * 70_000 + b"\n", 1)),
}


@pytest.mark.parametrize("forgery", BAD)
def test_a_signature_that_is_none_of_the_folder_is_an_error_with_signers_and_without(
    forgery: str, signed: Path, keys: Path
) -> None:
    BAD[forgery](signed, keys)
    for signers in (None, name_signers(signed.parent / "signers", ada=keys / "ada")):
        found = read(signed, signers)
        assert "signature-bad" in codes(found), found.faults
        assert (found.signature, found.is_sound) == (None, False)


def signers_of(text: str) -> Callable[[Path], str]:
    return lambda keys: text.format(ada=(keys / "ada.pub").read_text(), bo=(keys / "bo.pub").read_text())


STRANGE = {
    "somebody else": (signers_of("bo@paper.example {bo}"), "No principal matched"),
    "no longer": (signers_of('ada@paper.example valid-before="20200101" {ada}'), "key has expired"),
    "for commits only": (signers_of('ada@paper.example namespaces="git" {ada}'), "not permitted"),
    "nobody": (signers_of(""), "No principal matched"),
    "no file of signers": (signers_of("Ada signs it."), "invalid key"),
}


@pytest.mark.parametrize("case", STRANGE)
def test_a_key_that_the_signers_do_not_have_is_an_error_and_is_named(case: str, signed: Path, keys: Path) -> None:
    make_text, why = STRANGE[case]
    signers = signed.parent / "signers"
    signers.write_text(make_text(keys))
    found = read(signed, signers)
    (fault,) = found.errors
    assert (fault.code, fingerprint_of(keys / "ada") in fault.message, why in fault.message) == (
        "signature-unknown",
        True,
        True,
    ), fault.message
    assert found.signature
    assert found.signature.by == ()


def test_whoever_has_a_key_under_several_names_is_named_by_those_that_may_sign(signed: Path, keys: Path) -> None:
    public = (keys / "ada.pub").read_text()
    signers = signed.parent / "signers"
    signers.write_text(f'ada@paper.example,desk@paper.example namespaces="stancebank" {public}')
    found = read(signed, signers)
    assert (found.signature and found.signature.by, found.faults) == (("ada@paper.example", "desk@paper.example"), [])
    signers.write_text(f"*@paper.example {public}")
    assert (held := read(signed, signers).signature)
    assert held.by == ("*@paper.example",)


def test_where_signers_are_named_a_folder_without_a_signature_fails(unsigned: Path, keys: Path, tmp_path: Path) -> None:
    found = read(unsigned, name_signers(tmp_path / "signers", ada=keys / "ada"))
    assert (codes(found), found.is_sound) == ({"signature-missing"}, False)
    assert read(unsigned).faults == []


def test_a_signature_is_a_plain_file(signed: Path, tmp_path: Path) -> None:
    (signed / SIGNATURE).rename(tmp_path / "elsewhere")
    (signed / SIGNATURE).symlink_to(tmp_path / "elsewhere")
    found = read(signed)
    assert (codes(found), found.signature) == ({"file-link"}, None)


def test_a_folder_that_was_made_before_is_signed(unsigned: Path, keys: Path, tmp_path: Path, run: Run) -> None:
    folder = Path(shutil.copytree(unsigned, tmp_path / "toy-1.2.0"))
    planned = run("publish", "sign", folder, keys / "ada", "--dry-run", "--json")
    assert (json.loads(planned.stdout)["dry_run"], contents(folder)) == (True, contents(unsigned))
    done = run("publish", "sign", folder, keys / "ada", "--json")
    about = {"by": [], "type": "ED25519", "key": fingerprint_of(keys / "ada")}
    assert json.loads(done.stdout) == {
        "folder": str(folder), "version": "1.2.0", "signature": about, "dry_run": False,
    }  # fmt: skip
    assert read(folder, name_signers(tmp_path / "signers", ada=keys / "ada")).faults == []


def test_a_build_is_not_signed(unsigned: Path, keys: Path, tmp_path: Path, run: Run) -> None:
    from stancebank.publish.build import build

    out = build(lay_toy(tmp_path / "toy"), tmp_path / "out").out
    done = run("publish", "sign", out, keys / "ada")
    assert (done.returncode, "is a build, and no release" in done.stderr) == (1, True)
    assert "Nothing was signed." in done.stderr
    assert not (out / SIGNATURE).exists()


def test_without_ssh_keygen_one_line_says_what_to_install(
    signed: Path, unsigned: Path, keys: Path, tmp_path: Path, run: Run
) -> None:
    signers = name_signers(tmp_path / "signers", ada=keys / "ada")
    found = run("publish", "verify", signed, "--no-readers", PATH=str(tmp_path))
    assert (found.returncode, "signature-unread  (warning)" in found.stdout) == (0, True)
    for arguments in (
        ("verify", signed, "--no-readers", "--signers", signers),
        ("sign", unsigned, keys / "ada"),
    ):
        done = run("publish", *arguments, PATH=str(tmp_path))
        assert (done.returncode, done.stderr) == (
            1,
            "stancebank: There is no ssh-keygen, which makes and checks signatures.\n"
            f"Hint: {CODES['signature-unread'].hint}.\n",
        )


def test_a_passphrase_is_never_waited_for_where_nobody_can_be_asked(
    unsigned: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(unsigned, tmp_path / "toy-1.2.0"))
    before = contents(folder)
    key = make_key(tmp_path / "locked", passphrase="open sesame")
    asks = tmp_path / "asks"
    asks.write_text(f"#!/bin/sh\ntouch {tmp_path}/asked\necho open sesame\n")
    asks.chmod(0o755)
    for name, value in (("SSH_ASKPASS", str(asks)), ("DISPLAY", ":0"), ("SSH_ASKPASS_REQUIRE", "force")):
        monkeypatch.setenv(name, value)
    done = run("publish", "sign", folder, key)
    assert done.returncode == 1
    assert f"{key} cannot sign: Load key" in done.stderr
    assert "incorrect passphrase" in done.stderr
    assert "ssh-add" in done.stderr
    assert (contents(folder), (tmp_path / "asked").exists()) == (before, False)


ASKING = """
import sys
from pathlib import Path
from stancebank.publish.signing import make_signature
sys.stdout.write("MADE" + make_signature(b"data", Path(sys.argv[1]), may_ask=True).decode())
"""


def test_a_passphrase_is_asked_for_at_a_terminal(tmp_path: Path) -> None:
    key = make_key(tmp_path / "locked", passphrase="open sesame")
    child, terminal = pty.fork()
    if child == 0:
        os.execve(  # a process of its own, whose terminal is this
            sys.executable, [sys.executable, "-c", ASKING, str(key)], {**os.environ, "SSH_AUTH_SOCK": ""}
        )
    shown = b""
    while b"passphrase" not in shown:
        shown += os.read(terminal, 4096)
    os.write(terminal, b"open sesame\n")
    said = read_terminal(terminal)
    os.waitpid(child, 0)
    assert "open sesame" not in said
    signature = said.partition("MADE")[2].encode()
    assert read_signature(b"data", signature, None).key == fingerprint_of(key)


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An agent of SSH, for this test alone."""
    socket = tmp_path / "agent"
    running = subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.DEVNULL)
    try:
        while not socket.exists():
            assert running.poll() is None
        monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
        yield
    finally:
        running.terminate()
        running.wait()


def test_a_public_key_signs_where_the_agent_has_its_other_half(agent: None, tmp_path: Path) -> None:
    key = make_key(tmp_path / "own")
    (tmp_path / "public").mkdir()
    public = tmp_path / "public/own.pub"
    Path(f"{key}.pub").rename(public)
    with pytest.raises(InputError, match="No private key found"):
        make_signature(b"data", public, may_ask=False)
    subprocess.run(["ssh-add", "-q", str(key)], check=True, stdin=subprocess.DEVNULL)
    key.unlink()
    made = make_signature(b"data", public, may_ask=False)
    assert read_signature(b"data", made, None).key == fingerprint_of(tmp_path / "public/own")


@pytest.mark.parametrize("text", ["", "words", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n"])
def test_what_is_no_key_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(text)
    (tmp_path / "key").chmod(0o600)
    with pytest.raises(InputError, match=r"cannot sign: .*\nHint: give a private key of SSH"):
        make_signature(b"data", tmp_path / "key", may_ask=False)


def test_a_folder_with_words_of_copies_does_not_carry_the_signature_of_the_release(
    signed: Path, tmp_path: Path, run: Run, keys: Path
) -> None:
    sources = [each for each in read_sources([TOY / "sources"], for_words()) if not isinstance(each, InputError)]
    out = hydrate_folder(signed, sources, tmp_path / "full").out
    assert not (out / SIGNATURE).exists()
    assert read(out).signature is None
    done = run("publish", "sign", out, keys / "ada")
    assert (done.returncode, "Nothing was signed." in done.stderr) == (1, True)


def test_a_signature_is_kept_where_the_folder_is_the_same(signed: Path, unsigned: Path, tmp_path: Path) -> None:
    again = Path(shutil.copytree(unsigned, tmp_path / "again"))
    assert keep_signature(signed, again) == read(signed).signature
    assert contents(again) == contents(signed)
    (again / SIGNATURE).unlink()
    (signed / SIGNATURE).write_bytes(b"none")
    assert keep_signature(signed, again) is None
    forge_a_file(again, again)
    assert keep_signature(signed, again) is None
    assert keep_signature(unsigned, again) is None
    assert not (again / SIGNATURE).exists()


def test_a_release_is_signed_before_it_takes_its_place_and_made_again_without_the_key(
    keys: Path, tmp_path: Path, run: Run
) -> None:
    root = lay_committed(tmp_path / "toy").root
    locked = make_key(tmp_path / "locked", passphrase="open sesame")
    before = contents(root)
    with pytest.raises(InputError, match="cannot sign"):
        make(root, "1.2.0", key=locked)
    assert contents(root) == before
    made = make_and_commit(root, "1.2.0", key=keys / "ada")
    first = contents(made.out)
    key = fingerprint_of(keys / "ada")
    assert read_signature(first[SUMS], first[SIGNATURE], None) == made.signature
    again = run("-w", root, "publish", "release", "1.2.0", "--json")
    signature = json.loads(again.stdout)["signature"]
    assert signature == {"by": [], "type": "ED25519", "key": key}, "that of the same folder is kept"
    assert contents(made.out) == first
    elsewhere = clone(root, tmp_path / "clone")
    done = run("-w", elsewhere, "publish", "release", "1.2.0", "--sign", keys / "bo")
    assert (done.returncode, f"signed with the key ED25519 {fingerprint_of(keys / 'bo')}" in done.stderr) == (0, True)
    other = contents(elsewhere / OUT)
    assert other.pop(SIGNATURE) != first.pop(SIGNATURE)
    assert other == first
