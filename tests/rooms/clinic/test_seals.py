"""The audit trail is sealed in blocks; whatever is done to it behind our back is found."""

from datetime import timedelta
from threading import Event, Thread

import pytest
from django.db import connection
from django.utils import timezone

from ketacare.clinic import audit, seals, verify
from ketacare.clinic.actor import System
from ketacare.clinic.models import AuditEvent, AuditSeal, AuditSubject

WATCH = System(name="test")


@pytest.fixture
def trail(own_cast, settings, tmp_path):
    """Three blocks of ten events in a database of the test's own, sealed two hours ago; guards are off."""
    settings.AUDIT_KEYS = tmp_path / "keys"
    at = timezone.now() - timedelta(hours=2)
    seals.seal_pending(at=at)
    for _ in range(3):
        for step in range(10):
            audit.record(by=WATCH, at=at, did=f"step {step}", patients=[own_cast.ada])
        seals.seal_pending(at=at)
    drop_guards()
    return list(AuditSeal.objects.order_by("-number")[:3])[::-1]


def drop_guards():
    with connection.cursor() as cursor:
        for table in ("auditevent", "auditseal", "auditsubject"):
            for verb in ("update", "delete"):
                on = f" ON clinic_{table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS clinic_{table}_no_{verb}{on}")


def events_of(block: AuditSeal) -> list[int]:
    """The ids of a block's events; PostgreSQL leaves out those of transactions that were rolled back."""
    rows = AuditEvent.objects.filter(pk__range=(block.first_id, block.last_id))
    return list(rows.order_by("pk").values_list("pk", flat=True))


def run(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_an_untouched_trail_is_sound(trail):
    verdict = verify.audit_trail()
    assert verdict.sound, verdict.broken
    assert verdict.blocks == trail[-1].number
    assert verdict.events == AuditEvent.objects.count()
    assert verdict.unsealed == 0


def test_events_not_yet_sealed_are_counted_and_no_fault(trail):
    audit.record(by=WATCH, at=timezone.now(), did="something")
    verdict = verify.audit_trail()
    assert verdict.sound
    assert verdict.unsealed == 1


def test_sealing_again_makes_nothing(trail):
    assert seals.seal_pending(at=timezone.now()) == 0


def test_an_edited_event_breaks_its_block(trail):
    run("UPDATE clinic_auditevent SET did = 'nothing' WHERE id = %s", events_of(trail[1])[3])
    assert verify.audit_trail().broken_block == trail[1].number


def test_a_deleted_event_breaks_its_block(trail):
    run("DELETE FROM clinic_auditsubject WHERE event_id = %s", trail[1].last_id)
    run("DELETE FROM clinic_auditevent WHERE id = %s", trail[1].last_id)
    assert verify.audit_trail().broken_block == trail[1].number


def test_two_events_that_changed_places_break_their_block(trail):
    first, second = events_of(trail[0])[:2]
    run("UPDATE clinic_auditevent SET did = 'step 1' WHERE id = %s", first)
    run("UPDATE clinic_auditevent SET did = 'step 0' WHERE id = %s", second)
    assert verify.audit_trail().broken_block == trail[0].number


def test_an_index_that_hides_who_looked_is_found(trail):
    run("DELETE FROM clinic_auditsubject WHERE event_id = %s", events_of(trail[2])[0])
    verdict = verify.audit_trail()
    assert verdict.broken_block == trail[2].number
    assert "index" in verdict.broken


def test_a_tail_cut_off_is_found(trail):
    run("DELETE FROM clinic_auditsubject WHERE event_id >= %s", trail[2].first_id)
    run("DELETE FROM clinic_auditevent WHERE id >= %s", trail[2].first_id)
    run("DELETE FROM clinic_auditseal WHERE number = %s", trail[2].number)
    verdict = verify.audit_trail()
    assert verdict.broken_block == trail[2].number
    assert "cut off" in verdict.broken


def test_a_block_sealed_anew_with_another_key_is_found(trail, settings, tmp_path):
    honest = settings.AUDIT_KEYS
    settings.AUDIT_KEYS = tmp_path / "forger"
    audit.record(by=WATCH, at=timezone.now(), did="something")
    seals.seal_pending(at=timezone.now())
    settings.AUDIT_KEYS = honest
    verdict = verify.audit_trail()
    assert verdict.broken_block == trail[2].number + 1
    assert "signature" in verdict.broken


def with_a_gap() -> int:
    """Two events with an id left out between them, as a transaction that is still open would leave one."""
    first = audit.record(by=WATCH, at=timezone.now(), did="something")
    gap = first.pk + 1
    AuditEvent.objects.create(pk=gap + 1, at=timezone.now(), actor=WATCH.key, did="something")
    return gap


def test_an_event_that_commits_late_is_taken_into_the_next_block(trail):
    gap = with_a_gap()
    seals.seal_pending(at=timezone.now())
    AuditEvent.objects.create(pk=gap, at=timezone.now(), actor=WATCH.key, did="late")
    assert verify.audit_trail().sound  # still in time to be taken in
    seals.seal_pending(at=timezone.now())
    assert AuditSeal.objects.order_by("-number")[0].late == [gap]
    assert verify.audit_trail().sound


def test_an_event_slipped_into_an_old_gap_is_found(trail):
    gap = with_a_gap()
    long_ago = timezone.now() - seals.LATE_WITHIN - timedelta(minutes=1)
    seals.seal_pending(at=long_ago)
    AuditEvent.objects.create(pk=gap, at=long_ago, actor=WATCH.key, did="forged")
    seals.seal_pending(at=timezone.now())
    verdict = verify.audit_trail()
    assert not verdict.sound
    assert str(gap) in verdict.broken


def test_an_event_and_its_index_are_written_together_or_not_at_all(own_cast, monkeypatch):
    def lost(*args: object) -> None:
        raise RuntimeError("the power went")

    monkeypatch.setattr(AuditSubject.objects, "bulk_create", lost)
    with pytest.raises(RuntimeError):
        audit.record(by=WATCH, at=timezone.now(), did="half a thing", patients=[own_cast.ada])
    assert not AuditEvent.objects.filter(did="half a thing").exists()


def test_a_clinic_at_work_raises_no_false_alarm(trail):
    """Blocks are sealed by another connection all the while that the trail is being checked."""
    stop = Event()

    def work() -> None:
        while not stop.is_set():
            audit.record(by=WATCH, at=timezone.now(), did="something")
            seals.seal_pending(at=timezone.now())
        connection.close()

    clinic = Thread(target=work)
    clinic.start()
    try:
        broken = [verdict.broken for _ in range(15) if not (verdict := verify.audit_trail()).sound]
    finally:
        stop.set()
        clinic.join()
    assert broken == []
