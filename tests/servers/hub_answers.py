"""The JSON that the loopback Hub answers with."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import yaml

from tests.servers.hub_access import Account
from tests.servers.hub_history import Blob, Commit, PullRequest, Repository, no_entry, tree_oid

Json = dict[str, Any]


def stamp(date: datetime) -> str:
    """A date as the Hub writes it."""
    return f"{date:%Y-%m-%dT%H:%M:%S}.000Z"


def person(account: Account) -> Json:
    """What `whoami` tells."""
    token = {"displayName": "loopback", "role": account.role, "createdAt": "2026-01-01T00:00:00.000Z"}
    return {
        "type": "user",
        "id": account.name,
        "name": account.name,
        "fullname": account.name,
        "email": f"{account.name}@loopback",
        "emailVerified": True,
        "canPay": False,
        "isPro": False,
        "orgs": [{"type": "org", "id": name, "name": name, "fullname": name} for name in account.orgs],
        "auth": {"type": "access_token", "accessToken": token},
    }


def front_matter(text: str) -> Any:
    """The YAML on top of a card; `None` when it has none. Raises `yaml.YAMLError`."""
    if not text.startswith("---\n"):
        return None
    block, end, _ = text.removeprefix("---\n").partition("\n---")
    return yaml.safe_load(block) if end else None


def repository(repo: Repository, commit: Commit, *, blobs: bool) -> Json:
    """What `repo_info` tells of a revision."""
    card = None
    if readme := commit.files.get("README.md"):
        try:
            card = front_matter(readme.content.decode())
        except (yaml.YAMLError, UnicodeDecodeError):
            card = None  # the Hub shows the page of a card that it cannot read without metadata
    tags = [f"license:{card['license']}"] if isinstance(card, dict) and "license" in card else []
    answer: Json = {
        "_id": repo.id,
        "id": repo.id,
        "author": repo.namespace,
        "sha": commit.oid,
        "lastModified": stamp(repo.head.date),
        "createdAt": stamp(repo.head.line()[-1].date),
        "private": repo.private,
        "gated": repo.gated or False,
        "disabled": False,
        "downloads": 0,
        "likes": 0,
        "tags": tags,
        "siblings": [_sibling(path, commit.files[path], blobs) for path in sorted(commit.files)],
    }
    if isinstance(card, dict):
        answer["cardData"] = card
    return answer


def _sibling(path: str, blob: Blob, blobs: bool) -> Json:
    row: Json = {"rfilename": path}
    if blobs:
        row |= {"size": len(blob.content), "blobId": blob.oid}
        if blob.large:
            row["lfs"] = {"sha256": blob.sha256, "size": len(blob.content), "pointerSize": len(blob.pointer)}
    return row


def refs(repo: Repository, *, pull_requests: bool) -> Json:
    """Branches, tags and, if asked for, pull requests."""

    def rows(prefix: str, named: dict[str, Commit]) -> list[Json]:
        return [{"name": name, "ref": f"{prefix}{name}", "targetCommit": commit.oid} for name, commit in named.items()]

    answer: Json = {
        "branches": rows("refs/heads/", repo.branches),
        "converts": [],
        "tags": rows("refs/tags/", repo.tags),
    }
    if pull_requests:
        answer["pullRequests"] = rows("refs/pr/", {str(num): pull.head for num, pull in repo.pull_requests.items()})
    return answer


def tree(commit: Commit, folder: str, *, recursive: bool, expand: bool) -> list[Json]:
    """The files and folders in a folder, by path."""
    inside = f"{folder}/" if folder else ""
    paths = [path for path in commit.files if path.startswith(inside)]
    if folder and not paths:
        raise no_entry(folder)
    found: set[str] = set()
    for path in paths:
        parts = path.removeprefix(inside).split("/")
        depths = range(1, len(parts) + 1) if recursive else [1]
        found |= {inside + "/".join(parts[:depth]) for depth in depths}
    return paths_info(commit, sorted(found), expand=expand)


def paths_info(commit: Commit, paths: Iterable[str], *, expand: bool) -> list[Json]:
    """Rows of the given files and folders; unknown ones are left out."""
    rows: list[Json] = []
    for path in paths:
        inside = {name.removeprefix(f"{path}/"): blob for name, blob in commit.files.items() if _is_in(name, path)}
        if blob := commit.files.get(path):
            rows.append(_file(path, blob))
        elif inside:
            rows.append({"type": "directory", "path": path, "oid": tree_oid(inside), "size": 0})
        else:
            continue
        if expand:
            last = commit.last_change(path)
            rows[-1]["lastCommit"] = {"id": last.oid, "title": last.title, "date": stamp(last.date)}
    return rows


def _is_in(path: str, folder: str) -> bool:
    return path.startswith(f"{folder}/")


def _file(path: str, blob: Blob) -> Json:
    row: Json = {"type": "file", "path": path, "oid": blob.oid, "size": len(blob.content)}
    if blob.large:
        row["lfs"] = {"oid": blob.sha256, "size": len(blob.content), "pointerSize": len(blob.pointer)}
    return row


def history(commit: Commit) -> list[Json]:
    """A commit and all before it."""
    return [
        {
            "id": one.oid,
            "title": one.title,
            "message": one.description,
            "date": stamp(one.date),
            "authors": [{"user": one.author}],
        }
        for one in commit.line()
    ]


def discussion(repo: Repository, pull: PullRequest) -> Json:
    """A row in the list of discussions."""
    return {
        "num": pull.num,
        "title": pull.title,
        "status": pull.status,
        "isPullRequest": True,
        "author": {"name": pull.author},
        "createdAt": stamp(pull.date),
        "repo": {"name": repo.id, "type": "dataset"},
    }


def discussion_details(repo: Repository, pull: PullRequest) -> Json:
    """A discussion's page: the first comment, and the commits that are not on the base branch."""
    on_base = {commit.oid for commit in repo.branches[pull.base].line()}
    commits = [commit for commit in reversed(pull.head.line()) if commit.oid not in on_base]
    comment = {"raw": pull.description, "html": pull.description, "updatedAt": stamp(pull.date)}
    events = [_event(pull, "comment", {"edited": False, "hidden": False, "latest": comment, "history": []})]
    events += [_event(pull, "commit", {"subject": commit.title, "oid": commit.oid}) for commit in commits]
    if pull.status == "merged":
        events.append(_event(pull, "status-change", {"status": "merged"}))
    changes = {"base": f"refs/heads/{pull.base}", "mergeCommitId": pull.merged_as}
    return discussion(repo, pull) | {"events": events, "changes": changes, "filesWithConflicts": [], "diff": ""}


def _event(pull: PullRequest, kind: str, data: Json) -> Json:
    oid = f"{pull.num:08x}"
    return {"id": oid, "type": kind, "createdAt": stamp(pull.date), "author": {"name": pull.author}, "data": data}


def card_check(content: str) -> tuple[int, Json]:
    """Status and answer for a card's metadata."""
    try:
        card = front_matter(content)
    except yaml.YAMLError as error:
        return 400, {"errors": [{"message": f"YAML Metadata Error: {error}"}], "warnings": []}
    if card is None:
        return 200, {"errors": [], "warnings": [{"message": "empty or missing yaml metadata in repo card"}]}
    if not isinstance(card, dict):
        return 400, {"errors": [{"message": "YAML Metadata Error: expected a mapping"}], "warnings": []}
    checks: dict[str, Callable[[Any], bool]] = {
        "configs": lambda row: isinstance(row, dict) and "config_name" in row,
        "tags": lambda tag: isinstance(tag, str),
    }
    wrong = [
        name
        for name, check in checks.items()
        if name in card and not (isinstance(card[name], list) and all(map(check, card[name])))
    ]
    errors = [{"message": f'"{name}" is not of the expected form'} for name in wrong]
    return 400 if errors else 200, {"errors": errors, "warnings": []}
