import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

logger = logging.getLogger(__name__)

MOST = 300
"""Characters of a message that are told; the whole of it stands in Ray's own logs."""

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


@contextmanager
def own_words() -> Iterator[None]:
    """
    While it lasts, what Ray has to tell goes to our log. Ray prints it, in colours and in the midst of a command's
    own output, and `log_to_driver` does not keep it from that.
    """
    import ray._private.worker

    worker: Any = ray._private.worker
    prints = worker.print_to_stdstream
    worker.print_to_stdstream = told
    try:
        yield
    finally:
        worker.print_to_stdstream = prints


def told(message: Mapping[str, Any], *_: object, **__: object) -> None:
    """
    Tell a message of Ray.

    Args:
        message (`Mapping[str, Any]`):
            With `lines`.
    """
    text = ESCAPES.sub("", " ".join(str(line) for line in message.get("lines", ()))).strip()
    if "retries remaining" in text:
        logger.warning("A process of the cluster has died: its work is begun again from what is kept.")
    elif "died or was killed" in text or not text:
        logger.debug("%s", text)  # the same death, told before
    else:
        logger.warning("Ray: %s", text.splitlines()[0][:MOST])
