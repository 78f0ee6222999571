"""The list of patients, registering one, opening a course, the summary."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ketacare.clinic import actions
from ketacare.clinic.indications import INDICATIONS
from ketacare.clinic.models import AuditEvent, Course, Patient, Site
from ketacare.science.rules.catalogue import catalogue
from ketacare.worklist.queries.patients import CLOSED, NO_COURSE, PatientFilter, filtered, patient_page, patient_rows
from ketacare.worklist.queries.summary import PATHWAY, steps
from tests.cast import NOW, patient
from tests.rooms.outcomes.caring import troubled
from tests.rooms.steps import weigh

LIST, FILTER, NEW = (reverse(f"worklist:{name}") for name in ("patients", "patients-filter", "patient-new"))
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]+"')
PERSON = {
    "given_name": "Ida",
    "family_name": "Novak",
    "born_on": "1990-02-03",
    "sex_at_birth": "female",
    "language": "es",
    "phone": "",
    "email": "",
}


def ids(cast, **narrow) -> set[int]:
    return set(filtered(cast.actor("nurse"), PatientFilter(**narrow)).values_list("pk", flat=True))


def test_the_list_shows_the_patients_of_my_sites_and_says_how_many(browse, cast):
    page = browse("nurse").get(LIST)
    assert {row.patient_id for row in page.context["found"].rows} == {cast.ada, cast.ben}
    assert b"2 patients" in page.content
    assert b"Marchetti" not in page.content


def test_each_filter_narrows_the_list(cast):
    assert ids(cast, words=("lind",)) == {cast.ada}
    assert ids(cast, words=("ada", "LIND")) == {cast.ada}
    assert ids(cast, words=("ada", "okonjo")) == set()
    assert ids(cast, born_on=date(1991, 11, 2)) == {cast.ben}
    assert ids(cast, status=Course.Status.REFERRED) == {cast.ada}
    assert ids(cast, status=NO_COURSE) == {cast.ben}
    assert ids(cast, status=CLOSED) == set()
    assert ids(cast, site_id=cast.here) == {cast.ada, cast.ben}
    assert ids(cast, site_id=cast.there) == set()


def test_a_name_that_is_searched_for_never_stands_in_an_address(browse):
    client = browse("front-desk")
    reply = client.post(FILTER, {"person": "Lindqvist", "status": "", "site": ""})
    assert reply.url == LIST
    page = client.get(reply.url)
    assert [row.name for row in page.context["found"].rows] == ["Ada Lindqvist"]


def test_nobody_found_says_what_to_do_next(browse):
    client = browse("front-desk")
    client.post(FILTER, {"person": "Nobody"})
    assert b"Nobody matches" in client.get(LIST).content


def test_a_date_of_birth_that_does_not_exist_narrows_to_nobody_and_breaks_nothing(browse):
    client = browse("front-desk")
    client.post(FILTER, {"person": "1984-13-45"})
    assert client.get(LIST).status_code == 200


def test_the_list_takes_the_same_queries_for_two_patients_and_for_sixty(cast):
    desk = cast.actor("front-desk")
    site = Site.objects.get(pk=cast.here)
    few = count_queries(desk)
    for number in range(58):
        someone = patient(site, f"Given{number}", f"Family{number}", date(1980, 1, 1), "male", desk)
        actions.open_course(patient=someone, site=site, indication="ptsd", by=desk, at=NOW)
    assert count_queries(desk) == few
    assert patient_page(desk, PatientFilter(), number="2", at=NOW).found == 60


def count_queries(by) -> int:
    with CaptureQueriesContext(connection) as queries:
        patient_page(by, PatientFilter(), number="1", at=NOW)
    return len(queries)


def test_a_page_of_the_list_is_one_audit_event_of_everybody_on_it(browse, cast):
    browse("nurse").get(LIST)
    event = AuditEvent.objects.latest("pk")
    assert event.did == "saw worklist:patients"
    assert event.patients == sorted([cast.ada, cast.ben])


def test_the_front_desk_registers_a_person(browse, cast):
    reply = browse("front-desk").post(NEW, {**PERSON, "site": cast.here})
    made = Patient.objects.get(family_name="Novak")
    assert reply.url == reverse("worklist:patient", args=[made.pk])
    assert list(made.sites.values_list("pk", flat=True)) == [cast.here]


def test_a_form_posted_twice_registers_one_person_until_somebody_says_it_is_another(browse, cast):
    client = browse("front-desk")
    for _ in range(2):
        reply = client.post(NEW, {**PERSON, "site": cast.here})
    assert b"already registered" in reply.content
    assert Patient.objects.filter(family_name="Novak").count() == 1
    client.post(NEW, {**PERSON, "site": cast.here, "another": "yes"})
    assert Patient.objects.filter(family_name="Novak").count() == 2


def test_every_mistake_of_a_form_is_named_at_once_beside_its_field(browse, cast):
    page = browse("front-desk").post(NEW, {"site": cast.here, "born_on": "yesterday"})
    assert set(page.context["form"].errors) == {"given_name", "family_name", "born_on", "sex_at_birth", "language"}
    for name in page.context["form"].errors:
        assert f'id="id_{name}_error"'.encode() in page.content


def test_a_birth_in_the_future_is_refused_with_its_reason(browse, cast):
    page = browse("front-desk").post(NEW, {**PERSON, "site": cast.here, "born_on": "2199-01-01"})
    assert page.status_code == 409
    assert not Patient.objects.filter(family_name="Novak").exists()


def test_nobody_registers_a_person_at_a_site_that_is_not_theirs(browse, cast):
    page = browse("front-desk").post(NEW, {**PERSON, "site": cast.there})
    assert "site" in page.context["form"].errors


def test_a_course_is_opened_from_the_patients_page(browse, cast):
    url = reverse("worklist:course-new", args=[cast.ben])
    client = browse("prescriber")
    assert client.get(url).status_code == 200
    client.post(url, {"site": cast.here, "indication": "ptsd"})
    assert Course.objects.get(patient=cast.ben).indication == "ptsd"
    again = client.post(url, {"site": cast.here, "indication": "ptsd"})
    assert again.status_code == 409
    assert b"already open" in again.content


def test_the_summary_tells_where_the_course_stands_and_what_comes_next(browse, cast):
    page = browse("nurse").get(reverse("worklist:patient", args=[cast.ada]))
    course = page.context["summary"].courses[0]
    assert [step.label for step in course.steps if step.state == "now"] == ["Referred"]
    assert b"Start the evaluation" in page.content


def test_the_newest_values_are_shown_to_those_who_may_read_them_and_to_nobody_else(browse, cast):
    troubled(cast, answer=1)
    weigh(cast, "70")
    weigh(cast, "71.5", at=NOW + timedelta(hours=1))
    url = reverse("worklist:patient", args=[cast.ada])
    shown = {one.label: one.value for one in browse("nurse").get(url).context["summary"].latest}
    assert shown["PHQ-9"] == "1"
    assert shown["Body weight"] == "71.5 kg"
    assert browse("front-desk").get(url).context["summary"].latest == ()


def test_a_hold_stands_in_the_header_of_every_page_about_the_patient(browse, cast):
    actions.place_hold(
        course=cast.course("ada"),
        reason="Blood pressure too high twice",
        lifts_when="Two readings below the limit",
        by=cast.actor("nurse"),
        at=NOW,
    )
    for name in ("patient", "course-new"):
        page = browse("nurse").get(reverse(f"worklist:{name}", args=[cast.ada]))
        assert b"On hold:" in page.content
        assert b"Blood pressure too high twice" in page.content


def test_a_patient_of_another_site_and_one_that_does_not_exist_get_the_same_answer(browse, cast):
    client = browse("nurse")
    pages = [client.get(reverse("worklist:patient", args=[pk])) for pk in (cast.zoe, 999_999)]
    assert [page.status_code for page in pages] == [404, 404]
    first, second = (TOKEN.sub(b"", page.content) for page in pages)
    assert first == second.replace(b"999999", str(cast.zoe).encode())


@pytest.mark.parametrize("status", Course.Status.values)
def test_every_status_has_its_place_on_the_pathway_or_none(status):
    now = [step.label for step in steps(status) if step.state == "now"]
    assert len(now) == (status != Course.Status.ENDED)
    assert len(steps(status)) in (0, len(PATHWAY))


def test_the_indications_are_those_of_the_eligibility_book():
    known = set(catalogue()["dx.primary"].values)
    assert set(INDICATIONS) == known - {"sud_only", "none_wellness"}


def test_an_age_in_the_list_is_that_of_the_day_at_the_patients_own_site(cast):
    birthday = datetime(2026, 5, 16, 22, 30, tzinfo=UTC)  # 00:30 of 17 May in Berlin, where Ada was born in 1984
    for at, age in ((birthday - timedelta(hours=1), 41), (birthday, 42)):
        (ada,) = patient_rows([cast.ada], at=at)
        assert ada.age_years == age
