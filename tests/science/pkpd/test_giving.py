"""The bounds of doses and subjects are data with a reason; the nasal device is the one of the dosing protocol and of the model."""

from ketacare.science import reference
from ketacare.science.pkpd import models
from ketacare.science.pkpd.giving import Bound, device, giving


def test_every_bound_has_a_reason_and_a_source_that_is_there():
    bounds = [value for _, value in giving() if isinstance(value, Bound)]
    assert len(bounds) > 5
    for bound in bounds:
        assert bound.basis
        assert set(bound.sources) <= reference.sources().keys()


def test_protocol_and_model_speak_of_the_same_device():
    modelled = models.load("perezruixo2021_esketamine").devices
    assert (device().mg, device().apart_min) == (modelled.amount_mg, modelled.apart_min)
