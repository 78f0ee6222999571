"""Priors fitted to people: what people were drawn from is found again, and too few people change nothing."""

from dataclasses import replace

import numpy as np
import pytest
import yaml

from ketacare.science.errors import BadFacts, MissingInput
from ketacare.science.trajectory import own, refitting
from ketacare.science.trajectory.course import course
from ketacare.science.trajectory.presets import prior, scaled
from ketacare.science.trajectory.validating import cohorts


def drawn_from(true, n, seed=1):
    days = np.array([0, 2, 4, 7, 9, 11, 14, 21, 28, 42, 56, 84], dtype=float)
    return cohorts.drawn(true, (0, 2, 4, 7, 9, 11), days, n, rng=np.random.default_rng(seed)).courses


def test_a_refit_finds_what_people_were_drawn_from():
    published = prior()
    true = replace(published, mean=(27.0, 6.0, 12.0, 0.0), sd=(4.0, 5.0, 6.0, 3.0))
    found = refitting.refit(published, drawn_from(true, 300))
    assert found.weight == 1
    assert found.log_likelihood_after > found.log_likelihood_before + 0.5
    assert found.prior.mean[0] == pytest.approx(27, abs=1)
    assert found.prior.sd[3] == pytest.approx(3, abs=0.3)
    assert sum(found.prior.mean[1:3]) == pytest.approx(18, abs=2)
    assert sum(found.prior.weights) == pytest.approx(1)
    assert found.prior.noise_sd == published.noise_sd


def test_fewer_people_stay_nearer_to_the_published_priors():
    published = prior()
    people = drawn_from(replace(published, mean=(23.0, 9.0, 16.0, 0.0)), 50)
    found = refitting.refit(published, people)
    assert found.weight == 0.25
    assert published.mean[0] - 4 < found.prior.mean[0] < published.mean[0] - 1  # a quarter of ten points


def test_without_infusions_amplitudes_and_half_lives_stay():
    published = prior("phq9", "community")
    people = [course([], [(7 * week, 12 + (at + week) % 5) for week in range(5)]) for at in range(45)]
    found = refitting.refit(published, people).prior
    assert found.mean[1:] == published.mean[1:]
    assert found.weights == published.weights
    assert found.mean[0] != published.mean[0]


def test_too_few_people_are_refused_with_both_numbers():
    with pytest.raises(MissingInput, match=r"3 people have 3 or more scores; 40 are needed"):
        refitting.usable([*drawn_from(prior(), 3), course([], [(0, 20), (7, 18)])])


def test_a_third_is_held_out_by_chance_and_nobody_is_in_both():
    people = drawn_from(prior(), 90)
    fitted, held = refitting.split(people, rng=np.random.default_rng(2))
    assert (len(fitted), len(held)) == (60, 30)
    assert not set(fitted) & set(held)


def test_a_prior_on_another_scale_is_the_same_in_its_points():
    half = scaled(prior(), 0.5, noise_sd=1.0, scale="half")
    assert half.mean == (16.5, 4.5, 8, 0)
    assert half.sd == (3, 4, 5, 2)
    assert half.drift_variance_per_day == pytest.approx(0.0125)


def asked(courses, **other):
    given = {"scale": "madrs", "preset": "research", "data_sha256": "0" * 64, "seed": 1, "made_on": "2026-11-22"}
    return own.Asked(courses=tuple(courses), software="0", **(given | other))


def whole(courses):
    """The same people as a clinic would write them down: whole scores within the scale."""
    return [
        course(
            [list(one) for one in person.infusions],
            [(day, float(np.rint(np.clip(score, 0, 60)))) for day, score in person.scores],
        )
        for person in courses
    ]


def test_a_clinics_own_priors_are_better_for_the_people_held_out_and_survive_the_file():
    people = whole(drawn_from(replace(prior(), mean=(24.0, 4.0, 8.0, 0.0), sd=(4.0, 4.0, 5.0, 2.0)), 240))
    made = own.made(asked(people))
    assert (made.made.people, made.made.held_out) == (160, 80)
    assert made.held_out["after"].log_score < made.held_out["before"].log_score
    assert abs(made.held_out["after"].coverage["90 %"] - 0.9) < abs(made.held_out["before"].coverage["90 %"] - 0.9)
    again = own.parse(yaml.safe_load(yaml.safe_dump(own.document(made))), place="own.yaml")
    assert own.prior_of(again) == own.prior_of(made)
    assert own.made(asked(people)) == made


def test_priors_that_are_no_better_for_the_people_held_out_are_refused(monkeypatch):
    def astray(start, people, *, on_step):
        found = refitting.refit(start, people)
        return replace(found, prior=replace(start, mean=(50.0, *start.mean[1:])))

    monkeypatch.setattr(own, "refit", astray)
    with pytest.raises(MissingInput, match="keep the published priors"):
        own.made(asked(whole(drawn_from(prior(), 60, seed=4))))


def test_a_file_of_priors_that_cannot_be_is_refused_with_every_problem():
    people = whole(drawn_from(replace(prior(), mean=(24.0, 4.0, 8.0, 0.0)), 120))
    told = own.document(own.made(asked(people)))
    told["priors"] |= {"weights": [0.5, 0.5], "noise_sd": 0.0}
    with pytest.raises(BadFacts) as refused:
        own.parse(told | {"scale": "sofa"}, place="own.yaml")
    assert len(refused.value.problems) == 3
    with pytest.raises(BadFacts, match=r"own\.yaml"):
        own.parse([1], place="own.yaml")
