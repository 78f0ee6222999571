"""What a place's law asks of a register: read from its file, and nothing looser than waste before two."""

from datetime import date

import pytest

from ketacare.science import reference
from ketacare.science.errors import BadReference
from ketacare.science.stewardship.jurisdiction import business_days_after, load, parse, years_after, years_before

FILES = sorted(one for one in reference.data_files() if one.startswith("jurisdictions/"))


def changed(file: str, **changes: object) -> dict[str, object]:
    return reference.read_yaml(file) | changes


@pytest.mark.parametrize("file", FILES)
def test_every_file_is_read_and_names_only_sources_that_are_there(file):
    assert parse(reference.read_yaml(file), place=file).id == file.split("/")[1].split(".")[0]


@pytest.mark.parametrize("file", FILES)
def test_no_file_may_leave_waste_to_one_person(file):
    two = reference.read_yaml(file)["second_person"]
    with pytest.raises(BadReference, match="two people"):
        parse(changed(file, second_person=two | {"acts": ["count"]}), place=file)


@pytest.mark.parametrize("part", ["destruction", "dispensing_log", "retention", "inventory", "loss_report"])
def test_a_part_with_a_source_that_nobody_knows_is_refused(part):
    raw = reference.read_yaml(FILES[0])
    with pytest.raises(BadReference, match="no such source: NO-SUCH"):
        parse(raw | {part: raw[part] | {"sources": ["NO-SUCH"]}}, place=FILES[0])


def test_unknown_keys_sources_and_acts_are_refused():
    file = "jurisdictions/us.1.yaml"
    two = reference.read_yaml(file)["second_person"]
    for changes in ({"more": 1}, {"sources": ["NO-SUCH"]}, {"second_person": two | {"acts": ["waste", "singing"]}}):
        with pytest.raises(BadReference):
            parse(changed(file, **changes), place=file)


def test_the_united_states_ask_for_notice_in_a_business_day_and_a_form_in_45_days():
    law = load("US")
    assert law.drugs["ketamine"].schedule == law.drugs["esketamine"].schedule == "CIII"
    assert (law.retention.years, law.inventory.years) == (2, 2)
    assert (law.loss_report.notice_within_business_days, law.loss_report.form_within_days) == (1, 45)


def test_a_place_without_a_file_is_judged_by_our_own_choice():
    assert load("EU").id == load("other").id == "other"
    assert load("EU").second_person.mark == "default"


@pytest.mark.parametrize(
    ("found_on", "due_on"),
    [
        ("2026-03-04", "2026-03-05"),
        ("2026-03-06", "2026-03-09"),
        ("2026-03-07", "2026-03-09"),
        ("2026-03-08", "2026-03-09"),
    ],
)
def test_a_business_day_is_no_weekend(found_on, due_on):
    assert business_days_after(date.fromisoformat(found_on), 1) == date.fromisoformat(due_on)


def test_years_are_counted_over_a_leap_day():
    assert years_before(date(2028, 2, 29), 2) == date(2026, 2, 28)
    assert years_after(date(2024, 2, 29), 2) == date(2026, 2, 28)
    assert years_after(date(2026, 3, 2), 2) == date(2028, 3, 2)
