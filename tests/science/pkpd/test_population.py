"""A virtual population: its bands are its curves', its seed decides, and what cannot be answered is refused by name."""

import numpy as np
import pytest

from ketacare.science.errors import OutOfRange
from ketacare.science.pkpd import models
from ketacare.science.pkpd.modelling import parameters
from ketacare.science.pkpd.modelling.model_file import Between
from ketacare.science.pkpd.population import Population, simulate_population
from ketacare.science.pkpd.regimen import Dose, Regimen
from ketacare.science.pkpd.simulate import simulate
from ketacare.science.pkpd.subject import Subject
from ketacare.science.pkpd.virtual import bands, gathering, individuals, sampling

MODEL = "kamp2020_iv"
GIVEN = Regimen.infusion(35, 40, drug="racemic_ketamine")
TIMES = [0, 10, 20, 40, 41, 60, 120, 360]
TWO_BLOCKS = sampling.BLOCK + 300


def run(subjects=TWO_BLOCKS, *, model=MODEL, given=GIVEN, t_min=TIMES, rng=1, **more) -> Population:
    return simulate_population(model, given, subjects, t_min, rng=rng, **more)


def same(one: Population, other: Population) -> None:
    """Every number of both is the same to the last bit."""
    for name in one.bands:
        np.testing.assert_array_equal(one.bands[name], other.bands[name])
        np.testing.assert_array_equal(one.mean[name], other.mean[name])
    np.testing.assert_array_equal(one.effect_site_band, other.effect_site_band)


def codes(found: Population) -> set[str]:
    return {flag.code for flag in found.flags}


def test_bands_and_means_are_those_of_the_curves():
    found = run(keep=True, quantiles=(0.1, 0.5, 0.9))
    for name, curves in found.curves.concentration_ng_per_ml.items():
        assert curves.shape == (len(TIMES), TWO_BLOCKS)
        np.testing.assert_array_equal(found.bands[name], np.quantile(curves, (0.1, 0.5, 0.9), axis=-1))
        np.testing.assert_allclose(found.mean[name], curves.mean(axis=-1), rtol=1e-12)
    effect_site = found.curves.effect_site_ng_per_ml
    np.testing.assert_array_equal(found.effect_site_band, np.quantile(effect_site, (0.1, 0.5, 0.9), axis=-1))
    assert found.bin_width == 0


@pytest.mark.parametrize("workers", [2, 4])
def test_the_result_does_not_depend_on_the_number_of_workers(workers):
    same(run(workers=1), run(workers=workers))


def test_the_seed_decides_and_the_result_names_it():
    first = run(rng=np.random.default_rng(5))
    same(first, run(rng=first.seed))
    assert not np.array_equal(first.bands["ketamine"], run(rng=first.seed + 1).bands["ketamine"])


def test_the_first_subjects_are_the_same_however_many_follow():
    few, many = run(20, keep=True), run(50, keep=True)
    for name, curves in few.curves.concentration_ng_per_ml.items():
        np.testing.assert_array_equal(curves, many.curves.concentration_ng_per_ml[name][:, :20])


def test_each_subject_is_simulated_as_simulate_does_with_the_same_etas():
    found = run(7, keep=True, subject=Subject(82))
    etas = sampling.draw(models.load(MODEL), 7, seed=1)[0]
    for number in range(7):
        own = simulate(MODEL, GIVEN, Subject(82), TIMES, etas={name: eta[number] for name, eta in etas.items()})
        for name, curve in own.concentration_ng_per_ml.items():
            got = found.curves.concentration_ng_per_ml[name][:, number]
            np.testing.assert_allclose(got, curve, atol=1e-11 * curve.max())
        got = found.curves.effect_site_ng_per_ml[:, number]
        np.testing.assert_allclose(got, own.effect_site_ng_per_ml, atol=1e-11 * own.effect_site_ng_per_ml.max())


