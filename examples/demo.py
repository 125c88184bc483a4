"""
The main job, start to finish, without a server and without a download: a small language model in this process writes
training data for a classifier, and classifiers trained on it are tested on rows that people wrote.

    python examples/demo.py [--out DIR]
"""

import argparse
import shlex
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RECIPE = ROOT / "dataset_scripts" / "customer_messages.yaml"
VARIANTS = ("zero_shot", "few_shot")
SETTINGS = (
    "generation.rows.train=150",
    # A model this small continues a record better than it follows an instruction.
    "variants.zero_shot.prompt_form=completion",
    "variants.few_shot.prompt_form=completion",
    "generation.sampling={temperature: 0.9, top_p: 0.95, max_new_tokens: 48}",
)


def run(*words: str) -> None:
    """Show a command and run it."""
    print(f"\n$ {shlex.join(words)}", flush=True)
    code = subprocess.run([sys.executable, "-m", "synth_builder", *words[1:]], check=False).returncode
    if code:
        sys.exit(code)


def main() -> None:
    """Build, score, say what to look at."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", default="releases/customer_messages", help="the release folder")
    out = parser.parse_args().out
    started = time.monotonic()
    variants = [word for name in VARIANTS for word in ("--variant", name)]
    recipe = str(RECIPE.relative_to(Path.cwd())) if RECIPE.is_relative_to(Path.cwd()) else str(RECIPE)
    settings = [word for setting in SETTINGS for word in ("--set", setting)]
    build = ("synth-builder", "build", recipe, *variants, *settings, "--out", out)
    run(*build)
    regimes = ("--regimes", "synthetic,real", "--real-rows", "50")
    run("synth-builder", "score", out, *variants, *regimes, "--seeds", "2")
    print(
        f"""
Done in {time.monotonic() - started:.0f} s. What to look at:
- the table above: rows written by a model of 135 million parameters train a classifier that is far above always giving
  one answer; compare with "real 50", and try `synth-builder score {shlex.quote(out)} --real-rows 50`, which also
  trains on both;
- {out}/README.md: the dataset card, made from what happened;
- {out}/rejections/: every reply that was not used, with the reason;
- build again, which asks nothing a second time:
  {shlex.join(build)}"""
    )


if __name__ == "__main__":
    main()
