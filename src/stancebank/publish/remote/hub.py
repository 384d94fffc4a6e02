"""A repository of the Hugging Face Hub: a commit for each version, and a tag, which comes last.

Readers who name a version read its tag; those who name none read the branch main, which has the newest version. All is
done with the functions of `huggingface_hub`, which find token, endpoint and cache themselves.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from stancebank.errors import InputError, ServerError
from stancebank.publish.card.card import README
from stancebank.publish.history import parse_version
from stancebank.publish.layout import ATTRIBUTES
from stancebank.publish.remote.address import Address, newest
from stancebank.publish.remote.places import (
    RETRACTED,
    Plan,
    PublishableFolder,
    Retraction,
    Tell,
    foreign,
    in_order,
    make_tombstone,
    other_content,
    read_tombstone,
    require_version,
)

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import GitRefs, RepoFile

MAIN = "main"
_DATASET = "dataset"
_KEEPING = "stancebank-keep-"
"""How the branches are called that hold a version while its history is taken away."""

_BEYOND = (
    "clones, caches and mirrors of people who have fetched it",
    "copies of the repository in other accounts, and archives of its pages",
    "what the Hub has made of it itself (refs/convert/parquet), until it is made again",
    "a DOI, if one was made, which goes on pointing at the repository",
)


class HubPlace:
    """A repository of datasets on the Hub."""

    def __init__(self, address: Address) -> None:
        repository = address.repository
        assert repository is not None
        self.address = address
        self.repository: str = repository

    @cached_property
    def api(self) -> "HfApi":
        """The client; a token and an endpoint are found by itself."""
        from huggingface_hub import HfApi

        return HfApi(library_name="stancebank")

    def versions(self) -> list[str]:
        """Return the versions that have a tag, lowest first; none where there is no repository."""
        return in_order([version for each in self._tags() if (version := _version_of(each))])

    def tombstone(self, version: str) -> dict[str, Any] | None:
        """Return what is said of a version that was retracted; None where it was not."""
        from huggingface_hub.errors import EntryNotFoundError, RepositoryNotFoundError, RevisionNotFoundError

        try:
            with _quiet():
                path = self.api.hf_hub_download(self.repository, _stone(version), repo_type=_DATASET, revision=MAIN)
        except (EntryNotFoundError, RepositoryNotFoundError, RevisionNotFoundError):
            return None
        return read_tombstone(Path(path).read_bytes())

    def plan(self, release: PublishableFolder) -> Plan:
        """Return what a push would do. Raises ConflictError where the tag is there with other content."""
        info = self._info()
        if info is None:
            return self._planned(release, {}, creates=True)
        tag, refs = f"v{release.version}", self._refs()
        if refs and any(each.name == tag for each in refs.tags):
            there = self._tree(tag)
            if differing := [*_differing(release, there), *foreign(release, filter(_is_ours, there))]:
                raise other_content(self.address.url, release.version, differing)
            is_settled = all(each.name != _side(release.version) for each in (refs.branches if refs else ()))
            return self._planned(release, there, is_there=is_settled)
        return self._planned(release, self._tree(self._branch(release.version)[1]))

    def _planned(
        self,
        release: PublishableFolder,
        there: Mapping[str, "RepoFile"],
        *,
        creates: bool = False,
        is_there: bool = False,
    ) -> Plan:
        new = _differing(release, there)
        return Plan(
            target=f"{self.address.url}@v{release.version}",
            version=release.version,
            new=tuple(new),
            same=tuple(name for name in sorted(release.digests) if name not in new),
            gone=() if is_there else tuple(_foreign(release, there)),
            bytes=sum(release.sizes[name] for name in new),
            is_there=is_there,
            creates=creates,
            gated=release.is_gated,
        )

    def send(self, release: PublishableFolder, plan: Plan, tell: Tell, *, public: bool) -> None:
        """Upload a release in one commit, verify it there, open it, and tag it last."""
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        if plan.creates:
            tell("Creating the repository", "private")
            self.api.create_repo(self.repository, repo_type=_DATASET, private=True, exist_ok=True)
        info = self._info()
        if info is None:
            raise ServerError(f"{self.address.url} was made, and is not there.\nHint: run this again.")
        if release.is_gated and not info.gated:
            self.api.update_repo_settings(self.repository, repo_type=_DATASET, gated="auto")
        branch, head = self._branch(release.version)
        if branch != MAIN:
            self.api.create_branch(
                self.repository, repo_type=_DATASET, branch=branch, revision=head or MAIN, exist_ok=True
            )
        there = self._tree(head)
        names = _differing(release, there)
        operations = [CommitOperationAdd(name, release.folder / name) for name in names]
        deleted = [CommitOperationDelete(name, is_folder=False) for name in _foreign(release, there)]
        if operations or deleted:
            tell("Uploading", f"{len(names)} files, {sum(release.sizes[name] for name in names):,} bytes")
            with _quiet():
                done = self.api.create_commit(
                    self.repository,
                    [*operations, *deleted],
                    commit_message=f"{release.name} {release.version}",
                    repo_type=_DATASET,
                    revision=branch,
                    parent_commit=head,
                )
            head = done.oid
        assert head is not None  # a release has files, so that there is a commit
        tell("Verifying there", "digests of all files")
        found = self._tree(head)
        if wrong := [*_differing(release, found), *_foreign(release, found)]:
            raise ServerError(
                f"{self.address.url} holds other files than were sent ({', '.join(wrong[:3])}).\n"
                "Hint: run this again. No tag was made."
            )
        tell("Opening with datasets", f"{len(release.rows)} tables")
        self._open(release, head)
        if public:
            self.api.update_repo_settings(self.repository, repo_type=_DATASET, private=False)
        tell("Tagging", f"v{release.version}")
        self._tag(release, head)
        if branch != MAIN:
            self.api.delete_branch(self.repository, repo_type=_DATASET, branch=branch)

    def _tag(self, release: PublishableFolder, revision: str) -> None:
        """Make the tag, which is never moved. Raises ConflictError where somebody has made it with other content."""
        from huggingface_hub.errors import HfHubHTTPError

        tag = f"v{release.version}"
        try:
            self.api.create_tag(
                self.repository,
                repo_type=_DATASET,
                tag=tag,
                tag_message=f"{release.name} {release.version}",
                revision=revision,
            )
        except HfHubHTTPError as error:
            if error.response.status_code != 409:
                raise
            if differing := _differing(release, self._tree(tag)):
                raise other_content(self.address.url, release.version, differing) from None

    def _open(self, release: PublishableFolder, revision: str) -> None:
        """Open every table with `datasets`, as readers do. Raises ServerError where one has other rows."""
        from datasets import load_dataset

        with TemporaryDirectory(prefix="stancebank-", ignore_cleanup_errors=True) as cache, _quiet():
            for table, rows in release.rows.items():
                loaded = load_dataset(self.repository, table, revision=revision, cache_dir=cache)
                found = sum(each.num_rows for each in loaded.values())
                del loaded
                if found != rows:
                    raise ServerError(
                        f"datasets finds {found} rows of {table} in {self.address.url}, not {rows}.\n"
                        "Hint: run this again. No tag was made."
                    )

    def fetch(self, version: str | None) -> Path:
        """Return a snapshot in the cache of the Hub's client, of a version, else of what the address names.

        Where the Hub cannot be asked, a version that is in the cache will do.
        """
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

        revision = f"v{version}" if version else self.address.revision
        alone = False
        try:
            if version is not None:
                require_version(self, version)
            elif revision is None:
                last = newest(self.versions())
                revision = f"v{last}" if last else MAIN
        except HfHubHTTPError:
            raise
        except OSError:  # offline by choice: ConnectionError
            if revision is None:
                raise
            alone = True
        try:
            with _quiet():
                return Path(
                    snapshot_download(
                        self.repository,
                        repo_type=_DATASET,
                        revision=revision,
                        ignore_patterns=[f"{RETRACTED}/*"],
                        local_files_only=alone,
                    )
                )
        except LocalEntryNotFoundError as error:
            if not alone:
                raise
            raise InputError(
                f"{self.address} is not in the cache, and the Hub cannot be asked.\n"
                "Hint: run this again with a network, and without HF_HUB_OFFLINE."
            ) from error

    def retract(self, version: str, reason: str, tell: Tell, *, dry_run: bool) -> Retraction:
        """Take a version away: its tag, its files and all history that leads to them.

        The versions that stay keep their content; their commits get other ids, since each had the one before it as its
        parent.
        """
        tag = f"v{version}"
        kept = [f"v{each}" for each in self.versions() if each != version]
        shows = self._shows(tag)
        steps = [
            f"commit to {MAIN}: {_stone(version)} with the reason"
            + (f", and the files of {kept[-1]}" if shows and kept else ", and no other file" if shows else ""),
            f"delete the tag {tag}",
            f"squash the history of {', '.join([MAIN, *kept])}, so that no commit leads to {version}",
            f"delete the large files that only {version} has",
        ]
        if dry_run:
            return Retraction(self.address.url, version, tuple(steps), _BEYOND)
        tell("Retracting", f"tombstone of {version}")
        self._restore()
        self._lay_stone(version, reason, kept[-1] if kept else None, shows=shows)
        if tag in self._tags():
            self.api.delete_tag(self.repository, repo_type=_DATASET, tag=tag)
        for each in kept:
            tell("Retracting", f"history of {each}")
            self._cut(each)
        self._squash(MAIN)
        tell("Retracting", "large files")
        self._drop_large([MAIN, *kept])
        return Retraction(self.address.url, version, tuple(steps), _BEYOND)

    def _shows(self, tag: str) -> bool:
        """Whether main has the files of a tag."""
        if tag not in self._tags():
            return False
        mine, theirs = ({name: each.blob_id for name, each in self._tree(rev).items()} for rev in (MAIN, tag))
        return _without_stones(mine) == _without_stones(theirs)

    def _lay_stone(self, version: str, reason: str, latest: str | None, *, shows: bool) -> None:
        """Commit the tombstone to main; where main has the version, the files of the latest one that stays, too."""
        from huggingface_hub import CommitOperationAdd, CommitOperationCopy, CommitOperationDelete

        info = self._info()
        there = self._tree(MAIN)
        operations: list[Any] = []
        if _stone(version) not in there:
            operations.append(CommitOperationAdd(_stone(version), make_tombstone(version, reason)))
        if shows:
            wanted = self._tree(latest) if latest else {}
            operations += [
                CommitOperationCopy(name, name, src_revision=latest)
                for name, each in wanted.items()
                if _is_ours(name) and (name not in there or there[name].blob_id != each.blob_id)
            ]
            gone = [name for name in there if _is_ours(name) and name not in wanted]
            operations += [CommitOperationDelete(name, is_folder=False) for name in gone if latest or name != README]
            if not latest:
                page = f"# Retracted\n\nVersion {version} was retracted: {reason}\n\nNo version is left.\n"
                operations.append(CommitOperationAdd(README, page.encode()))
        if operations:
            with _quiet():
                self.api.create_commit(
                    self.repository,
                    operations,
                    commit_message=f"Retract {version}",
                    repo_type=_DATASET,
                    revision=MAIN,
                    parent_commit=info.sha if info else None,
                )

    def _cut(self, tag: str) -> None:
        """Let a tag have the same files and no history. A branch holds them while the tag is made anew."""
        branch = f"{_KEEPING}{tag}"
        if len(self.api.list_repo_commits(self.repository, repo_type=_DATASET, revision=tag)) < 2:
            return
        where: dict[str, Any] = {"repo_type": _DATASET}
        self.api.create_branch(self.repository, branch=branch, revision=tag, exist_ok=True, **where)
        self._squash(branch)
        self.api.delete_tag(self.repository, tag=tag, **where)
        self.api.create_tag(self.repository, tag=tag, revision=branch, **where)
        self.api.delete_branch(self.repository, branch=branch, **where)

    def _restore(self) -> None:
        """Finish what a run has left that was killed: tags of versions that only a branch holds."""
        refs = self._refs()
        tags = {each.name for each in refs.tags} if refs else set()
        for each in refs.branches if refs else ():
            tag = each.name.removeprefix(_KEEPING)
            if tag == each.name:
                continue
            if tag not in tags:
                self.api.create_tag(self.repository, repo_type=_DATASET, tag=tag, revision=each.name)
            self.api.delete_branch(self.repository, repo_type=_DATASET, branch=each.name)

    def _squash(self, branch: str) -> None:
        if len(self.api.list_repo_commits(self.repository, repo_type=_DATASET, revision=branch)) > 1:
            self.api.super_squash_history(
                self.repository, repo_type=_DATASET, branch=branch, commit_message="Without what was retracted"
            )

    def _drop_large(self, revisions: list[str]) -> None:
        """Delete the large files that none of some revisions has."""
        used = {each.lfs.sha256 for revision in revisions for each in self._tree(revision).values() if each.lfs}
        held = self.api.list_lfs_files(self.repository, repo_type=_DATASET)
        if unused := [each for each in held if each.oid not in used]:
            self.api.permanently_delete_lfs_files(
                self.repository, unused, rewrite_history=False, repo_type=_DATASET
            )  # no commit leads to them any more

    def _info(self) -> Any:
        """Return what the Hub says of the repository; None where there is none, or none for this user."""
        return self._absent(lambda: self.api.dataset_info(self.repository))

    def _refs(self) -> "GitRefs | None":
        refs: GitRefs | None = self._absent(lambda: self.api.list_repo_refs(self.repository, repo_type=_DATASET))
        return refs

    def _tags(self) -> list[str]:
        refs = self._refs()
        return [each.name for each in refs.tags] if refs else []

    def _absent(self, ask: Callable[[], Any]) -> Any:
        from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

        try:
            return ask()
        except GatedRepoError:
            raise
        except RepositoryNotFoundError:
            return None

    def _branch(self, version: str) -> tuple[str, str | None]:
        """Return the branch that a version goes to, and its commit: main, unless that has a newer version."""
        refs = self._refs()
        heads = {each.name: each.target_commit for each in refs.branches} if refs else {}
        last = newest(self.versions())
        branch = MAIN
        if last is not None and parse_version(last) > parse_version(version):
            branch = _side(version)
        return branch, heads.get(branch, heads.get(MAIN))

    def _tree(self, revision: str | None) -> dict[str, "RepoFile"]:
        """Return the files of a revision by their paths; none where there is no revision yet."""
        from huggingface_hub.hf_api import RepoFile

        if revision is None:
            return {}
        found = self.api.list_repo_tree(self.repository, recursive=True, revision=revision, repo_type=_DATASET)
        return {each.path: each for each in found if isinstance(each, RepoFile)}


def _side(version: str) -> str:
    """Return the branch that an older version goes to until it has its tag."""
    return f"stancebank-{version}"


def _stone(version: str) -> str:
    return f"{RETRACTED}/{version}.json"


def _version_of(tag: str) -> str | None:
    """Return the version that a tag names; None where it names none."""
    try:
        parse_version(tag.removeprefix("v"))
    except InputError:
        return None
    return tag.removeprefix("v") if tag.startswith("v") else None


def _is_ours(name: str) -> bool:
    """Whether a file belongs to a version, and neither to the Hub nor to the repository as a whole."""
    return name != ATTRIBUTES and not name.startswith(f"{RETRACTED}/")


def _without_stones(found: Mapping[str, str]) -> dict[str, str]:
    return {name: each for name, each in found.items() if _is_ours(name)}


def _differing(release: PublishableFolder, there: Mapping[str, "RepoFile"]) -> list[str]:
    """Return the files of a release that are not there, or are other ones there, by what the Hub says of them."""
    return [name for name in sorted(release.digests) if not _is_same(release, name, there.get(name))]


def _is_same(release: PublishableFolder, name: str, entry: "RepoFile | None") -> bool:
    if entry is None:
        return False
    if entry.lfs is not None:
        return entry.lfs.sha256 == release.digests[name]
    return entry.blob_id == release.git_id(name)


def _foreign(release: PublishableFolder, there: Mapping[str, "RepoFile"]) -> list[str]:
    """Return the files that are there and do not belong to a release."""
    return sorted(name for name in there if name not in release.digests and _is_ours(name))


@contextmanager
def _quiet() -> Iterator[None]:
    """Let the clients show no progress of their own, and put their switches back."""
    from importlib import import_module

    import datasets

    utils = import_module("huggingface_hub.utils")
    was_off, was_on = utils.are_progress_bars_disabled(), datasets.is_progress_bar_enabled()
    utils.disable_progress_bars()
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        if not was_off:
            utils.enable_progress_bars()
        if was_on:
            datasets.enable_progress_bars()
