"""Controlled drugs: what a register of them adds up to, and what the law of a place asks of it."""
