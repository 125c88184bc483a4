import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synth_builder.errors import PlaceMovedError, PublishError
from synth_builder.publishing.folder_manifest import MANIFEST, Entry, Manifest
from synth_builder.publishing.place import Content, Place, Snapshot
from synth_builder.publishing.storage import open_storage
from synth_builder.publishing.verification import verify
from synth_builder.publishing.version import Version
from synth_builder.releases.folder import WORK

_UPLOADS = f"{WORK}/uploads"


class FolderPlace(Place):
    """
    A folder with a folder for each version: `<to>/v1.0.0/` is a complete release, and a version as soon as its
    manifest `version.json` is there. Revisions are called as the versions.

    A version is put down in three steps. New files go to `<to>/.synth-builder/uploads/`, under their hashes. Then
    `<to>/.synth-builder/after-v1.0.0.json` is made, which one publisher only can do: it says what comes after v1.0.0,
    and holds the manifest. From there on everybody can finish the version, and comes to the same bytes: files are
    copied from the uploads and from the version before, and the manifest goes last.

    Args:
        to (`str`):
            Path of a local folder, or a URL that fsspec knows.

    Raises:
        PublishError: That is no folder that can be used.
    """

    def __init__(self, to: str) -> None:
        self._storage = open_storage(to)
        self.name = self._storage.name

    @property
    def link(self) -> str:
        """Its path or URL."""
        return self.name

    def head(self) -> Snapshot | None:
        """The newest version that is complete; where there is none, what else lies there."""
        newest = self._newest()
        if newest is not None:
            return self.at(newest.tag)
        names = self._storage.names()
        if "recipe.yaml" in names and "provenance" in names:
            raise PublishError(
                f"{self.name} is a release itself; name a folder that is to hold a folder for each version."
            )
        going_on = {version.tag for version in self.unfinished({})}
        others = frozenset(name for name in names if not name.startswith(".") and name not in going_on)
        if self._newest() is not None:
            return self.head()  # it has become complete while this was looking
        return Snapshot("", frozenset(), foreign=others) if names else None

    def versions(self) -> dict[Version, str]:
        """The versions that are complete, from the oldest to the newest."""
        return {version: version.tag for version in sorted(self._named()) if self._is_complete(version)}

    def at(self, revision: str) -> Snapshot:
        """The files of a version, as its manifest tells them."""
        return Snapshot(revision, frozenset(self._manifest(revision).files))

    def read(self, path: str, revision: str) -> bytes:
        """One file of a version, which must be what was published."""
        entry = self._manifest(revision).files.get(path)
        if entry is None:
            raise PublishError(f"{revision} of {self.name} has no file {path}.")
        try:
            data = self._storage.read(f"{revision}/{path}")
        except FileNotFoundError as error:
            raise self._damaged(revision, path) from error
        if Entry.of(data) != entry:
            raise self._damaged(revision, path)
        return data

    def create(self, *, private: bool) -> None:
        """Make the folder. Who may read it is the storage's business."""
        self._storage.make()

    def commit(
        self,
        changes: Mapping[str, Content | None],
        *,
        parent: str | None,
        version: Version,
        title: str,
        description: str,
    ) -> str:
        """Upload what is new, and claim to be what comes after `parent`; `tag` then puts the version together."""
        newest = self._newest()
        if (newest.tag if newest else None) != parent:
            raise PlaceMovedError(f"{self.name} has a new version.")
        before = self._manifest(parent).files if parent else {}
        entries = dict(before)
        new: dict[str, Content] = {}
        for path, content in changes.items():
            if content is None:
                entries.pop(path, None)
                continue
            entries[path] = Entry.of(content)
            if before.get(path) != entries[path]:
                new[path] = content
        claim = _claim_after(newest)
        taken = self._storage.names(version.tag)  # before the claim: who makes that folder has claimed it first
        if self._storage.size(claim) is not None:
            raise PlaceMovedError(f"{self.name} is about to get a new version.")
        if taken:
            raise PublishError(
                f"{self.name}/{version.tag} is there, but is no version: it has no {MANIFEST}. Rename or remove it."
            )
        scratch = _uploads_after(newest)
        try:
            for path, content in new.items():
                entry = entries[path]
                self._storage.put(f"{scratch}/{entry.sha256}", content, entry.size, scratch=scratch)
            self._storage.create(claim, Manifest(version, newest, title, entries).to_json(), scratch=scratch)
        except FileExistsError as error:
            raise PlaceMovedError(f"{self.name} is about to get a new version.") from error
        except FileNotFoundError as error:
            # Whoever makes a version clears away what others were uploading to come after the one before.
            if self._newest() == newest:
                raise
            raise PlaceMovedError(f"{self.name} has a new version.") from error
        return version.tag

    def tag(self, version: Version, revision: str) -> None:
        """Put together the version that was claimed. Several publishers may do it at once."""
        if revision != version.tag:
            raise PublishError(f"{version.tag} of {self.name} can't be {revision!r}; a version is its own revision.")
        newest = self._newest()
        if newest is None or newest < version:
            self._finish(version, newest)
            newest = self._newest()
        for name in self._storage.names(_UPLOADS):  # of versions that somebody else has made in the meantime
            if f"{_UPLOADS}/{name}" != _uploads_after(newest):
                self._storage.remove(f"{_UPLOADS}/{name}")

    def unfinished(self, versions: Mapping[Version, str]) -> dict[Version, str]:
        """The version that is claimed to come after the newest one; there can be only one."""
        claimed = self._claimed(max(versions, default=None))
        return {claimed.version: claimed.version.tag} if claimed else {}

    def source(self, version: Version) -> tuple[str, dict[str, str]]:
        """`load_dataset(folder of the version, ...)`; of one that is elsewhere, a copy has to be made first."""
        if self._storage.local is not None:
            return f"{self.name}/{version.tag}", {}
        return f"{self.name.rpartition('/')[2] or 'dataset'}-{version.tag}", {}

    def download(self, version: Version) -> str | None:
        """URL of a version that is not on this machine: `load_dataset` reads no dataset by URL."""
        return f"{self.name}/{version.tag}" if self._storage.local is None else None

    def check(self, version: Version, provenances: Mapping[str, Mapping[str, Any]]) -> None:
        """Compare all files with the manifest, then load the variants: of a remote version, from a copy."""
        files = self._manifest(version.tag).files
        with tempfile.TemporaryDirectory(prefix="synth-builder-") as empty:
            local = self._storage.local
            root = Path(empty) / self.source(version)[0] if local is None else local / version.tag
            for path, entry in files.items():
                try:
                    if local is None:
                        (root / path).parent.mkdir(parents=True, exist_ok=True)
                        self._storage.download(f"{version.tag}/{path}", root / path)
                    found = Entry.of(root / path)
                except FileNotFoundError as error:
                    raise self._damaged(version.tag, path) from error
                if found != entry:
                    raise self._damaged(version.tag, path)
            verify(str(root), {}, provenances)

    def _finish(self, version: Version, newest: Version | None) -> None:
        claimed = self._claimed(newest)
        if claimed is None or claimed.version != version:
            raise PlaceMovedError(f"{self.name} has a new version.")
        before = self._manifest(newest.tag).files if newest else {}
        scratch = _uploads_after(newest)
        for path, entry in claimed.files.items():
            same = newest is not None and before.get(path) == entry
            source = f"{newest.tag}/{path}" if newest and same else f"{scratch}/{entry.sha256}"
            try:
                self._storage.copy(source, f"{version.tag}/{path}", entry.size, scratch=scratch)
            except FileNotFoundError as error:
                if self._is_complete(version):
                    return  # somebody else was faster, and has tidied up
                raise PublishError(
                    f"{version.tag} of {self.name} can't be put together, because {source} is gone. Put it back, or "
                    f"give that version up by removing {_claim_after(newest)}."
                ) from error
        if self._claimed(newest) != claimed:  # a storage that let two publishers make it
            raise PlaceMovedError(f"{self.name} has a new version.")
        manifest = claimed.to_json()
        try:
            self._storage.put(f"{version.tag}/{MANIFEST}", manifest, len(manifest), scratch=scratch)
        except FileNotFoundError:
            if not self._is_complete(version):
                raise  # nobody was faster

    def _claimed(self, newest: Version | None) -> Manifest | None:
        claim = _claim_after(newest)
        try:
            data = self._storage.read(claim)
        except FileNotFoundError:
            return None
        if not data.endswith(b"}\n"):
            raise PlaceMovedError(f"{claim} of {self.name} is half-written; remove it if nobody is publishing there.")
        claimed = Manifest.parse(data, f"{claim} of {self.name}")
        if claimed.parent != newest or (newest is not None and claimed.version <= newest):
            raise PublishError(f"{claim} of {self.name} is damaged: it belongs to another version. Remove it.")
        return claimed

    def _named(self) -> list[Version]:
        """Versions that have a folder, complete or not."""
        return [version for name in self._storage.names() if (version := Version.of_tag(name)) is not None]

    def _newest(self) -> Version | None:
        return next((version for version in sorted(self._named(), reverse=True) if self._is_complete(version)), None)

    def _is_complete(self, version: Version) -> bool:
        return self._storage.size(f"{version.tag}/{MANIFEST}") is not None

    def _manifest(self, revision: str) -> Manifest:
        where = f"{revision}/{MANIFEST}"
        if Version.of_tag(revision) is None:
            raise PublishError(f"{self.name} has no version {revision!r}; expected one such as 'v1.0.0'.")
        try:
            return Manifest.parse(self._storage.read(where), f"{where} of {self.name}")
        except FileNotFoundError as error:
            raise PublishError(f"{self.name} has no version {revision}.") from error

    def _damaged(self, revision: str, path: str) -> PublishError:
        return PublishError(
            f"{path} of {self.name}/{revision} is not the file that was published, or is gone. Put the right one "
            "back: a published version never changes."
        )


def _claim_after(newest: Version | None) -> str:
    return f"{WORK}/{f'after-{newest.tag}' if newest else 'first'}.json"


def _uploads_after(newest: Version | None) -> str:
    return f"{_UPLOADS}/{newest.tag if newest else 'first'}"
