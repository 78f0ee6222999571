"""Pictures of populations and trials: they say what they are, without a browser and without colour."""

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from ketacare.science.errors import OutOfRange
from ketacare.science.pkpd.population import Population, simulate_population
from ketacare.science.pkpd.regimen import Regimen
from ketacare.science.pkpd.trial import Trial, simulate_trial

plots = pytest.importorskip("ketacare.science.pkpd.plots", exc_type=ImportError)

MODEL = "racemate_iv_venous"
TIMES = np.arange(0, 121, 10)


def given(minutes: float) -> Regimen:
    return Regimen.infusion(35, minutes, drug="racemic_ketamine")


@pytest.fixture(scope="module")
def populations() -> dict[str, Population]:
    return {f"{minutes} min": simulate_population(MODEL, given(minutes), 30, TIMES, rng=7) for minutes in (40, 60)}


@pytest.fixture(scope="module")
def trial() -> Trial:
    return simulate_trial(MODEL, {"40 min": given(40), "60 min": given(60)}, 30, TIMES, rng=7)


def words(path: Path) -> str:
    """Everything a picture says."""
    return " ".join(text for text in ET.parse(path).getroot().itertext() if text.strip())


@pytest.fixture(scope="module")
def pictures(populations, trial, tmp_path_factory) -> list[str]:
    folder = tmp_path_factory.mktemp("pictures")
    charts = [
        plots.band_chart(populations["40 min"]),
        plots.comparison(populations),
        plots.distributions(trial, "cmax"),
        plots.distributions(trial, "systolic_rise_max"),
    ]
    return [words(plots.save(chart, folder / f"{number}.svg")) for number, chart in enumerate(charts)]


def test_every_picture_says_model_site_status_seed_and_that_it_decides_nothing(pictures):
    for said in pictures:
        for part in (MODEL, "venous blood", "project calibration", "seed 7", "30 subjects"):
            assert part in said
        assert "does not decide a dose, a discharge or safety" in said


def test_axes_carry_their_units_and_curves_their_letters(pictures):
    band, both, exposure, pressure = pictures
    assert "Concentration, ng/mL" in band
    assert "Time from the start, min" in band
    assert "A  40 min" in both
    assert "B  60 min" in both
    assert "% of subjects" in exposure
    assert "mmHg" in pressure


def test_curves_differ_by_their_dashes_as_well_as_by_colour(populations, tmp_path):
    drawing = plots.save(plots.comparison(populations), tmp_path / "both.svg").read_text(encoding="utf-8")
    assert 'stroke-dasharray="9,5"' in drawing


def test_an_effect_says_how_well_it_is_known(pictures):
    assert "never clears a patient" in pictures[3]


def test_a_png_is_a_png(populations, tmp_path):
    written = plots.save(plots.band_chart(populations["40 min"], ["norketamine_total"]), tmp_path / "one.png")
    assert written.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("place", "draw"),
    [
        ("analytes", lambda one, trial: plots.band_chart(one, ["water"])),
        ("analytes", lambda one, trial: plots.band_chart(one, [])),
        ("populations", lambda one, trial: plots.comparison({})),
        ("populations", lambda one, trial: plots.comparison(dict.fromkeys("abcde", one))),
        ("analyte", lambda one, trial: plots.comparison({"a": one}, "water")),
        ("outcome", lambda one, trial: plots.distributions(trial, "cadss")),
        ("path", lambda one, trial: plots.save(plots.band_chart(one), "picture.gif")),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_name(populations, trial, place, draw):
    with pytest.raises(OutOfRange, match=place):
        draw(populations["40 min"], trial)


def test_without_altair_it_says_what_to_install():
    code = "import sys; sys.modules['altair'] = None; import ketacare.science.pkpd.plots"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "ketacare[research]" in found.stderr


def test_populations_of_different_sites_are_compared_with_a_warning(populations, tmp_path):
    arterial = simulate_population("kamp2020_iv", given(40), 30, TIMES, rng=7)
    both = {"venous": populations["40 min"], "arterial": arterial}
    said = words(plots.save(plots.comparison(both), tmp_path / "sites.svg"))
    assert "do not read the difference as one of dose" in said


@pytest.mark.parametrize(
    ("quantiles", "says"),
    [
        ((0.95, 0.05, 0.5), "line: median, band: percentiles 5 to 95"),
        ((0.1, 0.9), "line: mean, band: percentiles 10 to 90"),
        ((0.9,), "line: percentile 90"),
    ],
)
def test_the_line_and_the_band_are_what_the_picture_says(quantiles, says, tmp_path):
    found = simulate_population(MODEL, given(40), 30, TIMES, rng=7, quantiles=quantiles)
    assert says in words(plots.save(plots.band_chart(found), tmp_path / "band.svg"))
