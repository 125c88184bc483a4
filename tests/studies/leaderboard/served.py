"""The command `leaderboard` in a process of its own, and a browser to look at it."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

# Warnings of libraries are no concern of this process; connections that leave the machine are.
_START = """
import socket, sys
connect = socket.socket.connect
def guarded(self, address):
    if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):
        print("LEFT THE MACHINE", address, flush=True)
        raise OSError("only loopback is allowed")
    return connect(self, address)
socket.socket.connect = guarded
resolve = socket.getaddrinfo
def resolved(host, *words, **named):
    if host not in (None, "", "127.0.0.1", "::1", "localhost", b"127.0.0.1", b"localhost", socket.gethostname()):
        print("LEFT THE MACHINE", host, flush=True)
        raise socket.gaierror("only loopback is allowed")
    return resolve(host, *words, **named)
socket.getaddrinfo = resolved
from synth_builder.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


def browser_path() -> str:
    """Chromium, as the system has it; the test is skipped where there is none."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"needs a browser: none of {', '.join(BROWSERS)} is installed")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def served(results: Path, folder: Path, *words: str) -> Iterator[str]:
    """
    The leaderboard of a folder, until the block ends.

    Args:
        results (`Path`):
            The folder with results.
        folder (`Path`):
            For logs and for what Gradio writes.
        words (`str`):
            Further words of the command line.

    Returns:
        `Iterator[str]`: Its address.
    """
    port = free_port()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "GRADIO_TEMP_DIR": str(folder / "gradio"), "NO_PROXY": "*"}
    environment.pop("GRADIO_ANALYTICS_ENABLED", None)  # it has to be off without it
    log = folder / "served.log"
    command = [sys.executable, "-c", _START, "leaderboard", str(results), "--port", str(port), "--no-browser", *words]
    with log.open("wb") as stream:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=stream, stderr=subprocess.STDOUT)
    try:
        _wait_for(log, process)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.send_signal(signal.SIGINT)
        try:
            code = process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
    told = log.read_text(encoding="utf-8")
    assert code == 0, told
    assert "LEFT THE MACHINE" not in told and "Traceback" not in told, told


def _wait_for(log: Path, process: subprocess.Popen[bytes], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while "Ctrl-C stops it" not in log.read_text(encoding="utf-8"):
        assert process.poll() is None and time.monotonic() < end, log.read_text(encoding="utf-8")
        time.sleep(0.1)
