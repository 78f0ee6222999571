"""What is given, and for research the infusion that reaches a target: the names to import from outside."""

from ketacare.science.pkpd.doses import ALSO_CALLED, Dose, Drug, Regimen, Route, Salt
from ketacare.science.pkpd.targeting import target

__all__ = ["ALSO_CALLED", "Dose", "Drug", "Regimen", "Route", "Salt", "target"]
