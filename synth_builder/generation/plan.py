import random
from collections import Counter
from collections.abc import Iterator
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

    def asks(self, rows_per_request: int = 1, turns: int = 1, part: tuple[int, int] = (0, 1)) -> Iterator[Ask]:
        """
        The first requests for all slots.

        Args:
            rows_per_request (`int`, defaults to 1):
                Slots of one split and label that a request is for.
            turns (`int`, defaults to 1):
                The most requests of one conversation. All conversations of a label begin before the first of them has
                its second turn, so that many can go on at once.
            part (`tuple[int, int]`, defaults to `(0, 1)`):
                Give only those requests for which `part_of` is the first number; the second says of how many parts.
        """
        wanted, parts = part
        for split, quota in self.quotas.items():
            rows: dict[str | None, int] = {None: sum(quota.values())}
            if self.labels_given:
                rows = dict(quota.items())
            chains = {label: -(-count // (rows_per_request * turns)) for label, count in rows.items()}
            made: Counter[str | None] = Counter()
            for group in self._groups(split, quota, rows_per_request):
                label = group[0][1]
                turn, chain = divmod(made[label], chains[label])
                made[label] += 1
                if part_of(group[0][0], chain, turns, parts) == wanted:
                    slots = tuple(self.slot(split, index, 0, label, rank) for index, label, rank in group)
                    yield Ask(slots, chain, turn)

    def _groups(self, split: str, quota: dict[str, int], size: int) -> Iterator[list[tuple[int, str | None, int]]]:
        """Index, label and rank of the slots that each request of a split is for."""
        groups: dict[str | None, list[tuple[int, str | None, int]]] = {}
        for slot in self._places(split, quota):
            group = groups.setdefault(slot[1], [])
            group.append(slot)
            if len(group) == size:
                yield groups.pop(slot[1])
        yield from groups.values()

    def most_parts(self, rows_per_request: int = 1, turns: int = 1) -> int:
        """
        Parts beyond which `asks` has nothing for a further one, or, with several rows for a request, as many as there
        are requests.

        Args:
            rows_per_request (`int`, defaults to 1):
                As for `asks`.
            turns (`int`, defaults to 1):
                As for `asks`.
        """
        most = 1
        for quota in self.quotas.values():
            rows = [*quota.values()] if self.labels_given else [sum(quota.values())]
            chains = [-(-count // (rows_per_request * turns)) for count in rows]
            most = max(most, sum(chains) if turns == 1 else max(chains))
        return most

    def next_ask(self, ask: Ask, slot: Slot) -> Ask:
        """One slot of a request once more, alone, at the same turn of its conversation."""
        return replace(ask, slots=(self.next_draw(slot),))

    def next_draw(self, slot: Slot) -> Slot:
        """The same slot once more, with another seed."""
        return self.slot(slot.split, slot.index, slot.draw + 1, slot.label, slot.rank)

    def slot(self, split: str, index: int, draw: int, label: str | None, rank: int) -> Slot:
        """One try at one place of the plan, with its seed."""
        return Slot(split, index, draw, label, derived_seed(self.seed, split, index, draw), rank)

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
        for index, label, rank in self._places(split, quota):
            yield self.slot(split, index, 0, label, rank)

    def _places(self, split: str, quota: dict[str, int]) -> Iterator[tuple[int, str | None, int]]:
        """Index, label and rank of each slot of a split."""
        labels = [label for label, count in quota.items() for _ in range(count)]
        random.Random(derived_seed(self.seed, "labels", split)).shuffle(labels)
        made: Counter[str | None] = Counter()
        for index, planned in enumerate(labels):
            label = planned if self.labels_given else None
            yield index, label, made[label]
            made[label] += 1


def part_of(index: int, chain: int, turns: int, parts: int) -> int:
    """
    Which of several parts of the work a request belongs to. It depends on its place in the plan alone: all draws of a
    slot, and all requests of a conversation, are in one part.

    Args:
        index (`int`):
            Position of its first slot.
        chain (`int`):
            Number of its conversation.
        turns (`int`):
            The most requests of a conversation.
        parts (`int`):
            How many parts there are.
    """
    return (index if turns == 1 else chain) % parts
