"""The pages of the register: what they show, what they take, and that a failure is red."""

import csv
import io
import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import OperationalError
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from ketacare.clinic.models import AuditEvent
from ketacare.stewardship import actions, checking, journal, pages, queries
from ketacare.stewardship.models import Count, Discrepancy, Movement, Register
from tests.cast import PASSWORD
from tests.rooms.infusion.today import in_a_chair
from tests.rooms.stewardship import vault
from tests.rooms.stewardship.vault import delivery, found

D = Decimal
SECOND = {"witness_email": "prescriber@harbour.example", "witness_password": PASSWORD, "witness_code": ""}


@pytest.fixture(autouse=True)
def _no_earlier_attempts(db):
    cache.clear()


@pytest.fixture
def kept(cast):
    """A register that was begun an hour ago."""
    vault.opened(cast, at=timezone.now() - timedelta(hours=1))
    return cast


def chair_page(cast, name):
    return reverse(f"stewardship:{name}", args=[cast.here, cast.ada_course, 1])


def site_page(cast, name):
    return reverse(f"stewardship:{name}", args=[cast.here])


def issue(cast, client, mg="6"):
    sent = {"containers": [vault.vial(cast).pk], "mg": mg, "nonce": f"issue {mg}"}
    return client.post(chair_page(cast, "issue"), sent)


def wasting(cast, **more):
    box = queries.issued(cast.here, vault.chair(cast))[0].container
    return {"what": "waste", "container": box.pk, "mg": "", "reason": "Rest of the vial", "nonce": "w1"} | more


def row(drug="ketamine", **more):
    told = {"drug": drug, "mg_per_ml": "50", "content_mg": "100", "lot": "K1", "expires_on": "2027-06-30"}
    return told | {"how_many": "3", "serials": ""} | more


def delivered(*rows, nonce="d1"):
    """What a browser sends: every row, those left alone with their drug as it stood."""
    sent = {"form-TOTAL_FORMS": "4", "form-INITIAL_FORMS": "0", "nonce": nonce}
    sent |= {f"form-{place}-drug": "ketamine" for place in range(4)}
    for place, one in enumerate(rows):
        sent |= {f"form-{place}-{name}": value for name, value in one.items()}
    return sent


def test_a_site_without_a_register_says_how_it_begins(cast, browse):
    told = browse("custodian").get(site_page(cast, "site")).content.decode()
    assert "No register is kept here yet" in told
    assert site_page(cast, "begin") in told
    assert site_page(cast, "begin") not in browse("nurse").get(site_page(cast, "site")).content.decode()


def test_the_custodian_begins_it_with_several_lots_and_takes_a_delivery_in(cast, browse):
    client = browse("custodian")
    reply = client.post(site_page(cast, "begin"), delivered(row(), row(lot="K2", how_many="1", serials="A7")))
    assert reply.url == site_page(cast, "site")
    assert vault.vault_mg(cast) == 400
    client.post(site_page(cast, "receive"), delivered(row(lot="K3"), nonce="d2"))
    told = client.get(site_page(cast, "site")).content.decode()
    assert all(lot in told for lot in ("K1", "K2", "K3"))
    assert "Nobody has counted the vault today." in told


def test_a_row_with_a_mistake_is_shown_again_and_nothing_is_kept(cast, browse):
    reply = browse("custodian").post(site_page(cast, "begin"), delivered(row(mg_per_ml="")))
    assert reply.status_code == 422
    assert not Register.objects.exists()


