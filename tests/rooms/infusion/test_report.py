"""The report: one set of numbers on screen, in the PDF and in JSON, each of them a fold of the timeline."""

import io
import json
from decimal import Decimal

from django.urls import reverse
from django.utils.html import escape
from pypdf import PdfReader

from ketacare.clinic.models import AuditEvent
from ketacare.config.cli import main
from ketacare.infusion import actions, report_forms
from ketacare.infusion.models import Session
from ketacare.infusion.report import report
from tests.cast import Cast
from tests.rooms.infusion import treatment
from tests.rooms.infusion.treatment import after, again, read


def finished(cast: Cast) -> Session:
    """A session with an alarm that was acknowledged, and the patient gone home."""
    session = treatment.settled(cast)
    actions.discharge(session_id=session.pk, by=cast.actor("nurse"), at=after(100))
    return again(session)


def text_of(made: bytes) -> str:
    words = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages)
    return " ".join(words.split())


def test_planned_and_given_stand_side_by_side_and_are_never_mixed(cast):
    made = report(finished(cast), at=after(120))
    assert made.totals.planned_mg == 35
    assert made.totals.given_mg == 35
    assert made.totals.outcome == "completed"
    assert made.is_final


def test_a_session_stopped_early_says_so_with_what_was_really_given(cast):
    session = treatment.started(cast)
    read(cast, session, after(9), **treatment.QUIET)
    actions.stop_treatment(session_id=session.pk, reason="She asked to stop", by=cast.actor("nurse"), at=after(10))
    made = report(again(session), at=after(12))
    assert made.totals.given_mg == Decimal("8.8")  # 35 mg over 40 min, for 10 min, half up
    assert made.totals.outcome == "stopped early"
    assert not made.is_final


def test_alarms_tell_what_became_of_them(cast):
    session = treatment.started(cast)
    read(cast, session, after(5), **treatment.QUIET | {"bp_sys": 172})
    treatment.acknowledge_all(cast, session, after(6))
    read(cast, session, after(8), **treatment.QUIET)
    alarm = next(one for one in report(again(session), at=after(9)).alarms if one.rule == "ALM-12")
    assert alarm.level == "amber"
    assert "172" in alarm.values
    assert [who for who, _ in alarm.acknowledged] == [cast.actor("nurse").name]


def test_one_line_says_how_much_of_a_burden_the_alarms_were(cast):
    session = treatment.started(cast)
    read(cast, session, after(6), spo2=88)
    treatment.acknowledge_all(cast, session, after(6.5))
    made = report(again(session), at=after(30))
    assert made.alarm_burden.startswith(f"{len(made.alarms)} alarms in 0.5 h, ")
    assert f"{len(made.alarms)} acknowledged, half of them within 30 s" in made.alarm_burden
    assert made.alarm_burden in text_of(report_forms.pdf(made, report_forms.chart(session, at=after(30))))


def test_an_artefact_stands_in_the_report_by_its_own_name(cast):
    session = treatment.started(cast)
    read(cast, session, after(6), source="device", heart_rate=11, pulse_rate=58, spo2=97)
    made = report(again(session), at=after(7))
    (alarm,) = [one for one in made.alarms if one.rule == "SIG-01"]
    assert (alarm.level, alarm.is_of_a_book) == ("technical", False)
    assert "11" in alarm.values
    assert "58" in alarm.values
    assert alarm.statement.startswith("The ECG counts fewer beats")


def test_a_corrected_entry_stays_beside_its_correction_and_does_not_count(cast):
    session = treatment.started(cast)
    read(cast, session, after(5), **treatment.QUIET | {"heart_rate": 170})
    wrong = next(
        one for one in report(again(session), at=after(6)).timeline if "170" in one.said and "Alarm" not in one.said
    )
    actions.correct_event(
        session_id=session.pk,
        seq=wrong.seq,
        payload={"schema": "reading/1", "values": treatment.QUIET, "source": "person"},
        by=cast.actor("nurse"),
        at=after(7),
    )
    made = report(again(session), at=after(8))
    kept = next(one for one in made.timeline if one.seq == wrong.seq)
    assert kept.corrected_by is not None
    assert next(one for one in made.vitals if "eart" in one.label).highest == 70


