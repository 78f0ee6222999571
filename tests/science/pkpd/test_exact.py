"""What the solvers are held to, held itself to mpmath: another library's matrix exponential, in 50 digits and more."""

import mpmath
import numpy as np
import pytest

from tests.science.pkpd import exact, made_up

DIGITS = 70  # 50 that count, and what squaring loses


@pytest.mark.parametrize("bits", [exact.BITS, exact.MORE_BITS])
@pytest.mark.parametrize(("seed", "minutes"), [(1, 0.5), (2, 40.0), (3, 1440.0), (5, 3 * made_up.WEEK_MIN)])
def test_the_exponential_is_mpmaths_in_fifty_digits(seed, minutes, bits):
    rng = np.random.default_rng(seed)
    rates = made_up.lognormal_system(rng, 1, sink=bool(seed % 2), fastest=60).rates_per_min[0] * minutes
    with mpmath.workdps(DIGITS):
        expected = mpmath.expm(mpmath.matrix(rates.tolist()))
        found = mpmath.matrix(exact.exponential(exact.counted(rates, bits), bits).tolist()) / mpmath.mpf(2) ** bits
        assert mpmath.mnorm(found - expected, 1) <= mpmath.mpf(10) ** -50 * max(1, mpmath.mnorm(expected, 1))


def test_a_push_falls_and_an_infusion_rises_as_their_formulas_say():
    """By mpmath's own exponential of one number: doses, moments and breakpoints are put together right."""
    rates = np.array([[0.02]])
    system = made_up.system(("central", "effect_site"), [("central", "")], rates, np.full(1, 20.0), np.full(1, 0.1))
    forcing = made_up.Forcing(
        at_min=np.array([10.0, 50.0]),
        bolus_mg=np.array([[[30.0, 0.0], [0.0, 0.0]]]),
        rate_mg_per_min=np.array([[[0.75, 0.0], [0.0, 0.0]]]),
    )
    found = exact.amounts(system, forcing, np.array([5.0, 10.0, 50.0, 170.0]))[:, 0]
    left = mpmath.exp(-mpmath.mpf(0.02) * 40)
    ended = 30 * left + mpmath.mpf(0.75) / mpmath.mpf(0.02) * (1 - left)
    expected = [0.0, 30.0, float(ended), float(ended * mpmath.exp(-mpmath.mpf(0.02) * 120))]
    np.testing.assert_allclose(found, expected, rtol=1e-15)
