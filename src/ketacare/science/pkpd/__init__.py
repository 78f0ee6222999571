"""Ketamine pharmacology: cited models, exact simulation, effects; usable alone."""
