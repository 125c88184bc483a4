"""
A loopback Hugging Face Hub for datasets, with which the real client libraries work.

    with HubServer(tokens={"hf_ada": "ada"}).in_thread() as url: ...
"""

import base64
import fnmatch
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

from aiohttp import web

from tests.servers.hub_access import Account, check_propose, check_see, check_write
from tests.servers.hub_history import MAIN, Blob, Commit, HubRefusal, Repository, no_entry, no_revision
from tests.servers.hub_reading import API, FILES, LARGE_SUFFIXES, HubReading, part
from tests.servers.loopback import Fault


class HubServer(HubReading):
    """
    The Hub on a free port, and its storage on another one.

    `repositories` holds the repositories with their histories, `requests` and `storage.requests` what was asked,
    without tokens, and `tally` the counts. `order` orders faults.

    Args:
        tokens (`Mapping[str, str | Account]`):
            User by token; a name stands for an account that owns just its namespace and may write.
        large_from (`int`, defaults to 10 MiB):
            Size from which on a file is a large one. Parquet files and the like always are.
        before_commit (`Callable[[Repository, str], None]`, *optional*):
            Called with the repository and the branch when a commit arrives, before anything is compared: a test can
            slip in somebody else's with `repository.commit(...)`. May be set at any time.
        page_size, part_size, faults (*optional*):
            See `HubReading`.
    """

    def __init__(
        self,
        *,
        tokens: Mapping[str, str | Account],
        large_from: int = 10 * 2**20,
        before_commit: Callable[[Repository, str], None] | None = None,
        page_size: int = 1000,
        part_size: int | None = None,
        faults: Mapping[str, Iterable[Fault | None]] | None = None,
    ) -> None:
        super().__init__(tokens=tokens, page_size=page_size, part_size=part_size, faults=faults)
        self.large_from = large_from
        self.before_commit = before_commit

    async def start(self) -> Self:
        """Listen on both ports."""
        await self.storage.start()
        return await super().start()

    async def stop(self) -> None:
        """Close both ports. What was published stays."""
        await super().stop()
        await self.storage.stop()

    def routes(self) -> list[web.RouteDef]:
        """The Hub's routes for datasets."""
        return [
            web.post("/api/repos/create", self.guarded(self._create)),
            web.delete("/api/repos/delete", self.guarded(self._delete)),
            web.put(f"{API}/settings", self.guarded(self._settings)),
            web.post(f"{API}/tag/{{revision}}", self.guarded(self._create_tag)),
            web.delete(f"{API}/tag/{{revision}}", self.guarded(self._delete_tag)),
            web.post(f"{API}/branch/{{revision}}", self.guarded(self._create_branch)),
            web.delete(f"{API}/branch/{{revision}}", self.guarded(self._delete_branch)),
            web.post(f"{API}/preupload/{{revision}}", self.guarded(self._preupload)),
            web.post(f"{FILES}.git/info/lfs/objects/batch", self.guarded(self._batch)),
            web.post(f"{FILES}.git/info/lfs/verify", self.guarded(self._verify)),
            web.post(f"{API}/commit/{{revision}}", self.guarded(self._commit)),
            web.post(f"{API}/discussions", self.guarded(self._open_pull_request)),
            web.post(f"{API}/discussions/{{num}}/merge", self.guarded(self._merge)),
            *self.reading_routes(),
        ]

    async def _create(self, request: web.Request) -> web.Response:
        body = await request.json()
        id, account = self._named(request, body)
        check_write(account, id.partition("/")[0])
        if body.get("type") != "dataset":
            raise HubRefusal(400, "This Hub holds datasets only")
        answer = {"url": f"{self.url}/datasets/{id}", "name": id, "id": id}
        if id in self.repositories:
            return web.json_response({"error": "You already created this dataset repo", **answer}, status=409)
        self.add(id, private=body.get("visibility") == "private" or body.get("private") is True)
        return web.json_response(answer)

    async def _delete(self, request: web.Request) -> web.Response:
        id, account = self._named(request, await request.json())
        check_write(account, check_see(account, self.repositories.get(id)).namespace)
        del self.repositories[id]
        return web.json_response({})

    def _named(self, request: web.Request, body: Mapping[str, Any]) -> tuple[str, Account]:
        account = check_propose(self.account(request))
        return f"{body.get('organization') or account.name}/{body['name']}", account

    async def _settings(self, request: web.Request) -> web.Response:
        repo, body = self._to_write(request), await request.json()
        if "visibility" in body or "private" in body:
            repo.private = body.get("visibility") == "private" or body.get("private") is True
        if "gated" in body:
            repo.gated = body["gated"] or None
        return web.json_response({"private": repo.private, "gated": repo.gated or False})

    async def _create_tag(self, request: web.Request) -> web.Response:
        repo, tag = self._to_write(request), (await request.json())["tag"]
        commit = repo.at(part(request, "revision"))
        if tag in repo.tags:
            raise HubRefusal(409, f"Tag reference exists already: {tag}")
        repo.tags[tag] = commit
        return web.json_response({})

    async def _delete_tag(self, request: web.Request) -> web.Response:
        repo, tag = self._to_write(request), part(request, "revision")
        if repo.tags.pop(tag, None) is None:
            raise no_revision(tag)
        return web.json_response({})

    async def _create_branch(self, request: web.Request) -> web.Response:
        repo, branch = self._to_write(request), part(request, "revision")
        body = await request.json() if request.can_read_body else {}
        commit = repo.at(body.get("startingPoint") or MAIN)
        if branch in repo.branches:
            raise HubRefusal(409, f"Reference already exists: {branch}")
        repo.branches[branch] = commit
        return web.json_response({})

    async def _delete_branch(self, request: web.Request) -> web.Response:
        repo, branch = self._to_write(request), part(request, "revision")
        if branch == MAIN:
            raise HubRefusal(403, "The main branch cannot be deleted")
        if repo.branches.pop(branch, None) is None:
            raise no_revision(branch)
        return web.json_response({})

    async def _preupload(self, request: web.Request) -> web.Response:
        repo, _ = self._to_change(request)
        body = await request.json()
        present = repo.at(part(request, "revision")).files
        ignored = [line for line in body.get("gitIgnore", "").splitlines() if line and not line.startswith("#")]
        rows = []
        for file in body["files"]:
            path = file["path"]
            large = path.endswith(LARGE_SUFFIXES) or file["size"] >= self.large_from
            names = (path, path.rpartition("/")[2])
            row = {
                "path": path,
                "uploadMode": "lfs" if large else "regular",
                "shouldIgnore": any(fnmatch.fnmatchcase(name, line) for line in ignored for name in names),
            }
            if path in present:
                row["oid"] = present[path].etag
            rows.append(row)
        return web.json_response({"files": rows})

    async def _batch(self, request: web.Request) -> web.Response:
        # Who may open a pull request may upload for it; the request does not say for what it uploads.
        repo = self.repository(request)
        check_propose(self.account(request))
        rows = []
        for asked in (await request.json())["objects"]:
            row: dict[str, Any] = {"oid": asked["oid"], "size": asked["size"], "authenticated": True}
            if asked["oid"] not in self.storage.objects:
                verify = {"href": f"{self.url}/datasets/{repo.id}.git/info/lfs/verify"}
                row["actions"] = {"upload": self.storage.upload(asked["oid"], asked["size"]), "verify": verify}
            rows.append(row)
        return web.json_response({"transfer": "basic", "objects": rows}, content_type="application/vnd.git-lfs+json")

    async def _verify(self, request: web.Request) -> web.Response:
        self.repository(request)
        check_propose(self.account(request))
        body = await request.json()
        content = self.storage.objects.get(body["oid"])
        if content is None or len(content) != body["size"]:
            raise HubRefusal(404, "Object does not exist on the server")
        return web.json_response({})

    async def _commit(self, request: web.Request) -> web.Response:
        repo, author = self._to_change(request)
        branch, proposes = part(request, "revision"), _proposes(request)
        lines = [json.loads(line) for line in (await request.read()).splitlines()]
        header = next(line["value"] for line in lines if line["key"] == "header")
        if self.before_commit is not None:
            self.before_commit(repo, branch)
        base, parent = repo.at(branch), header.get("parentCommit")
        message = header["summary"], header.get("description", ""), author.name
        if proposes:
            base = repo.at(parent) if parent else base
            made = repo.grow(base, self._changes(base, lines), *message)
            pull = repo.open_pull_request(made, *message, base=branch)
        else:
            if parent and not base.oid.startswith(parent):
                raise HubRefusal(412, "A commit has happened since. Please refresh and try again.")
            made = repo.commit(
                self._changes(base, lines), message[0], description=message[1], author=author.name, branch=branch
            )
        self.tally.commits += made is not base
        answer = {
            "success": True,
            "commitOid": made.oid,
            "commitUrl": f"{self.url}/datasets/{repo.id}/commit/{made.oid}",
        }
        if proposes:
            answer["pullRequestUrl"] = f"{self.url}/datasets/{repo.id}/discussions/{pull.num}"
        return web.json_response(answer)

    def _changes(self, base: Commit, lines: list[dict[str, Any]]) -> dict[str, Blob | None]:
        changes: dict[str, Blob | None] = {}
        for line in lines:
            value = line["value"]
            match line["key"]:
                case "file":
                    changes[value["path"]] = Blob(base64.b64decode(value["content"]))
                case "lfsFile":
                    changes[value["path"]] = self._uploaded(value)
                case "deletedFile" if value["path"] in base.files:
                    changes[value["path"]] = None
                case "deletedFolder" if inside := [path for path in base.files if path.startswith(_folder(value))]:
                    changes |= {path: None for path in inside}
                case "deletedFile" | "deletedFolder":
                    raise no_entry(value["path"])
                case "header":
                    pass
                case other:
                    raise HubRefusal(400, f"Invalid operation: {other}")
        return changes

    def _uploaded(self, value: Mapping[str, Any]) -> Blob:
        content = self.storage.objects.get(value["oid"])
        if content is None or len(content) != value.get("size", len(content)):
            raise HubRefusal(400, f"LFS pointer pointed to a file that does not exist: {value['path']}")
        return Blob(content, large=True)

    async def _open_pull_request(self, request: web.Request) -> web.Response:
        repo, author = self.repository(request), check_propose(self.account(request))
        body = await request.json()
        if not body.get("pullRequest"):
            raise HubRefusal(400, "This Hub holds pull requests only")
        pull = repo.open_pull_request(repo.head, body["title"], body["description"], author.name, draft=True)
        return web.json_response({"num": pull.num, "url": f"{self.url}/datasets/{repo.id}/discussions/{pull.num}"})

    async def _merge(self, request: web.Request) -> web.Response:
        repo, num = self._to_write(request), int(part(request, "num"))
        if num not in repo.pull_requests or repo.pull_requests[num].status not in ("open", "draft"):
            raise HubRefusal(404, "There is no such open pull request")
        repo.merge(num, author=check_propose(self.account(request)).name)
        return web.json_response({})

    def _to_write(self, request: web.Request) -> Repository:
        """The repository of a path, if the one who asks may write to it."""
        repo = self.repository(request)
        check_write(self.account(request), repo.namespace)
        return repo

    def _to_change(self, request: web.Request) -> tuple[Repository, Account]:
        """The repository of a path and who asks, if they may commit there: to a pull request others may, too."""
        repo, branch = self.repository(request), part(request, "revision")
        account = check_propose(self.account(request))
        mine = any(pull.ref == branch and pull.author == account.name for pull in repo.pull_requests.values())
        if not mine and not _proposes(request):
            check_write(account, repo.namespace)
        return repo, account


def _proposes(request: web.Request) -> bool:
    return request.query.get("create_pr") == "1"


def _folder(value: Mapping[str, Any]) -> str:
    return f"{value['path'].rstrip('/')}/"
