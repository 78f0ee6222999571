"""The pages of long-term safety, the start gate that shows them, and the letter."""

import io
import json
from datetime import datetime, timedelta
from uuid import uuid4
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from ketacare.clinic.models import AuditEvent, Course
from ketacare.clinic.writing import directly
from ketacare.config.live import watcher
from ketacare.followup.models import SafetyCheck, SafetyFinding
from ketacare.interop.element import Element
from ketacare.interop.mapping import patient
from ketacare.worklist.queries.today import work
from tests.rooms.followup.safety import DAY, FIRST, check, under_way, watch
from tests.rooms.infusion.today import in_a_chair
from tests.rooms.rights.asking import limit
from tests.rooms.steps import capable, give

LATER = FIRST + 30 * DAY


@pytest.fixture
def course(cast):
    under_way(cast)
    watch(cast, FIRST + 8 * DAY)
    return cast.course("ada")


@pytest.fixture
def shared(cast, course):
    """Ada agrees to letters to others who treat her."""
    before = timezone.now() - DAY
    capable(cast, at=before)
    give(cast, "data_sharing", at=before)


@pytest.fixture
def nurse(browse):
    return browse("nurse")


def here(at: datetime) -> str:
    """A moment as a browser at the site sends it."""
    return at.astimezone(ZoneInfo("Europe/Berlin")).strftime("%Y-%m-%dT%H:%M")


def urinary(**changes: str) -> dict[str, str]:
    """The urinary questions as the page sends them."""
    told = {"fu__new_luts": "no", "fu__luts_current": "no", "fu__haematuria": "no", "fu__luts_weeks": ""}
    return {"checked_at": "2026-03-12T10:00", "note": "", "form_key": str(uuid4()), "session": ""} | told | changes


def test_the_list_names_who_what_and_why_and_leads_to_the_form(nurse, course):
    text = nurse.get(reverse("followup:due")).content.decode()
    assert "Ada Lindqvist" in text
    assert "Urinary symptoms" in text
    assert "never done" in text
    assert reverse("followup:check", args=[course.pk, "urinary"]) in text


def test_the_list_is_narrowed_in_its_address_and_counts_what_it_leaves_out(nurse, course):
    text = nurse.get(reverse("followup:due"), {"kind": "liver"}).content.decode()
    assert "Liver panel with ALP and GGT</td>" in text
    assert "Urinary symptoms</td>" not in text
    assert nurse.get(reverse("followup:due"), {"kind": "nonsense", "prescriber": "x"}).status_code == 200


def test_the_list_asks_the_same_number_of_queries_however_long_it_is(nurse, course, cast):
    nurse.get(reverse("followup:due"))
    with CaptureQueriesContext(connection) as few:
        nurse.get(reverse("followup:due"), {"kind": "liver"})
    with CaptureQueriesContext(connection) as many:
        nurse.get(reverse("followup:due"))
    assert len(many) == len(few)


def test_another_site_finds_an_empty_list(browse, course):
    assert "Nothing of this is open" in browse("nurse", there=True).get(reverse("followup:due")).content.decode()


def test_the_page_of_a_patient_tells_what_was_given_and_what_is_due_when(nurse, course):
    text = nurse.get(reverse("followup:exposure", args=[course.pk])).content.decode()
    assert "18 sessions in 90 days" in text
    assert "70" in text
    assert "<svg" in text
    assert "overdue from" in text


def test_a_sum_by_weight_that_is_not_known_is_shown_as_not_known(nurse, course):
    assert "not known" in nurse.get(reverse("followup:exposure", args=[course.pk])).content.decode()


def test_a_check_is_done_from_its_form_and_leaves_the_list(nurse, course):
    address = reverse("followup:check", args=[course.pk, "urinary"])
    assert nurse.get(address).status_code == 200
    reply = nurse.post(address, urinary())
    assert reply.headers["Location"] == reverse("followup:exposure", args=[course.pk])
    assert SafetyCheck.objects.get().told["fu.new_luts"] is False
    assert course.due_items.get(kind="urinary").done_at is not None


