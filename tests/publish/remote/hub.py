"""A server that speaks the protocol of the Hugging Face Hub, as its real clients use it. For tests only.

What each request and answer looks like was taken from the source of huggingface_hub 2.4.0, with the place named:

- names of errors: the header X-Error-Code and the status, `utils/_http.py: hf_raise_for_status`
- create, settings, refs, tags, branches, super-squash, commits, LFS files: the methods of those names in `hf_api.py`
- preupload, and the lines of JSON of a commit: `_commit_api.py: _fetch_upload_modes, _prepare_commit_payload`
- LFS batch, upload and verification: `lfs.py: post_lfs_batch_info, lfs_upload`
- tree with pages by the Link header: `hf_api.py: _iter_repo_tree_pages`, `utils/_pagination.py`
- resolve, with ETag, X-Repo-Commit, and for large files a redirect to another host with X-Linked-Etag and
  X-Linked-Size: `file_download.py: get_hf_file_metadata`

With `Hub.xet`, large files go by Xet: an answer with a token names a store `local://FOLDER`, which the real `hf_xet`
writes to and reads from (`_commit_api.py: _upload_xet_files`, `utils/_xet.py`).

It keeps all else in memory. Commits that no branch and no tag leads to cannot be read. What the Hub itself does beyond
this (pull requests, the viewer, quotas) is not here.
"""

import base64
import hashlib
import json
import re
import struct
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

PAGE = 20
"""Entries of a tree that an answer has at most; the Hub gives a thousand."""

WRITER, READER = "hf_writer", "hf_reader"
"""Tokens: one may write, one may only read."""

DAY = "2031-02-11T00:00:00.000Z"


@dataclass(frozen=True)
class Blob:
    """A file: its bytes, or the SHA-256 and the size of a large one."""

    data: bytes = b""
    large: str | None = None
    size: int = 0
    xet: str | None = None  # what Xet calls a large file that it holds

    @property
    def oid(self) -> str:
        """What git calls it: of a large file, what it calls its pointer."""
        data = self.pointer if self.large else self.data
        return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()

    @property
    def pointer(self) -> bytes:
        return f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.large}\nsize {self.size}\n".encode()

    def listed(self, path: str) -> dict[str, Any]:
        found = {"type": "file", "path": path, "oid": self.oid, "size": self.size if self.large else len(self.data)}
        lfs = {"oid": self.large, "size": self.size, "pointerSize": len(self.pointer)}
        xet = {"xetHash": self.xet} if self.xet else {}
        return {**found, "lfs": lfs, **xet} if self.large else found


@dataclass(frozen=True)
class Commit:
    tree: dict[str, Blob]
    title: str
    parent: str | None


@dataclass
class Repository:
    private: bool
    gated: str | bool = False
    commits: dict[str, Commit] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    large: dict[str, bytes] = field(default_factory=dict)

    def add(self, tree: dict[str, Blob], title: str, parent: str | None) -> str:
        told = json.dumps([sorted((path, blob.oid) for path, blob in tree.items()), title, parent, len(self.commits)])
        oid = hashlib.sha1(told.encode()).hexdigest()
        self.commits[oid] = Commit(tree, title, parent)
        return oid

    def history(self, oid: str | None) -> list[str]:
        found = []
        while oid is not None:
            found.append(oid)
            oid = self.commits[oid].parent
        return found

    def find(self, revision: str) -> str | None:
        """The commit of a branch, a tag, or one that these lead to."""
        known = {**self.tags, **self.branches, "HEAD": self.branches.get("main", "")}
        if revision in known:
            return known[revision]
        heads = {*self.tags.values(), *self.branches.values()}
        return next((each for head in heads for each in self.history(head) if each == revision), None)


class RefusedError(Exception):
    def __init__(self, status: int, message: str, code: str = "") -> None:
        self.status, self.message, self.code = status, message, code


