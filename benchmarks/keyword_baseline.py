"""
How far keywords alone come on the customer messages: the yardstick that a trained classifier has to beat.

The lists are what a person writes down at first thought for each team, with word forms and a few phrases. They were
written before the rows and not changed since, so the number is neither tuned up nor held down. Run it from anywhere:

    python benchmarks/keyword_baseline.py
"""

import csv
import json
import re
from collections import Counter
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
TEST_ROWS = PROJECT / "dataset_scripts" / "customer_messages" / "test.csv"
RESULT = PROJECT / "benchmarks" / "results" / "keyword_baseline.json"

# Team -> words and phrases; `*` stands for any ending. A message goes to the team with the most hits. The order breaks
# ties, and the last team takes a message without any hit: a question in no team's words is most often about a product.
KEYWORDS: dict[str, tuple[str, ...]] = {
    "account": (
        "account*", "password*", "login", "logged", "log in", "logging in", "log on", "sign in", "signed in",
        "sign up", "signing in", "username", "user name", "profile*", "register*", "registration", "email address",
        "reset", "locked", "lock*", "unlock", "access", "verify", "verified", "verification", "two-factor",
        "newsletter*", "unsubscribe*", "delete*", "personal data", "privacy", "data protection", "hacked",
        "security question", "app",
    ),
    "returns": (
        "return*", "refund*", "exchange*", "send back", "sent back", "send it back", "sending back", "bring back",
        "take it back", "money back", "give back", "broken", "broke", "damage*", "defect*", "faulty", "crack*",
        "scratch*", "replace*", "swap*", "wrong item", "wrong size", "too small", "too big", "too tight", "missing",
        "not working", "stopped working", "change my mind", "stain*", "torn",
    ),
    "billing": (
        "bill*", "charge", "charged", "charges", "overcharged", "invoice*", "pay", "pays", "paying", "paid",
        "payment*", "card", "cards", "credit*", "debit*", "price*", "discount*", "voucher*", "coupon*", "promo*",
        "gift card", "receipt*", "fee", "fees", "vat", "tax*", "bank*", "subscription*", "membership",
        "instalment*", "money", "cost*", "transaction*", "amount*", "cheaper",
    ),
    "delivery": (
        "deliver*", "parcel*", "package*", "courier*", "driver*", "track*", "ship", "shipped", "shipping",
        "shipment", "dispatch*", "arrive*", "arriving", "late", "delay*", "express", "postman", "van", "on its way",
        "pickup", "pick-up", "collect*", "neighbour*", "doorstep", "still waiting", "where is my", "address",
        "lost", "warehouse", "depot", "locker",
    ),
    "product": (
        "size*", "fit", "fits", "material*", "made of", "compatible", "colour*", "color*", "weigh*", "dimension*",
        "measure*", "wash*", "waterproof", "battery", "batteries", "manual", "instruction*", "warranty",
        "guarantee", "in stock", "available", "recommend*", "difference between", "which one", "does it", "can it",
        "is it", "will it", "how do i use", "works with", "work with", "suitable", "ingredient*", "allerg*",
        "adapter", "model*", "version*",
    ),
}  # fmt: skip


def pattern(keyword: str) -> re.Pattern[str]:
    """A keyword as whole words, with any ending where it ends in `*`."""
    stem = re.escape(keyword.rstrip("*"))
    return re.compile(rf"\b{stem}\w*" if keyword.endswith("*") else rf"\b{stem}\b", re.IGNORECASE)


PATTERNS = {team: [pattern(keyword) for keyword in keywords] for team, keywords in KEYWORDS.items()}


def hits(text: str) -> dict[str, int]:
    """How many keywords of each team stand in a message."""
    return {team: sum(bool(found.search(text)) for found in patterns) for team, patterns in PATTERNS.items()}


def route(text: str) -> str:
    """
    The team with the most keywords in a message.

    Args:
        text (`str`):
            A customer's message.

    Returns:
        `str`: A team; the first of those with equally many hits, `"product"` when there is no hit at all.
    """
    found = hits(text)
    return max(found, key=lambda team: found[team]) if any(found.values()) else "product"


def main() -> None:
    """Score the rule on the test rows, print the result and write it beside the other results."""
    with TEST_ROWS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    predicted = [route(row["text"]) for row in rows]
    right = Counter(row["label"] for row, team in zip(rows, predicted, strict=True) if team == row["label"])
    total = Counter(row["label"] for row in rows)
    without = sum(not any(hits(row["text"]).values()) for row in rows)
    result = {
        "what": "keyword rule on the test rows of customer_messages",
        "command": "python benchmarks/keyword_baseline.py",
        "test_rows": len(rows),
        "right": right.total(),
        "accuracy": round(right.total() / len(rows), 4),
        "majority_accuracy": round(max(total.values()) / len(rows), 4),
        "rows_without_any_keyword": without,
        "recall_by_label": {team: round(right[team] / total[team], 4) for team in sorted(total)},
    }
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"Keyword rule: {right.total()} of {len(rows)} test rows right, accuracy {result['accuracy']:.3f}")
    print(f"Majority label: {result['majority_accuracy']:.3f}; rows without any keyword: {without}")
    for team in sorted(total):
        print(f"  {team:<9} {right[team]:>3} of {total[team]}")


if __name__ == "__main__":
    main()
