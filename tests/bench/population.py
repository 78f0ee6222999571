"""A virtual population: its bands beside its curves alone, and a million subjects in the memory of their blocks."""

import subprocess
import sys
from functools import partial

import numpy as np

from ketacare.science.pkpd import models
from ketacare.science.pkpd.population import simulate_population
from ketacare.science.pkpd.regimen import Regimen
from ketacare.science.pkpd.subject import Subject
from ketacare.science.pkpd.virtual import blocks, gathering
from ketacare.science.pkpd.virtual.individuals import Question
from tests.bench.figures import Figure, in_turn, ratios, says, show, timed

MODEL = "otto2021_s_ketamine"  # three compartments, effect site, metabolite
GIVEN = Regimen.infusion(35, 40, drug="esketamine")
TIMES = np.linspace(0, 1440, 200)
SUBJECTS, MANY = 10_000, 1_000_000
MOST_RATIO, MOST_MB = 6, 1000
# A process of its own, so that only the simulation is measured.
STREAMED = """
import resource, sys, time
import numpy as np
from ketacare.science.pkpd.population import simulate_population
from ketacare.science.pkpd.regimen import Regimen
began = time.perf_counter()
given = Regimen.infusion(35, 40, drug="esketamine")
found = simulate_population(sys.argv[1], given, int(sys.argv[2]), np.linspace(0, 1440, 200), rng=1)
assert found.n == int(sys.argv[2]) and found.bin_width > 0
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def run() -> int:
    crowd = blocks.Crowd(count=SUBJECTS, people=(Subject(70),), seed=1, named=True)
    asked = Question(model=models.load(MODEL), regimen=GIVEN, t_min=TIMES)

    def curves_alone() -> None:
        for number in range(crowd.blocks):
            gathering.curves_of(asked, crowd.block(number))

    whole = partial(simulate_population, MODEL, GIVEN, SUBJECTS, TIMES, rng=1, subject=Subject(70), workers=1)
    taken = in_turn({"curves alone": lambda: timed(curves_alone), "with their bands": lambda: timed(whole)})
    show("s, one worker", [Figure(label=name, values=values) for name, values in taken.items()])
    beside = Figure(label="bands / curves", values=tuple(one - 1 for one in ratios(*reversed(taken.values()))))
    show("times as long", [beside])
    seconds, megabytes = streamed()
    says(
        f"{MANY:,} subjects x {TIMES.size} times x 3 outputs streamed: {seconds:.0f} s, at most {megabytes:.0f} MB in all."
    )
    return int(beside.median > MOST_RATIO or megabytes > MOST_MB)


def streamed() -> tuple[float, float]:
    """Seconds and the most memory, in MB, of a million subjects."""
    done = subprocess.run(
        [sys.executable, "-c", STREAMED, MODEL, str(MANY)], capture_output=True, text=True, check=True
    )
    seconds, megabytes = map(float, done.stdout.split())
    return seconds, megabytes
