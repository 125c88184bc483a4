from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

BYTES_AT_ONCE = 2_000_000_000
"""A commit of more bytes of files, or of more files, is uploaded ahead, in parts of at most so many of both."""
FILES_AT_ONCE = 20


def upload_ahead(
    api: "HfApi",
    repo: str,
    operations: "Sequence[CommitOperationAdd | CommitOperationDelete]",
    *,
    create_pr: bool = False,
) -> None:
    """
    Put the content of large files into the storage behind the Hub, before the commit that makes them files of the
    repository. Nobody sees anything of it until then, and what is in the storage is not sent again: a publisher that
    was stopped goes on behind the last part that was complete. Of a commit that is small nothing is done here, as its
    files go with it.

    Args:
        api (`HfApi`):
            The Hub's client.
        repo (`str`):
            Id of the dataset.
        operations (`Sequence[CommitOperationAdd | CommitOperationDelete]`):
            What the commit is to hold. What is uploaded is noted in them, so that the commit does not do it again.
        create_pr (`bool`, defaults to `False`):
            Whether the commit becomes a pull request.
    """
    parts = list(_parts(operations))
    for part in parts if len(parts) > 1 else ():
        api.preupload_lfs_files(repo, part, repo_type="dataset", create_pr=create_pr, free_memory=False)


def _parts(
    operations: "Sequence[CommitOperationAdd | CommitOperationDelete]",
) -> "Iterator[list[CommitOperationAdd]]":
    """The files in their order, in parts of at most `FILES_AT_ONCE` and `BYTES_AT_ONCE`, but for one that has more."""
    from huggingface_hub import CommitOperationAdd

    part: list[CommitOperationAdd] = []
    size = 0
    for operation in operations:
        if not isinstance(operation, CommitOperationAdd) or not isinstance(operation.path_or_fileobj, str | Path):
            continue  # texts go with the commit
        if part and (len(part) == FILES_AT_ONCE or size + operation.upload_info.size > BYTES_AT_ONCE):
            yield part
            part, size = [], 0
        part.append(operation)
        size += operation.upload_info.size
    if part:
        yield part