def test_a_nurse_issues_wastes_before_a_second_person_and_returns(kept, browse):
    client = browse("nurse")
    assert issue(kept, client).url == chair_page(kept, "chair")
    vault.book(kept, "3", at=timezone.now())
    client.post(chair_page(kept, "waste"), wasting(kept, mg="1") | SECOND)
    box = vault.vial(kept)
    client.post(chair_page(kept, "return"), {"container": box.pk, "mg": "", "nonce": "r1"})
    told = client.get(chair_page(kept, "chair")).content.decode()
    assert "closes" in told
    for way in ("waste", "return"):
        assert "Nothing is left at this chair." in client.get(chair_page(kept, way)).content.decode()
    assert "Nothing is left" not in client.get(chair_page(kept, "issue")).content.decode()
    assert Movement.objects.get(kind="waste").witness == kept.user("prescriber")
    assert list(queries.at_chairs(kept.here)) == []
    assert not list(checking.disagreements())


@pytest.mark.parametrize(
    "second",
    [
        SECOND | {"witness_password": "wrong"},
        SECOND | {"witness_email": "nurse@harbour.example"},
        SECOND | {"witness_email": "front-desk@harbour.example"},
        SECOND | {"witness_password": ""},
        {"witness_email": "", "witness_password": ""},
        SECOND | {"alone": "on"},
    ],
)
def test_a_second_person_who_is_none_leaves_everything_as_it_was(kept, browse, second):
    client = browse("nurse")
    issue(kept, client)
    before = Movement.objects.count()
    reply = client.post(chair_page(kept, "waste"), wasting(kept) | second)
    assert reply.status_code == 422
    assert Movement.objects.count() == before
    assert "Rest of the vial" in reply.content.decode()
    assert PASSWORD not in reply.content.decode()


def test_a_failed_signature_is_audited(kept, browse):
    client = browse("nurse")
    issue(kept, client)
    client.post(chair_page(kept, "waste"), wasting(kept) | SECOND | {"witness_password": "wrong"})
    event = AuditEvent.objects.get(did="second person not verified")
    assert event.details["tried"] == kept.user("prescriber").pk


def test_waste_alone_stays_open_on_register_today_and_board_until_another_person_signs(kept, browse):
    client = browse("nurse")
    in_a_chair(kept)
    issue(kept, client)
    client.post(chair_page(kept, "waste"), wasting(kept, alone="on"))
    (open_one,) = queries.open_discrepancies(kept.here)
    address = reverse("stewardship:discrepancy", args=[open_one.pk])
    assert address in client.get(site_page(kept, "site")).content.decode()
    assert address in client.get(reverse("worklist:today")).content.decode()
    board = reverse("infusion:board")
    assert "Open in the drug register: 1" in client.get(board).content.decode()
    client.post(address, {"reason": "I saw the syringe emptied", "nonce": "e1"} | SECOND)
    assert not queries.open_discrepancies(kept.here).exists()
    assert "Open in the drug register" not in client.get(board).content.decode()
    assert "I saw the syringe emptied" in client.get(address).content.decode()


def test_two_tabs_and_a_double_click_waste_once(kept, browse):
    client = browse("nurse")
    issue(kept, client)
    sent = wasting(kept, mg="1") | SECOND
    for _ in range(2):
        assert client.post(chair_page(kept, "waste"), sent).status_code == 302
    assert Movement.objects.filter(kind="waste").count() == 1
    assert client.post(chair_page(kept, "waste"), sent | {"mg": "2"}).status_code == 409


def test_a_form_without_its_nonce_is_not_taken(kept, browse):
    sent = {"containers": [vault.vial(kept).pk], "mg": "6"}
    assert browse("nurse").post(chair_page(kept, "issue"), sent).status_code == 422


def test_the_count_is_blind_and_its_result_names_the_gap_of_each_lot(kept, browse):
    client = browse("nurse")
    issue(kept, client)
    page = client.get(site_page(kept, "count")).content.decode()
    assert not re.search(r"\b194\b", page)  # alone: the digits may stand in a form's token
    assert 'value="1"' not in page
    sent = {"moment": "close", "unopened_0": "1", "opened_0": "1.5", "note": "", "nonce": "c1"}
    reply = client.post(site_page(kept, "count"), sent | SECOND, follow=True)
    told = re.sub(r"\s+", " ", reply.content.decode())
    assert "194" in told
    assert "-19" in told.replace("\N{MINUS SIGN}", "-")
    kinds = sorted(vault.open_kinds(kept))
    assert kinds == ["count", "not-closed"]


