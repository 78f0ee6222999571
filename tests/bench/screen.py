"""The eligibility book: one patient judged while somebody types, and a whole panel judged anew over night."""

import resource
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from itertools import cycle, islice
from pathlib import Path

from ketacare.science.rules import Book, Clearance, load, population
from ketacare.science.rules.cases import read_cases, with_clearances
from tests.bench import panel
from tests.bench.figures import Figure, in_turn, ratios, says, show, timed

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "tests/spec/rules/eligibility.yaml"
ON = date(2026, 11, 22)
ROUNDS, GOAL_MS = 20, 1
PANEL, GOAL_S, GOAL_MB = 100_000, 10, 1000
MADE, ALONE = 20_000, 1000  # patients made, and of those judged one by one, for the comparison
SIZES, SIZES_ROUNDS = (1_000, 10_000, 100_000, 1_000_000), 2


def run() -> None:
    book = load("eligibility")
    one_patient(book)
    made = list(islice(panel.patients(book), MADE))
    beside_the_plain_evaluator(book, made)
    whole_panel()
    as_it_grows(book, made)


def one_patient(book: Book) -> None:
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


def beside_the_plain_evaluator(book: Book, made: list) -> None:
    letters = panel.clearances(book, len(made))
    table = population.table(book, made, on=ON, clearances=letters)

    def one_by_one() -> None:
        for place, facts in enumerate(made[:ALONE]):
            book.evaluate(facts, on=ON, clearances=letters.get(place, ()))

    found = in_turn(
        {
            "plain": lambda: timed(one_by_one) / ALONE * 1e6,
            "table": lambda: timed(lambda: population.table(book, made, on=ON, clearances=letters)) / len(made) * 1e6,
            "judged": lambda: timed(table.screen) / len(made) * 1e6,
            "whole": lambda: timed(lambda: population.screen(book, made, on=ON, clearances=letters)) / len(made) * 1e6,
        }
    )
    alone = table.screen().alone.bit_count()
    show(
        "microseconds a patient",
        [
            Figure(label="the plain evaluator, one by one", values=found["plain"]),
            Figure(label="all at once, from plain mappings", values=found["whole"]),
            Figure(label="  of it: the facts into columns", values=found["table"]),
            Figure(label="  of it: judging the columns", values=found["judged"]),
        ],
    )
    show(
        "times as fast as the plain evaluator",
        [
            Figure(label="from plain mappings", values=ratios(found["plain"], found["whole"])),
            Figure(label="from columns that are there", values=ratios(found["plain"], found["judged"])),
        ],
    )
    says(
        f"{alone / len(made):.1%} have contradicting facts and are judged alone; {len(letters) / len(made):.0%} have a clearance."
    )


def whole_panel() -> None:
    """Measure in a process of its own, so that nothing else counts as its memory."""
    seconds, peak_mb, rest_mb = zip(*(map(float, _panel_of_its_own().split()) for _ in range(3)), strict=True)
    show(
        f"{PANEL:,} patients, each made while it is read",
        [Figure(label="seconds, the making left out", values=seconds)],
    )
    show(
        "MB at the peak",
        [Figure(label="the whole process", values=peak_mb), Figure(label="before it began", values=rest_mb)],
    )
    says(f"the goals are {GOAL_S} s on two cores (one is used) and {GOAL_MB:,} MB.")


def _panel_of_its_own() -> str:
    made = subprocess.run(
        [sys.executable, "-m", "tests.bench.screen"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return made.stdout


def as_it_grows(book: Book, made: list) -> None:
    def each_us(size: int) -> Callable[[], float]:
        return lambda: timed(lambda: population.screen(book, islice(cycle(made), size), on=ON)) / size * 1e6

    found = in_turn({f"{size:,}": each_us(size) for size in SIZES}, rounds=SIZES_ROUNDS)
    first = found[f"{SIZES[0]:,}"]
    show("microseconds a patient", [Figure(label=f"{size} patients", values=values) for size, values in found.items()])
    show(
        f"times what a patient of {SIZES[0]:,} costs",
        [Figure(label=f"{size} patients", values=ratios(values, first)) for size, values in found.items()],
    )
    says("flat: a block of patients costs the same, however many blocks there are.")


def main() -> None:
    """Screen one panel and print the seconds it took, this process's peak memory, and what it was before, in MB."""
    book = load("eligibility")
    letters: dict[int, list[Clearance]] = panel.clearances(book, PANEL)
    made = panel.patients(book)
    making = timed(lambda: [next(made) for _ in range(MADE)]) / MADE * PANEL
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    taken = timed(lambda: population.screen(book, islice(made, PANEL), on=ON, clearances=letters))
    print(taken - making, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, before)


if __name__ == "__main__":
    main()
