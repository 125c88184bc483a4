"""A causal language model in this very process: no server is needed, a small model and a CPU are enough."""

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ClassVar, Self

from synth_builder.engines.base import Completion, Engine, EngineInfo, EngineSettings, Request
from synth_builder.engines.embedded_model import LoadedModel, ModelSource, find_model, load_model
from synth_builder.errors import EngineUnreachableError
from synth_builder.extras import require

CONCURRENCY = 64
"""Rows of a batch unless the user says otherwise: more bring little on a CPU, and a kill loses more of them."""

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
        concurrency (`int`, defaults to 64):
            Rows that a batch may have. More are faster until the memory, or the patience, ends.
    """

    name: ClassVar[str] = "embedded"

    def __init__(self, model: str | None = None, concurrency: int = CONCURRENCY) -> None:
        self.model = model
        self.concurrency = concurrency
        self._loaded: LoadedModel | None = None
        self._info: EngineInfo | None = None
        self._waiting: list[_Waiting] = []
        self._wake = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self._thread: ThreadPoolExecutor | None = None
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
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embedded-engine")
        self._loaded = await asyncio.get_running_loop().run_in_executor(self._thread, load_model, source)
        self._worker = asyncio.create_task(self._work(self._loaded, self._thread), name="embedded-engine")
        self._info = describe(source, self._loaded)
        return self._info

    async def complete(self, request: Request) -> Completion:
        """
        Answer one request, together with the others that wait.

        Raises:
            EngineUnreachableError: The engine was not opened, or is closed.
            RequestRefusedError: The prompt fills the model's context, is empty, or is a chat for a model without a
                chat template.
            EngineOverloadedError: The device ran out of memory, or the engine was closed meanwhile.
        """
        if self._worker is None:
            raise EngineUnreachableError("The embedded engine is not open: call `await engine.open()` first.")
        waiting = _Waiting(request, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._wake.set()
        return await waiting.answer

    async def close(self) -> None:
        """Stop after the current token and let the model go."""
        self._stop.set()
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.wait([self._worker])
        if self._thread is not None:
            await asyncio.to_thread(self._thread.shutdown)
        for waiting in self._waiting:
            waiting.answer.cancel()
        self._waiting.clear()
        self._worker = self._thread = self._loaded = self._info = None

    async def _work(self, loaded: LoadedModel, thread: ThreadPoolExecutor) -> None:
        """Answer what waits, batch after batch, until cancelled."""
        from synth_builder.engines.embedded_decoding import answer

        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            await asyncio.sleep(GATHERING)
            batch = [waiting for waiting in self._waiting[: self.concurrency] if not waiting.answer.done()]
            del self._waiting[: self.concurrency]
            if not self._waiting:
                self._wake.clear()
            job = loop.run_in_executor(thread, answer, loaded, [waiting.request for waiting in batch], self._stop)
            try:
                await asyncio.wait([job])
            finally:
                _deliver(batch, job)


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
        grammar=False,
        max_total_tokens=loaded.context,
    )
