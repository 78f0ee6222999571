"""ketacare: runs a supervised ketamine-therapy service."""

__version__ = "0.1.0"
