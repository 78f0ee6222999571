"""The pages: the same figures on the page, in the PDF and in the JSON; and the way of a front desk through them."""

import io
import json
import re
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from ketacare.billing import actions, queries
from ketacare.billing.models import Estimate, Payment, Price, Superbill
from ketacare.clinic.models import AuditEvent
from tests.cast import NOW
from tests.rooms import steps
from tests.rooms.billing.paying import IDENTITY, IV, TODAY, billed, done, estimated, paid, priced, went_home
from tests.rooms.rights.asking import limit

BERLIN = ZoneInfo("Europe/Berlin")  # of the site "here"
MONEY = re.compile(r"-?[\d,]+\.\d\d (?:USD|EUR)")


def url(name, *args):
    return reverse(f"billing:{name}", args=args)


def text(reply):
    return " ".join(re.sub(r"<[^>]+>", " ", reply.content.decode()).split())


def pdf_text(reply):
    assert reply["Content-Type"] == "application/pdf"
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(reply.content)).pages).split())


def amounts(document):
    """Every amount of a document, as people read it."""
    shown = [line[key] for line in document["lines"] for key in ("unit_price", "amount")] + [document["total"]]
    return {f"{Decimal(one):,f} {document['currency']}" for one in shown}


def test_page_pdf_and_json_of_an_estimate_show_the_same_figures(browse, hill):
    row = estimated(hill, given=True)
    actions.arrange_payment_plan(
        estimate_id=row.pk, count=3, first_on=TODAY, every_months=1, by=hill.actor("front-desk"), at=NOW
    )
    desk = browse("front-desk", there=True)
    page, pdf = text(desk.get(url("estimate", row.pk))), pdf_text(desk.get(url("estimate-pdf", row.pk)))
    told = json.loads(desk.get(url("estimate-json", row.pk)).content)
    assert told == row.document
    for amount in amounts(told) | {"1,090.00 USD"}:
        assert amount in page, amount
        assert amount in pdf, amount
    assert set(MONEY.findall(pdf)) == set(MONEY.findall(page))
    for words in (*told["disclaimers"], IDENTITY.npi, IDENTITY.tin, "Zoe Marchetti", "Off-label use", "2 Mar 2026"):
        assert words in page, words
        assert words in pdf, words
    assert AuditEvent.objects.filter(did="saw billing:estimate", patients=[hill.ada]).exists()


def test_page_pdf_and_json_of_a_superbill_show_the_same_figures(browse, cast):
    priced(cast)
    went_home(cast)
    estimated(cast, given=True)
    desk = browse("front-desk")
    reply = desk.post(
        url("make-superbill", cast.ada_course),
        {"what": [f"session:{cast.course('ada').treatment_sessions.get().pk}"], "diagnosis": ""},
    )
    row = Superbill.objects.get()
    assert reply.url == url("superbill", row.pk)
    page, pdf = text(desk.get(reply.url)), pdf_text(desk.get(url("superbill-pdf", row.pk)))
    told = json.loads(desk.get(url("superbill-json", row.pk)).content)
    assert told == row.document
    assert amounts(told) <= set(MONEY.findall(page))
    assert set(MONEY.findall(pdf)) == set(MONEY.findall(page))
    for words in ("96365", "35 mg in 40 min", "not known", "instead of 6"):
        assert words in page, words
        assert words in pdf, words


def test_the_front_desk_makes_an_estimate_and_gives_it(browse, hill):
    desk = browse("front-desk", there=True)
    page = desk.get(url("make-estimate", hill.ada_course)).content.decode()
    assert 'name="count:session.iv_ketamine" value="6"' in page
    today = queries.today_at(hill.course("ada").site, timezone.now())
    sent = {f"count:{IV}": "6", "count:evaluation": "1", "first_on": today, "last_on": today, "insurance": "none"}
    reply = desk.post(url("make-estimate", hill.ada_course), sent)
    row = Estimate.objects.get()
    assert reply.url == url("estimate", row.pk)
    assert row.total == Decimal("2950.00")
    desk.post(url("give", row.pk), {"how": "paper", "given_on": today})
    desk.post(url("payment-plan", row.pk), {"count": "4", "first_on": today, "every_months": "1"})
    assert "On paper, by hand" in text(desk.get(reply.url))
    assert "Payment plan: 4 instalments" in text(desk.get(reply.url))


