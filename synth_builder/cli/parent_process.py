import os
import signal
import threading
import time

LOOK_EVERY = 1.0
"""Seconds between two looks at whether the parent is still there."""


def end_with(parent: int) -> None:
    """
    End this process soon after its parent, however that ended. A parent that is killed outright can't end its
    children itself, and these would work on with nobody to stop them.

    Args:
        parent (`int`):
            The parent's process id, told by the parent: it may be gone before this process can ask for it.
    """
    threading.Thread(target=_watch, args=(parent,), name="parent", daemon=True).start()


def _watch(parent: int) -> None:
    # A process whose parent is gone gets another one, on any POSIX system.
    while os.getppid() == parent:
        time.sleep(LOOK_EVERY)
    os.kill(os.getpid(), signal.SIGTERM)
