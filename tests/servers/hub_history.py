"""The history of a repository of the loopback Hub: a commit is a snapshot, branches and tags point to commits."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Literal

START = datetime(2026, 1, 1, tzinfo=UTC)
MAIN = "main"


class HubRefusal(Exception):
    """A request that the Hub does not fulfil: a status, a sentence, and the code that clients look at."""

    def __init__(self, status: int, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code


def no_revision(revision: str) -> HubRefusal:
    """The refusal for a branch, tag or commit that is not there."""
    return HubRefusal(404, f"Invalid rev id: {revision}", "RevisionNotFound")


def no_entry(path: str) -> HubRefusal:
    """The refusal for a file or folder that is not there."""
    return HubRefusal(404, f"Entry not found: {path}", "EntryNotFound")


def git_hash(kind: str, content: bytes) -> str:
    """The name that git gives to an object."""
    return hashlib.sha1(f"{kind} {len(content)}\0".encode() + content).hexdigest()


@dataclass(frozen=True)
class Blob:
    """
    The content of a file.

    Args:
        content (`bytes`):
            What a download gives.
        large (`bool`, defaults to `False`):
            Whether git holds a pointer only and the content lies in the storage (LFS).
    """

    content: bytes
    large: bool = False

    @cached_property
    def sha256(self) -> str:
        """Name in the storage."""
        return hashlib.sha256(self.content).hexdigest()

    @cached_property
    def pointer(self) -> bytes:
        """What git holds of a large file."""
        size = len(self.content)
        return f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {size}\n".encode()

    @cached_property
    def oid(self) -> str:
        """Name in git."""
        return git_hash("blob", self.pointer if self.large else self.content)

    @property
    def etag(self) -> str:
        """By what a client knows an equal file."""
        return self.sha256 if self.large else self.oid


Files = Mapping[str, Blob]
Changes = Mapping[str, Blob | None]


def tree_oid(files: Files) -> str:
    """Git's name for a folder, from its files and their paths in it."""
    folders: dict[str, dict[str, Blob]] = {}
    entries = []
    for path, blob in files.items():
        name, slash, rest = path.partition("/")
        if slash:
            folders.setdefault(name, {})[rest] = blob
        else:
            entries.append((name.encode(), b"100644", blob.oid, name.encode()))
    entries += [(f"{name}/".encode(), b"40000", tree_oid(inner), name.encode()) for name, inner in folders.items()]
    rows = (mode + b" " + name + b"\0" + bytes.fromhex(oid) for _, mode, oid, name in sorted(entries))
    return git_hash("tree", b"".join(rows))


@dataclass(frozen=True)
class Commit:
    """A snapshot of all files, and where it came from."""

    files: Files
    title: str
    author: str
    date: datetime
    description: str = ""
    parent: "Commit | None" = None

    @cached_property
    def oid(self) -> str:
        """Git's name for the commit."""
        parent = f"parent {self.parent.oid}\n" if self.parent else ""
        who = f"{self.author} <{self.author}@loopback> {int(self.date.timestamp())} +0000"
        message = f"{self.title}\n\n{self.description}" if self.description else self.title
        text = f"tree {tree_oid(self.files)}\n{parent}author {who}\ncommitter {who}\n\n{message}\n"
        return git_hash("commit", text.encode())

    def line(self) -> "list[Commit]":
        """This commit and all before it, newest first."""
        found = [self]
        while found[-1].parent is not None:
            found.append(found[-1].parent)
        return found

    def last_change(self, path: str) -> "Commit":
        """The newest commit in which a file, or something in a folder, changed."""

        def state(commit: Commit) -> dict[str, Blob]:
            return {name: blob for name, blob in commit.files.items() if name == path or name.startswith(f"{path}/")}

        changed = self
        while changed.parent is not None and state(changed.parent) == state(self):
            changed = changed.parent
        return changed


@dataclass
class PullRequest:
    """A pull request: a branch `refs/pr/{num}` with a page."""

    num: int
    title: str
    description: str
    author: str
    base: str
    head: Commit
    date: datetime
    status: Literal["draft", "open", "merged", "closed"] = "open"
    merged_as: str | None = None

    @property
    def ref(self) -> str:
        """Name of the branch."""
        return f"refs/pr/{self.num}"


