"""Who may be one person: names of every script, slips in dates, numbers with and without the country's code."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.frontdesk.likeness import FIELDS, Person, alike, likeness, may_be_shown, weights

ANA = Person(
    given_name="Ana María",
    family_name="Muñoz",
    born_on=date(1990, 3, 7),
    phone="+34 600 123 456",
    email="ana@x.example",
)


def score(**changed):
    return likeness(ANA, replace(ANA, **changed)).score


def said(field, **changed):
    found = likeness(ANA, replace(ANA, **changed))
    return next(one for one in found.agreements if one.field == field).says


people = st.builds(
    Person,
    given_name=st.text(min_size=1, max_size=20),
    family_name=st.text(min_size=1, max_size=20),
    born_on=st.dates(date(1920, 1, 1), date(2020, 1, 1)),
    phone=st.sampled_from(["", "+34 600 123 456", "600123456", "+1 212 555 0100", "no number"]),
    email=st.sampled_from(["", "ana@x.example", "ANA@X.example", "b@y.example"]),
)


def test_the_same_person_has_every_point_and_a_stranger_none_that_counts():
    assert score() == 100
    stranger = Person(
        given_name="Wei", family_name="Zhou", born_on=date(1955, 12, 28), phone="+86 10 5555", email="w@z.example"
    )
    assert likeness(ANA, stranger).score < weights().show_from


@pytest.mark.parametrize(
    ("given_name", "family_name", "other_given", "other_family"),
    [
        ("Ana María", "Muñoz", "ANA MARIA", "MUNOZ"),
        ("Ana María", "Muñoz", "Muñoz", "Ana María"),
        ("Сергей", "Иванов", "Sergei", "Ivanov"),
        ("小明", "王", "Xiaoming", "Wang"),
        ("Jürgen", "Groß", "Jurgen", "Gross"),
        ("Ελένη", "Παπαδοπούλου", "Eleni", "Papadopoulou"),
    ],
)
def test_names_are_compared_in_any_order_case_and_script(given_name, family_name, other_given, other_family):
    one = replace(ANA, given_name=given_name, family_name=family_name)
    other = replace(ANA, given_name=other_given, family_name=other_family)
    assert likeness(one, other).score >= 90


@pytest.mark.parametrize(
    ("born_on", "words"),
    [
        (date(1990, 7, 3), "day and month swapped"),
        (date(1991, 3, 7), "one digit different"),
        (date(1990, 3, 7), "the same"),
        (date(1984, 11, 25), "different"),
    ],
)
def test_a_slip_in_the_date_of_birth_still_says_something(born_on, words):
    assert said("born", born_on=born_on) == words


@pytest.mark.parametrize(
    ("phone", "words"),
    [
        ("0034600123456", "the same"),
        ("600 123 456", "the same"),
        ("+34600123456", "the same"),
        ("+34 ٦٠٠ ١٢٣ ٤٥٦", "the same"),
        ("+34 600 123 457", "different"),
        ("", "not known of both"),
    ],
)
def test_telephone_numbers_are_compared_as_numbers(phone, words):
    assert said("phone", phone=phone) == words


def test_what_one_side_lacks_counts_neither_for_nor_against():
    assert score(phone="", email="") == 100


def test_twins_with_one_telephone_are_shown_and_told_apart_by_their_name():
    twin = replace(ANA, given_name="Lucía", email="")
    found = likeness(ANA, twin)
    assert weights().show_from <= found.score < 100
    assert next(one for one in found.agreements if one.field == "name").says != "the same"


def test_a_namesake_born_on_another_day_is_not_shown():
    namesake = replace(ANA, born_on=date(1961, 10, 25), phone="", email="")
    assert not alike(ANA, [(1, replace(namesake, phone="+34 911 000 000", email="other@x.example"))])


@given(one=people, other=people)
def test_likeness_is_the_same_both_ways_and_its_points_add_up(one, other):
    found, back = likeness(one, other), likeness(other, one)
    assert found.score == back.score
    assert [row.field for row in found.agreements] == list(FIELDS)
    possible = sum(row.weight for row in found.agreements if row.per_cent is not None)
    assert found.score == round(100 * sum(row.points for row in found.agreements) / possible)
    assert 0 <= found.score <= 100


@given(one=people)
def test_everybody_is_most_like_themselves(one):
    assert likeness(one, one).agreements[1].per_cent == 100
    assert all(
        row.points == row.weight
        for row in likeness(one, one).agreements
        if row.field in {"born", "email"} and row.per_cent is not None
    )


def near(person: Person) -> st.SearchStrategy[Person]:
    """People who share something with somebody, spelt or slipped a little."""
    return st.builds(
        Person,
        given_name=st.sampled_from([person.given_name, person.given_name[:-1] or "x", person.family_name, "Else"]),
        family_name=st.sampled_from([person.family_name, person.family_name + "x", person.given_name, "Other"]),
        born_on=st.sampled_from([person.born_on, date(1901, 2, 3), date(1901, 3, 2)]),
        phone=st.sampled_from([person.phone, "", "+49 30 901820", "901820"]),
        email=st.sampled_from([person.email, "", "e@x.example"]),
    )


@given(one=people, data=st.data())
def test_leaving_out_who_cannot_be_shown_loses_nobody_of_the_full_comparison(one, data):
    others = data.draw(st.lists(st.one_of(people, near(one)), max_size=12))
    full = {key for key, other in enumerate(others) if likeness(one, other).score >= weights().show_from}
    assert {key for key, other in enumerate(others) if may_be_shown(one, other)} >= full
    found = [key for key, _ in alike(one, enumerate(others))]
    assert len(found) == min(len(full), weights().at_most)
    assert set(found) <= full
