"""The eligibility book: one patient judged while somebody types, and a whole panel judged anew over night."""

import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

from ketacare.science.rules import Book, load, population
from ketacare.science.rules.cases import read_cases, with_clearances
from tests.bench import panel
from tests.bench.figures import Figure, in_turn, ratios, says, show, timed, worked
from tests.bench.panel import ON

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "tests/spec/rules/eligibility.yaml"
ROUNDS, GOAL_MS = 20, 1
PANEL, GOAL_S, GOAL_MB = 100_000, 10, 1000
MADE, ALONE = 20_000, 1000  # patients made, and of those judged one by one, for the comparison
PANELS = 3
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
            "plain": lambda: worked(one_by_one) / ALONE * 1e6,
            "whole": lambda: worked(lambda: population.screen(book, made, on=ON, clearances=letters)) / MADE * 1e6,
            "table": lambda: worked(lambda: population.table(book, made, on=ON, clearances=letters)) / MADE * 1e6,
            "judged": lambda: worked(table.screen) / MADE * 1e6,
        }
    )
    alone = table.screen().alone.bit_count()
    show(
        "microseconds of one core a patient",
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
        f"{alone / MADE:.1%} have contradicting facts and are judged alone; {len(letters) / MADE:.0%} have a clearance."
    )


def whole_panel() -> None:
    """Measure in a process of its own, so that nothing else counts as its memory."""
    clock, computed, peak_mb, rest_mb = zip(*(_panel_of_its_own() for _ in range(PANELS)), strict=True)
    show(
        f"seconds for {PANEL:,} patients",
        [
            Figure(label="by the clock", values=clock),
            Figure(label="of one core", values=computed),
            Figure(label="patients a second of one core", values=tuple(PANEL / one for one in computed)),
        ],
    )
    show(
        "MB", [Figure(label="the process at its peak", values=peak_mb), Figure(label="before it began", values=rest_mb)]
    )
    says(f"the goals are {GOAL_S} s on two cores (one is used) and {GOAL_MB:,} MB. Making the patients is left out.")


def _panel_of_its_own() -> tuple[float, ...]:
    command = [sys.executable, "-m", "tests.bench.screen"]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return tuple(map(float, made.stdout.split()))


def as_it_grows(book: Book, made: list) -> None:
    """Measure panels of every size over the same patients, so that the smallest does not win by lying in the processor's cache."""

    def each_us(size: int) -> Callable[[], float]:
        panels = (
            [list(islice(made, start, start + size)) for start in range(0, MADE, size)]
            if size < MADE
            else [cycle(made)]
        )

        def judge() -> None:
            for one in panels:
                population.screen(book, islice(one, size), on=ON)

        return lambda: worked(judge) / (size * len(panels)) * 1e6

    found = in_turn({f"{size:,}": each_us(size) for size in SIZES}, rounds=SIZES_ROUNDS)
    first = found[f"{SIZES[0]:,}"]
    each = [Figure(label=f"{size} patients", values=values) for size, values in found.items()]
    show("microseconds of one core a patient", each)
    beside = [Figure(label=f"{size} patients", values=ratios(values, first)) for size, values in found.items()]
    show(f"times what a patient costs among {SIZES[0]:,}", beside)
    says(
        f"a block of patients costs the same, however many blocks there are: among {SIZES[-1]:,} {beside[-1].median:.2g} times."
    )


def main() -> None:
    """Screen one panel; print its seconds by the clock and of a core, the peak of memory and what it was before, in MB."""
    book = load("eligibility")
    letters = panel.clearances(book, PANEL)
    deque(islice(panel.patients(book), MADE), maxlen=0)
    before = peak_mb()
    making = [timing(lambda: deque(islice(panel.patients(book), PANEL), maxlen=0)) for timing in (timed, worked)]
    began, computing = time.perf_counter(), time.process_time()
    population.screen(book, islice(panel.patients(book), PANEL), on=ON, clearances=letters)
    taken = time.perf_counter() - began, time.process_time() - computing
    print(*(one - other for one, other in zip(taken, making, strict=True)), peak_mb(), before)


def peak_mb() -> float:
    """This process's highest memory so far, from the kernel: what it inherited from the one that started it does not count."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


if __name__ == "__main__":
    main()
