"""Papers and what acts ask for: the last day, what is unknown, and the file itself."""

from copy import deepcopy
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science import reference
from ketacare.science.errors import BadReference
from ketacare.science.qualifications import Paper, demands_of, gaps, is_valid, parse, table, warned

TODAY = date(2026, 3, 2)
DAYS = st.dates(date(2020, 1, 1), date(2035, 1, 1))
LAWS = st.sampled_from(["US", "EU", "GB", "other", ""])


@st.composite
def papers(draw):
    begins = draw(DAYS)
    ends = draw(st.none() | DAYS)
    return Paper(
        kind=draw(st.sampled_from(sorted(table().kinds))),
        valid_from=begins,
        expires_on=None if ends is None else max(begins, ends),
        is_seen=draw(st.booleans()),
        has_ended=draw(st.booleans()),
        replaced_from=draw(st.none() | DAYS),
    )


@given(act=st.sampled_from(sorted(table().acts)), held=st.lists(papers(), max_size=6), law=LAWS, on=DAYS)
def test_a_demand_is_met_only_by_a_paper_that_counts_on_the_day(act, held, law, on):
    missing = gaps(act, held, law=law, on=on)
    met = [
        one
        for one in demands_of(act, law=law)
        if any(paper.kind in one.any_of and is_valid(paper, on=on) for paper in held)
    ]
    assert len(met) + len(missing) == len(demands_of(act, law=law))
    assert {one.kinds for one in missing} == {one.any_of for one in demands_of(act, law=law)} - {
        one.any_of for one in met
    }


@given(act=st.sampled_from(sorted(table().acts)), held=st.lists(papers(), max_size=6), more=papers(), law=LAWS, on=DAYS)
def test_one_more_paper_never_opens_a_gap_and_its_order_does_not_matter(act, held, more, law, on):
    before = {one.kinds for one in gaps(act, held, law=law, on=on)}
    assert {one.kinds for one in gaps(act, [*held, more], law=law, on=on)} <= before
    assert gaps(act, [*held, more], law=law, on=on) == gaps(act, [more, *held], law=law, on=on)


@given(papers(), DAYS)
def test_a_paper_counts_from_its_first_day_to_its_last_and_never_unseen(paper, on):
    if is_valid(paper, on=on):
        assert paper.is_seen
        assert not paper.has_ended
        assert paper.valid_from <= on
        assert paper.expires_on is None or on <= paper.expires_on
        assert paper.replaced_from is None or on < paper.replaced_from


@given(act=st.sampled_from(sorted(table().acts)), law=LAWS)
def test_nothing_recorded_is_never_a_pass(act, law):
    assert gaps(act, (), law=law, on=TODAY) or not demands_of(act, law=law)


def test_an_act_that_the_table_does_not_name_asks_for_nothing():
    assert gaps("infusion.stop", (), law="US", on=TODAY) == ()


def test_a_warning_comes_with_its_day_and_a_day_earlier_there_is_none():
    for days in table().warnings.days:
        assert warned(TODAY + timedelta(days=days), on=TODAY) == days
    first = table().warnings.days[0]
    assert warned(TODAY + timedelta(days=first + 1), on=TODAY) is None
    assert warned(TODAY - timedelta(days=1), on=TODAY) == table().warnings.days[-1]
    assert warned(None, on=TODAY) is None


def raw() -> dict:
    return deepcopy(reference.read_yaml("staff/qualifications.1.yaml"))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda told: told["demands"][0]["any_of"].append("wizard"), "no such kind: wizard"),
        (lambda told: told["demands"][0]["acts"].append("infusion.stop"), "may never ask for a paper: infusion.stop"),
        (lambda told: told["kinds"]["licence"].update(sources=["NOBODY"]), "no such source: NOBODY"),
        (lambda told: told["warnings"].update(days=[7, 30]), "the earliest warning comes first"),
        (lambda told: told.update(extra=1), "Extra inputs are not permitted"),
    ],
)
def test_a_file_that_is_not_right_is_refused_with_what_is_wrong(spoil, says):
    told = raw()
    spoil(told)
    with pytest.raises(BadReference, match=says):
        parse(told, place="a test")
