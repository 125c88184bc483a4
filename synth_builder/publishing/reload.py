"""
Loads a published variant as any user would, and prints the digests of its rows. Run as a program of its own, with
empty caches, so that nothing that this machine has already can hide a fault.
"""

import json
import sys

from synth_builder.releases.rows_digest import RowsDigest


def main() -> None:
    """
    Read a JSON object from standard input, with `source` (what `load_dataset` takes), `variant`, `arguments` (further
    ones) and `columns` (texts and label), and print split -> digest.
    """
    import datasets

    asked = json.load(sys.stdin)
    splits = datasets.load_dataset(asked["source"], asked["variant"], **asked["arguments"])
    found = {name: RowsDigest(asked["columns"]).update(rows).hexdigest() for name, rows in splits.items()}
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
