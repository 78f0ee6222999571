"""The same population on a Dask cluster, and a large one in little memory."""

import subprocess
import sys

import joblib
import numpy as np
import pytest

from ketacare.science.pkpd.population import simulate_population
from ketacare.science.pkpd.regimen import Regimen

GIVEN = Regimen.infusion(35, 40, drug="racemic_ketamine")
# A process of its own, so that only the simulation is measured; it holds 32 MB of curves at most, and streams the rest.
MANY = """
import resource, sys
import numpy as np
from ketacare.science.pkpd.virtual import gathering
from ketacare.science.pkpd.population import simulate_population
from ketacare.science.pkpd.regimen import Regimen
gathering.HELD_BYTES = 2**25
given = Regimen.infusion(35, 40, drug="racemic_ketamine")
found = simulate_population("kamp2020_iv", given, int(sys.argv[1]), np.linspace(0, 1440, 200), rng=1)
assert found.bin_width > 0 and found.n == int(sys.argv[1])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""

# Three million subjects, interrupted as by a key while they are being simulated.
INTERRUPTED = """
import os, signal
from ketacare.science.pkpd.population import simulate_population
from ketacare.science.pkpd.regimen import Regimen
def press(done, asked):
    os.kill(os.getpid(), signal.SIGINT)
given = Regimen.infusion(35, 40, drug="racemic_ketamine")
found = simulate_population("kamp2020_iv", given, 3_000_000, range(0, 100, 5), rng=1, progress=press)
again = simulate_population("kamp2020_iv", given, found.n, range(0, 100, 5), rng=1)
assert (found.mean["ketamine"] == again.mean["ketamine"]).all()
print(found.n, *(flag.code for flag in found.flags))
"""


def test_a_dask_cluster_on_this_machine_gives_the_same_bits():
    distributed = pytest.importorskip("distributed")
    asked = {"rng": 1, "quantiles": (0.05, 0.5, 0.95)}
    here = simulate_population("kamp2020_iv", GIVEN, 2100, [0, 20, 40, 80], workers=1, **asked)
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=True, host="127.0.0.1", dashboard_address=None
        ) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        there = simulate_population("kamp2020_iv", GIVEN, 2100, [0, 20, 40, 80], workers=2, **asked)
    np.testing.assert_array_equal(there.bands["ketamine"], here.bands["ketamine"])
    np.testing.assert_array_equal(there.effect_site_band, here.effect_site_band)
    np.testing.assert_array_equal(there.mean["ketamine"], here.mean["ketamine"])


def test_more_subjects_than_are_held_need_the_memory_of_their_blocks():
    few, many = (
        float(subprocess.run([sys.executable, "-c", MANY, n], capture_output=True, text=True, check=True).stdout)
        for n in ("17000", "67000")
    )
    assert many < few + 50  # MB; the curves of 50,000 more subjects would be 160


def test_interrupted_by_a_key_it_answers_with_what_was_done():
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=True
    ).stdout.split()
    assert 0 < int(done[0]) < 3_000_000
    assert "interrupted" in done


def test_the_compiled_sums_give_the_same_bands():
    pytest.importorskip("numba")
    by_numpy, by_numba = (
        simulate_population("kamp2020_iv", GIVEN, 1100, [0, 20, 40, 80], rng=1, engine=engine)
        for engine in ("numpy", "numba")
    )
    for name, band in by_numpy.bands.items():
        np.testing.assert_allclose(by_numba.bands[name], band, atol=1e-12 * band.max())