def test_subjects_given_one_by_one_are_used_as_they_are_with_one_draw_each():
    people = [Subject(50), Subject(70), Subject(110)]
    found = run(people, keep=True)
    assert found.n == 3
    for number, person in enumerate(people):
        alone = run(3, keep=True, subject=person)
        got = found.curves.concentration_ng_per_ml["ketamine"][:, number]
        np.testing.assert_allclose(got, alone.curves.concentration_ng_per_ml["ketamine"][:, number], rtol=1e-12)
    assert "reference-subject" not in codes(found)
    assert "reference-subject" in codes(run(3))


def test_what_does_not_fit_is_streamed_and_lies_within_the_stated_width(monkeypatch):
    nine = 9 * sampling.BLOCK
    exact = run(nine)
    monkeypatch.setattr(gathering, "HELD_BYTES", 2**20)
    streamed = run(nine)
    assert streamed.bin_width == bands.BIN_WIDTH
    assert "streamed-bands" in codes(streamed)
    for name, band in exact.bands.items():
        np.testing.assert_allclose(streamed.bands[name], band, rtol=bands.BIN_WIDTH)
        np.testing.assert_array_equal(streamed.mean[name], exact.mean[name])
    same(streamed, run(nine, workers=1))
    with pytest.raises(OutOfRange, match="keep: "):
        run(nine, keep=True)
    with pytest.raises(OutOfRange, match="t_min: "):
        run(nine, t_min=np.linspace(0, 300, 1000))


def test_a_steady_band_holds_the_share_of_subjects_it_says():
    found = run(4000, keep=True, t_min=[40])
    inside = np.logical_and(
        found.curves.concentration_ng_per_ml["ketamine"] >= found.bands["ketamine"][0],
        found.curves.concentration_ng_per_ml["ketamine"] <= found.bands["ketamine"][2],
    )
    assert inside.mean() == pytest.approx(0.9, abs=0.001)


def test_site_status_and_borrowed_variability_travel_with_the_bands():
    found = run(5)
    assert (found.model, found.site, found.parent) == (MODEL, "arterial", "ketamine")
    assert found.reference == models.load(MODEL).reference
    assert "variability-borrowed" in codes(found)


def test_residual_error_widens_the_band_and_is_said():
    asked = {"model": "otto2021_s_ketamine", "given": Regimen.infusion(10, 30, drug="esketamine"), "t_min": [30, 60]}
    exact, measured = run(**asked), run(**asked, residual=True)
    assert "residual-error" in codes(measured)
    for name, band in exact.bands.items():
        assert np.all(np.ptp(measured.bands[name], axis=0) > np.ptp(band, axis=0))
    np.testing.assert_array_equal(measured.effect_site_band, exact.effect_site_band)
    with pytest.raises(OutOfRange, match="residual: "):
        run(residual=True)


def test_a_model_without_variability_refuses_a_population():
    with pytest.raises(OutOfRange, match=r"model: how much subjects differ is not known"):
        run(10, model="domino1984_iv")


@pytest.mark.parametrize("subjects", [0, -3, True, 10**9, 1e9, 12.5, float("nan"), None, "12", []])
def test_a_number_of_subjects_that_is_none_is_refused_by_name(subjects):
    with pytest.raises(OutOfRange, match="subjects: "):
        run(subjects)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quantiles", (0.5, 1.2)),
        ("quantiles", (float("nan"),)),
        ("quantiles", ()),
        ("quantiles", ("a",)),
        ("rng", -1),
        ("engine", "fortran"),
        ("workers", 0),
        ("workers", True),
        ("t_min", [1, float("nan")]),
    ],
)
def test_every_other_bad_input_is_refused_by_name(field, value):
    with pytest.raises(OutOfRange, match=field):
        run(5, **{field: value})


def test_a_subject_beside_subjects_is_refused():
    with pytest.raises(OutOfRange, match="subject: "):
        run([Subject(70)], subject=Subject(70))
    with pytest.raises(OutOfRange, match="subject: "):
        run(5, subject=70)


