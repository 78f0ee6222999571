"""The words in which people write doses and times."""

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science.errors import OutOfRange
from ketacare.science.pkpd import dose_text
from ketacare.science.pkpd.regimen import Dose


@pytest.mark.parametrize(
    ("text", "dose"),
    [
        ("35 mg iv 40 min", Dose(35, "iv", 0, 40)),
        ("0.5 mg/kg iv 40 min", Dose(40, "iv", 0, 40)),
        ("0.5mg/kg IV over 40min at 2h", Dose(40, "iv", 120, 40)),
        ("28 mg intranasal", Dose(28, "intranasal", 0)),
        ("28 mg nasal at 5 min", Dose(28, "intranasal", 5)),
        ("50 mg film", Dose(50, "sublingual", 0)),
        ("10 mg iv push at 1 h 30 min", Dose(10, "iv", 90)),
        ("10 mg iv bolus", Dose(10, "iv", 0)),
        ("40 mg iv infusion over 40 minutes", Dose(40, "iv", 0, 40)),
        ("1e1 mg im", Dose(10, "im", 0)),
        ("5 mg iv 30 s", Dose(5, "iv", 0, 0.5)),
        ("17.5 mg oral_solution at 1 d", Dose(17.5, "oral", 1440)),
    ],
)
def test_a_dose_is_read_as_people_write_it(text, dose):
    assert dose_text.doses([text], weight_kg=80) == (dose,)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("8h", 480), ("1 min", 1), ("1 h 30 min", 90), ("1h30min", 90), ("30 s", 0.5), ("2 days", 2880)],
)
def test_a_time_is_read_with_its_unit(text, minutes):
    assert dose_text.minutes(text, place="--until") == minutes


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("35 mg iv 40", "'40' has no unit"),
        ("35 mg iv", "say over how long it runs"),
        ("-3 mg iv 4 min", "-3 mg is not an amount above 0"),
        ("0 mg iv 4 min", "0 mg is not an amount above 0"),
        ("nan mg iv 4 min", "nan mg is not an amount above 0"),
        ("1e999 mg oral", "is not an amount above 0"),
        ("35 iv 40 min", "the amount has no unit"),
        ("35 g iv 40 min", "'g' is no unit of a dose"),
        ("35 mg rectal", "'rectal' is no route"),
        ("35 mg", "the route is missing"),
        ("", "begins with no amount"),
        ("iv 35 mg", "begins with no amount"),
        ("35 mg iv 40 ml", "'ml' is no unit of time"),
        ("35 mg iv 40 min at", "a time is missing"),
        ("35 mg iv 40 min at nan h", "'nan h' is not a time of 0 or more"),
        ("35 mg iv 40 min at -5 min", "'-5 min' is not a time of 0 or more"),
        ("28 mg intranasal 5 min", 'say "at" before the time'),
        ("10 mg iv push 3 min", "given iv and at once"),
        ("28 mg intranasal push", "given iv and at once"),
        ("35 mg iv 0 min", "a duration of 0 is a push"),
    ],
)
def test_a_dose_that_says_too_little_or_the_wrong_is_refused_with_its_text(text, says):
    with pytest.raises(OutOfRange) as refused:
        dose_text.doses([text], weight_kg=70)
    assert refused.value.problems[0].place == f'dose "{text}"'
    assert says in str(refused.value)


def test_every_problem_of_every_dose_is_told_at_once():
    with pytest.raises(OutOfRange) as refused:
        dose_text.doses(["-1 mg iv 40", "35 mg iv 40 min", "3 mg rectal"], weight_kg=70)
    assert [one.place for one in refused.value.problems] == ['dose "-1 mg iv 40"'] * 2 + ['dose "3 mg rectal"']


def test_an_amount_for_each_kg_needs_the_weight():
    with pytest.raises(OutOfRange, match="mg/kg needs the body weight"):
        dose_text.doses(["0.5 mg/kg iv 40 min"], weight_kg=None)


@pytest.mark.parametrize("text", ["8", "h", "", "nan h", "-1 min", "inf h", "35 mg", "eight hours", "1e400 h"])
def test_a_time_that_is_none_is_refused_at_its_place(text):
    with pytest.raises(OutOfRange) as refused:
        dose_text.minutes(text, place="--until")
    assert {one.place for one in refused.value.problems} == {"--until"}


FINITE = st.floats(min_value=1e-6, max_value=1e4, allow_nan=False)


@given(
    amount=FINITE,
    start=FINITE | st.just(0.0),
    duration=FINITE | st.just(0.0),
    route=st.sampled_from(["iv", "oral", "im"]),
)
def test_what_is_written_is_read_back_to_the_bit(amount, start, duration, route):
    dose = Dose(amount, route, start, duration if route == "iv" else 0.0)
    assert dose_text.doses([dose_text.written(dose)], weight_kg=None) == (dose,)


@given(st.text(max_size=40))
def test_no_text_at_all_does_anything_but_be_read_or_refused(text):
    found: tuple[Dose, ...] = ()
    with contextlib.suppress(OutOfRange):
        found = dose_text.doses([text], weight_kg=70)
    assert all(math.isfinite(dose.amount_mg) and dose.amount_mg > 0 for dose in found)
