from collections.abc import Mapping, Sequence
from typing import Any

from synth_builder.filters.base import Candidate, Filter, Objection
from synth_builder.generation.asking import Answer, Asker
from synth_builder.generation.filter_report import FilterReport
from synth_builder.generation.reading import AnswerReader, Reading
from synth_builder.generation.spool import Spool
from synth_builder.generation.tally import Tally
from synth_builder.strategies.base import Draft, Draw, Strategy, Unusable
from synth_builder.strategies.slot import Ask, Slot


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
        self._reader = AnswerReader(strategy, filters, tally)
        self.report = FilterReport(filters)

    async def read(self, ask: Ask, draw: Draw, answer: Answer, asker: Asker) -> list[Reading]:
        """Read an answer as soon as it is there, out of order."""
        return await self._reader.read(ask, draw, answer, asker)

    def settle(self, ask: Ask, draw: Draw, answer: Answer, readings: Sequence[Reading]) -> list[bool]:
        """
        Enter what an answer came to, in the order of the plan; its tokens count once, however many slots it is for.

        Returns:
            `list[bool]`: For each slot whether it became a row.
        """
        if answer.completion is not None:
            self._tally.spend(answer.completion.prompt_tokens, answer.completion.completion_tokens)
        return [self._judge(slot, draw, answer, reading) for slot, reading in zip(ask.slots, readings, strict=True)]

    def _judge(self, slot: Slot, draw: Draw, answer: Answer, reading: Reading) -> bool:
        self._tally.asked += 1
        if answer.completion is None or reading.draft is None:
            self._tally.failed += 1
            self._reject(slot, slot.label, "failed", answer.failure or "", answer, None)
            return False
        draft = reading.draft
        if isinstance(draft, Unusable):
            self._tally.reject(draft.reason, slot.label)
            self._reject(slot, slot.label, draft.reason, draft.detail, answer, None)
            return False
        assert reading.candidate is not None  # made with the draft
        objection = self._objection(slot, reading.candidate)
        if objection is not None:
            self._tally.reject(objection.reason, draft.label)
            self._reject(slot, draft.label, objection.reason, objection.detail, answer, draft)
            return False
        self._tally.accept(slot.split, draft.label, draft.repaired)
        self._accepted.add(slot.split, slot.index, self._row(slot, reading.candidate, draw, answer))
        return True

    def _objection(self, slot: Slot, candidate: Candidate) -> Objection | None:
        if not self._tally.room(slot.split, candidate.label):
            return Objection("label_full", f"all rows of {candidate.label!r} are there already")
        for one in self._filters:
            self.report.seen(one.name)
            objection = one.check(candidate)
            if objection is not None:
                self.report.rejected(one.name, candidate, objection)
                return objection
        for one in self._filters:
            one.keep(candidate)
        return None

    def _row(self, slot: Slot, candidate: Candidate, draw: Draw, answer: Answer) -> dict[str, Any]:
        measures = {name: value for one in self._filters for name, value in one.measures(candidate).items()}
        return {
            **candidate.columns,
            self._strategy.task.label_column: candidate.label,
            "id": f"{slot.split}-{slot.index}",
            "provenance": {
                "strategy": self._strategy.name,
                "prompt": self._strategy.prompt_id,
                "topic": draw.ingredients.topic,
                "demonstrations": [row.id for row in draw.ingredients.demonstrations],
                "attributes": _pairs(draw.ingredients.attributes),
                "checks": _pairs(measures),
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


def _pairs(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A mapping in the form that a column can have whatever its names are."""
    return [{"name": name, "value": value} for name, value in values.items()]
