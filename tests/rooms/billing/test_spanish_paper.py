"""The estimate that a patient takes home is in their language; the bill, which goes to an insurer, in English."""

import pytest
from django.utils import timezone, translation

from ketacare.billing import actions, paper
from ketacare.billing.spoken import FROM_DATA, spoken
from ketacare.billing.superbilling import difference
from ketacare.clinic.indications import INDICATIONS
from ketacare.clinic.models import Patient
from ketacare.science.billing.catalogue import catalogue
from ketacare.science.billing.law import law_of
from tests.cast import NOW
from tests.rooms.billing.paying import TODAY, billed, estimated, priced, went_home
from tests.rooms.billing.test_views import pdf_text, url

LAWS = ("US", "other")


def texts(told: paper.Paper) -> list[str]:
    """Every text of a paper but the numbers of its tables."""
    rows = [text for section in told.sections for row in section.rows for text in row]
    heads = [text for one in told.tables for text in (one.title, *one.columns, *(row[0] for row in one.rows))]
    return [told.title, told.made, told.total, *(one.title for one in told.sections), *rows, *heads, *told.notes]


def test_no_text_of_an_estimate_stays_english(hill):
    row = estimated(hill, given=True)
    plan = actions.arrange_payment_plan(
        estimate_id=row.pk, count=3, first_on=TODAY, every_months=1, by=hill.actor("front-desk"), at=NOW
    )
    english = texts(paper.of_estimate(row, plan))
    with translation.override("es"):
        spanish = texts(paper.of_estimate(row, plan))
    told = row.document
    kept = {told["patient"]["name"], *told["site"].values(), *told["clinician"].values(), told["not_covered"]}
    kept.add(f"{told['site']['address']}, {told['site']['state']}")
    assert len(english) == len(spanish) > 40
    assert [one for one in spanish if one in english and one not in kept and any(map(str.isalpha, one))] == []


def test_the_pdf_is_in_the_patients_language_whoever_prints_it(browse, hill):
    row = estimated(hill, given=True)
    Patient.objects.filter(pk=hill.ada).update(language="es")
    desk = browse("front-desk", there=True)
    assert "Estimación de buena fe" in pdf_text(desk.get(url("estimate-pdf", row.pk)))
    assert "Good Faith Estimate" in desk.get(url("estimate", row.pk)).content.decode()


def test_a_superbill_is_english_in_every_language(cast):
    priced(cast)
    row = billed(cast, f"session:{went_home(cast).pk}", at=timezone.now())
    with translation.override("es"):
        told = paper.of_superbill(row, difference(row.course))
        assert translation.get_language() == "es"
    assert (told.language, told.sections[0].title) == ("en", "Who")


@pytest.mark.parametrize("law", LAWS)
def test_every_text_of_the_data_is_translated(law):
    estimate = law_of(law).estimate
    said = [one.label for one in catalogue().items.values()] + [estimate.name, law_of(law).title]
    said += [one.says for one in estimate.disclaimers] + list(INDICATIONS.values())
    said += [
        f"booked {one.booked_business_days_before} business days before: within {one.within_business_days} of the booking"
        for one in estimate.times
    ]
    with translation.override("es"):
        assert [one for one in said if spoken(one) == one] == []


def test_nothing_is_kept_that_the_data_no_longer_says():
    laws = [law_of(one) for one in LAWS]
    said = {one.label for one in catalogue().items.values()} | {one.title for one in laws}
    said |= {text.says for one in laws for text in one.estimate.disclaimers} | {one.estimate.name for one in laws}
    assert [one for one in FROM_DATA if one not in said and " business days" not in one and "yet" not in one] == [
        "no day is set by a law held here"
    ]
