"""The clock that calls the next person, and the e-mail that says nothing but that an alert needs them."""

import logging
from datetime import timedelta

from django.core import mail
from django.utils import timezone

from ketacare.clinic.writing import directly
from ketacare.config.live import telling, watcher
from ketacare.outcomes.actions import claim_notice
from ketacare.outcomes.looking_after import notices_to_send
from ketacare.outcomes.models import Alert, AlertNotice
from tests.cast import NOW
from tests.rooms.outcomes.caring import alert_of, on_all_day, spoke

MINUTE = timedelta(minutes=1)


def test_whoever_is_named_is_told_and_told_nothing_of_the_patient(cast):
    on_all_day(cast, "therapist")
    alert_of(cast)
    assert telling.send_due(at=NOW) == 1
    (letter,) = mail.outbox
    assert letter.to == ["therapist@harbour.example"]
    said = f"{letter.subject} {letter.body}"
    assert "An alert needs you" in said
    for secret in ("Ada", "Lindqvist", "PHQ", "AL", "Harbour", "http", "1984"):
        assert secret not in said
    assert AlertNotice.objects.get().sent_at == NOW
    assert telling.send_due(at=NOW) == 0


def test_a_letter_that_could_not_be_sent_is_tried_again(cast, monkeypatch, caplog):
    on_all_day(cast, "therapist")
    alert_of(cast)

    def broken(*args, **kwargs):
        raise OSError("no route")

    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
        patch.setattr(telling, "send_mail", broken)
        assert telling.send_due(at=NOW) == 0
    assert "therapist" not in caplog.text
    assert telling.send_due(at=NOW + MINUTE) == 0  # whoever tried may still be at it
    assert telling.send_due(at=NOW + 2 * MINUTE) == 1
    assert AlertNotice.objects.get().tries == 2


def test_of_two_that_send_one_claims(cast):
    on_all_day(cast, "therapist")
    alert_of(cast)
    notice = AlertNotice.objects.get().pk
    assert claim_notice(notice_id=notice, by=telling.TELLER, at=NOW) is not None
    assert claim_notice(notice_id=notice, by=telling.TELLER, at=NOW + MINUTE) is None
    assert claim_notice(notice_id=notice, by=telling.TELLER, at=NOW + 2 * MINUTE) is not None


def test_old_news_and_closed_alerts_call_nobody(cast):
    on_all_day(cast, "therapist")
    alert = alert_of(cast)
    assert notices_to_send(at=NOW + timedelta(hours=23))
    assert not notices_to_send(at=NOW + timedelta(days=1))
    spoke(alert, cast.actor("therapist"))
    Alert.objects.update(status="closed", closed_by=cast.staff["therapist"], close_reason="x")
    assert not notices_to_send(at=NOW)


def test_without_a_mail_server_nothing_is_claimed(cast, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    alert_of(cast)
    assert telling.begin(at=NOW) is None
    assert not AlertNotice.objects.filter(tried_at__isnull=False).exists()


def test_the_clock_calls_the_next_person_and_sends_beside_itself(own_cast):
    on_all_day(own_cast, "therapist")
    on_all_day(own_cast, "nurse", rank=2)
    now = timezone.now()
    alert = alert_of(own_cast, 3, at=now - 5 * MINUTE, answered_at=NOW)
    watcher.climb_alerts(now, directly)
    assert Alert.objects.get(pk=alert.pk).owner_id == own_cast.staff["nurse"]
    thread = telling.begin(at=now)
    thread.join(20)
    assert {letter.to[0].partition("@")[0] for letter in mail.outbox} >= {"therapist", "nurse"}
    assert telling.begin(at=now) is None


def test_an_alert_that_cannot_go_on_keeps_no_other_from_it(cast, monkeypatch, caplog):
    first, second = alert_of(cast, 3), alert_of(cast, 3)

    def sometimes(*, alert_id, **named):
        if alert_id == first.pk:
            raise RuntimeError("on purpose")
        return climb(alert_id=alert_id, **named)

    climb = watcher.climb_alert
    monkeypatch.setattr(watcher, "climb_alert", sometimes)
    with caplog.at_level(logging.ERROR):
        watcher.climb_alerts(NOW + 5 * MINUTE, directly)
    assert second.events.filter(kind="step").exists()
    assert not first.events.filter(kind="step").exists()
    assert "could not go on" in caplog.text
