import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from synth_builder.recipes.generation import Generation
from synth_builder.recipes.quotas import label_counts
from synth_builder.recipes.seeds import derived_seed
from synth_builder.recipes.task import Task
from synth_builder.strategies.slot import Ask, Slot


class Plan:
    """
    What a build has to ask for, fixed before the first request: one slot for each row, with label, position and seed.

    Args:
        generation (`Generation`):
            Rows, label distribution, seed, draws per row.
        task (`Task`):
            Its labels.
        labels_given (`bool`, defaults to `True`):
            Whether each slot has its label beforehand; otherwise the model chooses it and only the quotas count.
    """

    def __init__(self, generation: Generation, task: Task, labels_given: bool = True) -> None:
        self.seed = generation.seed
        self.max_draws = generation.max_draws
        self.labels_given = labels_given
        self.quotas = {
            split: label_counts(rows, task, generation.label_distribution) for split, rows in generation.rows.items()
        }

    @property
    def rows(self) -> int:
        """Rows asked for, over all splits."""
        return sum(sum(quota.values()) for quota in self.quotas.values())

    def slots(self) -> Iterator[Slot]:
        """The first draw of every slot, split by split; the labels of a split are mixed at random."""
        for split, quota in self.quotas.items():
            yield from self._first_draws(split, quota)

    def asks(self, rows_per_request: int = 1, turns: int = 1) -> Iterator[Ask]:
        """
        The first requests for all slots.

        Args:
            rows_per_request (`int`, defaults to 1):
                Slots of one split and label that a request is for.
            turns (`int`, defaults to 1):
                The most requests of one conversation. All conversations of a label begin before the first of them has
                its second turn, so that many can go on at once.
        """
        for split, quota in self.quotas.items():
            rows: dict[str | None, int] = {None: sum(quota.values())}
            if self.labels_given:
                rows = dict(quota.items())
            chains = {label: -(-count // (rows_per_request * turns)) for label, count in rows.items()}
            made: Counter[str | None] = Counter()
            groups: dict[str | None, list[Slot]] = {}

            for slot in self._first_draws(split, quota):
                group = groups.setdefault(slot.label, [])
                group.append(slot)
                if len(group) == rows_per_request:
                    yield _next_turn(groups.pop(slot.label), chains, made)
            for group in groups.values():
                yield _next_turn(group, chains, made)

    def next_ask(self, ask: Ask, slot: Slot) -> Ask:
        """One slot of a request once more, alone, at the same turn of its conversation."""
        return replace(ask, slots=(self.next_draw(slot),))

    def next_draw(self, slot: Slot) -> Slot:
        """The same slot once more, with another seed."""
        return self._slot(slot.split, slot.index, slot.draw + 1, slot.label, slot.rank)

    def redraws(self) -> dict[tuple[str, str | None], int]:
        """
        How many further draws there may be: `max_draws - 1` for each asked row, shared by the slots of one split and
        label (of one split, where the model chooses the labels). So a hard slot may use what an easy one left over.
        """
        counts: dict[tuple[str, str | None], int] = {}
        for split, quota in self.quotas.items():
            for label, rows in quota.items():
                key = (split, label if self.labels_given else None)
                counts[key] = counts.get(key, 0) + rows * (self.max_draws - 1)
        return counts

    def _first_draws(self, split: str, quota: dict[str, int]) -> Iterator[Slot]:
        labels = [label for label, count in quota.items() for _ in range(count)]
        random.Random(derived_seed(self.seed, "labels", split)).shuffle(labels)
        made: Counter[str | None] = Counter()
        for index, planned in enumerate(labels):
            label = planned if self.labels_given else None
            yield self._slot(split, index, 0, label, made[label])
            made[label] += 1

    def _slot(self, split: str, index: int, draw: int, label: str | None, rank: int) -> Slot:
        return Slot(split, index, draw, label, derived_seed(self.seed, split, index, draw), rank)


def _next_turn(slots: list[Slot], chains: Mapping[str | None, int], made: Counter[str | None]) -> Ask:
    label = slots[0].label
    turn, chain = divmod(made[label], chains[label])
    made[label] += 1
    return Ask(tuple(slots), chain, turn)