def test_every_requirement_of_the_way_home_has_its_answer(cast):
    made = report(finished(cast), at=after(120))
    assert made.way_home
    assert {one.answer for one in made.way_home} == {"met"}


def test_json_and_pdf_and_value_hold_the_same_numbers(cast):
    session = finished(cast)
    made = report(session, at=after(120))
    said = json.loads(json.dumps(report_forms.as_json(made)))
    printed = text_of(report_forms.pdf(made, report_forms.chart(session, at=after(120))))
    assert said["totals"]["given_mg"] == f"{made.totals.given_mg:f}"
    assert f"{made.totals.given_mg.normalize():f} mg" in printed
    assert made.patient.name in printed
    for one in made.vitals:
        assert one.label in printed
    assert len(said["timeline"]) == len(made.timeline)


def test_what_a_nurse_wrote_is_printed_and_never_run_as_the_papers_own_language(cast):
    session = treatment.started(cast)
    nasty = '#panic("x") $ \\ ] "quoted" <b>bold</b> {{ x }}'
    actions.add_note(session_id=session.pk, text=nasty, by=cast.actor("nurse"), at=after(1))
    made = report(again(session), at=after(2))
    printed = text_of(report_forms.pdf(made, report_forms.chart(session, at=after(2))))
    assert '#panic("x")' in printed


def test_rows_of_a_monitor_are_in_the_json_and_do_not_flood_the_page(cast):
    session = treatment.started(cast)
    for seconds in range(1, 31):
        read(cast, session, after(seconds / 60), source="device", heart_rate=70)
    made = report(again(session), at=after(1))
    assert sum(1 for one in made.timeline if one.from_monitor) == 30
    assert not any(one.from_monitor for one in made.told)
    assert len(report_forms.as_json(made)["timeline"]) == len(made.timeline)


def test_the_chart_shows_dose_steps_and_leaves_gaps_open(cast):
    drawing = report_forms.chart(finished(cast), at=after(120))
    assert drawing.startswith("<svg")
    assert "mg/h" in drawing


def test_a_report_before_anything_happened_is_whole(cast):
    session = treatment.planned(cast)
    made = report(session, at=after(-30))
    assert made.timeline == ()
    assert made.totals.given_mg == 0
    assert report_forms.pdf(made, report_forms.chart(session, at=after(-30)))[:5] == b"%PDF-"


def test_the_report_is_a_page_a_pdf_and_json_and_each_is_audited(cast, browse):
    session = finished(cast)
    client = browse("nurse")
    answers = [
        client.get(reverse(f"infusion:{name}", args=[session.pk])) for name in ("report", "report-pdf", "report-json")
    ]
    assert [one.status_code for one in answers] == [200, 200, 200]
    assert [one["Content-Type"].split(";")[0] for one in answers] == [
        "text/html",
        "application/pdf",
        "application/json",
    ]
    assert answers[2].json()["totals"]["planned_mg"] == f"{report(session, at=after(120)).totals.planned_mg:f}"
    page = answers[0].content.decode()
    for entry in report(session, at=after(120)).told:
        assert escape(entry.said) in page
    seen = AuditEvent.objects.filter(did__startswith="saw infusion:report", subjects__patient=cast.ada)
    assert seen.count() == 3


def test_a_report_is_signed_once_the_session_is_over(cast, browse):
    session = finished(cast)
    client = browse("nurse")
    assert "Sign the report" in client.get(reverse("infusion:report", args=[session.pk])).content.decode()
    client.post(reverse("infusion:report-sign", args=[session.pk]), {"nonce": "one"})
    assert any("report" in one.said for one in report(again(session), at=after(130)).signatures)


def test_the_command_prints_the_same_numbers(cast, capsys):
    session = finished(cast)
    assert main(["report", str(session.pk), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["totals"] == report_forms.as_json(report(again(session), at=after(120)))["totals"]


def test_a_report_of_no_session_is_bad_input(cast, capsys):
    assert main(["report", "987654"]) == 2
    assert "no session" in capsys.readouterr().out


def test_the_page_of_the_report_costs_a_fixed_number_of_queries(cast, browse, django_assert_max_num_queries):
    page = browse("nurse")
    address = reverse("infusion:report", args=[treatment.settled(cast).pk])
    page.get(address)
    with django_assert_max_num_queries(30):
        page.get(address)
