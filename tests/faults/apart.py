"""``python -m tests.faults.apart MODULE ARGUMENTS``: the ``main`` of a module of this folder in a process of its own, with Django started."""

import importlib
import sys

import django

if __name__ == "__main__":
    django.setup()
    importlib.import_module(f"tests.faults.{sys.argv[1]}").main(sys.argv[2:])
