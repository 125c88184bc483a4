"""Folders that fsspec reaches by URL: how they are opened, and their errors in our words."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from synth_builder.errors import SynthBuilderError

# Where the libraries behind fsspec define errors that are no OSError, such as botocore's NoCredentialsError.
_LIBRARIES = {
    "adlfs",
    "aiobotocore",
    "aiohttp",
    "azure",
    "botocore",
    "gcsfs",
    "google",
    "paramiko",
    "requests",
    "s3fs",
}

WITHOUT_FOLDERS = {"abfs", "abfss", "adl", "az", "gcs", "gs", "memory", "oss", "r2", "s3", "s3a"}
"""Storages without folders: nothing has to be made before a file, `makedirs` would make buckets, and a file appears
whole or not at all."""


def protocol_of(url: str) -> str | None:
    """What stands before the `://` of a URL; `None` for what is no URL."""
    found = re.match(r"([A-Za-z][\w.+-]*)://", url)
    return found[1] if found else None


def holds_password(url: str) -> bool:
    """Whether a URL holds a password, or can't be read and so might."""
    try:
        return urlsplit(url).password is not None
    except ValueError:
        return True


def open_filesystem(url: str, protocol: str, kind: type[SynthBuilderError], then: str) -> tuple[Any, str]:
    """
    The file system of a URL, with the credentials that the environment holds, and the path of the folder in it.

    Args:
        url (`str`):
            The URL; it holds no secret.
        protocol (`str`):
            Its protocol.
        kind (`type[SynthBuilderError]`):
            What is raised.
        then (`str`):
            What to do when the storage can be used again, as a sentence.

    Raises:
        SynthBuilderError: Of that kind: nobody knows the protocol, or the package for it is not installed.
    """
    from fsspec.core import url_to_fs
    from fsspec.registry import get_filesystem_class

    try:
        get_filesystem_class(protocol)
    except ValueError as error:
        raise kind(
            f"{url}: fsspec knows no protocol {protocol!r}; expected a folder, or a URL such as s3://, gs:// or "
            "file://."
        ) from error
    except ImportError as error:
        cause = error.__cause__
        package = cause.name if isinstance(cause, ModuleNotFoundError) and cause.name else str(error)
        raise kind(
            f"{url} needs the package {package!r}, which is not installed. Install it with: pip install {package}"
        ) from error
    with filesystem_errors(url, kind, then):
        filesystem, root = url_to_fs(url)
    return filesystem, root.rstrip("/")


@contextmanager
def filesystem_errors(name: str, kind: type[SynthBuilderError], then: str) -> Iterator[None]:
    """
    What a storage raises becomes an error of ours here; `FileNotFoundError` and `FileExistsError` stay what they are.

    Args:
        name (`str`):
            What people call the storage.
        kind (`type[SynthBuilderError]`):
            What is raised.
        then (`str`):
            What to do when the storage can be used again, as a sentence.
    """
    try:
        yield
    except (FileNotFoundError, FileExistsError):
        raise
    except PermissionError as error:
        raise kind(
            f"You have no access to {name} ({_words(error)}). Check your rights, or name another folder."
        ) from error
    except NotImplementedError as error:
        raise kind(f"{name} is a storage that can't be written to; name another folder.") from error
    except Exception as error:
        # Only those of the libraries that fsspec stands on: any other error is a defect and must be seen as one.
        if not isinstance(error, OSError) and type(error).__module__.partition(".")[0] not in _LIBRARIES:
            raise
        raise kind(f"{name} can't be used: {_words(error)}. {then}") from error


def _words(error: BaseException) -> str:
    """The error's own words in one line."""
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
