"""What a site settles: who is on for its alerts, whom a patient in crisis can reach, and which licences of scales it holds."""

from django.db import models
from django.db.models import Q

from ketacare.clinic.models import Site, User

LAST_WEEKDAY = 6


class AlertDuty(models.Model):
    """One person's hours on the rota for alerts; without a weekday: called when nobody else is on."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="alert_duties")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    weekday = models.PositiveSmallIntegerField(null=True, blank=True)  # 0 is Monday, of the site's own calendar
    starts = models.TimeField(null=True, blank=True)
    ends = models.TimeField(null=True, blank=True)  # at or before the start: on the next day
    rank = models.PositiveSmallIntegerField(default=1)  # 1 is called first
    added_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    ended_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(weekday__isnull=True, starts__isnull=True, ends__isnull=True)
                | Q(weekday__isnull=False, weekday__lte=LAST_WEEKDAY, starts__isnull=False, ends__isnull=False),
                name="alert_duty_has_its_hours_or_none",
            ),
            models.CheckConstraint(condition=Q(rank__gte=1), name="alert_duty_rank_from_one"),
        ]

    def __str__(self) -> str:
        return f"duty {self.pk}"


class CrisisSetting(models.Model):
    """Which country's crisis lines a site shows, and its own line; the newest counts."""

    append_only = True

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="crisis_settings")
    country = models.CharField(max_length=2, blank=True)  # empty: none of those we know
    emergency = models.CharField(max_length=40, blank=True)  # where the country is none of those we know
    own_name = models.CharField(max_length=120, blank=True)
    own_reach = models.CharField(max_length=200, blank=True)
    set_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"crisis setting {self.pk}"


class LicenceStatement(models.Model):
    """What a site states about its right to use a scale: who holds it, since when, under which number. The newest counts."""

    append_only = True

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="licence_statements")
    scale = models.CharField(max_length=40)
    needs = models.CharField(
        max_length=20
    )  # registration, non_commercial or own_licence, as the scale's file said then
    holds = models.BooleanField()  # False: taken back
    holder = models.CharField(max_length=200)  # the person or body that is registered, licensed, or answers for the use
    since = models.DateField()
    number = models.CharField(max_length=120, blank=True)
    stated_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    stated_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(holder=""), name="licence_statement_names_its_holder")]

    def __str__(self) -> str:
        return f"licence of {self.scale}"
