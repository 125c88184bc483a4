import random
from collections.abc import Sequence


def stratified_order(labels: Sequence[int], seed: int) -> list[int]:
    """
    An order of the rows whose every beginning has the labels in the shares of the whole.

    The first 100 positions are a stratified subset, and part of the first 1,000: subsets cut from one order are
    nested. The rows of a label come in random order; which label comes next is decided by the Sainte-Laguë rule (the
    greatest of rows / (2 * rows already taken + 1)), which keeps the shares close at each size; ties go to the lower
    label.

    Args:
        labels (`Sequence[int]`):
            Label of each row.
        seed (`int`):
            Fixes the order.

    Returns:
        `list[int]`: Each position of `labels` once.
    """
    waiting: dict[int, list[int]] = {label: [] for label in sorted(set(labels))}
    for position, label in enumerate(labels):
        waiting[label].append(position)
    generator = random.Random(seed)
    for positions in waiting.values():
        generator.shuffle(positions)
    totals = {label: len(positions) for label, positions in waiting.items()}
    order: list[int] = []
    while len(order) < len(labels):
        label = max(
            (label for label, positions in waiting.items() if positions),
            key=lambda label: totals[label] / (2 * (totals[label] - len(waiting[label])) + 1),
        )
        order.append(waiting[label].pop())
    return order
