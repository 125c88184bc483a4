import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from synth_builder.errors import PublishError

_LOG_IN = "Log in with `hf auth login`, or set HF_TOKEN."


@contextmanager
def hub_errors(repo: str, again: str = "") -> Iterator[None]:
    """
    What the Hub's client raises becomes a `PublishError` here, and its progress bars for small files are not shown. No
    message holds a token: only the Hub's own words and the repository's name go into it.

    Args:
        repo (`str`):
            Id of the repository that is worked on.
        again (`str`, defaults to nothing):
            What the same command does when it runs again, where that helps: a clause for whom the Hub failed.
    """
    from huggingface_hub import errors

    bars: Any = importlib.import_module("huggingface_hub.utils")
    had_bars = not bars.are_progress_bars_disabled()
    bars.disable_progress_bars()
    try:
        yield
    except errors.OfflineModeIsEnabled as error:
        raise PublishError(
            f"{repo} can't be reached, because HF_HUB_OFFLINE is set; take it out of the environment to use the Hub."
        ) from error
    except (errors.RevisionNotFoundError, errors.RemoteEntryNotFoundError) as error:
        raise PublishError(f"{repo} lacks what was asked for: {_words(error)}") from error
    except (errors.LocalEntryNotFoundError, http_error(), errors.HFValidationError) as error:
        raise PublishError(_explained(repo, error, again)) from error
    finally:
        if had_bars:
            bars.enable_progress_bars()


def http_error() -> type[Exception]:
    """
    What the client's HTTP library raises, with or without an answer of a server: httpx for older versions of
    huggingface_hub, httpx2 for newer ones.
    """
    from huggingface_hub.errors import HfHubHTTPError

    return HfHubHTTPError.__bases__[0]


def status_of(error: BaseException) -> int | None:
    """HTTP status of an error of the Hub's client, where there was an answer."""
    return getattr(getattr(error, "response", None), "status_code", None)


def _explained(repo: str, error: Exception, again: str) -> str:
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    status = status_of(error)
    if isinstance(error, GatedRepoError):
        return (
            f"{repo} is gated: its files are for those whom its owner let in. Ask for access on its page on the Hub, "
            "then log in as the one who asked, with `hf auth login` or HF_TOKEN."
        )
    if status == 401 and not isinstance(error, RepositoryNotFoundError):
        return f"The Hub does not accept the token (401 for {repo}). {_LOG_IN}"
    if isinstance(error, RepositoryNotFoundError) or status == 404:
        return f"There is no dataset {repo} on the Hub, or it is private and you may not see it. {_LOG_IN}"
    if status == 403:
        return (
            f"You may not write to {repo} (403: {_words(error)}). Publish under a name of yours, use a token that may "
            "write, or propose your variant with --create-pr."
        )
    if status is not None and status < 500 and status != 429:
        return f"The Hub refused a request for {repo} ({status}): {_words(error)}"
    told = f"answered {status}" if status is not None else f"can't be reached ({type(error).__name__})"
    return f"The Hub {told} while working on {repo}; try again later{f': {again}' if again else ''}."


def _words(error: Exception) -> str:
    """The server's own sentence, without addresses and request ids."""
    told = getattr(error, "server_message", None) or str(error).strip().splitlines()[-1]
    return str(told).strip().rstrip(".") + "."
