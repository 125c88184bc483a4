import os
import select
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CHILD = "import os, sys, time; from synth_builder.cli.parent_process import end_with; end_with(int(sys.argv[1])); {}"
PARENT = (
    "import os, subprocess, sys, time; "
    "subprocess.Popen([sys.executable, '-c', sys.argv[1], sys.argv[2] or str(os.getpid())]); time.sleep(60)"
)


def started(child: str, parent: str = "") -> "subprocess.Popen[bytes]":
    """A parent with a child that runs this after it began to watch; what the child says is the parent's output."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-c", PARENT, CHILD.format(child), parent]
    return subprocess.Popen(words, env=environment, stdout=subprocess.PIPE)


def ends(process: "subprocess.Popen[bytes]", seconds: float) -> bool:
    """Whether nobody holds the output any more, which the child has, too."""
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], seconds)
    return bool(ready) and process.stdout.read(1) == b""


def test_a_child_ends_after_its_parent_was_killed() -> None:
    process = started("print('here', flush=True); time.sleep(60)")
    try:
        assert process.stdout is not None and process.stdout.readline() == b"here\n"
        assert not ends(process, 2.5), "it ended while its parent was there"
        process.send_signal(signal.SIGKILL)
        assert ends(process, 20)
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def test_a_child_whose_parent_was_gone_before_it_looked_ends_at_once() -> None:
    # Only the first process of all has a parent of number 0, so this one counts as gone.
    process = started("time.sleep(5); print('still here', flush=True)", parent="0")
    try:
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], 15)
        assert not ready, process.stdout.readline()
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
