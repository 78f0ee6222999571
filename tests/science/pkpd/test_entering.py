"""What enters which compartment: devices of a session, parts swallowed over a time, salts, subjects that differ."""

import numpy as np
import pytest

from ketacare.science.errors import OutOfRange
from ketacare.science.pkpd import entering, models
from ketacare.science.pkpd.modelling import assemble, parameters
from ketacare.science.pkpd.regimen import Dose, Regimen
from ketacare.science.pkpd.subject import Subject

NASAL = "perezruixo2021_esketamine"


def entered(name, regimen, *, subject=None, etas=None, changed=None):
    """Return mg by compartment that have entered in the end, shape (s,) each, and the forcing."""
    model = models.load(name)
    values = parameters.values(model, [subject or Subject(70, 40)], etas) | (changed or {})
    system = assemble.system(model, values)
    found = entering.forcing(model, values, regimen, system)
    lasts = np.append(np.diff(found.at_min), 0)
    total = found.bolus_mg.sum(axis=1) + (found.rate_mg_per_min * lasts[:, None]).sum(axis=1)
    assert not found.rate_mg_per_min[:, -1].any()
    return dict(zip(system.compartments, total.T, strict=True)), found


def in_the_nose(regimen):
    return entered(NASAL, regimen)[0]["nose"][0]


def test_of_the_first_device_the_nose_takes_up_its_part_and_the_rest_is_swallowed():
    found, _ = entered(NASAL, Regimen.devices(1))
    assert found["nose"][0] == pytest.approx(28 * 0.54)
    assert found["swallowed"][0] == pytest.approx(28 * 0.46 * 0.64)


def test_later_devices_of_a_session_are_taken_up_less_and_swallowed_more():
    found, _ = entered(NASAL, Regimen.devices(3))
    assert found["nose"][0] == pytest.approx(28 * 0.54 * (1 + 2 * 0.62))
    assert found["swallowed"][0] == pytest.approx(28 * 0.64 * (3 - 0.54 * (1 + 2 * 0.62)))


def test_three_devices_at_once_are_one_first_and_two_later_ones():
    assert in_the_nose(Regimen((Dose(84, "intranasal", 0),))) == pytest.approx(in_the_nose(Regimen.devices(3)))


def test_a_device_counts_as_a_first_one_again_after_the_session():
    lasts = models.load(NASAL).devices.session_min
    assert in_the_nose(Regimen.devices(2, apart_min=lasts)) == pytest.approx(28 * 0.54 * 1.62)
    assert in_the_nose(Regimen.devices(2, apart_min=lasts + 1)) == pytest.approx(28 * 0.54 * 2)
    course = Regimen.devices(2).repeated([0, 3, 7])
    assert in_the_nose(course) == pytest.approx(3 * in_the_nose(Regimen.devices(2)))


def test_a_device_without_drug_is_no_first_device():
    both = Regimen((Dose(0, "intranasal", 0), Dose(28, "intranasal", 5)))
    assert in_the_nose(both) == pytest.approx(28 * 0.54)


def test_the_swallowed_part_enters_steadily_over_its_time():
    _, found = entered(NASAL, Regimen((Dose(28, "oral", 10),)))
    assert found.at_min == pytest.approx([10, 10 + 0.32 * 60])
    assert not found.bolus_mg.any()
    assert found.rate_mg_per_min.max() == pytest.approx(28 * 0.64 / (0.32 * 60))


def test_subjects_may_take_different_times_and_each_gets_the_whole_dose():
    etas = {"D1": np.array([-0.5, 0, 0.5])}
    found, enters = entered("simons2022_s_ketamine", Regimen((Dose(50, "sublingual", 0),)), etas=etas)
    assert found["mucosa"] == pytest.approx(np.full(3, 50 * 0.263))
    assert len(enters.at_min) == 1 + 3 + 1


def test_mg_of_the_hydrochloride_are_less_mg_of_base():
    found, _ = entered("kamp2020_iv", Regimen.infusion(115.3, 40, salt="hydrochloride"))
    assert found["central"][0] == pytest.approx(100, rel=1e-3)


def test_an_interaction_of_oral_doses_leaves_the_other_routes_alone():
    both = Regimen((Dose(10, "oral", 0), Dose(10, "iv", 0, 40)))
    doubled = {entering.ORAL_FRACTION_FACTOR: np.array([2.0])}
    before, after = entered(NASAL, both)[0], entered(NASAL, both, changed=doubled)[0]
    assert after["gut"] == pytest.approx(2 * before["gut"])
    assert after["central"] == before["central"]


def test_a_dose_too_short_for_its_moment_is_given_at_once():
    found, enters = entered("kamp2020_iv", Regimen((Dose(10, "iv", 1e6, 1e-12),)))
    assert found["central"][0] == 10
    assert enters.at_min.tolist() == [1e6]


def test_more_than_fits_is_refused_and_says_what_to_do():
    etas = {"D1": np.linspace(-1, 1, 2000)}
    with pytest.raises(OutOfRange, match="fewer subjects"):
        entered("simons2022_s_ketamine", Regimen((Dose(50, "sublingual", 0),)), etas=etas)
