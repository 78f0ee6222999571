"""Notes of preparation and integration: shared with the team, shared by the patient, or nobody's but the author's."""

import io
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.core import serializers
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from ketacare.clinic import actions as clinic
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import AuditEvent, Membership, Role, User
from ketacare.clinic.permissions import OPENED_BY_GRANT
from ketacare.therapy import actions, queries
from ketacare.therapy.models import Draft, ProcessNote, SharedTheme, TherapySession
from ketacare.therapy.values import Held
from tests.cast import NOW
from tests.rooms.therapy.writing import SECRET, held, note, shares

SOURCE = Path(actions.__file__).parents[1]
OTHERS = ["prescriber", "nurse", "front-desk", "custodian", "quality", "administrator", "medical-director"]


def places(cast, row) -> list[str]:
    """Every address at which a note could be asked for."""
    return [
        reverse("therapy:note", args=[row.pk]),
        reverse("therapy:notes", args=[cast.ada_course]),
        reverse("therapy:notes", args=[cast.ada_course]) + f"?correct={row.pk}",
        reverse("therapy:course", args=[cast.ada_course]),
        reverse("therapy:session-new", args=[cast.ada_course]) + f"?correct={row.pk}",
    ]


def colleague(cast) -> User:
    """A second therapist of the same site."""
    user = User.objects.create_user("other@harbour.example", None, name="Harbour Second Therapist")
    Membership.objects.create(user=user, site_id=cast.here, role=Role.THERAPIST)
    return user


@pytest.mark.parametrize("role", OTHERS)
def test_no_other_role_reads_a_process_note_by_any_address(cast, browse, role):
    row = note(cast)
    for place in places(cast, row):
        assert SECRET not in browse(role).get(place).content.decode()
    assert browse(role).get(places(cast, row)[0]).status_code == 404


def test_another_therapist_of_the_same_site_reads_none_of_it(cast, client):
    row = note(cast)
    client.force_login(colleague(cast))
    for place in places(cast, row):
        assert SECRET not in client.get(place).content.decode()
    assert client.get(places(cast, row)[0]).status_code == 404
    assert client.get(places(cast, row)[1]).status_code == 200


def test_its_author_reads_it(cast, browse):
    row = note(cast)
    for place in places(cast, row)[:2]:
        assert SECRET in browse("therapist").get(place).content.decode()


def test_breaking_the_glass_opens_no_process_note(cast, browse):
    row = note(cast)
    assert not {"note.keep", "therapy.view", "therapy.write"} & OPENED_BY_GRANT
    by = cast.actor("therapist", there=True)
    clinic.break_glass(patient=cast.patient("ada"), reason="Unconscious in the ward", by=by, at=timezone.now())
    outcomes = reverse("outcomes:course", args=[cast.ada_course])
    assert browse("therapist", there=True).get(outcomes).status_code == 200
    for place in places(cast, row):
        assert browse("therapist", there=True).get(place).status_code == 404


def test_in_the_database_and_in_every_dump_of_it_a_note_is_locked(cast):
    note(cast)
    actions.keep_draft(course_id=cast.ada_course, form="note", text=SECRET, by=cast.actor("therapist"), at=NOW)
    out = io.StringIO()
    call_command("dumpdata", "therapy", stdout=out)
    assert "processnote" in out.getvalue()
    assert "sea" not in out.getvalue()
    assert SECRET not in serializers.serialize("json", AuditEvent.objects.all())
    with connection.cursor() as cursor:
        cursor.execute("SELECT locked FROM therapy_processnote")
        assert SECRET not in cursor.fetchone()[0]


def test_no_other_part_of_the_software_knows_process_notes():
    knows = {
        path.relative_to(SOURCE).parts[0]
        for path in SOURCE.rglob("*.py")
        if "ProcessNote" in path.read_text(encoding="utf-8") or "process_notes" in path.read_text(encoding="utf-8")
    }
    assert knows == {"therapy"}


def test_with_another_key_a_note_is_unknown_and_not_an_error(cast, browse, settings):
    row = note(cast)
    settings.PROCESS_NOTE_KEY = "another"
    shown = browse("therapist").get(places(cast, row)[0])
    assert shown.status_code == 200
    assert "cannot be opened" in shown.content.decode()


@pytest.mark.parametrize("role", [*OTHERS])
def test_only_a_therapist_keeps_process_notes(cast, role):
    with pytest.raises(NotAllowed):
        note(cast, role=role)


def test_a_correction_supersedes_and_the_earlier_wording_stays_for_its_author(cast, browse):
    first = note(cast, "First wording")
    note(cast, "Second wording", at=NOW + timedelta(minutes=5), supersedes=first.pk)
    shown = browse("therapist").get(reverse("therapy:notes", args=[cast.ada_course])).content.decode()
    assert "First wording" in shown
    assert "Second wording" in shown
    assert "corrected since" in shown
    with pytest.raises(ActionRefused, match="corrected meanwhile"):
        note(cast, "Third", supersedes=first.pk)


