"""What a site settles: its rota for alerts, whom a patient in crisis can reach, its right to use scales."""

from datetime import date, datetime, time

from django.db import transaction

from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import Site
from ketacare.clinic.permissions import fetch
from ketacare.outcomes.models import AlertDuty, CrisisSetting, LicenceStatement
from ketacare.outcomes.rota import may_look_after
from ketacare.science.scales import alerting, library


@transaction.atomic
def add_duty(
    *,
    site_id: int,
    person_id: int,
    weekday: int | None,
    starts: time | None,
    ends: time | None,
    rank: int,
    by: Actor,
    at: datetime,
) -> AlertDuty:
    """Put a person on the rota for alerts: for hours of a weekday, or (no weekday) for when nobody else is on."""
    site = fetch(by, "alert.arrange", Site.objects.select_for_update(), pk=site_id)
    if not may_look_after(site_id).filter(pk=person_id).exists():
        raise ActionRefused("not-an-owner", ["This person does not look after alerts at this site."])
    if len({value is None for value in (weekday, starts, ends)}) > 1:
        raise ActionRefused("hours", ["Give a weekday with both hours, or none of them for when nobody else is on."])
    duty = AlertDuty.objects.create(
        site=site,
        person_id=person_id,
        weekday=weekday,
        starts=starts,
        ends=ends,
        rank=rank,
        added_by_id=user_id(by),
        added_at=at,
    )
    audit.record(by=by, at=at, did="alert duty added", on=duty, patients=[])
    return duty


@transaction.atomic
def end_duty(*, duty_id: int, by: Actor, at: datetime) -> AlertDuty:
    """Take hours off the rota; what was in force before stays readable."""
    duty = fetch(by, "alert.arrange", AlertDuty.objects.select_for_update(), pk=duty_id)
    if duty.ended_at is not None:
        raise ActionRefused("duty-ended", ["These hours are off the rota already."])
    duty.ended_by_id, duty.ended_at = user_id(by), at
    duty.save(update_fields=["ended_by", "ended_at"])
    audit.record(by=by, at=at, did="alert duty ended", on=duty, patients=[])
    return duty


@transaction.atomic
def set_crisis_lines(
    *, site_id: int, country: str, emergency: str, own_name: str, own_reach: str, by: Actor, at: datetime
) -> CrisisSetting:
    """Say whom a patient of this site in crisis can reach: a country's lines, and the site's own."""
    site = fetch(by, "alert.arrange", Site.objects.select_for_update(), pk=site_id)
    reasons = []
    if country and country not in alerting.crisis_lines().countries:
        reasons.append("Of this country no crisis line is known here. Give the emergency number and a line yourself.")
    if not country and not (emergency.strip() and own_reach.strip()):
        reasons.append("Name a country, or give the emergency number and a line yourself.")
    if bool(own_name.strip()) != bool(own_reach.strip()):
        reasons.append("Say both what the line is called and how it is reached.")
    if reasons:
        raise ActionRefused("crisis-lines", reasons)
    row = CrisisSetting.objects.create(
        site=site,
        country=country,
        emergency=emergency.strip(),
        own_name=own_name.strip(),
        own_reach=own_reach.strip(),
        set_by_id=user_id(by),
        set_at=at,
    )
    audit.record(by=by, at=at, did="crisis lines set", on=row, patients=[])
    return row


@transaction.atomic
def state_licence(
    *, site_id: int, scale: str, holds: bool, holder: str, since: date, number: str, by: Actor, at: datetime
) -> LicenceStatement:
    """State that a site may use a scale (who holds the right, since when, its number), or take that back."""
    site = fetch(by, "licence.state", Site.objects.select_for_update(), pk=site_id)
    author = user_id(by)
    if author is None:
        raise NotAllowed("licence.state", by.key)
    needs = library.load(scale).licence.needs if scale in library.shipped() else None
    if needs is None:
        raise ActionRefused("no-licence-needed", ["For this scale nothing has to be stated."])
    reasons = [] if holder.strip() else ["Say who holds the right: the person or body that is registered or licensed."]
    if since > at.date():
        reasons.append("This day has not come yet.")
    if holds and needs == "registration" and not number.strip():
        reasons.append("Give the number or the date of the confirmation of the registration.")
    if reasons:
        raise ActionRefused("licence", reasons)
    row = LicenceStatement.objects.create(
        site=site,
        scale=scale,
        needs=needs,
        holds=holds,
        holder=holder.strip(),
        since=since,
        number=number.strip(),
        stated_by_id=author,
        stated_at=at,
    )
    audit.record(by=by, at=at, did="licence stated" if holds else "licence taken back", on=row, patients=[])
    return row
