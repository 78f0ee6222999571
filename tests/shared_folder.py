"""Where real recordings and records lie, beside the repository and never in it."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("KETACARE_SHARED", Path(__file__).resolve().parents[2] / "shared"))

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the folder 'shared' beside the repository is absent")