def test_nobody_corrects_the_note_of_another(cast):
    row = note(cast)
    from_other = {"text": "Mine", "form_key": uuid4(), "supersedes": row.pk}
    Membership.objects.create(user_id=cast.staff["nurse"], site_id=cast.here, role=Role.THERAPIST)
    with pytest.raises(NotAllowed):
        note(cast, role="nurse", **from_other)


def test_a_note_is_never_changed_in_the_database(cast):
    row = note(cast)
    with pytest.raises(DatabaseError), transaction.atomic():
        ProcessNote.objects.filter(pk=row.pk).update(locked="x")


def test_the_audit_says_that_a_note_was_kept_and_nothing_of_it(cast):
    note(cast)
    event = AuditEvent.objects.get(did="process note kept")
    assert "sea" not in str(event.__dict__)


def test_a_draft_is_its_authors_and_is_there_again_after_a_log_out(cast, browse, client):
    where = reverse("therapy:note-draft", args=[cast.ada_course])
    reply = browse("therapist").post(where, {"text": SECRET}, headers={"X-Draft": "yes"})
    assert reply.status_code == 204
    shown = browse("therapist").get(reverse("therapy:notes", args=[cast.ada_course])).content.decode()
    assert SECRET in shown
    assert "This is your draft of" in shown
    client.force_login(colleague(cast))
    assert SECRET not in client.get(reverse("therapy:notes", args=[cast.ada_course])).content.decode()


def test_a_draft_is_gone_once_the_note_is_kept(cast):
    by = cast.actor("therapist")
    actions.keep_draft(course_id=cast.ada_course, form="note", text=SECRET, by=by, at=NOW)
    note(cast, "The finished note")
    assert queries.begun(cast.course("ada"), Draft.Form.NOTE, by) is None
    assert Draft.objects.get().locked == ""


def test_a_draft_of_a_summary_is_kept_without_javascript_too(cast, browse):
    where = reverse("therapy:session-draft", args=[cast.ada_course])
    shown = browse("nurse").post(where, {"summary": "Half a sentence"}, follow=True).content.decode()
    assert "Half a sentence" in shown
    assert not TherapySession.objects.exists()


def test_the_team_reads_the_summary_and_a_correction_beside_what_it_corrects(cast, browse):
    first = held(cast)
    held(cast, at=NOW + timedelta(minutes=5), summary="Fears named; hopes next time.", supersedes=first.pk)
    for role in ("prescriber", "nurse", "therapist"):
        shown = browse(role).get(reverse("therapy:course", args=[cast.ada_course])).content.decode()
        assert "Fears and hopes named." in shown
        assert "Fears named; hopes next time." in shown
        assert "the newer wording counts" in shown
    assert browse("front-desk").get(reverse("therapy:course", args=[cast.ada_course])).status_code == 404


def test_a_session_is_corrected_once_and_sent_twice_is_one(cast):
    first = held(cast)
    held(cast, supersedes=first.pk)
    with pytest.raises(ActionRefused, match="corrected meanwhile"):
        held(cast, supersedes=first.pk)
    key = uuid4()
    assert held(cast, form_key=key).pk == held(cast, form_key=key).pk


def test_a_session_of_the_future_or_of_another_course_is_refused(cast):
    later = Held(kind="preparation", at=NOW + timedelta(hours=1), minutes=50, summary="Later", form_key=uuid4())
    with pytest.raises(ActionRefused, match="future"):
        actions.record_session(course_id=cast.ada_course, held=later, by=cast.actor("therapist"), at=NOW)
    with pytest.raises(ActionRefused, match="same course"):
        held(cast, supersedes=999)


def test_what_the_patient_shares_is_read_by_the_team_until_they_take_it_back(cast, browse):
    theme = shares(cast)
    page = reverse("therapy:course", args=[cast.ada_course])
    assert "To be able to mourn" in browse("nurse").get(page).content.decode()
    actions.withdraw_shared(theme_id=theme.pk, by=cast.actor("therapist"), at=NOW)
    actions.withdraw_shared(theme_id=theme.pk, by=cast.actor("therapist"), at=NOW)
    for role in ("prescriber", "nurse", "therapist"):
        shown = browse(role).get(page).content.decode()
        assert "To be able to mourn" not in shown
        assert "1 taken back by the patient" in shown


def test_without_the_patients_yes_nothing_is_shared(cast, browse):
    where = reverse("therapy:share", args=[cast.ada_course])
    told = {"kind": "theme", "words": "The sea", "form_key": str(uuid4())}
    assert browse("therapist").post(where, told).status_code == 422
    with pytest.raises(ActionRefused, match="how the patient said"):
        shares(cast, consent="")
    assert not SharedTheme.objects.exists()


def test_the_pages_are_kept_by_no_browser(cast, browse):
    note(cast)
    for name in ("therapy:notes", "therapy:course"):
        assert browse("therapist").get(reverse(name, args=[cast.ada_course]))["Cache-Control"] == "no-store"