def test_what_moved_since_the_count_before_is_reconciled_lot_by_lot(kept, browse):
    vault.counted(kept, found(kept, unopened=2), moment="open", at=timezone.now())
    issue(kept, browse("nurse"), mg="30")
    by = kept.actor("custodian")
    actions.receive(site_id=kept.here, deliveries=[delivery(how_many=1)], by=by, at=timezone.now())
    count = vault.counted(kept, found(kept, unopened=2, opened_ml="1.3"), at=timezone.now())
    (lot,) = pages.reconciled(count)
    assert (lot.sum.opening_mg, lot.sum.in_mg, lot.sum.out_mg) == (200, 100, 30)
    assert (lot.sum.expected_mg, lot.sum.counted_mg, lot.sum.gap_mg) == (270, 265, -5)


def test_the_custodian_takes_expired_broken_and_missing_drug_out_and_a_mistake_back(kept, browse):
    client = browse("custodian")
    for place, what in enumerate(("breakage", "loss")):
        sent = {"what": what, "container": vault.vial(kept).pk, "mg": "", "reason": "Fell", "nonce": what} | SECOND
        assert client.post(site_page(kept, "vault-out"), sent).status_code == 302, place
    assert vault.vault_mg(kept) == 0
    number = Movement.objects.get(kind="breakage").number
    undo = reverse("stewardship:undo", args=[kept.here, number])
    assert client.post(undo, {"reason": "It was not broken", "nonce": "u"} | SECOND).status_code == 302
    assert vault.vault_mg(kept) == 100
    assert vault.open_kinds(kept) == ["loss"]


def test_the_loss_report_is_filled_in_as_far_as_it_is_known(kept, browse):
    there = vault.delivery(lot="H1")
    vault.opened(kept, there, there=True, at=timezone.now() - timedelta(hours=1))
    box = queries.vault(kept.there)[0].container
    told = {"site_id": kept.there, "container_id": box.pk, "mg": D(40), "reason": "Not in the safe"}
    moved = actions.report_loss(**told, by=kept.actor("custodian", there=True), at=timezone.now())
    open_one = moved.own_discrepancies.get(kind="loss")
    page = browse("custodian", there=True).get(reverse("stewardship:loss-report", args=[open_one.pk]))
    said = page.content.decode()
    for known in ("DEA Form 106", "Hill Clinic", "lot H1, no. 1", "ketamine, 50 mg/mL", "40.000 mg", "Not in the safe"):
        assert known in said, known
    report = pages.loss_report(Discrepancy.objects.get(pk=open_one.pk))
    day = date.fromisoformat(next(one.value for one in report.fields if "discovery" in one.label))
    assert report.form_due_on == day + timedelta(days=45)
    assert report.notice_due_on > day
    assert browse("custodian").get(reverse("stewardship:loss-report", args=[open_one.pk])).status_code == 404


@pytest.mark.parametrize("kind", ["csv", "pdf"])
def test_an_inspector_gets_two_years_in_one_file(kept, browse, kind):
    client = browse("custodian")
    nurse = browse("nurse")
    issue(kept, nurse)
    nurse.post(chair_page(kept, "waste"), wasting(kept, mg="1", reason="=HYPERLINK(1)") | SECOND)
    page = client.get(site_page(kept, "file")).content.decode()
    assert f"{timezone.now():%Y}" in page
    reply = client.get(site_page(kept, f"file-{kind}"))
    assert reply.status_code == 200
    if kind == "csv":
        rows = list(csv.DictReader(io.StringIO(reply.content.decode())))
        assert [one["act"] for one in rows] == ["Opening inventory"] * 2 + ["Issue", "Waste"]
        assert rows[-1]["reason"] == "'=HYPERLINK(1)"
        assert (rows[-1]["mg"], rows[-1]["second_person"]) == ("1.000", "Harbour Prescriber")
    else:
        text = " ".join(one.extract_text() for one in PdfReader(io.BytesIO(reply.content)).pages)
        text = " ".join(text.split())
        assert "Lindqvist" in text
        assert "Harbour Prescriber" in text
    assert AuditEvent.objects.filter(did=f"saw stewardship:file-{kind}", patients=[kept.ada]).exists()
    assert browse("nurse").get(site_page(kept, f"file-{kind}")).status_code == 404


