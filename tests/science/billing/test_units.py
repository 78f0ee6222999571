"""What a session is billed as follows from its minutes, its route and what was given."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science.billing.catalogue import catalogue, parse
from ketacare.science.billing.units import Given, further_hours, session_parts
from ketacare.science.errors import BadReference
from ketacare.science.reference import newest, read_yaml

DAY = date(2026, 3, 4)


def parts(route="iv_ketamine", minutes="40", mg="35", on=DAY, **more):
    told = Given(route=route, on=on, minutes=Decimal(minutes), given_mg=Decimal(mg), **more)
    return [(part.item, part.units, part.codes) for part in session_parts(told)]


@pytest.mark.parametrize(
    ("minutes", "hours"), [(16, 0), (60, 0), (90, 0), (91, 1), (150, 1), (151, 2), (210, 2), (211, 3), (240, 3)]
)
def test_a_further_hour_counts_from_its_31st_minute(minutes, hours):
    assert further_hours(Decimal(minutes)) == hours


@given(st.integers(0, 6000), st.integers(0, 600))
def test_a_longer_infusion_is_never_fewer_hours(minutes, more):
    assert further_hours(Decimal(minutes)) <= further_hours(Decimal(minutes + more))


def test_forty_minutes_are_one_first_hour_and_the_drug():
    assert parts() == [("session.iv_ketamine", 1, ("96365",)), ("ketamine_supply", 1, ("J3490",))]


def test_fifteen_minutes_or_less_have_no_code_of_an_infusion():
    assert parts(minutes="15.9")[0] == ("session.iv_ketamine", 1, ())
    assert parts(minutes="16")[0] == ("session.iv_ketamine", 1, ("96365",))


def test_four_hours_have_three_further_hours():
    assert ("further_hour", 3, ("96366",)) in parts(minutes="240", mg="100")


def test_a_session_in_which_nothing_was_given_has_no_part():
    assert parts(mg="0") == []


def test_esketamine_to_56_mg_and_over_it_have_codes_of_their_own_and_no_supply_beside_them():
    assert parts("in_esketamine", mg="56") == [("session.in_esketamine.low", 1, ("G2082",))]
    assert parts("in_esketamine", mg="84") == [("session.in_esketamine.high", 1, ("G2083",))]


def test_without_the_bundling_code_the_drug_is_billed_by_mg_with_the_code_of_its_day():
    before, after = date(2025, 12, 31), date(2026, 1, 1)
    assert parts("in_esketamine", mg="84", on=before, is_bundled=False)[1] == ("esketamine_supply", 84, ("S0013",))
    assert parts("in_esketamine", mg="84", on=after, is_bundled=False)[1] == ("esketamine_supply", 84, ("J0013",))


def test_no_route_without_a_known_code_gets_one():
    for route in ("sc_ketamine", "po_sl_ketamine", "in_ketamine_compounded"):
        assert parts(route) == [(f"session.{route}", 1, ()), ("ketamine_supply", 1, ())]


def test_a_bundling_code_names_what_it_already_pays_for():
    assert catalogue().bundled({"G2082"}) == {"esketamine_supply", "evaluation", "follow_up"}
    assert catalogue().bundled({"96365"}) == frozenset()


def test_a_file_with_a_code_or_a_source_that_is_not_there_is_refused():
    raw = read_yaml(newest("billing/items"))
    raw["items"]["evaluation"]["codes"] = ["99999"]
    raw["codes"]["96365"]["sources"] = ["NOWHERE"]
    with pytest.raises(BadReference) as caught:
        parse(raw, place="here")
    assert {problem.says for problem in caught.value.problems} == {"no such code: 99999", "no such source: NOWHERE"}