def test_an_answer_that_is_not_known_is_kept_as_that(nurse, course):
    nurse.post(reverse("followup:check", args=[course.pk, "urinary"]), urinary(fu__luts_current="unknown"))
    assert SafetyCheck.objects.get().told["fu.luts_current"] is None
    assert course.due_items.get(kind="urinary").is_unknown


def test_nothing_is_answered_beforehand_and_what_is_missing_is_asked_again(nurse, course):
    address = reverse("followup:check", args=[course.pk, "urinary"])
    assert "checked" not in nurse.get(address).content.decode().split("<form", 2)[2].replace("checked_at", "")
    reply = nurse.post(address, urinary(fu__new_luts=""))
    assert reply.status_code == 422
    assert not SafetyCheck.objects.exists()


def test_there_is_no_form_for_what_is_measured(nurse, course):
    assert nurse.get(reverse("followup:check", args=[course.pk, "pressure"])).status_code == 404
    assert nurse.get(reverse("followup:check", args=[course.pk, "nonsense"])).status_code == 404


def test_the_nurse_sees_what_is_due_before_the_line_goes_in_and_comes_back_to_the_gate(nurse, cast):
    session = in_a_chair(cast)
    watcher.watch_safety(timezone.now(), directly)
    gate = reverse("infusion:gate", args=[session.pk])
    text = nurse.get(gate).content.decode()
    assert "Long-term checks before the line goes in" in text
    form = reverse("followup:check", args=[session.course_id, "urinary"]) + f"?session={session.pk}"
    assert form in text
    reply = nurse.post(form, urinary(session=str(session.pk), checked_at=here(timezone.now() - timedelta(minutes=1))))
    assert reply.headers["Location"] == gate
    assert form not in nurse.get(gate).content.decode()


def test_a_gate_whose_checks_nobody_has_worked_out_says_so(nurse, cast):
    session = in_a_chair(cast)
    Course.objects.get(pk=session.course_id).due_items.all().delete()
    assert "not worked out yet" in nurse.get(reverse("infusion:gate", args=[session.pk])).content.decode()


def test_a_finding_waits_with_the_responsible_prescriber_until_it_is_answered(cast, browse, course):
    Course.objects.filter(pk=course.pk).update(prescriber=cast.user("prescriber"))
    check(cast, "liver", FIRST + 8 * DAY, fu__alt_x_uln=2.4)
    mine = [one for one in work(cast.actor("prescriber"), at=LATER) if one.what == "Act on a safety finding"]
    other = [one for one in work(cast.actor("second-prescriber"), at=LATER) if one.what == "Act on a safety finding"]
    assert (len(mine), len(other)) == (1, 0)
    finding = SafetyFinding.objects.get()
    page = reverse("followup:exposure", args=[course.pk])
    assert f'id="answer-{finding.pk}"' in browse("prescriber").get(page).content.decode()
    browse("prescriber").post(reverse("followup:answer-finding", args=[finding.pk]), {"answer": "Repeat in 2 weeks."})
    assert "Repeat in 2 weeks." in browse("prescriber").get(page).content.decode()
    assert not [one for one in work(cast.actor("prescriber"), at=LATER) if one.what == "Act on a safety finding"]


def test_what_is_overdue_stands_on_today_once_a_site_with_how_much(cast, course):
    (item,) = [one for one in work(cast.actor("nurse"), at=LATER) if one.what == "See to long-term checks"]
    assert "overdue, of 1 patient" in item.why
    assert item.url == reverse("followup:due")


def test_the_letter_is_one_page_and_names_who_made_it(cast, nurse, course, shared):
    check(cast, "urinalysis", FIRST + 8 * DAY, fu__haematuria=True)
    reply = nurse.post(reverse("followup:letter-pdf", args=[course.pk]))
    pages = PdfReader(io.BytesIO(reply.content)).pages
    assert len(pages) == 1
    text = pages[0].extract_text()
    assert "Ada Lindqvist" in text
    assert "SUR-02" in text
    assert "Harbour Nurse" in text
    event = AuditEvent.objects.get(did="exposure letter made")
    assert (event.actor, event.details) == (cast.actor("nurse").key, {"form": "pdf"})


