"""A push or retraction that is killed at any request leaves no version or the whole one; the next run completes it.

The kill is an exception that no client catches: before a request is sent, or after its answer was received.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import md5
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from huggingface_hub.utils import _http

from stancebank.publish.remote.address import Address
from stancebank.publish.remote.push import local_folder, push, retract
from stancebank.publish.remote.store import StorePlace
from tests.conftest import SWEEP
from tests.publish.builds import contents
from tests.publish.remote.conftest import Releases, name_of
from tests.publish.remote.hub import Hub

pytestmark = pytest.mark.slow


class Killed(BaseException):
    """What ends a run at once."""


class Counter:
    """Counts requests, and ends the run at one of them."""

    def __init__(self) -> None:
        self.count = 0
        self.deadly: int | None = None

    def arm(self, at: int | None) -> None:
        self.count, self.deadly = 0, at

    def step(self) -> None:
        self.count += 1
        if self.count == self.deadly:
            raise Killed


def of_release(folder: Path) -> dict[str, bytes]:
    return {name: data for name, data in contents(folder).items() if name != ".gitattributes"}


def places(count: int, at_most: int) -> list[int]:
    """The requests to be killed at: all of them in a sweep, else some, the last ones among them."""
    if SWEEP or count <= at_most:
        return list(range(1, count + 1))
    last = at_most // 2
    step = max(1, (count - last) // (at_most - last))
    return sorted({*range(1, count - last, step), *range(count - last + 1, count + 1)})


@pytest.fixture
def requests(hub: Hub) -> Iterator[Counter]:
    """Counts what the client of the Hub sends and receives."""
    counter = Counter()

    def client() -> Any:
        made = _http.default_client_factory()
        made.event_hooks["request"].append(lambda _: counter.step())
        made.event_hooks["response"].append(lambda _: counter.step())
        return made

    huggingface_hub.set_client_factory(client)
    yield counter
    huggingface_hub.set_client_factory(_http.default_client_factory)


def held(hub: Hub, target: str, revision: str) -> dict[str, bytes] | None:
    found = hub.files(name_of(target), revision)
    return found and {name: data for name, data in found.items() if name != ".gitattributes"}


def test_a_push_to_the_hub(releases: Releases, target: str, hub: Hub, requests: Counter) -> None:
    first, second = of_release(releases.first), of_release(releases.second)
    push(releases.first, target)
    push(releases.second, f"{target}-counted")
    requests.arm(None)
    push(releases.second, target)
    name, count = name_of(target), requests.count
    repository = hub.repositories[name]
    base = next(oid for oid, each in repository.commits.items() if oid == repository.tags["v0.1.0"])
    assert count > 30
    for place in places(count, 8):
        repository.tags, repository.branches = {"v0.1.0": base}, {"main": base}
        repository.large = {oid: data for oid, data in repository.large.items() if data in first.values()}
        requests.arm(place)
        with pytest.raises(Killed):
            push(releases.second, target)
        requests.arm(None)
        assert held(hub, target, "v0.1.0") == first
        assert held(hub, target, "v0.2.0") in (None, second), place
        assert held(hub, target, "main") in (first, second), place
        push(releases.second, target)
        assert held(hub, target, "v0.2.0") == held(hub, target, "main") == second
        assert list(repository.branches) == ["main"]


def test_a_retraction_from_the_hub(releases: Releases, target: str, hub: Hub, requests: Counter) -> None:
    push(releases.first, target)
    push(releases.second, target)
    repository = hub.repositories[name_of(target)]
    tags, branches, large = dict(repository.tags), dict(repository.branches), dict(repository.large)
    requests.arm(None)
    retract(target, "0.1.0", "It was a mistake.")
    kept = of_release(releases.second)
    gone = {*of_release(releases.first).values()} - {*kept.values()}
    for place in places(requests.count, 8):
        repository.tags, repository.branches, repository.large = dict(tags), dict(branches), dict(large)
        requests.arm(place)
        with pytest.raises(Killed):
            retract(target, "0.1.0", "It was a mistake.")
        requests.arm(None)
        held_by = [held(hub, target, each) for each in ("v0.2.0", "stancebank-keep-v0.2.0")]
        assert kept in held_by, f"the version that stays is lost at {place}"
        retract(target, "0.1.0", "It was a mistake.")
        assert (list(repository.tags), list(repository.branches)) == (["v0.2.0"], ["main"])
        assert held(hub, target, "v0.2.0") == kept
        heads = (*repository.tags.values(), *repository.branches.values())
        assert all(len(repository.history(each)) == 1 for each in heads)
        assert gone.isdisjoint(repository.large.values()), place


class Dying:
    """A file system whose run ends at one of its calls: before it, in the middle of a file, or after it."""

    def __init__(self, fs: Any, counter: Counter) -> None:
        self._fs, self._counter = fs, counter

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._fs, name)
        if name not in ("put_file", "pipe_file", "rm_file", "rm", "makedirs", "call_s3"):
            return found

        def call(*given: Any, **options: Any) -> Any:
            self._counter.step()
            if name == "put_file" and self._counter.count + 1 == self._counter.deadly and "file" in self._fs.protocol:
                data = Path(given[0]).read_bytes()
                self._fs.pipe_file(given[1], data[: len(data) // 2])
                self._counter.step()
            done = found(*given, **options)
            self._counter.step()
            return done

        return call


@contextmanager
def dying(counter: Counter) -> Iterator[None]:
    """Let every store be one whose run ends where the counter says."""
    original = StorePlace.__init__

    def begin(self: StorePlace, address: Address) -> None:
        original(self, address)
        self.fs = Dying(self.fs, counter)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StorePlace, "__init__", begin)
        yield


def killed(act: Callable[[], object], at_most: int) -> Iterator[int]:
    """Let an act die at some of its calls, one after the other; yield after each death."""
    counter = Counter()
    with dying(counter):
        act()
    for place in places(counter.count, at_most):
        yield -place
        counter.arm(place)
        with dying(counter), pytest.raises(Killed):
            act()
        yield place


@pytest.mark.parametrize("kind", ["s3", "file"])
def test_a_push_to_a_store(
    releases: Releases, kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = f"s3://{request.getfixturevalue('bucket')}" if kind == "s3" else f"file://{tmp_path}"
    target = f"{root}/toy"
    files = StorePlace(Address(target))
    second = {name: md5(data).hexdigest() for name, data in of_release(releases.second).items()}

    def there() -> dict[str, str]:
        """Return the MD5 of each file that is there; a server that speaks S3 says them with the names."""
        prefix = f"{files.root}/0.2.0"
        found = files.fs.find(prefix, detail=True) if files.fs.exists(prefix) else {}
        said = {name: each.get("ETag", "").strip('"') for name, each in found.items()}
        return {
            name.removeprefix(f"{prefix}/"): digest if kind == "s3" else md5(files.fs.cat_file(name)).hexdigest()
            for name, digest in said.items()
        }

    push(releases.first, target)
    for place in killed(lambda: push(releases.second, target), 6 if kind == "s3" else 12):
        if place < 0:
            if kind == "s3":
                files._forget("0.2.0")
            else:
                files.fs.rm(f"{files.root}/0.2.0", recursive=True)
            files._point()
            continue
        files.fs.invalidate_cache()
        found = there()
        assert all(second[name] == data for name, data in found.items() if not name.endswith("-part")), place
        assert ("manifest.json" not in found) or found == second, place
        assert files.versions() == (["0.1.0", "0.2.0"] if "manifest.json" in found else ["0.1.0"])
        push(releases.second, target)
        files.fs.invalidate_cache()
        assert there() == second
        assert local_folder(target).name == "0.2.0"


def test_a_retraction_from_a_bucket(releases: Releases, bucket: str) -> None:
    target = f"s3://{bucket}/toy"
    files = StorePlace(Address(target))

    def remaining() -> int:
        page = files.fs.call_s3("list_object_versions", Bucket=bucket, Prefix="toy/0.2.0/")
        return len(page.get("Versions", ())) + len(page.get("DeleteMarkers", ()))

    push(releases.first, target)
    push(releases.second, target)
    for place in killed(lambda: retract(target, "0.2.0", "It was a mistake."), 4):
        if place < 0:
            files.fs.rm_file(f"{files.root}/retracted/0.2.0.json")
            push(releases.second, target)
            continue
        retract(target, "0.2.0", "It was a mistake.")
        assert (remaining(), files.versions()) == (0, ["0.1.0"]), place
        assert files._latest() == "0.1.0"
