"""One patient against the eligibility book: judged while somebody types, so it may not be felt."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from ketacare.science.rules import load
from ketacare.science.rules.cases import read_cases, with_clearances
from tests.bench.figures import Figure, in_turn, says, show, timed

CASES = Path(__file__).resolve().parents[1] / "spec/rules/eligibility.yaml"
ON = date(2026, 11, 22)
ROUNDS, GOAL_MS = 20, 1


def run() -> None:
    book = load("eligibility")
    cases = read_cases(CASES.read_text(encoding="utf-8"), place=CASES.name)
    patients = [with_clearances(book, case.facts, on=ON) for case in cases if case.book == book.id]

    def each_ms(patients: list) -> Callable[[], float]:
        def judge() -> None:
            for facts, clearances in patients:
                book.evaluate(facts, on=ON, clearances=clearances)

        return lambda: timed(judge) * 1000 / len(patients)

    fullest = max(patients, key=lambda one: len(one[0]))
    found = in_turn({"mean": each_ms(patients), "fullest": each_ms([fullest] * 20)}, rounds=ROUNDS)
    show(
        "ms a patient",
        [
            Figure(label=f"{len(patients)} patients of the clinical cases, their mean", values=found["mean"]),
            Figure(label=f"the one of whom most is known ({len(fullest[0])} facts)", values=found["fullest"]),
        ],
    )
    says(f"{len(book.rules)} rules under three-valued logic; the goal is {GOAL_MS} ms a patient.")
