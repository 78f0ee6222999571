"""What is given, and the infusion that reaches a target: the names to import from outside."""

from ketacare.science.pkpd.doses import ALSO_CALLED, Dose, Drug, Regimen, Route, Salt

__all__ = ["ALSO_CALLED", "Dose", "Drug", "Regimen", "Route", "Salt"]
