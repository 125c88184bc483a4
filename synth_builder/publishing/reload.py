"""
Loads a published variant as any user would, and prints the digests of its rows. Run as a program of its own, with
empty caches and in an empty folder, so that nothing that this machine has already can hide a fault: `load_dataset`
takes a folder that is called as the repository for it.
"""

import json
import os
import sys

from synth_builder.releases.row_batches import ROWS_AT_A_TIME
from synth_builder.releases.rows_digest import RowsDigest


def main() -> None:
    """
    Read a JSON object from standard input, with `source` (what `load_dataset` takes), `variant`, `arguments` (further
    ones), `columns` (texts and label) and `folder` (an empty one), and print split -> digest.
    """
    import datasets

    asked = json.load(sys.stdin)
    os.chdir(asked["folder"])
    splits = datasets.load_dataset(asked["source"], asked["variant"], **asked["arguments"])
    found = {}
    for name, rows in splits.items():
        digest = RowsDigest(asked["columns"])
        # As Arrow tables: row by row, `datasets` would take minutes for a million.
        for batch in rows.with_format("arrow").iter(ROWS_AT_A_TIME):
            digest.update(batch.to_pylist())
        found[name] = digest.hexdigest()
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
