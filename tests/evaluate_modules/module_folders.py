from pathlib import Path

from synth_builder.evaluate_modules import NAMES, folder

MODULES = Path(folder(NAMES[0])).parent
