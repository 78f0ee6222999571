"""What other medicines do to ketamine: numbers for the very pair and route that was studied, words for everything else."""

from ketacare.science.pkpd.interactions.applying import apply, bioavailability
from ketacare.science.pkpd.interactions.book import InteractionBook, Pair, book
from ketacare.science.pkpd.interactions.naming import Known, known

__all__ = ["InteractionBook", "Known", "Pair", "apply", "bioavailability", "book", "known"]
