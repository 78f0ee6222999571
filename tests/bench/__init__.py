"""What things cost, measured side by side in one run: ``./run bench``. Stated, never gated, and no part of the tests."""
