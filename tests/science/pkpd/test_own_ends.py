"""Subjects whose absorption ends at a moment of their own: together what each is alone."""

import numpy as np
import pytest

from ketacare.science.pkpd import entering, models
from ketacare.science.pkpd.modelling import assemble, parameters
from ketacare.science.pkpd.regimen import Dose, Regimen
from ketacare.science.pkpd.solving import modes, own_ends, propagate
from ketacare.science.pkpd.subject import Subject
from ketacare.science.pkpd.virtual import sampling
from tests.science.pkpd import exact

MODEL = models.load("simons2022_s_ketamine")
FILM = Dose(50, "sublingual", 0)


def together_and_apart(regimen: Regimen, t_min: np.ndarray, count: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """The outputs (o, t, s) of all at once, and of each with a forcing of their own."""
    values = parameters.values(MODEL, [Subject(70)], sampling.draw(MODEL, count, seed=3)[0])
    system = assemble.system(MODEL, values)
    found = own_ends.curves(system, tuple(entering.portions(MODEL, values, regimen, system)), t_min)
    apart = []
    for one in range(count):
        own = {name: value[[one]] for name, value in values.items()}
        alone = assemble.system(MODEL, own)
        held = propagate.amounts(alone, entering.forcing(MODEL, own, regimen, alone), t_min)
        apart.append(alone.readout[0] @ held[0].T)
    return found, np.stack(apart, axis=-1)


@pytest.fixture(params=["terms", "walk"])
def way(request, monkeypatch):
    """By exponentials as far as they go, or all by the matrix exponential."""
    if request.param == "walk":
        monkeypatch.setattr(modes, "WITHIN", 0)
    return request.param


@pytest.mark.parametrize(
    ("regimen", "t_min"),
    [
        (Regimen((FILM,)), np.linspace(0, 300, 31)),
        (Regimen((FILM,)), np.array([200.0, 5, 5, 0, 33.3, 77.7])),
        (Regimen((FILM,)).shifted(20), np.array([0.0, 10, 20, 21, 60, 500])),
        (Regimen((FILM,)), np.array([1000.0])),
        (Regimen((FILM,)).shifted(100), np.array([0.0, 50])),
        (Regimen((FILM, Dose(20, "iv", 15, 40), Dose(5, "iv", 90))), np.array([0.0, 15, 16, 55, 90, 91, 240])),
        (Regimen((FILM, Dose(25, "sublingual", 12.5), Dose(25, "sublingual", 40))), np.linspace(0, 180, 13)),
    ],
    ids=["grid", "any order", "later", "once", "before the dose", "with a vein", "overlapping"],
)
@pytest.mark.usefixtures("way")
def test_all_at_once_is_each_alone(regimen, t_min):
    found, apart = together_and_apart(regimen, t_min)
    peak = np.maximum(np.abs(apart).max(axis=1, keepdims=True), 1e-300)
    assert np.abs((found - apart) / peak).max() < 1e-12


def test_who_stands_beside_a_subject_changes_nothing(way, monkeypatch):
    t_min = np.linspace(0, 120, 9)
    many, _ = together_and_apart(Regimen((FILM,)), t_min)
    monkeypatch.setattr(own_ends, "FEW", 2)
    few, _ = together_and_apart(Regimen((FILM,)), t_min)
    np.testing.assert_allclose(many, few, rtol=1e-13, err_msg=way)


@pytest.mark.parametrize("seed", range(3))
def test_a_film_agrees_with_fifty_digits(seed):
    regimen, t_min = Regimen((FILM, Dose(20, "iv", 15, 40), Dose(25, "sublingual", 30))), np.linspace(0, 400, 14)
    values = parameters.values(MODEL, [Subject(70)], sampling.draw(MODEL, 1, seed=seed)[0])
    system = assemble.system(MODEL, values)
    found = own_ends.curves(system, tuple(entering.portions(MODEL, values, regimen, system)), t_min)[:, :, 0]
    expected = exact.curves(system, entering.forcing(MODEL, values, regimen, system), t_min)
    assert (np.abs(found - expected).max(axis=1) <= 1e-12 * expected.max(axis=1)).all()


def test_hardly_anybody_of_a_population_is_walked(monkeypatch):
    walked = []
    monkeypatch.setattr(
        own_ends, "_walked", lambda system, _, times: walked.append(len(system.readout)) or np.zeros((4, len(times), 1))
    )
    values = parameters.values(MODEL, [Subject(70)], sampling.draw(MODEL, 500, seed=1)[0])
    system = assemble.system(MODEL, values)
    own_ends.curves(system, tuple(entering.portions(MODEL, values, Regimen((FILM,)), system)), np.linspace(0, 300, 31))
    assert sum(walked) <= 15
