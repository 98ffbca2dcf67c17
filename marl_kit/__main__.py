"""``python -m marl_kit`` is ``marl-kit``."""

import sys

from marl_kit.cli import main

if __name__ == "__main__":
    sys.exit(main())
