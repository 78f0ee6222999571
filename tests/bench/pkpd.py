"""A population's curves beside scipy's solver, their errors in 50 digits, and where the time goes."""

import numpy as np

from ketacare.config import pkpd_bench
from ketacare.science.pkpd.solving import modes
from ketacare.science.pkpd.solving.checked import asked_times
from ketacare.science.pkpd.solving.kernels import find_spec
from ketacare.science.pkpd.solving.structure import structure
from ketacare.science.pkpd.solving.weighing import modes_of
from ketacare.science.units import MINUTES_PER_DAY
from tests.bench.figures import says, shares, worked
from tests.science.pkpd import exact

IN_FIFTY_DIGITS, EVERY = 3, 20  # subjects, and every so many times


def run() -> None:
    for row in pkpd_bench.run():
        ratio = "".join(f"{number:>9,.0f}" for number in row["times_as_fast"] or ())
        error = f"{row['error_of_peak']:.1e}" if row["error_of_peak"] else ""
        print(f"  {row['what']:22}{row['ms']:>10,.3g} ms{ratio:>27} x  goal {row['goal']:24}{error:>9}")
    against_fifty_digits()
    where_the_time_goes()


def against_fifty_digits() -> None:
    """The errors above are against the matrix exponential; this says what that is worth."""
    system, forcing = pkpd_bench.work(IN_FIFTY_DIGITS)
    times = np.linspace(0, MINUTES_PER_DAY, pkpd_bench.TIMES)
    for engine in ("numpy", "numba") if find_spec("numba") else ("numpy",):
        found = modes.curves(system, forcing, times, engine=engine)[:, ::EVERY]
        worst = 0.0
        for subject in range(IN_FIFTY_DIGITS):
            right = exact.curves(system, forcing, times[::EVERY], subject=subject)
            worst = max(worst, (np.abs(found[:, :, subject] - right) / right.max(axis=1, keepdims=True)).max())
        says(f"{engine}: at most {worst:.1e} of the peak from 50 digits (mpmath).")


def where_the_time_goes() -> None:
    system, forcing = pkpd_bench.work(pkpd_bench.SUBJECTS)
    times = np.linspace(0, MINUTES_PER_DAY, pkpd_bench.TIMES)
    shape = structure(system, forcing)
    parts = {
        "looking at the input": lambda: asked_times(system, forcing, times),
        "structure": lambda: structure(system, forcing),
        "poles and residues": lambda: modes_of(system, shape, np.dtype(np.float64)),
        "memory for the answer": lambda: np.empty((3, times.size, pkpd_bench.SUBJECTS)).fill(1),
    }
    whole = min(worked(lambda: modes.curves(system, forcing, times, threads=1)) for _ in range(5))
    shares(
        "of numpy's time on even times, one thread",
        {name: min(worked(part) for _ in range(5)) for name, part in parts.items()},
        of=whole,
    )
