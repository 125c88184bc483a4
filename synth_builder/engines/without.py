from typing import ClassVar, Self

from synth_builder.engines.base import Completion, Engine, EngineInfo, EngineSettings, Request
from synth_builder.errors import RequestRefusedError


class NoEngine(Engine):
    """Stands where an engine would for strategies that write their rows themselves. It answers nothing."""

    name: ClassVar[str] = "none"
    shared = False
    concurrency = 1

    @classmethod
    def from_settings(cls, settings: EngineSettings) -> Self:
        """Make one; nothing the user said matters."""
        return cls()

    async def open(self) -> EngineInfo:
        """Tell that nobody answers."""
        return EngineInfo(engine=self.name, model="none", chat_template=False)

    async def complete(self, request: Request) -> Completion:
        """
        Refuse.

        Raises:
            RequestRefusedError: Always.
        """
        raise RequestRefusedError("This strategy writes its rows itself; no model is asked.")