@dataclass
class Repository:
    """
    A repository with its whole history.

    Args:
        id (`str`):
            `namespace/name`.
        private (`bool`, defaults to `False`):
            Whether only the namespace's people see it.
        gated (`str`, *optional*):
            `auto` or `manual`: everybody sees it, and only the namespace's people read its files.
    """

    id: str
    private: bool = False
    gated: str | None = None
    branches: dict[str, Commit] = field(default_factory=dict)
    tags: dict[str, Commit] = field(default_factory=dict)
    pull_requests: dict[int, PullRequest] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)

    @property
    def namespace(self) -> str:
        """User or organization that it belongs to."""
        return self.id.partition("/")[0]

    @property
    def head(self) -> Commit:
        """Newest commit of the main branch."""
        return self.branches[MAIN]

    def read(self, path: str, revision: str = MAIN) -> bytes:
        """Content of a file, for a test that looks at what was published."""
        return self.at(revision).files[path].content

    def at(self, revision: str) -> Commit:
        """The commit that a branch, a tag, a pull request's ref or a hash (seven digits suffice) stands for."""
        heads = {pull.ref: pull.head for pull in self.pull_requests.values()}
        heads |= {f"refs/tags/{name}": commit for name, commit in self.tags.items()}
        heads |= {f"refs/heads/{name}": commit for name, commit in self.branches.items()}
        found = heads.get(revision) or self.branches.get(revision) or self.tags.get(revision)
        if found is None and len(revision) >= 7:
            found = next((commit for oid, commit in self.commits.items() if oid.startswith(revision)), None)
        if found is None:
            raise no_revision(revision)
        return found

    def commit(
        self,
        changes: Mapping[str, Blob | bytes | None],
        title: str = "Somebody else's change",
        *,
        description: str = "",
        author: str = "somebody",
        branch: str = MAIN,
    ) -> Commit:
        """
        Put a commit on a branch. One that changes nothing makes none.

        Args:
            changes (`dict[str, Blob | bytes | None]`):
                New content by path; `None` deletes.
            title, description, author (`str`, *optional*):
                What the history says.
            branch (`str`, defaults to `"main"`):
                A branch, or the ref of a pull request.
        """
        pull = next((pull for pull in self.pull_requests.values() if pull.ref == branch), None)
        if pull is None and branch not in self.branches:
            raise no_revision(branch)
        parent = pull.head if pull else self.branches[branch]
        made = self.grow(parent, changes, title, description, author)
        if pull is not None:
            pull.head = made
        else:
            self.branches[branch] = made
        return made

    def grow(
        self,
        parent: Commit | None,
        changes: Mapping[str, Blob | bytes | None],
        title: str,
        description: str = "",
        author: str = "somebody",
    ) -> Commit:
        """A commit on top of another one, to which nothing points yet."""
        files = dict(parent.files) if parent else {}
        for path, content in changes.items():
            if content is None:
                files.pop(path, None)
            else:
                files[path] = Blob(content) if isinstance(content, bytes) else content
        if parent is not None and files == parent.files:
            return parent
        made = Commit(files, title, author, self.now(), description, parent)
        self.commits[made.oid] = made
        return made

    def now(self) -> datetime:
        """A clock that goes a minute with every commit, so that dates are the same in every run."""
        return START + timedelta(minutes=len(self.commits))

    def open_pull_request(
        self, head: Commit, title: str, description: str, author: str, base: str = MAIN, *, draft: bool = False
    ) -> PullRequest:
        """A new pull request with the next number."""
        num = len(self.pull_requests) + 1
        status: Literal["draft", "open"] = "draft" if draft else "open"
        pull = PullRequest(num, title, description, author, base, head, self.now(), status)
        self.pull_requests[num] = pull
        return pull

    def merge(self, num: int, author: str = "somebody") -> Commit:
        """Put what a pull request changes on its base branch."""
        pull = self.pull_requests[num]
        base, ancestors = self.branches[pull.base], {commit.oid for commit in pull.head.line()}
        fork = next(commit for commit in base.line() if commit.oid in ancestors)
        changes = changed_files(fork.files, pull.head.files)
        made = self.commit(changes, f"{pull.title} (#{num})", author=author, branch=pull.base)
        pull.status, pull.merged_as = "merged", made.oid
        return made


def changed_files(before: Files, after: Files) -> dict[str, Blob | None]:
    """What has to change for one snapshot to become the other."""
    changes: dict[str, Blob | None] = {path: blob for path, blob in after.items() if before.get(path) != blob}
    return changes | {path: None for path in before if path not in after}
