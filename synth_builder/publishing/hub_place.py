import importlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth_builder.errors import PlaceMovedError, PublishError
from synth_builder.publishing.hub_errors import http_error, hub_errors, status_of
from synth_builder.publishing.hub_upload import upload_ahead
from synth_builder.publishing.place import Content, Place, Snapshot
from synth_builder.publishing.version import Version

if TYPE_CHECKING:
    from huggingface_hub import CommitInfo, CommitOperationAdd, CommitOperationDelete

# At the end of a version's commit: a commit that somebody else called `v2.0.0: ...` is none of ours.
MARK = "Published with synth-builder."
_TITLE = re.compile(r"(v\d+\.\d+\.\d+): ")


@dataclass(frozen=True)
class Proposed:
    """
    A pull request.

    Args:
        link (`str`):
            Its address.
        revision (`str`):
            What loads it, such as `refs/pr/1`.
    """

    link: str
    revision: str


class HubPlace(Place):
    """
    A dataset repository on the Hugging Face Hub: one commit and one tag for each version.

    Args:
        repo (`str`):
            `owner/name`.
        again (`str`, defaults to nothing):
            What the command does when it runs again, for errors that pass; see `hub_errors`.

    Raises:
        PublishError: That is no repository id.
    """

    def __init__(self, repo: str, again: str = "") -> None:
        from huggingface_hub import HfApi
        from huggingface_hub.errors import HFValidationError

        utils: Any = importlib.import_module("huggingface_hub.utils")
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", repo, re.ASCII):
            raise PublishError(f"{repo!r} is no repository id; expected 'owner/name'.")
        try:
            utils.validate_repo_id(repo)
        except HFValidationError as error:
            told = " ".join(str(error).split()).rstrip(".")
            raise PublishError(f"{repo!r} is no repository id; expected 'owner/name'. {told}.") from error
        self.name = repo
        self._again = again
        self._api = HfApi(library_name="synth-builder")

    @property
    def link(self) -> str:
        """Where a person can look at it."""
        return f"{self._api.endpoint}/datasets/{self.name}"

    def head(self) -> Snapshot | None:
        """The newest commit of the main branch, or `None` where there is no repository."""
        from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

        with hub_errors(self.name, self._again):
            try:
                info = self._api.dataset_info(self.name)
            except GatedRepoError:
                raise
            except RepositoryNotFoundError:
                return None
        files = frozenset(file.rfilename for file in info.siblings or ())
        return Snapshot(str(info.sha), files, public=not info.private)

    def versions(self) -> dict[Version, str]:
        """Versions by tag, from the oldest to the newest; other tags are left out."""
        with hub_errors(self.name, self._again):
            tags = self._api.list_repo_refs(self.name, repo_type="dataset").tags
        found = {version: tag.target_commit for tag in tags if (version := Version.of_tag(tag.name)) is not None}
        return dict(sorted(found.items()))

    def at(self, revision: str) -> Snapshot:
        """The state of a commit, a tag or a branch."""
        with hub_errors(self.name, self._again):
            info = self._api.dataset_info(self.name, revision=revision)
        return Snapshot(str(info.sha), frozenset(file.rfilename for file in info.siblings or ()))

    def read(self, path: str, revision: str) -> bytes:
        """One file; kept in the client's cache, where a commit never changes."""
        with hub_errors(self.name, self._again):
            local = self._api.hf_hub_download(self.name, path, repo_type="dataset", revision=revision)
        return Path(local).read_bytes()

    def create(self, *, private: bool) -> None:
        """Make the repository; one that is there stays as it is."""
        with hub_errors(self.name, self._again):
            self._api.create_repo(self.name, repo_type="dataset", private=private or None, exist_ok=True)

    def commit(
        self,
        changes: Mapping[str, Content | None],
        *,
        parent: str | None,
        version: Version,
        title: str,
        description: str,
    ) -> str:
        """One commit on the main branch, refused by the Hub when the branch has moved on since `parent`."""
        with hub_errors(self.name, self._again):
            try:
                made = self._committed(
                    changes,
                    commit_message=f"{version.tag}: {title}",
                    commit_description=f"{description}\n\n{MARK}",
                    parent_commit=parent,
                )
            except http_error() as error:
                status = status_of(error)
                if status in (409, 412):
                    raise PlaceMovedError(f"{self.name} has changed in between.") from error
                if status is None or status >= 500 or status == 429:
                    # Perhaps it was made and only the answer was lost.
                    raise PlaceMovedError(f"{self.name}: the Hub did not say whether it made the commit.") from error
                raise
        return str(made.oid)

    def propose(
        self, changes: Mapping[str, Content | None], *, parent: str, title: str, description: str
    ) -> "Proposed":
        """
        Open a pull request with one commit.

        Args:
            changes (`Mapping[str, bytes | Path | None]`):
                As for `commit`.
            parent (`str`):
                The commit that they start from.
            title (`str`):
                Its title.
            description (`str`):
                What it says, as Markdown.

        Returns:
            `Proposed`: Where it is.
        """
        with hub_errors(self.name, self._again):
            made = self._committed(
                changes,
                commit_message=title,
                commit_description=description,
                parent_commit=parent,
                create_pr=True,
            )
        return Proposed(str(made.pr_url), str(made.pr_revision))

    def tag(self, version: Version, revision: str) -> None:
        """Set the tag `vX.Y.Z`; one that is there must name the same commit."""
        with hub_errors(self.name, self._again):
            try:
                self._api.create_tag(self.name, tag=version.tag, revision=revision, repo_type="dataset")
            except http_error() as error:
                if status_of(error) != 409:
                    raise
                there = self.versions().get(version)
                if there != revision:
                    raise PublishError(
                        f"{self.name} has a tag {version.tag} at another commit ({there}); a tag never moves. Publish "
                        "again: the next free version is taken."
                    ) from error

    def unfinished(self, versions: Mapping[Version, str]) -> dict[Version, str]:
        """
        The last commit of a version, where it has no tag. Whoever publishes tags it before anything else, so an
        earlier one without a tag had one, and somebody took it away.
        """
        with hub_errors(self.name, self._again):
            commits = self._api.list_repo_commits(self.name, repo_type="dataset")
        for commit in commits:  # the newest first
            title = _TITLE.match(commit.title)
            version = Version.of_tag(title[1]) if title and MARK in commit.message else None
            if version is not None:
                return {} if version in versions else {version: str(commit.commit_id)}
        return {}

    def files_at(self, version: Version) -> str:
        """Address of the files of a version: whether the Hub resolves relative paths in `srcset` is not documented."""
        return f"{self.link}/resolve/{version.tag}/"

    def source(self, version: Version) -> tuple[str, dict[str, str]]:
        """`load_dataset(repo, ..., revision=tag)`."""
        return self.name, {"revision": version.tag}

    def _committed(self, changes: Mapping[str, Content | None], **arguments: Any) -> "CommitInfo":
        operations = _operations(changes)
        try:
            upload_ahead(self._api, self.name, operations, create_pr=bool(arguments.get("create_pr")))
            made: CommitInfo = self._api.create_commit(self.name, operations, repo_type="dataset", **arguments)
            return made
        except http_error():
            raise  # some of them are a ValueError, too
        except ValueError as error:  # the Hub's check of the card
            raise PublishError(f"The Hub does not accept the card: {' '.join(str(error).split())}") from error
        except RuntimeError as error:
            if type(error) is not RuntimeError:
                raise
            # How the client tells that an upload to the storage behind the Hub failed.
            told = " ".join(str(error).split()).rstrip(".")
            raise PublishError(
                f"{self.name} was not changed: {told}. Try again later: what is uploaded already is not sent again."
            ) from error


def _operations(changes: Mapping[str, Content | None]) -> "list[CommitOperationAdd | CommitOperationDelete]":
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    return [
        CommitOperationDelete(path) if content is None else CommitOperationAdd(path, content)
        for path, content in sorted(changes.items())
    ]
