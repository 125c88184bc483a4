import socket
import subprocess
import sys

CONNECTING = 10.0
"""Seconds in which a machine takes a connection."""

ANSWERING = 30.0
"""Seconds in which a cluster says that it is one, the start of a process among them."""


def check_address(address: str) -> None:
    """
    Make sure that a Ray cluster answers at an address. Ray itself would wait for many minutes for a machine that is
    not there, and without end for a server that is no Ray cluster.

    Args:
        address (`str`):
            `"auto"`, `"10.0.0.5:6379"` or `"ray://..."`; the last kind has a time limit of Ray's own.

    Raises:
        OSError: Nobody listens there, or what listens is no Ray cluster.
    """
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECTING).close()
    if address.startswith("ray://"):
        return
    # In a process of its own: the call can't be given up from within. What else is wrong, `ray.init` tells better.
    command = [sys.executable, "-m", "ray.scripts.scripts", "health-check", "--skip-version-check"]
    asked = [*command, "--address", address] if address != "auto" else command
    try:
        subprocess.run(asked, capture_output=True, timeout=ANSWERING, check=False)
    except subprocess.TimeoutExpired as error:
        raise OSError(f"what listens there does not answer as a Ray cluster within {ANSWERING:.0f} seconds") from error