class Hub:
    """The server, with the repositories that it has. Use it as a context manager."""

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.requests: list[str] = []
        self.xet: Path | None = None  # the folder of the store that the client of Xet writes to and reads from
        self.refused: str | None = None  # how the requests begin that are refused
        self.lock = threading.RLock()
        handler = type("Bound", (_Handler,), {"hub": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"
        self.elsewhere = f"http://localhost:{self.server.server_port}"  # where large files lie

    def __enter__(self) -> "Hub":
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def files(self, name: str, revision: str) -> dict[str, bytes] | None:
        """The files of a revision, with the bytes of large ones; None where there is none."""
        repository = self.repositories.get(name)
        oid = repository.find(revision) if repository else None
        if repository is None or oid is None:
            return None
        tree = repository.commits[oid].tree
        return {path: repository.large[each.large] if each.large else each.data for path, each in tree.items()}


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._serve()

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)
        parts = urlsplit(self.path)
        self.query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        self.hub.requests.append(f"{self.command} {parts.path}")
        try:
            if self.hub.refused and self.hub.requests[-1].startswith(self.hub.refused):
                raise RefusedError(403, "Storage limit reached")
            with self.hub.lock:
                self._route(parts.path)
        except RefusedError as refused:
            code = {"X-Error-Code": refused.code} if refused.code else {}
            self._send(refused.status, {"error": refused.message}, {**code, "X-Error-Message": refused.message})

    def _send(self, status: int, value: Any = None, headers: dict[str, str] | None = None) -> None:
        data = value if isinstance(value, bytes) else b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        known = headers or {}
        if "Content-Length" not in known:
            self.send_header("Content-Length", str(len(data)))
        if not isinstance(value, bytes):
            self.send_header("Content-Type", "application/json")
        for name, each in known.items():
            self.send_header(name, each)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    @property
    def token(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def _route(self, path: str) -> None:
        rights = {"GET": 0, "HEAD": 0}.get(self.command, 1)
        if found := re.fullmatch(r"/large/([0-9a-f]{64})", path):
            return self._large(found[1])
        if path == "/api/validate-yaml":
            return self._send(200, {"errors": [], "warnings": []})
        if path == "/api/repos/create":
            return self._create()
        for pattern, read_only in (
            (r"/api/datasets/(?P<name>[^/]+/[^/]+)(?:/(?P<what>[a-z-]+)(?:/(?P<rest>.*))?)?", False),
            (r"/datasets/(?P<name>[^/]+/[^/]+)\.git/info/lfs/objects/(?P<what>batch|verify)", False),
            (r"/datasets/(?P<name>[^/]+/[^/]+)/(?P<what>resolve)/(?P<rest>.*)", True),
        ):
            if found := re.fullmatch(pattern, path):
                told = found.groupdict()
                what = told["what"] or "info"
                repository = self._repository(told["name"], bool(rights) and what not in ("paths-info",))
                if read_only and repository.gated and self.token != WRITER:
                    raise RefusedError(403, "Access to this dataset is restricted", "GatedRepo")
                act = getattr(self, f"_{self.command.lower().replace('head', 'get')}_{what.replace('-', '_')}")
                act(told["name"], repository, [unquote(each) for each in (told.get("rest") or "").split("/", 1)])
                return None
        raise RefusedError(404, f"no such page: {path}")

    def _repository(self, name: str, writes: bool) -> Repository:
        found = self.hub.repositories.get(name)
        if found is None or (found.private and self.token not in (WRITER, READER)):
            raise RefusedError(404 if self.token else 401, "Repository not found", "RepoNotFound")
        if writes and self.token != WRITER:
            raise RefusedError(403, "You have no rights to write")
        return found

    def _commit(self, repository: Repository, revision: str) -> tuple[str, Commit]:
        oid = repository.find(revision)
        if oid is None:
            raise RefusedError(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        return oid, repository.commits[oid]

    def _create(self) -> None:
        told = json.loads(self.body)
        if self.token != WRITER:
            raise RefusedError(401 if not self.token else 403, "You have no rights to create a repository")
        name = f"{told['organization']}/{told['name']}"
        assert told["type"] == "dataset"
        if name in self.hub.repositories:
            raise RefusedError(409, "You already created this dataset repo")
        made = Repository(private=told.get("visibility") == "private")
        tree = {".gitattributes": Blob(b"*.parquet filter=lfs diff=lfs merge=lfs -text\n")}
        made.branches["main"] = made.add(tree, "initial commit", None)
        self.hub.repositories[name] = made
        self._send(200, {"url": f"{self.hub.endpoint}/datasets/{name}", "name": name})

    def _get_info(self, name: str, repository: Repository, _: list[str]) -> None:
        self._tell_info(name, repository, "main")

    def _get_revision(self, name: str, repository: Repository, rest: list[str]) -> None:
        self._tell_info(name, repository, "/".join(rest))

    def _tell_info(self, name: str, repository: Repository, revision: str) -> None:
        oid, commit = self._commit(repository, revision)
        told = {"id": name, "sha": oid, "private": repository.private, "gated": repository.gated, "tags": []}
        siblings = [{"rfilename": path} for path in sorted(commit.tree)]
        self._send(200, {**told, "lastModified": DAY, "disabled": False, "siblings": siblings})

    def _put_settings(self, _: str, repository: Repository, __: list[str]) -> None:
        told = json.loads(self.body)
        repository.gated = told.get("gated", repository.gated)
        if "visibility" in told:
            repository.private = told["visibility"] == "private"
        self._send(200, told)

    def _get_refs(self, _: str, repository: Repository, __: list[str]) -> None:
        def refs(kind: str, known: dict[str, str]) -> list[dict[str, str]]:
            return [{"name": name, "ref": f"refs/{kind}/{name}", "targetCommit": oid} for name, oid in known.items()]

        told = {"branches": refs("heads", repository.branches), "tags": refs("tags", repository.tags), "converts": []}
        self._send(200, told)

    def _get_tree(self, name: str, repository: Repository, rest: list[str]) -> None:
        _, commit = self._commit(repository, rest[0])
        below = f"{rest[1]}/" if len(rest) > 1 and rest[1] else ""
        held = {path: each for path, each in commit.tree.items() if path.startswith(below)}
        if below and not held:
            raise RefusedError(404, f"{below} does not exist", "EntryNotFound")
        is_deep = self.query.get("recursive", "").lower() == "true"
        found: dict[str, dict[str, Any]] = {}
        for path, each in sorted(held.items()):
            folders = path[len(below) :].split("/")[:-1]
            for depth in range(1, len(folders) + 1):
                folder = below + "/".join(folders[:depth])
                if is_deep or depth == 1:
                    found[folder] = {"type": "directory", "path": folder, "oid": "0" * 40, "size": 0}
            if is_deep or not folders:
                found[path] = each.listed(path)
        entries = [found[path] for path in sorted(found)]
        start = int(self.query.get("cursor", "0"))
        more = {}
        if start + PAGE < len(entries):
            url = f"{self.hub.endpoint}/api/datasets/{name}/tree/{quote(rest[0], safe='')}"
            url += f"/{quote(below.rstrip('/'), safe='')}" if below else ""
            more = {"Link": f'<{url}?recursive={is_deep}&cursor={start + PAGE}>; rel="next"'}
        self._send(200, entries[start : start + PAGE], more)

    def _post_paths_info(self, _: str, repository: Repository, rest: list[str]) -> None:
        _, commit = self._commit(repository, "/".join(rest))
        paths = parse_qs(self.body.decode()).get("paths", [])
        found = [commit.tree[each].listed(each) for each in paths if each in commit.tree]
        folders = [p for p in paths if p not in commit.tree and any(each.startswith(f"{p}/") for each in commit.tree)]
        self._send(200, [*found, *({"type": "directory", "path": each, "oid": "0" * 40} for each in folders)])

    def _post_preupload(self, _: str, repository: Repository, rest: list[str]) -> None:
        _, commit = self._commit(repository, "/".join(rest))
        told = []
        for each in json.loads(self.body)["files"]:
            path = each["path"]
            mode = "lfs" if path.endswith(".parquet") else "regular"
            old = commit.tree.get(path)
            told.append({"path": path, "uploadMode": mode, "shouldIgnore": False, "oid": old.oid if old else None})
        self._send(200, {"files": told})

    def _post_batch(self, name: str, repository: Repository, _: list[str]) -> None:
        told = []
        for each in json.loads(self.body)["objects"]:
            href = f"{self.hub.endpoint}/datasets/{name}.git/info/lfs/objects/verify"
            actions = {"upload": {"href": f"{self.hub.elsewhere}/large/{each['oid']}"}, "verify": {"href": href}}
            known = each["oid"] in repository.large
            told.append({**each, "authenticated": True, **({} if known else {"actions": actions})})
        self._send(200, {"transfer": "basic", "objects": told})

    def _post_verify(self, _: str, repository: Repository, __: list[str]) -> None:
        told = json.loads(self.body)
        data = _UPLOADED.get(told["oid"])
        if data is None or len(data) != told["size"]:
            raise RefusedError(422, "the file was not uploaded")
        repository.large[told["oid"]] = data
        self._send(200, {})

    def _large(self, oid: str) -> None:
        if self.command == "PUT":
            if hashlib.sha256(self.body).hexdigest() != oid:
                raise RefusedError(400, "the bytes are not those of the name")
            _UPLOADED[oid] = self.body
            return self._send(200)
        data = next((each.large[oid] for each in self.hub.repositories.values() if oid in each.large), None)
        if data is None:
            raise RefusedError(403, "Access denied")
        self._ranged(data, {"ETag": f'"{oid}"'})
        return None

    def _ranged(self, data: bytes, headers: dict[str, str]) -> None:
        headers = {**headers, "Accept-Ranges": "bytes"}
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if asked is None:
            return self._send(200, data, headers)
        start, end = int(asked[1]), min(int(asked[2] or len(data)), len(data) - 1)
        told = {**headers, "Content-Range": f"bytes {start}-{end}/{len(data)}"}
        return self._send(206, data[start : end + 1], told)

    def _post_commit(self, name: str, repository: Repository, rest: list[str]) -> None:
        branch = "/".join(rest)
        head = repository.branches.get(branch)
        if head is None:
            raise RefusedError(404, f"Invalid rev id: {branch}", "RevisionNotFound")
        tree = dict(repository.commits[head].tree)
        title = ""
        for line in self.body.splitlines():
            each = json.loads(line)
            key, value = each["key"], each["value"]
            if key == "header":
                title = value["summary"]
                if value.get("parentCommit") not in (None, head):
                    raise RefusedError(412, "A commit has happened since. Please refresh and try again.")
            elif key == "file":
                tree[value["path"]] = Blob(base64.b64decode(value["content"]))
            elif key == "lfsFile" and self.hub.xet:
                xet = xet_name(self.hub.xet, value["oid"])
                if xet is None:
                    raise RefusedError(400, f"Xet has no such file: {value['path']}")
                tree[value["path"]] = Blob(large=value["oid"], size=value["size"], xet=xet)
            elif key == "lfsFile":
                if value["oid"] not in repository.large:
                    raise RefusedError(400, f"LFS pointer pointed to a file that does not exist: {value['path']}")
                tree[value["path"]] = Blob(large=value["oid"], size=len(repository.large[value["oid"]]))
            elif key == "deletedFile":
                if tree.pop(value["path"], None) is None:
                    raise RefusedError(404, "A file with this name doesn't exist", "EntryNotFound")
            else:
                raise RefusedError(400, f"unknown operation {key}")
        oid = repository.branches[branch] = repository.add(tree, title, head)
        url = f"{self.hub.endpoint}/datasets/{name}/commit/{oid}"
        self._send(200, {"success": True, "commitOid": oid, "commitUrl": url, "hookOutput": ""})

    def _post_tag(self, _: str, repository: Repository, rest: list[str]) -> None:
        oid, _commit = self._commit(repository, "/".join(rest))
        tag = json.loads(self.body)["tag"]
        if tag in repository.tags:
            raise RefusedError(409, f"Reference exists: refs/tags/{tag}")
        repository.tags[tag] = oid
        self._send(200, {})

    def _delete_tag(self, _: str, repository: Repository, rest: list[str]) -> None:
        if repository.tags.pop("/".join(rest), None) is None:
            raise RefusedError(404, "no such tag", "RevisionNotFound")
        self._send(200, {})

    def _post_branch(self, _: str, repository: Repository, rest: list[str]) -> None:
        branch = "/".join(rest)
        if branch in repository.branches:
            raise RefusedError(409, f"Reference exists: refs/heads/{branch}")
        repository.branches[branch] = self._commit(repository, json.loads(self.body).get("startingPoint", "main"))[0]
        self._send(200, {})

    def _delete_branch(self, _: str, repository: Repository, rest: list[str]) -> None:
        if repository.branches.pop("/".join(rest), None) is None:
            raise RefusedError(404, "no such branch", "RevisionNotFound")
        self._send(200, {})

    def _post_super_squash(self, _: str, repository: Repository, rest: list[str]) -> None:
        branch = "/".join(rest)
        if branch not in repository.branches:
            raise RefusedError(400, "Invalid reference for a branch")
        tree = repository.commits[repository.branches[branch]].tree
        repository.branches[branch] = repository.add(tree, json.loads(self.body)["message"], None)
        self._send(200, {})

    def _get_commits(self, _: str, repository: Repository, rest: list[str]) -> None:
        oid, _commit = self._commit(repository, "/".join(rest))
        told = [
            {"id": each, "authors": [{"user": "somebody"}], "date": DAY, "message": ""}
            | {"title": repository.commits[each].title}
            for each in repository.history(oid)
        ]
        self._send(200, told)

    def _get_lfs_files(self, _: str, repository: Repository, __: list[str]) -> None:
        told = [
            {"fileOid": f"of-{oid}", "filename": "a.parquet", "oid": oid, "pushedAt": DAY, "size": len(data)}
            for oid, data in repository.large.items()
        ]
        self._send(200, told)

    def _post_lfs_files(self, _: str, repository: Repository, rest: list[str]) -> None:
        assert rest == ["batch"]
        for each in json.loads(self.body)["deletions"]["sha"]:
            del repository.large[each.removeprefix("of-")]
        self._send(200, {})

    def _get_resolve(self, name: str, repository: Repository, rest: list[str]) -> None:
        oid, commit = self._commit(repository, rest[0])
        blob = commit.tree.get(unquote(rest[1]))
        told = {"X-Repo-Commit": oid}
        if blob is None:
            raise RefusedError(404, "Entry not found", "EntryNotFound")
        if blob.large is None:
            return self._ranged(blob.data, {**told, "ETag": f'"{blob.oid}"'})
        place = f"{self.hub.elsewhere}/large/{blob.large}"
        told |= {"X-Linked-Etag": f'"{blob.large}"', "X-Linked-Size": str(blob.size), "Location": place}
        if blob.xet:
            link = f'<{self.hub.endpoint}/api/datasets/{name}/xet-read-token/{oid}>; rel="xet-auth"'
            told |= {"X-Xet-Hash": blob.xet, "Link": link}
        return self._send(302, None, {**told, "ETag": f'"{blob.oid}"'})

    def _get_xet_write_token(self, _: str, __: Repository, ___: list[str]) -> None:
        store, until = f"local://{self.hub.xet}", str(int(time.time()) + 3600)
        told = {"X-Xet-Cas-Url": store, "X-Xet-Access-Token": "any", "X-Xet-Token-Expiration": until}
        self._send(200, {"casUrl": store, "accessToken": "any", "exp": int(until)}, told)

    _get_xet_read_token = _get_xet_write_token


def xet_name(store: Path, sha256: str) -> str | None:
    """What Xet calls a file of a SHA-256: its shards have entries of 48 bytes, a file first and its SHA-256 last."""
    wanted = _swapped(bytes.fromhex(sha256))
    for shard in (store / "xet/xorbs/shards").glob("*.mdb"):
        data = shard.read_bytes()
        for place in range(48, len(data) - 48, 48):
            flags, entries = struct.unpack_from("<II", data, place + 32)
            end = place + 48 * (1 + entries * (2 if flags >> 31 else 1))
            if flags >> 30 & 1 and entries and data[end : end + 32] in (wanted, bytes.fromhex(sha256)):
                return _swapped(data[place : place + 32]).hex()
    return None


def _swapped(data: bytes) -> bytes:
    """The same hash as Xet writes it: four numbers of eight bytes, the lowest byte first."""
    return b"".join(data[place : place + 8][::-1] for place in range(0, 32, 8))


_UPLOADED: dict[str, bytes] = {}
"""Large files that were uploaded, and no repository has yet."""
