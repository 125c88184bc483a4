from pathlib import Path

import synth_builder.evaluate_modules

MODULES = Path(synth_builder.evaluate_modules.__file__).parent
NAMES = sorted(path.name for path in MODULES.iterdir() if (path / "README.md").is_file())
