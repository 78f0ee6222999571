"""``python -m ketacare``."""

import sys

from ketacare.config.cli import main

sys.exit(main())
