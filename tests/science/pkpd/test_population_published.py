"""Virtual populations beside what was observed in real ones: rows V2, V4 and V7 of our evidence, with its tolerances."""

import numpy as np
import pytest

from ketacare.science.pkpd.population import simulate_population
from ketacare.science.pkpd.regimen import Dose, Regimen
from ketacare.science.pkpd.subject import Subject
from ketacare.science.pkpd.virtual import exposure


def test_venous_concentrations_at_the_end_of_an_infusion_overlap_those_observed():
    given = Regimen.infusion(35, 40, drug="racemic_ketamine")
    found = simulate_population("racemate_iv_venous", given, 2000, [40], rng=1)
    low, _, high = found.bands["ketamine_total"][:, 0]
    assert low < 250
    assert high > 100
    assert 100 < found.mean["ketamine_total"][0] < 250


@pytest.fixture(scope="module")
def oral() -> dict[str, tuple[float, float]]:
    """Mean peak (ng/mL) and mean area to 24 h (ng*h/mL) of each analyte after 0.2 mg/kg by mouth in 62 kg, at the study's times."""
    hours = np.array([0, 1 / 3, 2 / 3, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 24])
    given = Regimen((Dose(12.4, "oral", 0),), drug="esketamine")
    found = simulate_population("ashraf2018_s_ketamine", given, 1000, 60 * hours, rng=1, subject=Subject(62), keep=True)
    curves = found.curves.concentration_ng_per_ml
    when = found.curves.t_min
    return {
        name: (exposure.peak(when, one)[0].mean(), exposure.area_h(when, one).mean()) for name, one in curves.items()
    }


@pytest.mark.parametrize(("analyte", "peak", "area"), [("s_ketamine", 9.37, 22.4), ("s_norketamine", 56, 279)])
def test_means_after_an_oral_dose_are_those_observed(oral, analyte, peak, area):
    assert oral[analyte][0] == pytest.approx(peak, rel=0.35)
    assert oral[analyte][1] == pytest.approx(area, rel=0.20)


@pytest.fixture(scope="module")
def film() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Peaks (ng/mL) and areas to 6 h (ng*min/mL) of each subject after a film of 50 mg, 73 kg."""
    when = np.arange(0, 361, 10.0)
    given = Regimen((Dose(50, "sublingual", 0),), drug="esketamine")
    found = simulate_population("simons2022_s_ketamine", given, 250, when, rng=1, subject=Subject(73), keep=True)
    curves = found.curves.concentration_ng_per_ml
    return {name: (exposure.peak(when, one)[0], 60 * exposure.area_h(when, one)) for name, one in curves.items()}


@pytest.mark.parametrize(
    ("analyte", "peak", "area"),
    [("s_ketamine", 96, 8363), ("s_norketamine", 276, 38497), ("s_hydroxynorketamine", 101, 24087)],
)
def test_means_after_a_film_are_those_observed(film, analyte, peak, area):
    """As far as so many subjects can tell: beside the tolerance, two standard errors of their mean."""
    for values, observed, tolerance in zip(film[analyte], (peak, area), (0.25, 0.20), strict=True):
        error = values.std() / np.sqrt(len(values))
        assert abs(values.mean() - observed) < tolerance * observed + 2 * error