def test_a_form_that_could_not_be_taken_says_so(browse, hill):
    desk, row = browse("front-desk", there=True), estimated(hill)
    for name, number in (
        ("make-estimate", hill.ada_course),
        ("payment", hill.ada_course),
        ("service", hill.ada_course),
        ("give", row.pk),
        ("payment-plan", row.pk),
    ):
        assert desk.post(url(name, number), {"first_on": "never"}).status_code == 422, name
    assert desk.post(url("make-superbill", hill.ada_course), {"what": ["session:99"]}).status_code == 422


def test_the_number_of_a_card_is_refused_on_the_page_and_kept_nowhere(browse, cast):
    sent = {
        "amount": "10",
        "method": "card",
        "reference": "4111-1111-1111-1111",
        "received_on": "2026-03-02",
        "form_key": "7b9e5a3c-5a0e-4e57-8a39-2f7b8f2f0b11",
    }
    reply = browse("front-desk").post(url("payment", cast.ada_course), sent)
    assert reply.status_code == 409
    assert "Card numbers are never kept" in reply.content.decode()
    assert "4111-1111" not in reply.content.decode()
    assert not Payment.objects.exists()
    assert not [event for event in AuditEvent.objects.all() if "4111" in json.dumps(event.details)]


def test_an_administrator_sets_a_price_and_a_nurse_reads_it(browse, cast):
    admin = browse("administrator")
    sent = {"item": IV, "detail": "", "amount": "450", "effective_on": timezone.localdate(timezone=BERLIN), "note": ""}
    assert admin.post(url("set-price", cast.here), sent).status_code == 302
    assert Price.objects.get().amount == 450
    assert "450.00 EUR per session" in text(browse("nurse").get(url("prices", cast.here)))
    assert browse("nurse").post(url("set-price", cast.here), sent).status_code == 404


def test_the_other_settings_are_kept_and_read(browse, cast):
    admin, day = browse("administrator"), timezone.localdate(timezone=BERLIN)
    code = {
        "about": "mdd_trd",
        "system": "ICD-10-CM",
        "code": "X00.0",
        "says": "Depression",
        "valid_from": day,
        "source": "Our own table",
    }
    nurse = cast.staff["nurse"]
    for name, sent in (
        ("identity", vars(IDENTITY) | {"bundles_esketamine": "on"}),
        ("number", {"clinician_id": nurse, "npi": "1234567893"}),
        ("code", code),
        ("scale", {"brackets": "Full price; 0\nUnder the threshold; 40 %", "effective_on": day}),
    ):
        assert admin.get(url(f"set-{name}", cast.here)).status_code == 200
        assert admin.post(url(f"set-{name}", cast.here), sent).status_code == 302, name
    page = text(browse("front-desk").get(url("prices", cast.here)))
    assert "Clinic for Tests Ltd" in page
    assert "Under the threshold 40 %" in page
    assert "X00.0" in text(browse("front-desk").get(url("codes", cast.here)))
    done(cast)
    assert "X00.0 Depression" in text(browse("front-desk").get(url("make-superbill", cast.ada_course)))


def test_the_codes_page_says_where_each_comes_from(browse, cast):
    page = text(browse("prescriber").get(url("codes", cast.here)))
    for words in (
        "J0013",
        "from 1 Jan 2026",
        "recalled",
        "none is known",
        "pays for visits and drug of the same day too",
    ):
        assert words in page, words


