import sys

from synth_builder.cli.main import main

sys.exit(main())
