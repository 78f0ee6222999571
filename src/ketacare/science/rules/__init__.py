"""The rule engine: five rulebooks in one condition language, one loader, one evaluator."""

from ketacare.science.rules.book import Book, load, load_file
from ketacare.science.rules.catalogue import catalogue, names, versions
from ketacare.science.rules.clearances import Clearance
from ketacare.science.rules.conditions import Value, Verdict
from ketacare.science.rules.fields import Fact, Field
from ketacare.science.rules.findings import Contradiction, Evaluation, Finding, Need, Used
from ketacare.science.rules.policy import Param, Policy
from ketacare.science.rules.rule import Rule

__all__ = [
    "Book",
    "Clearance",
    "Contradiction",
    "Evaluation",
    "Fact",
    "Field",
    "Finding",
    "Need",
    "Param",
    "Policy",
    "Rule",
    "Used",
    "Value",
    "Verdict",
    "catalogue",
    "load",
    "load_file",
    "names",
    "versions",
]