def test_the_letter_as_fhir_is_a_document_with_the_patient_and_the_same_words(nurse, course, shared):
    reply = nurse.post(reverse("followup:letter-fhir", args=[course.pk]))
    told = json.loads(reply.content)
    kinds = [one["resource"]["resourceType"] for one in told["entry"]]
    assert (told["resourceType"], told["type"], kinds) == (
        "Bundle",
        "document",
        ["Composition", "Patient", "Organization"],
    )
    titles = [one["title"] for one in told["entry"][0]["resource"]["section"]]
    assert titles == ["Given in all", "Checks", "Found", "What we ask"]


def test_the_letter_as_fhir_has_what_a_document_must_have_and_no_code_that_we_did_not_find(nurse, course, shared):
    told = json.loads(nurse.post(reverse("followup:letter-fhir", args=[course.pk])).content)
    assert told["identifier"]["system"]
    assert told["identifier"]["value"].startswith("urn:uuid:")
    assert datetime.fromisoformat(told["timestamp"]).tzinfo
    urls = [one["fullUrl"] for one in told["entry"]]
    assert len(set(urls)) == len(urls)
    letter = told["entry"][0]["resource"]
    assert letter["status"] in {"preliminary", "final", "amended", "entered-in-error"}
    assert letter["type"]["text"]
    assert letter["title"]
    assert datetime.fromisoformat(letter["date"]).tzinfo
    assert {letter["subject"]["reference"], *(one["reference"] for one in letter["author"])} <= set(urls)
    for section in letter["section"]:
        assert section["text"]["status"] == "generated"
        root = ElementTree.fromstring(section["text"]["div"])
        assert root.tag == "{http://www.w3.org/1999/xhtml}div"
        assert "".join(root.itertext()).strip()
    assert '"coding"' not in json.dumps(told)  # our tables have no code for such a letter: words alone


def test_the_patient_of_the_letter_is_one_that_our_own_import_understands(nurse, course, shared):
    told = json.loads(nurse.post(reverse("followup:letter-fhir", args=[course.pk])).content)
    (row,) = [one["resource"] for one in told["entry"] if one["resource"]["resourceType"] == "Patient"]
    element = Element(value=row, pointer="")
    ada = course.patient
    assert (patient.name(element), patient.birth_date(element)) == ((ada.given_name, ada.family_name), ada.born_on)


def test_the_letter_is_made_by_post_alone_and_not_by_everybody(nurse, browse, course):
    assert nurse.get(reverse("followup:letter-pdf", args=[course.pk])).status_code == 405
    assert browse("front-desk").post(reverse("followup:letter-pdf", args=[course.pk])).status_code == 404


def test_the_tab_of_adverse_events_leads_to_the_checks(nurse, course):
    text = nurse.get(reverse("followup:course", args=[course.pk])).content.decode()
    assert reverse("followup:exposure", args=[course.pk]) in text


def test_a_hold_of_a_check_stops_the_start_gate(cast, nurse):
    session = in_a_chair(cast)
    check(cast, "urinalysis", timezone.now() - timedelta(minutes=1), course=session.course_id, fu__haematuria=True)
    text = nurse.get(reverse("infusion:gate", args=[session.pk])).content.decode()
    assert "SUR-02" in text


def test_no_letter_is_made_without_a_consent_to_sharing_and_the_page_says_so_in_its_place(cast, nurse, course):
    page = reverse("followup:exposure", args=[course.pk])
    text = nurse.get(page).content.decode()
    assert "not to be sent" in text
    assert reverse("followup:letter-pdf", args=[course.pk]) not in text
    for name in ("followup:letter-pdf", "followup:letter-fhir"):
        reply = nurse.post(reverse(name, args=[course.pk]))
        assert reply.status_code == 409
        assert "No consent to letters to others who treat them is in force." in reply.content.decode()
    assert not AuditEvent.objects.filter(did="exposure letter made").exists()


def test_no_letter_is_made_once_the_patient_forbids_passing_on_whatever_they_agreed_to_before(
    cast, nurse, course, shared
):
    address = reverse("followup:letter-pdf", args=[course.pk])
    assert nurse.post(address).status_code == 200
    limit(cast, "sharing", at=timezone.now())
    reply = nurse.post(address)
    assert reply.status_code == 409
    assert "Use for letters to others who treat them is forbidden by the patient." in reply.content.decode()