def test_a_file_of_days_that_end_before_they_begin_is_none(kept, browse):
    reply = browse("custodian").get(site_page(kept, "file-csv"), {"since": "2026-03-02", "until": "2026-03-01"})
    assert reply.status_code == 422


@pytest.mark.parametrize("said", ["database or disk is full", "database is locked"])
def test_a_full_disk_or_a_locked_database_is_red_and_never_a_success(kept, browse, monkeypatch, said):
    client = browse("nurse")
    page = client.get(chair_page(kept, "issue"))
    assert page.status_code == 200
    before = Movement.objects.count()

    def fails(*_, **__):
        raise OperationalError(said)

    monkeypatch.setattr(journal.Line.objects, "bulk_create", fails)
    reply = issue(kept, client)
    assert reply.status_code == 503
    told = reply.content.decode()
    assert "Nothing was recorded" in told
    assert "paper register" in told
    assert "alarm-high" in told
    assert "Lindqvist" not in told
    assert Movement.objects.count() == before
    monkeypatch.undo()
    assert issue(kept, client).status_code == 302


def test_the_start_gate_says_whether_enough_was_issued_and_stops_nobody(kept, browse):
    session = in_a_chair(kept)
    gate = reverse("infusion:gate", args=[session.pk])
    client = browse("nurse")
    assert "not enough was issued" in client.get(gate).content.decode()
    issue(kept, client)
    said = client.get(gate).content.decode()
    assert "lot K1" in said
    assert chair_page(kept, "chair") in said


def test_todays_sessions_are_where_an_issue_begins(kept, browse):
    in_a_chair(kept)
    said = browse("custodian").get(reverse("infusion:drug-today", args=[kept.here])).content.decode()
    assert "Ada Lindqvist" in said
    assert chair_page(kept, "issue") in said


def test_where_no_register_is_kept_the_gate_says_nothing_of_it(cast, browse):
    session = in_a_chair(cast)
    said = browse("nurse").get(reverse("infusion:gate", args=[session.pk])).content.decode()
    assert "Drug at the chair" not in said


def test_a_lock_page_never_carries_a_second_persons_secrets(kept, browse, settings):
    client = browse("nurse")
    issue(kept, client)
    client.get(site_page(kept, "site"))
    session = client.session
    session["seen_at"] = 0.0
    session.save()
    reply = client.post(chair_page(kept, "waste"), wasting(kept) | SECOND | {"witness_code": "123456"})
    assert reply.status_code == 401
    assert PASSWORD not in reply.content.decode()
    assert "123456" not in reply.content.decode()


def test_the_rail_leads_whoever_may_to_the_register(kept, browse):
    assert 'href="/register/"' in browse("custodian").get(site_page(kept, "site")).content.decode()
    assert 'href="/register/"' not in browse("front-desk").get(reverse("worklist:today")).content.decode()
    assert "In the vault" in browse("custodian").get("/register/").content.decode()


def test_another_clinics_pages_are_not_there(kept, browse):
    client = browse("nurse")
    assert client.get(reverse("stewardship:site", args=[kept.there])).status_code == 404
    wrong = [reverse("stewardship:chair", args=[kept.here, kept.zoe_course, 1])]
    wrong += [reverse("stewardship:chair", args=[kept.here, kept.ada_course, 0])]
    for address in wrong:
        assert client.get(address).status_code == 404
    assert Count.objects.count() == 0
