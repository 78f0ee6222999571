"""Faults put to a running service on purpose, each with the promise that it must keep: see ``__main__``."""
