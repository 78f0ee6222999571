"""Reads of check-ins: what is answered, what is to be sent, what a link opens, and how much was captured."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from ketacare.clinic.models import Course
from ketacare.infusion.models import Session
from ketacare.outcomes.crisis import crisis_help_after
from ketacare.outcomes.models import AnswerSet
from ketacare.portal import asking
from ketacare.portal.models import CheckIn, CheckInScale, Invitation, Message, Trouble
from ketacare.science.monitoring.events import Dose


class Door(StrEnum):
    """What a link comes to."""

    UNKNOWN = "unknown"
    OPEN = "open"
    OTHER_DEVICE = "other-device"
    ANSWERED = "answered"
    EXPIRED = "expired"
    CALLED_OFF = "called-off"


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A link that somebody opened: what it comes to, and its check-in's scales with whether they are answered."""

    door: Door
    invitation: Invitation | None
    scales: tuple[CheckInScale, ...]


def digest(secret: str) -> str:
    """What is kept of a token or of a device's cookie."""
    return hashlib.sha256(secret.encode()).hexdigest()


def given_in_window(*, usable: bool) -> QuerySet[AnswerSet]:
    """The answers to a scale inside its check-in's window, wherever they were given; for a subquery over CheckInScale."""
    rows = AnswerSet.objects.filter(
        course=OuterRef("check_in__course"),
        instrument_id=OuterRef("instrument_id"),
        answered_at__gte=OuterRef("check_in__opens_at"),
        answered_at__lt=OuterRef("check_in__closes_at"),
        superseded_by__isnull=True,
    )
    return rows.filter(score__main__isnull=False) if usable else rows


def scales() -> QuerySet[CheckInScale]:
    """Scales of check-ins in the order they are asked, each with whether it is answered: by its link, or in its window."""
    own = AnswerSet.objects.filter(form_key=OuterRef("form_key"))
    rows = CheckInScale.objects.annotate(is_answered=Exists(given_in_window(usable=False)) | Exists(own))
    return rows.order_by("check_in", "place")


def check_ins() -> QuerySet[CheckIn]:
    """Check-ins with what every page and every message about one needs."""
    rows = CheckIn.objects.select_related("course__patient__contact_wishes", "course__site", "session", "nurse")
    return rows.prefetch_related(
        Prefetch("scales", queryset=scales()), Prefetch("messages", queryset=Message.objects.order_by("number"))
    )


def open_now(*, at: datetime) -> QuerySet[CheckIn]:
    """The check-ins that can be answered now."""
    return check_ins().filter(opens_at__lte=at, closes_at__gt=at, called_off_at__isnull=True).order_by("opens_at", "pk")


def is_answered(row: CheckIn) -> bool:
    """Whether every scale of a check-in, from ``check_ins``, is answered."""
    return all(scale.is_answered for scale in row.scales.all())


def courses_with_changes(*, at: datetime) -> list[int]:
    """The courses of which something is to be written; read without a lock, so that hardly any turn writes."""
    is_asked = Q(status__in=asking.PHASES) | Q(check_ins__closes_at__gt=at, check_ins__called_off_at__isnull=True)
    rows = asking.courses(Course.objects.filter(is_asked).distinct()).order_by("pk")
    return [row.pk for row in rows if not hasattr(row, "check_in_clock") or asking.changes(row, at=at)]


def left_unfinished(*, at: datetime) -> list[int]:
    """Scales that were begun by link and not finished when their check-in closed, and that nobody answered elsewhere."""
    closed = Q(check_in__closes_at__lte=at) | Q(check_in__called_off_at__isnull=False)
    rows = scales().filter(closed, last_answered_at__isnull=False, is_answered=False)
    return list(rows.values_list("pk", flat=True))


def without_an_end(*, before: datetime) -> list[int]:
    """Messages that were begun before a moment and of which nobody knows whether they went out."""
    rows = Message.objects.filter(status=Message.Status.SENDING, begun_at__lt=before)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def nurse_of(session: Session) -> int | None:
    """Who started the drug; None where nobody has yet."""
    row = session.events.filter(kind=Dose.kind).order_by("seq").first()
    kind, _, number = row.by.partition(":") if row else ("", "", "")
    return int(number) if kind == "staff" and number.isdecimal() else None


def opened(token: str, device: str, *, at: datetime) -> Opened:
    """What a link comes to on a device; of the token and of the device only the digests are looked at."""
    rows = Invitation.objects.select_related("check_in__course__patient", "check_in__course__site")
    invitation = rows.filter(token_digest=digest(token)).first()
    if invitation is None:
        return Opened(door=Door.UNKNOWN, invitation=None, scales=())
    found = tuple(scales().filter(check_in=invitation.check_in_id))
    return Opened(door=door_of(invitation, found, device, at=at), invitation=invitation, scales=found)


def door_of(invitation: Invitation, found: Collection[CheckInScale], device: str, *, at: datetime) -> Door:
    """Whose link it is comes first: another device learns nothing of what became of it."""
    row = invitation.check_in
    if invitation.device_digest and invitation.device_digest != digest(device):
        return Door.OTHER_DEVICE
    if all(scale.is_answered for scale in found):
        return Door.ANSWERED
    if row.called_off_at is not None:
        return Door.CALLED_OFF
    return Door.EXPIRED if at >= row.closes_at or invitation.withdrawn_at else Door.OPEN


def is_help_shown(found: Collection[CheckInScale]) -> bool:
    """Whether what was answered by these scales' links is such that the patient is shown crisis help."""
    rows = AnswerSet.objects.filter(form_key__in=[scale.form_key for scale in found]).select_related("course__site")
    return any(crisis_help_after(row) is not None for row in rows)


def troubles(sites: Collection[int]) -> QuerySet[Trouble]:
    """What nobody has seen yet, the oldest first."""
    rows = Trouble.objects.filter(seen_at__isnull=True, check_in__course__site__in=sites)
    return rows.select_related("check_in__course__patient").order_by("told_at", "pk")


def asked_and_captured(sites: Collection[int], *, since: datetime, at: datetime) -> QuerySet[CheckInScale]:
    """Every scale that was to be answered by now, each with whether it was: closed since a day, by time and not before."""
    return to_answer(sites, since=since, at=at).annotate(is_captured=Exists(given_in_window(usable=True)))


def to_answer(sites: Collection[int], *, since: datetime, at: datetime) -> QuerySet[CheckInScale]:
    """Every scale that was to be answered by now."""
    return CheckInScale.objects.filter(
        check_in__course__site__in=sites,
        check_in__closes_at__gt=since,
        check_in__closes_at__lte=at,
        check_in__called_off_at__isnull=True,
        check_in__is_overtaken=False,
    )


def patients_asked(sites: Collection[int], *, since: datetime, at: datetime) -> QuerySet[CheckInScale, int]:
    """Whose scales were to be answered by now."""
    rows = to_answer(sites, since=since, at=at)
    return rows.values_list("check_in__course__patient", flat=True).distinct().order_by()


def left_out(sites: Collection[int], *, since: datetime, at: datetime) -> int:
    """How many scales are not counted, because a session closed their check-in before its time or it was called off."""
    early = Q(check_in__called_off_at__isnull=False) | Q(check_in__is_overtaken=True)
    rows = CheckInScale.objects.filter(early, check_in__course__site__in=sites, check_in__closes_at__gt=since)
    return rows.filter(check_in__opens_at__lte=at).count()
