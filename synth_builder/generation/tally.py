from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from synth_builder.engines.base import Completion
from synth_builder.errors import LedgerError


@dataclass
class Tally:
    """
    The ledger of a build: `asked = accepted + rejected + failed`, where every part counts requests for rows.

    Args:
        quotas (`dict[str, dict[str, int]]`):
            Split -> label -> rows asked for.
        check_requests (`int`, defaults to 0):
            Requests that filters made about rows; no part of the sum.
        repaired (`int`, defaults to 0):
            How many of the accepted rows were read from a reply whose JSON had to be mended; no part of the sum.
        has_checker (`bool`, defaults to `False`):
            Whether filters ask another model than the one that writes, whose tokens are counted apart.
    """

    quotas: dict[str, dict[str, int]]
    asked: int = 0
    failed: int = 0
    accepted: dict[str, Counter[str]] = field(default_factory=dict)
    rejected: Counter[str] = field(default_factory=Counter)
    rejected_labels: dict[str, Counter[str]] = field(default_factory=dict)
    repaired: int = 0
    check_requests: int = 0
    preparation_requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    has_checker: bool = False
    checker_prompt_tokens: int = 0
    checker_completion_tokens: int = 0

    def accept(self, split: str, label: str, repaired: bool = False) -> None:
        """Count a row that stays."""
        self.accepted.setdefault(split, Counter())[label] += 1
        self.repaired += repaired

    def reject(self, reason: str, label: str | None) -> None:
        """Count a reply or row that was not used; `label` is the one it was asked or read with."""
        self.rejected[reason] += 1
        self.rejected_labels.setdefault(reason, Counter())[label or "?"] += 1

    def spend(self, prompt_tokens: int | None, completion_tokens: int | None) -> None:
        """Count the tokens of one reply, where the engine told them."""
        self.prompt_tokens += prompt_tokens or 0
        self.completion_tokens += completion_tokens or 0

    def check(self, completion: Completion | None) -> None:
        """Count a request that a filter made about a row, and its tokens."""
        if completion is None:
            self.count_checks(1, 0, 0)
        else:
            self.count_checks(1, completion.prompt_tokens or 0, completion.completion_tokens or 0)

    def count_checks(self, requests: int, prompt_tokens: int, completion_tokens: int) -> None:
        """Count requests that filters made about rows, and their tokens, as the checker's where there is one."""
        self.check_requests += requests
        if self.has_checker:
            self.checker_prompt_tokens += prompt_tokens
            self.checker_completion_tokens += completion_tokens
        else:
            self.spend(prompt_tokens, completion_tokens)

    def room(self, split: str, label: str) -> bool:
        """Whether rows of this label are still missing."""
        return self.accepted.get(split, Counter())[label] < self.quotas[split].get(label, 0)

    @property
    def checker_tokens(self) -> tuple[int, int]:
        """Tokens of prompts and of replies of the checker."""
        return self.checker_prompt_tokens, self.checker_completion_tokens

    @property
    def rows(self) -> int:
        """Rows accepted, over all splits."""
        return sum(sum(counts.values()) for counts in self.accepted.values())

    def short(self) -> dict[str, dict[str, int]]:
        """Split -> label -> rows that are missing; empty when everything asked for is there."""
        missing = {
            split: {
                label: count - self.accepted.get(split, Counter())[label]
                for label, count in quota.items()
                if self.accepted.get(split, Counter())[label] < count
            }
            for split, quota in self.quotas.items()
        }
        return {split: labels for split, labels in missing.items() if labels}

    def balance(self) -> None:
        """
        Make sure that the ledger adds up.

        Raises:
            LedgerError: It does not, or a label has more rows than were asked for.
        """
        rejected = self.rejected.total()
        if self.asked != self.rows + rejected + self.failed:
            raise LedgerError(
                f"The tally does not add up: {self.asked} asked, but {self.rows} accepted + {rejected} rejected + "
                f"{self.failed} failed. Please report this as a defect."
            )
        for split, counts in self.accepted.items():
            for label, count in counts.items():
                if count > self.quotas[split].get(label, 0):
                    raise LedgerError(
                        f"{count} {split} rows of {label!r} were accepted, {self.quotas[split].get(label, 0)} were "
                        "asked. "
                        "Please report this as a defect."
                    )

    def to_dict(self) -> dict[str, Any]:
        """The ledger as plain JSON values, for the provenance."""
        prompt, completion = self.checker_tokens
        checker = {"checker_prompt_tokens": prompt, "checker_completion_tokens": completion}
        return {
            "asked": self.asked,
            "accepted": {split: dict(counts) for split, counts in self.accepted.items()},
            "accepted_rows": self.rows,
            "repaired": self.repaired,
            "rejected": dict(sorted(self.rejected.items())),
            "rejected_by_label": {
                reason: dict(sorted(labels.items())) for reason, labels in sorted(self.rejected_labels.items())
            },
            "failed": self.failed,
            "short": self.short(),
            "check_requests": self.check_requests,
            "preparation_requests": self.preparation_requests,
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            **(checker if self.has_checker else {}),
        }
