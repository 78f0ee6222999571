"""The alerts that wait, who is named for each, what happened to one, and what the clock has to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet

from ketacare.clinic.actor import Actor
from ketacare.clinic.models import Course, Membership
from ketacare.clinic.permissions import PERMISSIONS, sites_where
from ketacare.outcomes.models import Alert, AlertEvent, AlertNotice, AnswerSet
from ketacare.outcomes.queries import as_asked, in_words, plain
from ketacare.outcomes.rota import OWN
from ketacare.science.scales import alerting
from ketacare.science.scales.conditions import ClassificationIs, Condition, ItemIs, ItemMissing, ScoreIs, leaves
from ketacare.science.scales.definition import Instrument
from ketacare.science.scales.scoring import Score, score

S, K = Alert.Status, AlertEvent.Kind
NO_MAIL = "dummy"  # the backend that sends nothing
AGAIN_AFTER = timedelta(minutes=2)  # a notice that was tried and is not known to be sent is tried again
AT_ONCE = 20
NEWS_LASTS = timedelta(days=1)  # e-mail that was set up later sends nothing of before


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """An alert that waits, and which answers or scores raised it, in words."""

    alert: Alert
    scale: str
    because: tuple[str, ...]

    @property
    def is_named(self) -> bool:
        """Whether somebody who can log in is named for it."""
        return self.alert.owner is not None and self.alert.owner.is_active

    @property
    def is_taken(self) -> bool:
        return self.alert.status == S.OWNED

    def is_late(self, at: datetime) -> bool:
        """Whether a rung of the ladder has passed without what was waited for."""
        return is_late(self.alert, at=at)


def waiting_alerts(by: Actor) -> list[Waiting]:
    """The alerts of the reader's sites that are not closed, most urgent and oldest first; one query."""
    return [in_full(alert) for alert in open_alerts().filter(course__site__in=sites_where(by, OWN))]


def alerts_of(course: Course, *, answer_set: AnswerSet | None = None) -> list[Waiting]:
    """The alerts of a course, or of one sitting in it, that are not closed; one query."""
    rows = open_alerts().filter(course=course)
    return [in_full(alert) for alert in (rows.filter(answer_set=answer_set) if answer_set else rows)]


def closed_alerts(answer_set: AnswerSet) -> list[Waiting]:
    """The alerts of a sitting that were closed, oldest first, with who closed them and why."""
    rows = answer_set.alerts.filter(status=S.CLOSED).select_related("answer_set", "owner", "closed_by", "contact")
    return [in_full(alert) for alert in rows.order_by("closed_at", "pk")]


def all_alerts() -> QuerySet[Alert]:
    """Every alert with what a page about it needs."""
    rows = Alert.objects.select_related(
        "course__patient", "course__site", "answer_set", "owner", "contact__recorded_by", "closed_by", "hold"
    )
    events = AlertEvent.objects.select_related("by", "person").order_by("pk")
    sent = AlertNotice.objects.select_related("person").order_by("pk")
    return rows.prefetch_related(
        Prefetch("events", queryset=events.prefetch_related(Prefetch("notices", queryset=sent))),
        "attempts__recorded_by",
    )


def open_alerts() -> QuerySet[Alert]:
    """Every alert that is not closed, most urgent and oldest first."""
    rows = Alert.objects.exclude(status=S.CLOSED).order_by("-level", "raised_at", "pk")
    return rows.select_related("course__patient", "course__site", "answer_set", "owner", "contact")


def late_alerts(sites: set[int], *, at: datetime) -> list[Alert]:
    """The alerts of these sites of which a rung has passed without an answer, oldest first; one query."""
    rows = open_alerts().filter(course__site__in=sites).order_by("raised_at", "pk")
    return [alert for alert in rows if is_late(alert, at=at)]


def is_late(alert: Alert, *, at: datetime) -> bool:
    """Whether a rung of the ladder has passed without what was waited for."""
    ladder = alerting.load().rungs(alert.level)
    since = alert.waits_since if alert.status == S.OPEN else None
    unspoken = alert.raised_at if alert.contact_id is None else None
    return bool(alerting.steps_due(ladder, waits_since=since, without_contact_since=unspoken, done=(), at=at))


def alerts_to_climb(*, at: datetime) -> list[int]:
    """The alerts of which a rung is due, and those whose named person can no longer look after them; one query."""
    works_here = Membership.objects.filter(
        user=OuterRef("owner"), site=OuterRef("course__site"), role__in=PERMISSIONS[OWN], user__is_active=True
    )
    is_left = Q(owner__isnull=False) & ~Exists(works_here)
    rows = Alert.objects.exclude(status=S.CLOSED).filter(Q(next_step_at__lte=at) | is_left)
    return list(rows.order_by("-level", "raised_at").values_list("pk", flat=True))


def notices_to_send(*, at: datetime) -> Sequence[int]:
    """Notices that have not left yet, a few at a time, those never tried first; old news and closed alerts call nobody."""
    rows = AlertNotice.objects.filter(sent_at__isnull=True, made_at__gt=at - NEWS_LASTS)
    rows = rows.exclude(event__alert__status=S.CLOSED)
    rows = rows.filter(Q(tried_at__isnull=True) | Q(tried_at__lte=at - AGAIN_AFTER))
    return list(rows.order_by(F("tried_at").asc(nulls_first=True), "pk").values_list("pk", flat=True)[:AT_ONCE])


def mail_is_set_up() -> bool:
    """Whether e-mail leaves this clinic at all."""
    return NO_MAIL not in settings.EMAIL_BACKEND


def in_full(alert: Alert) -> Waiting:
    """An alert with what raised it, read from the version of the scale that was answered."""
    given = alert.answer_set
    instrument = as_asked(given)
    rule = next((one for one in instrument.alerts if one.id == alert.rule), None)
    if rule is None:
        return Waiting(alert=alert, scale=instrument.abbreviation, because=(alert.found,))
    result = score(instrument, given.answers, given.context)
    said = (said_by(leaf, instrument, given, result) for leaf in leaves(rule.when))
    return Waiting(alert=alert, scale=instrument.abbreviation, because=tuple(words for words in said if words))


def said_by(leaf: Condition, instrument: Instrument, given: AnswerSet, result: Score) -> str:
    """What one comparison of an alert looked at; nothing where it says no more than the alert."""
    match leaf:
        case ItemIs() | ItemMissing():
            item = next(one for one in instrument.items if one.id == leaf.item)
            return f"{item.text or item.label}: {in_words(instrument, leaf.item, given.answers) or 'no answer'}"
        case ScoreIs():
            return f"{plain(leaf.score)} {result.scores[leaf.score]}"
        case ClassificationIs():
            return f"{plain(leaf.classification)}: {plain(result.classifications[leaf.classification] or '')}"
        case _:
            return ""
