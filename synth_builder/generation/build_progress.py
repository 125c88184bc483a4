import time

from synth_builder.generation.tally import Tally
from synth_builder.progress import Bar


class BuildProgress:
    """Rows per label, rejections and tokens behind the bar, a few times a second."""

    def __init__(self, shown: Bar, tally: Tally) -> None:
        self._bar = shown
        self._tally = tally
        self._next = 0.0

    def __call__(self, accepted: bool) -> None:
        """Told after each slot whether it has a row now."""
        if accepted:
            self._bar.update(1)
        if time.monotonic() >= self._next:
            self.show()

    def show(self) -> None:
        """Show how it is now."""
        self._next = time.monotonic() + 0.25
        totals: dict[str, int] = {}
        for counts in self._tally.accepted.values():
            for label, count in counts.items():
                totals[label] = totals.get(label, 0) + count
        labels = " ".join(f"{label} {count}" for label, count in list(totals.items())[:6])
        rejected = self._tally.rejected.total()
        tokens = self._tally.prompt_tokens + self._tally.completion_tokens + sum(self._tally.checker_tokens)
        ledger = f"{rejected} rejected, {self._tally.failed} failed | {tokens:,} tokens"
        self._bar.set_postfix(f"{labels} | {ledger}" if labels else ledger)
