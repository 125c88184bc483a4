from collections.abc import Sequence
from typing import Any

from synth_builder.filters.base import Candidate, Filter
from synth_builder.generation.asking import Answer
from synth_builder.generation.filter_report import FilterReport
from synth_builder.generation.spool import Spool
from synth_builder.generation.tally import Tally
from synth_builder.strategies.base import Draft, Draw, Strategy, Unusable
from synth_builder.strategies.slot import Slot


class Judge:
    """
    Decides what becomes of each answer, in the order of the plan: a row, or a rejection with its reason and the raw
    text.

    Args:
        strategy (`Strategy`):
            Reads the replies.
        filters (`Sequence[Filter]`):
            Say which rows stay, in this order.
        tally (`Tally`):
            The ledger that every decision is entered in.
        accepted, rejections (`Spool`):
            Where rows and rejections go.
    """

    def __init__(
        self, strategy: Strategy, filters: Sequence[Filter[Any]], tally: Tally, accepted: Spool, rejections: Spool
    ) -> None:
        self._strategy = strategy
        self._filters = filters
        self._tally = tally
        self._accepted = accepted
        self._rejections = rejections
        self.report = FilterReport(filters)

    def judge(self, slot: Slot, draw: Draw, answer: Answer) -> bool:
        """Enter one answer; returns whether it became a row."""
        self._tally.asked += 1
        if answer.completion is None:
            self._tally.failed += 1
            self._reject(slot, slot.label, "failed", answer.failure or "", answer, None)
            return False
        self._tally.spend(answer.completion.prompt_tokens, answer.completion.completion_tokens)
        draft = self._strategy.read(slot, answer.completion, draw)
        if isinstance(draft, Unusable):
            self._tally.reject(draft.reason, slot.label)
            self._reject(slot, slot.label, draft.reason, draft.detail, answer, None)
            return False
        objection = self._objection(slot, draft, draw)
        if objection is not None:
            self._tally.reject(objection.reason, draft.label)
            self._reject(slot, draft.label, objection.reason, objection.detail, answer, draft)
            return False
        self._tally.accept(slot.split, draft.label, draft.repaired)
        self._accepted.add(slot.split, slot.index, self._row(slot, draft, draw, answer))
        return True

    def _objection(self, slot: Slot, draft: Draft, draw: Draw) -> Unusable | None:
        if not self._tally.room(slot.split, draft.label):
            return Unusable("label_full", f"all rows of {draft.label!r} are there already")
        candidate = Candidate(draft.columns, draft.label, draw.ingredients.demonstrations)
        for one in self._filters:
            self.report.seen(one.name)
            objection = one.check(candidate)
            if objection is not None:
                self.report.rejected(one.name, candidate, objection)
                return Unusable(objection.reason, objection.detail)
        for one in self._filters:
            one.keep(candidate)
        return None

    def _row(self, slot: Slot, draft: Draft, draw: Draw, answer: Answer) -> dict[str, Any]:
        return {
            **draft.columns,
            self._strategy.task.label_column: draft.label,
            "id": f"{slot.split}-{slot.index}",
            "provenance": {
                "strategy": self._strategy.name,
                "prompt": self._strategy.prompt_id,
                "topic": draw.ingredients.topic,
                "demonstrations": [row.id for row in draw.ingredients.demonstrations],
                "request": answer.key,
                "seed": draw.request.seed,
                "draw": slot.draw,
            },
        }

    def _reject(
        self, slot: Slot, label: str | None, reason: str, detail: str, answer: Answer, draft: Draft | None
    ) -> None:
        self._rejections.add(
            slot.split,
            slot.index,
            {
                "split": slot.split,
                "slot": slot.index,
                "draw": slot.draw,
                "label": label,
                "reason": reason,
                "detail": detail,
                "raw": answer.completion.text if answer.completion else None,
                "columns": draft.columns if draft else None,
                "request": answer.key,
            },
        )
