"""The clinic of the demo: its place, the people who work there with their log-ins, and its monitors."""

import secrets
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.contrib.auth.hashers import make_password

from ketacare.clinic import actions, actor
from ketacare.clinic.actor import Device, Staff, System
from ketacare.clinic.models import Device as DeviceRow
from ketacare.clinic.models import Site, User
from ketacare.config.demo.people import Place, read
from ketacare.outcomes import actions as outcomes
from ketacare.planning.actions import settle_practice
from ketacare.planning.practices import PUBLIC_OUTCOMES, PUBLIC_PROFILE

PASSWORD = "ketacare demo"  # noqa: S105  # printed at every start: these log-ins open made-up records alone
DOMAIN = "demo.example"
HIDDEN = ("colleague",)  # plays the shift by himself; nobody logs in as him
CHAIRS = ("Room 1", "Room 2", "Room 3", "Room 4")
DEMO = System(name="demo")


@dataclass(frozen=True, kw_only=True)
class Team:
    """Who acts in the demo, and the seed that everything is drawn from."""

    site: Site
    staff: dict[str, Staff]
    monitors: dict[str, DeviceRow]
    seed: int

    def monitor(self, chair: str) -> Device:
        return actor.of_device(self.monitors[chair])


def email_of(role: str) -> str:
    return f"{role}@{DOMAIN}"


def open_clinic(place: Place, *, seed: int, at: datetime) -> Team:
    """Set up the place, the people and the monitors."""
    site = actions.open_site(
        name=place.name,
        time_zone=place.time_zone,
        jurisdiction=place.jurisdiction,
        currency=place.currency,
        by=DEMO,
        at=at,
    )
    for role, name in read("people.yaml")["staff"].items():
        works_as = "nurse" if role == "colleague" else role.removeprefix("second-")
        actions.invite_person(site=site, email=email_of(role), name=name, role=works_as, by=DEMO, at=at)
    shown = [email_of(role) for role in read("people.yaml")["staff"] if role not in HIDDEN]
    User.objects.filter(email__in=shown).update(password=make_password(PASSWORD))  # hashed once: it takes a while
    for chair in CHAIRS:
        actions.add_device(site=site, name=f"Monitor {chair}", token=secrets.token_urlsafe(), by=DEMO, at=at)
    qualify(site, at=at)
    team = team_of(site, seed=seed)
    for name, value in read("bedside.yaml")["numbers"].items():
        told = {"name": name, "value": value, "reason": "As printed on the sheet that patients take home."}
        settle_practice(site_id=site.pk, **told, by=team.staff["prescriber"], at=at)
    for name in (PUBLIC_PROFILE, PUBLIC_OUTCOMES):
        told = {"name": name, "value": True, "reason": "Whoever asks for treatment may see who treats here and how."}
        settle_practice(site_id=site.pk, **told, by=team.staff["prescriber"], at=at)
    arrange_alerts(team, country=place.country, at=at)
    return team


def qualify(site: Site, *, at: datetime) -> None:
    """What everybody is licensed and trained for: recorded by the administrator, seen by the quality lead."""
    people = {user.email: user for user in User.objects.filter(memberships__site=site).distinct()}
    recorder, seer = (actor.of_user(people[email_of(role)]) for role in ("administrator", "quality"))
    for told in read("people.yaml")["papers"]:
        for role in told["who"]:
            row = actions.record_qualification(
                person_id=people[email_of(role)].pk,
                kind=told["kind"],
                issued_by=told["issued_by"],
                number=f"{told['prefix']}-{people[email_of(role)].pk:06}" if "prefix" in told else "",
                valid_from=at.date(),
                expires_on=None if told["days"] is None else at.date() + timedelta(days=told["days"]),
                by=recorder,
                at=at,
            )
            if told.get("is_seen", True):
                actions.confirm_qualification(qualification_id=row.pk, by=seer, at=at)


def arrange_alerts(team: Team, *, country: str, at: datetime) -> None:
    """Who is on for alerts, and which crisis lines patients are shown."""
    by = team.staff["prescriber"]
    lines = {"country": country, "emergency": "", "own_name": "", "own_reach": ""}
    outcomes.set_crisis_lines(site_id=team.site.pk, **lines, by=by, at=at)
    for told in read("people.yaml")["on_for_alerts"]:
        hours = {name: time.fromisoformat(told[name]) if name in told else None for name in ("starts", "ends")}
        who = {"site_id": team.site.pk, "person_id": team.staff[told["who"]].user_id, "rank": told["rank"]}
        for weekday in told["weekdays"] or [None]:
            outcomes.add_duty(**who, **hours, weekday=weekday, by=by, at=at)


def team_of(site: Site, *, seed: int) -> Team:
    """The same, of a clinic that is there already."""
    people = {user.email: user for user in User.objects.filter(memberships__site=site).distinct()}
    staff = {}
    for role in read("people.yaml")["staff"]:
        by = actor.of_user(people[email_of(role)])
        assert isinstance(by, Staff)  # noqa: S101  # nobody of the team is a patient
        staff[role] = by
    monitors = {row.name.removeprefix("Monitor "): row for row in site.devices.all()}
    return Team(site=site, staff=staff, monitors=monitors, seed=seed)