def test_progress_is_told_up_to_the_end():
    told = []
    run(17 * sampling.BLOCK, t_min=[40], progress=lambda done, asked: told.append((done, asked)))
    assert told == [(16 * sampling.BLOCK, 17 * sampling.BLOCK), (17 * sampling.BLOCK, 17 * sampling.BLOCK)]


@pytest.mark.parametrize("held", [2**28, 2**17])
def test_an_interrupted_run_answers_with_what_was_done(monkeypatch, held):
    monkeypatch.setattr(gathering, "HELD_BYTES", held)

    def interrupt(done: int, asked: int) -> None:
        raise KeyboardInterrupt

    stopped = run(20 * sampling.BLOCK, t_min=[40], progress=interrupt)
    assert stopped.n == 16 * sampling.BLOCK
    assert "interrupted" in codes(stopped)
    same(stopped, run(stopped.n, t_min=[40]))


def test_interrupted_before_anything_was_done_it_has_no_answer(monkeypatch):
    def interrupt(*_args, **_more):
        raise KeyboardInterrupt

    monkeypatch.setattr(gathering, "curves_of", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(5)


def test_subjects_with_their_own_durations_of_absorption_are_followed_each():
    film = Regimen((Dose(50, "sublingual", 0),), drug="esketamine")
    found = run(5, model="simons2022_s_ketamine", given=film, keep=True, subject=Subject(73))
    etas = sampling.draw(models.load("simons2022_s_ketamine"), 5, seed=1)[0]
    assert np.ptp(etas["D1"]) > 0
    for number in range(5):
        own = simulate(
            "simons2022_s_ketamine", film, Subject(73), TIMES, etas={name: eta[number] for name, eta in etas.items()}
        )
        for name, curve in own.concentration_ng_per_ml.items():
            got = found.curves.concentration_ng_per_ml[name][:, number]
            np.testing.assert_allclose(got, curve, atol=1e-11 * curve.max())


def test_what_a_pump_really_gave_is_followed_step_by_step_in_groups_that_fit(monkeypatch):
    rates = [(minute, 0.5 + (minute % 7) / 10) for minute in range(60)]
    pumped = Regimen.from_rates(rates, 60, drug="racemic_ketamine")
    whole = run(40, given=pumped, keep=True)
    monkeypatch.setattr(individuals, "FORCING_CELLS", 2 * 60 * 3 * 7)
    grouped = run(40, given=pumped, keep=True)
    for name, curves in whole.curves.concentration_ng_per_ml.items():
        np.testing.assert_allclose(grouped.curves.concentration_ng_per_ml[name], curves, rtol=1e-13)


def test_each_session_has_its_own_draw_and_what_differs_between_subjects_stays():
    model = models.load("otto2021_s_ketamine")
    changed = dict(model.parameters)
    changed["V1"] = changed["V1"].model_copy(update={"between_occasion": Between(variance=0.2, mark="seen")})
    varying = model.model_copy(update={"parameters": changed})
    day = 24 * 60
    course = Regimen.infusion(10, 30, drug="esketamine").repeated([0, 20])
    found = run(40, model=varying, given=course, t_min=[30, 20 * day + 30], keep=True)
    assert "sessions-added-up" in codes(found)
    first, second = found.curves.concentration_ng_per_ml["s_ketamine"]
    etas = sampling.draw(varying, 40, seed=1, sessions=2)
    for eta, peak in zip(etas, (first, second), strict=True):
        alone = parameters.values(varying, [Subject(70)], eta)["V1"]
        assert np.corrcoef(np.log(alone), np.log(peak))[0, 1] < -0.8
    assert not np.allclose(first, second, rtol=0.01)


def test_no_concentration_is_below_nothing_at_the_start():
    found = simulate_population("racemate_iv_venous", Regimen.infusion(35, 40), 300, [0, 1e-9, 1, 40], rng=1, keep=True)
    for name, curve in found.curves.concentration_ng_per_ml.items():
        assert curve.min() >= 0
        assert found.bands[name][:, 0].max() <= 1e-12 * curve.max()
