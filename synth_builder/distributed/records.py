"""What a shard writes down of each answer, for the pass over all of them that decides about the rows."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from synth_builder.engines.base import Completion, Request, Sampling
from synth_builder.filters.base import Candidate, Filter, Objection
from synth_builder.generation.asking import Answer
from synth_builder.generation.reading import Reading
from synth_builder.recipes.real_data import RealRow
from synth_builder.strategies.drafts import Draft, Draw, Ingredients, Unusable


@dataclass(frozen=True, slots=True)
class RecordedCandidate(Candidate):
    """
    A row that a shard has looked at.

    Args:
        objections (`dict[str, Objection]`):
            Filter -> what it objects to, of those filters that need not know the other rows.
        measured (`dict[str, dict[str, float]]`):
            Filter -> what it found out about the row.
        entry (`int`, defaults to 0):
            Number of the row's keys among those of all shards.
    """

    objections: dict[str, Objection] = field(default_factory=dict)
    measured: dict[str, dict[str, float]] = field(default_factory=dict)
    entry: int = 0


def to_line(draw: Draw, answer: Answer, readings: Sequence[Reading], filters: Sequence[Filter[Any]]) -> str:
    """
    One answer as a line of JSON, with everything that decides about its rows but the other rows.

    Args:
        draw (`Draw`):
            What was asked.
        answer (`Answer`):
            What came of it.
        readings (`Sequence[Reading]`):
            One for each slot.
        filters (`Sequence[Filter]`):
            Those that do not remember rows, in the recipe's order.
    """
    completion, ingredients = answer.completion, draw.ingredients
    return json.dumps(
        [
            answer.key,
            answer.failure,
            None if completion is None else [completion.text, completion.prompt_tokens, completion.completion_tokens],
            draw.request.seed,
            ingredients.topic,
            [row.id for row in ingredients.demonstrations],
            dict(ingredients.attributes),
            [_reading(reading, filters) for reading in readings],
        ],
        ensure_ascii=False,
        separators=(",", ":"),
    )


def from_line(line: str | bytes, first_entry: int) -> tuple[Draw, Answer, list[Reading]]:
    """
    Read a line of `to_line`.

    Args:
        line (`str` or `bytes`):
            The line.
        first_entry (`int`):
            Number of the keys of its first row that has some.

    Returns:
        `tuple[Draw, Answer, list[Reading]]`: What a `Judge` needs. The draw lacks the prompt, and the demonstrations
        their texts.
    """
    key, failure, completion, seed, topic, demonstrations, attributes, told = json.loads(line)
    draw = Draw(
        Request(_NO_SAMPLING, seed),
        Ingredients(topic, tuple(RealRow({}, "", name) for name in demonstrations), attributes),
    )
    answered = None if completion is None else Completion(completion[0], "stop", completion[1], completion[2])
    readings = []
    entry = first_entry
    for one in told:
        readings.append(_read(one, entry))
        entry += readings[-1].candidate is not None
    return draw, Answer(key, answered, failure), readings


_NO_SAMPLING = Sampling()


def _reading(reading: Reading, filters: Sequence[Filter[Any]]) -> Any:
    draft, candidate = reading.draft, reading.candidate
    if draft is None:
        return None
    if isinstance(draft, Unusable):
        return [draft.reason, draft.detail]
    assert candidate is not None  # made with the draft
    objections, measured = {}, {}
    for one in filters:
        objection = one.check(candidate)
        if objection is not None:
            objections[one.name] = [objection.reason, objection.detail]
            break  # no filter after it sees the row
    else:
        measured = {one.name: found for one in filters if (found := one.measures(candidate))}
    return [draft.columns, draft.label, draft.repaired, objections, measured]


def _read(told: Any, entry: int) -> Reading:
    if told is None:
        return Reading()
    if len(told) == 2:
        return Reading(Unusable(*told))
    columns, label, repaired, objections, measured = told
    candidate = RecordedCandidate(
        columns,
        label,
        objections={name: Objection(*found) for name, found in objections.items()},
        measured=measured,
        entry=entry,
    )
    return Reading(Draft(columns, label, repaired), candidate)
