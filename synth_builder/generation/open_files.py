import resource

from synth_builder.errors import JournalError

OTHERS = 256
"""Open files that a process has besides: libraries, connections, the release."""


def allow_open_files(count: int) -> None:
    """
    Let this process open so many files at once, beside those that it has anyway. Systems begin with a limit of about a
    thousand, which a process may raise up to another one.

    Args:
        count (`int`):
            Files.

    Raises:
        JournalError: The system does not let a process have so many.
    """
    wanted = count + OTHERS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or wanted <= soft:
        return
    if hard != resource.RLIM_INFINITY and wanted > hard:
        raise JournalError(
            f"A build in so many shards needs {wanted} open files at once, this system allows a process {hard}: use "
            "fewer --shards, or raise the limit (ulimit -n)."
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
