"""A causal language model in this very process: no server is needed, a small model and a CPU are enough."""

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Self

from synth_builder.engines.base import Completion, Engine, EngineInfo, EngineSettings, Request
from synth_builder.engines.embedded_model import LoadedModel, ModelSource, find_model, load_model
from synth_builder.errors import EngineUnreachableError
from synth_builder.extras import require

CONCURRENCY = 128
"""Rows under way unless the user says otherwise: more bring little on a CPU, and a kill loses more of them."""

LANES = 4
"""
Batches that a CPU works on at once, each with its share of the cores, and never more than there are cores. Lanes wait
for nobody, while the threads of one batch wait for each other after every multiplication: on two cores that another
program uses too, one batch with two threads was several times slower than two batches with one thread each.
"""

GATHERING = 0.01
"""
Seconds that a batch waits for company: callers that just got an answer need a turn of the event loop, or a few,
to write it down and ask the next one.
"""


@dataclass(frozen=True)
class _Waiting:
    request: Request
    answer: asyncio.Future[Completion]


class EmbeddedEngine(Engine):
    """
    Answers with a model that is loaded into this process by transformers.

    Requests that wait together are answered together, as one batch. Each draws from its own seed, so an answer does
    not depend on what else is in its batch.

    Args:
        model (`str`, *optional*):
            A folder, a GGUF file, or an id on the Hub. SmolLM2-135M-Instruct when not given.
        concurrency (`int`, defaults to 128):
            Rows under way at once, shared by the batches. More are faster until the memory, or the patience, ends.
    """

    takes = frozenset({"model"})
    name: ClassVar[str] = "embedded"
    shared = False

    def __init__(self, model: str | None = None, concurrency: int = CONCURRENCY) -> None:
        self.model = model
        self.concurrency = concurrency
        self._loaded: LoadedModel | None = None
        self._info: EngineInfo | None = None
        self._waiting: list[_Waiting] = []
        self._wake = asyncio.Event()
        self._workers: list[asyncio.Task[None]] = []
        self._threads: list[ThreadPoolExecutor] = []
        self._stop = threading.Event()

    @classmethod
    def from_settings(cls, settings: EngineSettings) -> Self:
        """
        Make one from what the user said; only `model` and `concurrency` matter here.

        Raises:
            MissingExtraError: torch or transformers is not installed.
        """
        require("torch", extra="embedded")
        require("transformers", extra="embedded")
        return cls(model=settings.model, concurrency=settings.concurrency or CONCURRENCY)

    async def open(self) -> EngineInfo:
        """
        Load the model. The first time a GGUF file is unpacked, which takes half a minute.

        Raises:
            EngineUnreachableError: The model can't be found, or is no causal language model.
            MissingExtraError: torch or transformers is not installed.
        """
        if self._info is not None:
            return self._info
        source = find_model(self.model)
        self._stop.clear()
        self._wake = asyncio.Event()  # it belongs to one event loop, and each opening may have its own
        first = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embedded-engine")
        self._threads = [first]
        self._loaded = await asyncio.get_running_loop().run_in_executor(first, load_model, source)
        self._threads = _lanes(self._loaded.device, first)
        rows = max(1, self.concurrency // len(self._threads))
        self._workers = [asyncio.create_task(self._work(self._loaded, thread, rows)) for thread in self._threads]
        self._info = describe(source, self._loaded)
        return self._info

    async def complete(self, request: Request) -> Completion:
        """
        Answer one request, together with the others that wait.

        Raises:
            EngineUnreachableError: The engine was not opened, or is closed.
            RequestRefusedError: The prompt fills the model's context, is empty, is a chat for a model without a
                chat template, or wants a JSON schema that can't be enforced here.
            EngineReplyError: The grammar of a JSON schema came to a limit of its library.
            EngineOverloadedError: The device ran out of memory, or the engine was closed meanwhile.
        """
        if not self._workers:
            raise EngineUnreachableError("The embedded engine is not open: call `await engine.open()` first.")
        waiting = _Waiting(request, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._wake.set()
        return await waiting.answer

    async def close(self) -> None:
        """Stop after the current token and let the model go."""
        self._stop.set()
        for worker in self._workers:
            worker.cancel()
        if self._workers:
            await asyncio.wait(self._workers)
        for thread in self._threads:
            await asyncio.to_thread(thread.shutdown)
        for waiting in self._waiting:
            waiting.answer.cancel()
        self._waiting.clear()
        self._workers, self._threads = [], []
        self._loaded = self._info = None

    async def _work(self, loaded: LoadedModel, thread: ThreadPoolExecutor, rows: int) -> None:
        """Answer what waits, batch after batch of at most so many rows, until cancelled."""
        from synth_builder.engines.embedded_decoding import answer

        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            await asyncio.sleep(GATHERING)
            batch = [waiting for waiting in self._waiting[:rows] if not waiting.answer.done()]
            del self._waiting[:rows]
            if not self._waiting:
                self._wake.clear()
            if not batch:
                continue
            job = loop.run_in_executor(thread, answer, loaded, [waiting.request for waiting in batch], self._stop)
            try:
                await asyncio.wait([job])
            finally:
                _deliver(batch, job)


def _lanes(device: str, first: ThreadPoolExecutor) -> list[ThreadPoolExecutor]:
    """The threads that batches run in: one beside an accelerator, several with a share of the cores each on a CPU."""
    torch = require("torch", extra="embedded")
    if device != "cpu":
        return [first]
    cores = _cores()
    count = min(LANES, cores)
    further = (ThreadPoolExecutor(max_workers=1, thread_name_prefix="embedded-engine") for _ in range(count - 1))
    lanes = [first, *further]
    for lane in lanes:
        lane.submit(torch.set_num_threads, max(1, cores // count)).result()
    return lanes


@cache
def _cores() -> int:
    """Threads that torch would use by itself: asked once, since lanes change what new threads of this process get."""
    return int(require("torch", extra="embedded").get_num_threads())


def _deliver(batch: Sequence[_Waiting], job: asyncio.Future[list[Completion | Exception]]) -> None:
    """Hand the results of a batch to those who wait for them; a defect goes to all of them, as it is."""
    defect = job.exception() if job.done() and not job.cancelled() else None
    results = job.result() if job.done() and not job.cancelled() and defect is None else []
    for place, waiting in enumerate(batch):
        if waiting.answer.done():
            continue
        if defect is not None:
            waiting.answer.set_exception(defect)
        elif not results:
            waiting.answer.cancel()
        elif isinstance(result := results[place], Completion):
            waiting.answer.set_result(result)
        else:
            waiting.answer.set_exception(result)


def describe(source: ModelSource, loaded: LoadedModel) -> EngineInfo:
    """What provenance says about a loaded model."""
    torch = require("torch", extra="embedded")
    transformers = require("transformers", extra="embedded")
    dtype = str(loaded.model.dtype).removeprefix("torch.")
    revision = loaded.revision
    if source.gguf is not None:
        revision = f"{source.origin or 'file'}: {source.gguf.name} {loaded.revision}"
    return EngineInfo(
        engine=EmbeddedEngine.name,
        model=loaded.model_id,
        revision=revision,
        server="transformers",
        server_version=f"{transformers.__version__} (torch {torch.__version__}, {dtype} on {loaded.device})",
        chat_template=loaded.chat_template,
        grammar=loaded.grammar is not None,
        max_total_tokens=loaded.context,
    )
