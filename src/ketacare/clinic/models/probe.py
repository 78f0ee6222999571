"""What is written only to know that writing works."""

from django.db import models


class WriteProbe(models.Model):
    """One row, written anew every second: a database that takes it takes what a nurse charts."""

    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"write probe {self.at}"