def test_the_account_shows_what_waits_what_is_billed_and_what_is_paid(browse, cast):
    priced(cast)
    done(cast, "therapy_visit")
    billed(cast, f"service:{done(cast).pk}")
    row = paid(cast, "100.00", reference="R-9")
    desk = browse("front-desk")
    page = text(desk.get(url("account", cast.ada_course)))
    for words in ("150.00 EUR to pay", "Therapy visit", "No. 1", "R-9"):
        assert words in page, words
    sent = {"amount": "40", "reason": "Paid twice", "form_key": "7b9e5a3c-5a0e-4e57-8a39-2f7b8f2f0b11"}
    assert desk.post(url("refund", row.pk), sent).status_code == 302
    assert "190.00 EUR to pay" in text(desk.get(url("account", cast.ada_course)))


def test_a_superbill_is_made_void_on_its_page(browse, cast):
    priced(cast)
    row = billed(cast, f"service:{done(cast).pk}")
    desk = browse("front-desk")
    assert desk.post(url("void", row.pk), {"reason": ""}).status_code == 422
    assert desk.post(url("void", row.pk), {"reason": "Wrong day"}).status_code == 302
    assert "VOID since" in text(desk.get(url("superbill", row.pk)))
    assert "VOID since" in pdf_text(desk.get(url("superbill-pdf", row.pk)))


def test_clinicians_read_the_account_and_are_offered_nothing_to_change(browse, cast):
    page = browse("nurse").get(url("account", cast.ada_course)).content.decode()
    assert "Make an estimate" not in page
    assert browse("administrator").get(url("account", cast.ada_course)).status_code == 404


def test_the_export_is_a_file_of_the_days_asked_for(browse, cast):
    paid(cast)
    desk = browse("front-desk")
    assert "Columns" in text(desk.get(url("export", cast.here)))
    reply = desk.get(url("export", cast.here), {"since": "2026-03-01", "until": "2026-03-31"})
    assert reply["Content-Type"] == "text/csv; charset=utf-8"
    assert reply.content.decode().count("\r\n") == 2
    assert AuditEvent.objects.filter(did="money exported").exists()


def test_the_checklist_tells_where_the_record_holds_what_and_shows_no_score(browse, cast):
    steps.planned(cast)
    page = text(browse("front-desk").get(url("prior", cast.ada_course)))
    assert "birth date on file" in page
    assert "asked in the evaluation, decided on" in page
    assert "not held" in page
    assert "a person looks it up" in page


def test_nothing_is_put_together_for_a_payer_while_the_patient_forbids_passing_on(browse, cast):
    steps.planned(cast)
    limit(cast, "sharing")
    page = text(browse("front-desk").get(url("prior", cast.ada_course)))
    assert "Use for papers for a payer is forbidden by the patient." in page
    assert "birth date on file" not in page


def test_the_page_of_the_export_says_beforehand_who_stands_in_no_file(browse, cast):
    paid(cast)
    desk, asked = browse("front-desk"), {"since": "2026-03-01", "until": "2026-03-31"}
    assert "left out" not in text(desk.get(url("export", cast.here)))
    limit(cast, "sharing")
    assert "1 patient left out: use for files for accounting" in text(desk.get(url("export", cast.here)))
    desk.get(url("export", cast.here), asked)
    assert AuditEvent.objects.filter(did="money exported").latest("pk").details == {"left_out": 1}


def test_the_account_asks_the_same_number_of_questions_however_long_it_is(browse, cast):
    priced(cast)
    desk = browse("front-desk")

    def questions():
        with CaptureQueriesContext(connection) as asked:
            desk.get(url("account", cast.ada_course))
        return len(asked)

    estimated(cast, given=True)
    billed(cast, f"service:{done(cast).pk}")
    paid(cast)
    done(cast)
    before = questions()
    for _ in range(3):
        estimated(cast, given=True)
        billed(cast, f"service:{done(cast).pk}")
        paid(cast)
        done(cast)
    assert questions() <= before + 1
