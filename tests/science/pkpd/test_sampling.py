"""Virtual subjects: their moments are the model's, their draws rest on seed and place alone."""

import numpy as np
import pytest

from ketacare.science.errors import OutOfRange
from ketacare.science.pkpd import models
from ketacare.science.pkpd.modelling import parameters
from ketacare.science.pkpd.modelling.model_file import Between, Covariance, Model
from ketacare.science.pkpd.subject import Subject
from ketacare.science.pkpd.virtual import sampling

MANY = 64 * sampling.BLOCK


def drawn(model: Model, count: int = MANY, seed: int = 1) -> dict[str, np.ndarray]:
    """The etas of many subjects, of one session."""
    blocks = [sampling.draw(model, sampling.BLOCK, seed=seed, block=n)[0] for n in range(count // sampling.BLOCK)]
    return {name: np.concatenate([one[name] for one in blocks]) for name in blocks[0]}


def with_variances(model: Model, **variances: Between) -> Model:
    """The model with other between-subject variances and no covariances."""
    changed = {
        name: one.model_copy(update={"between_subject": variances.get(name)}) for name, one in model.parameters.items()
    }
    return model.model_copy(update={"parameters": changed, "covariances": ()})


@pytest.fixture
def otto() -> Model:
    return models.load("otto2021_s_ketamine")


def test_mean_and_spread_of_the_log_parameters_are_the_models_within_four_standard_errors(otto):
    values = parameters.values(otto, [Subject(70)], drawn(otto))
    for name in otto.varying:
        variance = otto.parameters[name].between_subject.variance
        typical = parameters.values(otto, [Subject(70)])[name][0]
        log = np.log(values[name] / typical)
        assert abs(log.mean()) < 4 * np.sqrt(variance / MANY)
        assert abs(log.var(ddof=1) - variance) < 4 * variance * np.sqrt(2 / MANY)


def test_covariances_are_the_models_within_four_standard_errors(otto):
    etas = drawn(otto)
    asked = {frozenset(one.between): one.covariance for one in otto.covariances}
    assert asked
    for a in otto.varying:
        for b in (name for name in otto.varying if name > a):
            products = etas[a] * etas[b]
            error = products.std() / np.sqrt(MANY)
            assert abs(products.mean() - asked.get(frozenset({a, b}), 0)) < 4 * error


def test_a_fraction_on_the_logit_scale_stays_a_fraction_around_its_typical_value(otto):
    wide = Between(variance=4.0, scale="logit", mark="seen")
    fraction = with_variances(models.load("racemate_iv_venous"), frac_S=wide)
    shares = parameters.values(fraction, [Subject(70)], drawn(fraction))["frac_S"]
    assert 0 < shares.min() < 0.05 < 0.95 < shares.max() < 1
    # The median of a logit-normal is its typical value; its standard error is 1.25 sd / sqrt(n) on the logit.
    assert abs(np.median(np.log(shares / (1 - shares)))) < 4 * 1.2533 * 2 / np.sqrt(MANY)


def test_weight_scales_before_chance(otto):
    etas = sampling.draw(otto, 5, seed=3)[0]
    light, heavy = (parameters.values(otto, [Subject(kg)], etas) for kg in (70, 140))
    np.testing.assert_allclose(heavy["CL"] / light["CL"], 2**0.75)
    np.testing.assert_allclose(heavy["V1"] / light["V1"], 2)


def test_both_enantiomers_of_a_subject_are_that_subjects():
    racemate = models.load("racemate_iv_venous")
    values = parameters.values(racemate, [Subject(70)], sampling.draw(racemate, 50, seed=2)[0])
    np.testing.assert_allclose(values["CL"] / values["CL_R"], 1.165)


def test_a_draw_rests_on_seed_and_block_alone_and_not_on_how_many_are_asked_for(otto):
    many, few = sampling.draw(otto, 1000, seed=5, block=7)[0], sampling.draw(otto, 10, seed=5, block=7)[0]
    for name in otto.varying:
        np.testing.assert_array_equal(many[name][:10], few[name])
        assert not np.array_equal(few[name], sampling.draw(otto, 10, seed=5, block=8)[0][name])
        assert not np.array_equal(few[name], sampling.draw(otto, 10, seed=6, block=7)[0][name])


def test_the_streams_are_those_that_numpy_itself_would_spawn():
    child = np.random.SeedSequence(11).spawn(4)[3].spawn(2)[sampling.OCCASIONS]
    expected = np.random.Generator(np.random.PCG64(child)).standard_normal(5)
    np.testing.assert_array_equal(sampling.stream(11, 3, sampling.OCCASIONS).standard_normal(5), expected)


def test_what_varies_between_sessions_is_drawn_anew_for_each_and_the_rest_is_kept(otto):
    changed = dict(otto.parameters)
    changed["Vn"] = changed["Vn"].model_copy(update={"between_occasion": Between(variance=0.09, mark="seen")})
    model = otto.model_copy(update={"parameters": changed})
    first, second = sampling.draw(model, sampling.BLOCK, seed=4, sessions=2)
    np.testing.assert_array_equal(first["CL"], second["CL"])
    np.testing.assert_array_equal(first["CL"], sampling.draw(otto, sampling.BLOCK, seed=4)[0]["CL"])
    # The difference of two sessions has twice the variance between sessions, none of that between subjects.
    assert np.var(first["Vn"] - second["Vn"]) == pytest.approx(0.18, rel=4 * np.sqrt(2 / sampling.BLOCK))


def test_a_model_without_variability_has_no_population():
    with pytest.raises(OutOfRange, match=r"model: how much subjects differ is not known for domino1984_iv"):
        sampling.draw(models.load("domino1984_iv"), 5, seed=1)


def test_borrowed_variability_is_flagged_and_a_models_own_is_not(otto):
    borrowed = sampling.flags(models.load("kamp2020_iv"))
    assert {flag.about for flag in borrowed} == {"CL", "V1", "Q3"}
    assert all(flag.code == "variability-borrowed" and "Simons" in flag.says for flag in borrowed)
    assert sampling.flags(otto) == ()


def test_covariances_that_are_none_are_refused(otto):
    too_much = Covariance(between=("V1", "CL"), covariance=0.5, mark="seen")
    with pytest.raises(OutOfRange, match="covariances"):
        sampling.draw(otto.model_copy(update={"covariances": (too_much,)}), 5, seed=1)


def test_parameters_that_move_as_one_can_be_drawn(otto):
    as_one = Between(variance=0.04, mark="seen")
    model = with_variances(otto, V1=as_one, CL=as_one)
    model = model.model_copy(update={"covariances": (Covariance(between=("V1", "CL"), covariance=0.04, mark="seen"),)})
    etas = sampling.draw(model, 100, seed=1)[0]
    np.testing.assert_allclose(etas["V1"], etas["CL"], atol=1e-7)  # the root of what rounding leaves


@pytest.mark.parametrize("rng", [-1, True, 1.5, None, "1"])
def test_a_seed_is_a_generator_or_a_whole_number(rng):
    with pytest.raises(OutOfRange, match="rng"):
        sampling.seed_of(rng)


def test_a_generator_gives_one_seed_after_the_other():
    rng = np.random.default_rng(1)
    first, second = sampling.seed_of(rng), sampling.seed_of(rng)
    assert first != second
    assert first == sampling.seed_of(np.random.default_rng(1))


def test_residual_error_is_the_models_and_leaves_the_curve_itself_alone(otto):
    exact = {"s_ketamine": np.full((40, 900), 100.0), "s_norketamine": np.full((40, 900), 50.0)}
    found = sampling.measured(otto, exact, seed=1)
    log = found["s_ketamine"] / 100 - 1
    assert log.std() == pytest.approx(otto.residual["s_ketamine"].proportional_sd, rel=0.02)
    assert abs(log.mean()) < 4 * log.std() / np.sqrt(log.size)
    assert np.all(exact["s_ketamine"] == 100)
    assert np.all(found["s_ketamine"] >= 0)
