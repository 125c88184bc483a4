"""The part of the loopback Hub that only looks: repositories, revisions, files."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote

import yarl
from aiohttp import web

from tests.servers import hub_answers as answers
from tests.servers.hub_access import Access, Account, check_read, check_see, check_write, known
from tests.servers.hub_history import MAIN, Blob, HubRefusal, Repository, no_entry
from tests.servers.hub_origin import HubOrigin, Tally, file_response, refused
from tests.servers.hub_storage import HubStorage
from tests.servers.loopback import Fault

API = "/api/datasets/{namespace}/{name}"
FILES = "/datasets/{namespace}/{name}"
# What a new dataset holds on the Hub, where these patterns decide what is a large file.
LARGE_SUFFIXES = (".parquet", ".arrow", ".gz", ".zip", ".bin", ".npy", ".safetensors")
GITATTRIBUTES = "".join(f"*{suffix} filter=lfs diff=lfs merge=lfs -text\n" for suffix in LARGE_SUFFIXES).encode()


class HubReading(HubOrigin):
    """
    The looking half of `HubServer`, and what both halves need.

    Args:
        tokens (`Mapping[str, str | Account]`):
            User by token; see `Access`.
        page_size (`int`, defaults to 1000):
            Rows on a page of a listing.
        part_size (`int`, *optional*):
            Size from which on an upload goes in parts of that size.
        faults (`Mapping[str, Iterable[Fault | None]]`, *optional*):
            See `order`. Faults of the storage are ordered at `storage`.

    `unknown` lists requests for which there is no route: what a client asks and this Hub does not model.
    """

    def __init__(
        self,
        *,
        tokens: Mapping[str, str | Account],
        page_size: int = 1000,
        part_size: int | None = None,
        faults: Mapping[str, Iterable[Fault | None]] | None = None,
    ) -> None:
        super().__init__(Access(tokens), Tally(), faults)
        self.storage = HubStorage(self.access, self.tally, part_size=part_size)
        self.page_size = page_size
        self.repositories: dict[str, Repository] = {}
        self.unknown: list[str] = []

    def add(
        self, id: str, files: Mapping[str, bytes] | None = None, *, private: bool = False, gated: str | None = None
    ) -> Repository:
        """A new repository, made by the test and not by a client."""
        repo = Repository(id, private, gated)
        repo.branches[MAIN] = repo.grow(None, {".gitattributes": GITATTRIBUTES}, "initial commit", author="system")
        self.repositories[id] = repo
        if files:
            repo.commit({path: self.blob(path, content) for path, content in files.items()}, author=repo.namespace)
        return repo

    def blob(self, path: str, content: bytes) -> Blob:
        """The content of a file as the Hub would hold it, with large files in the storage."""
        large = path.endswith(LARGE_SUFFIXES)
        if large:
            self.storage.keep(content)
        return Blob(content, large)

    def reading_routes(self) -> list[web.RouteDef]:
        """What only looks."""
        routes = {
            "/api/whoami-v2": self._whoami,
            API: self._info,
            f"{API}/revision/{{revision}}": self._info,
            f"{API}/refs": self._refs,
            f"{API}/tree/{{revision}}": self._tree,
            f"{API}/tree/{{revision}}/{{path:.+}}": self._tree,
            f"{API}/commits/{{revision}}": self._commits,
            f"{API}/discussions": self._discussions,
            f"{API}/discussions/{{num}}": self._discussion,
            f"{API}/auth-check": self._auth_check,
            f"{API}/auth-check/write": self._auth_check,
            f"{FILES}/resolve/{{revision}}/{{path:.+}}": self._resolve,
        }
        return [
            *(web.get(path, self.guarded(handler)) for path, handler in routes.items()),
            web.post("/api/validate-yaml", self.guarded(self._validate_yaml)),
            web.post(f"{API}/paths-info/{{revision}}", self.guarded(self._paths_info)),
            web.get("/api/agent-harnesses", self.guarded(self._no_harnesses)),
            web.route("*", "/{path:.*}", self.guarded(self._nothing_there)),
        ]

    def account(self, request: web.Request) -> Account | None:
        """Who asks."""
        return self.access.account(request.headers.get("Authorization"))

    def repository(self, request: web.Request) -> Repository:
        """The repository of a path, if the one who asks may see it."""
        parts = request.match_info
        return check_see(self.account(request), self.repositories.get(f"{parts['namespace']}/{parts['name']}"))

    def page(self, request: web.Request, rows: list[answers.Json]) -> web.Response:
        """One page of a listing, and where the next is."""
        start = int(request.query.get("cursor", 0))
        end = start + self.page_size
        headers = {}
        if end < len(rows):
            following = yarl.URL(self.url + request.raw_path, encoded=True).update_query(cursor=end)
            headers["Link"] = f'<{following}>; rel="next"'
        return web.json_response(rows[start:end], headers=headers)

    async def _whoami(self, request: web.Request) -> web.Response:
        return web.json_response(answers.person(known(self.account(request))))

    async def _info(self, request: web.Request) -> web.Response:
        repo = self.repository(request)
        return web.json_response(
            answers.repository(repo, repo.at(part(request, "revision")), blobs=flag(request.query.get("blobs")))
        )

    async def _refs(self, request: web.Request) -> web.Response:
        wanted = flag(request.query.get("include_prs"))
        return web.json_response(answers.refs(self.repository(request), pull_requests=wanted))

    async def _tree(self, request: web.Request) -> web.Response:
        commit = self.repository(request).at(part(request, "revision"))
        folder = part(request, "path", "").rstrip("/")
        recursive, expand = flag(request.query.get("recursive")), flag(request.query.get("expand"))
        return self.page(request, answers.tree(commit, folder, recursive=recursive, expand=expand))

    async def _paths_info(self, request: web.Request) -> web.Response:
        commit = self.repository(request).at(part(request, "revision"))
        form = await request.post()
        paths = [str(path) for path in form.getall("paths", [])]
        return web.json_response(answers.paths_info(commit, paths, expand=flag(form.get("expand"))))

    async def _commits(self, request: web.Request) -> web.Response:
        return self.page(request, answers.history(self.repository(request).at(part(request, "revision"))))

    async def _discussions(self, request: web.Request) -> web.Response:
        repo = self.repository(request)
        wanted = {"open": ("open", "draft"), "closed": ("closed", "merged")}.get(request.query.get("status", ""))
        rows = [
            answers.discussion(repo, pull)
            for pull in reversed(repo.pull_requests.values())
            if wanted is None or pull.status in wanted
        ]
        return web.json_response({"discussions": rows, "count": len(rows), "start": 0})

    async def _discussion(self, request: web.Request) -> web.Response:
        repo = self.repository(request)
        pull = repo.pull_requests.get(int(part(request, "num")))
        if pull is None:
            raise HubRefusal(404, "This discussion does not exist")
        return web.json_response(answers.discussion_details(repo, pull))

    async def _auth_check(self, request: web.Request) -> web.Response:
        repo = self.repository(request)
        check_read(self.account(request), repo)
        if request.path.endswith("/write"):
            check_write(self.account(request), repo.namespace)
        return web.json_response({})

    async def _validate_yaml(self, request: web.Request) -> web.Response:
        status, answer = answers.card_check((await request.json())["content"])
        return web.json_response(answer, status=status)

    async def _resolve(self, request: web.Request) -> web.Response:
        repo = self.repository(request)
        check_read(self.account(request), repo)
        commit, path = repo.at(part(request, "revision")), part(request, "path")
        headers = {"X-Repo-Commit": commit.oid}
        blob = commit.files.get(path)
        if blob is None:
            response = refused(no_entry(path))
            response.headers.update(headers)  # clients remember for that commit that the file is not there
            return response
        name = quote(path.rpartition("/")[2])
        headers |= {"ETag": f'"{blob.etag}"', "Content-Disposition": f"inline; filename*=UTF-8''{name}"}
        if not blob.large:
            if request.method == "GET":
                self.tally.downloads += 1
                self.tally.downloaded_bytes += len(blob.content)
            return file_response(request, blob.content, headers)
        headers |= {
            "X-Linked-ETag": f'"{blob.etag}"',
            "X-Linked-Size": str(len(blob.content)),
            "Location": self.storage.address("GET", blob.sha256),
        }
        return web.Response(status=302, headers=headers)

    async def _no_harnesses(self, request: web.Request) -> web.Response:
        raise HubRefusal(404, "Not found")  # asked once in a process, for the user agent; clients do without

    async def _nothing_there(self, request: web.Request) -> web.Response:
        self.unknown.append(f"{request.method} {request.path}")
        raise HubRefusal(404, "Sorry, we can't find the page you are looking for.")


def part(request: web.Request, name: str, default: str = MAIN) -> str:
    """A part of the path; a slash in a revision comes quoted."""
    return unquote(request.match_info.get(name, default))


def flag(value: Any) -> bool:
    """A yes or no as clients write it."""
    return str(value).lower() in ("1", "true")
