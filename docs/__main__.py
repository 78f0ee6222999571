"""``python -m docs``: starts Django, which the permission matrix needs, and writes the reference."""

import importlib
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ketacare.config.settings")
django.setup()
importlib.import_module("docs.write").write()
