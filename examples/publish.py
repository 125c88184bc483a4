"""
Two versions of a dataset on the Hub, and everybody may load either: build a variant, publish it, load it by its tag,
build a second variant, publish that, load both.

    hf auth login
    python examples/publish.py USER/NAME [--endpoint http://localhost:8080] [--rows 40]

Without an endpoint the small model of the extra `embedded` writes the rows.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from datasets import load_dataset

import synth_builder

RECIPE = Path(__file__).resolve().parent.parent / "dataset_scripts" / "customer_messages.yaml"


def main() -> None:
    """Publish two versions and load them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repo", metavar="USER/NAME", help="a dataset repository of yours; made when it is not there")
    parser.add_argument("--endpoint", metavar="URL", help="a TGI server")
    parser.add_argument("--rows", type=int, default=40, help="rows of each variant (default: %(default)s)")
    parser.add_argument("--out", type=Path, help="the release folder (default: a temporary one)")
    arguments = parser.parse_args()
    out = arguments.out or Path(tempfile.mkdtemp(prefix="customer_messages-"))
    engine: dict[str, Any] = {"engine": "tgi", "endpoint": arguments.endpoint} if arguments.endpoint else {}
    overrides = [f"generation.rows.train={arguments.rows}"]

    synth_builder.build(RECIPE, "few_shot", out=out, overrides=overrides, **engine)
    first = synth_builder.publish(out, arguments.repo)
    tag = first.version.tag if first.version else "main"
    rows = load_dataset(arguments.repo, "few_shot", revision=tag)["train"]
    print(f"{tag}: few_shot has {rows.num_rows} rows, the first: {rows[0]['text']!r}")

    synth_builder.build(RECIPE, "zero_shot", out=out, overrides=overrides, **engine)
    second = synth_builder.publish(out, arguments.repo)
    print(f"{second.version.tag if second.version else 'main'}, a {second.verdict} version:")
    for line in second.changes:
        print(f"- {line}")
    for version, variant in ((first.version, "few_shot"), (second.version, "few_shot"), (second.version, "zero_shot")):
        if version is not None:
            rows = load_dataset(arguments.repo, variant, revision=version.tag)["train"]
            print(f"{version.tag}: {variant} has {rows.num_rows} rows")


if __name__ == "__main__":
    main()
