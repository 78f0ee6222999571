"""How dates and times are written in each language: Django reads these by their place."""
