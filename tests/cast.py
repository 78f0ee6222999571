"""The people that every test may count on, made by actions alone; built once a run, see conftest."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from ketacare.clinic import actions, actor
from ketacare.clinic.actor import PatientLink, Staff
from ketacare.clinic.models import Course, Membership, Patient, Role, Site, User
from ketacare.planning.actions import settle_practice
from ketacare.planning.practices import CALL_DAY, CALL_NIGHT, EMERGENCY, NIGHT_ANSWERS

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OPENED = datetime(2025, 1, 7, 8, 0, tzinfo=UTC)  # both sites
PASSWORD = "correct horse battery staple"
FROM, NEVER_SOON = OPENED.date(), date(2099, 12, 31)
# role -> the papers that whoever has it holds; two people record and confirm them
PAPERS = {
    Role.PRESCRIBER: ("licence", "drug_registration", "ketamine_care", "advanced_life_support"),
    "second-prescriber": ("licence", "drug_registration", "ketamine_care", "advanced_life_support"),
    Role.NURSE: ("licence", "ketamine_care", "basic_life_support"),
    Role.THERAPIST: ("licence",),
    Role.CUSTODIAN: ("drug_handling",),
}


def day_at(site_id: int) -> date:
    """The day at a site, on the real clock: at night it is not the day of UTC."""
    return timezone.localdate(timezone=ZoneInfo(Site.objects.get(pk=site_id).time_zone))


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Ids of two sites, one member of staff for each role at each, and patients of each."""

    here: int
    there: int
    staff: dict[str, int]  # role -> user id, at the site "here"
    staff_there: dict[str, int]
    ada: int  # a patient here, with a course
    ben: int  # another patient here
    zoe: int  # a patient there, with a course
    ada_course: int
    zoe_course: int
    ada_user: int  # ada's own log-in

    def user(self, role: str, *, there: bool = False) -> User:
        return User.objects.get(pk=(self.staff_there if there else self.staff)[role])

    def actor(self, role: str, *, there: bool = False) -> Staff:
        by = actor.of_user(self.user(role, there=there))
        assert isinstance(by, Staff)
        return by

    def patient_actor(self) -> PatientLink:
        by = actor.of_user(User.objects.get(pk=self.ada_user))
        assert isinstance(by, PatientLink)
        return by

    def patient(self, name: str) -> Patient:
        return Patient.objects.get(pk=getattr(self, name))

    def course(self, name: str) -> Course:
        return Course.objects.get(pk=getattr(self, f"{name}_course"))


def build() -> Cast:
    """Make the cast in an empty, migrated database."""
    here = site("Harbour Clinic", time_zone="Europe/Berlin", jurisdiction="EU", currency="EUR")
    there = site("Hill Clinic", time_zone="America/New_York", jurisdiction="US", currency="USD")
    staff, staff_there = staff_of(here, "harbour"), staff_of(there, "hill")
    for place, people in ((here, staff), (there, staff_there)):
        settle_numbers(place, actor.of_user(User.objects.get(pk=people[Role.PRESCRIBER])))
    desk = actor.of_user(User.objects.get(pk=staff[Role.FRONT_DESK]))
    desk_there = actor.of_user(User.objects.get(pk=staff_there[Role.FRONT_DESK]))
    ada = patient(here, "Ada", "Lindqvist", date(1984, 5, 17), "female", desk)
    ben = patient(here, "Ben", "Okonjo", date(1991, 11, 2), "male", desk)
    zoe = patient(there, "Zoe", "Marchetti", date(1979, 1, 30), "female", desk_there)
    ada.user = person("ada@patients.example", "Ada Lindqvist")
    ada.save(update_fields=["user"])
    ada_course = actions.open_course(patient=ada, site=here, indication="mdd_trd", by=desk, at=NOW)
    zoe_course = actions.open_course(patient=zoe, site=there, indication="mdd_trd", by=desk_there, at=NOW)
    return Cast(
        here=here.pk,
        there=there.pk,
        staff=staff,
        staff_there=staff_there,
        ada=ada.pk,
        ben=ben.pk,
        zoe=zoe.pk,
        ada_course=ada_course.pk,
        zoe_course=zoe_course.pk,
        ada_user=ada.user.pk,
    )


def site(name: str, **settings: str) -> Site:
    return actions.open_site(name=name, **settings, by=actor.System(name="cast"), at=OPENED)


def settle_numbers(site: Site, by: actor.Actor) -> None:
    """Whom patients call, as their written sheet tells them."""
    numbers = {CALL_DAY: "555 0100", CALL_NIGHT: "555 0101", NIGHT_ANSWERS: "the prescriber on call", EMERGENCY: "112"}
    for name, value in numbers.items():
        settle_practice(site_id=site.pk, name=name, value=value, reason="As printed", by=by, at=OPENED)


@cache
def hashed() -> str:
    """Everybody's password, made slow to guess once and not for each of them."""
    return make_password(PASSWORD)


def person(email: str, name: str) -> User:
    user = User.objects.create_user(email, None, name=name)
    user.password = hashed()
    user.save(update_fields=["password"])
    return user


def staff_of(site: Site, domain: str) -> dict[str, int]:
    """One person for each role; two prescribers, since some acts need a second one."""
    people = {}
    for role in [*Role, "second-prescriber"]:
        if role == Role.PATIENT:
            continue
        title = role.replace("-", " ").title()
        user = person(f"{role}@{domain}.example", f"{domain.title()} {title}")
        Membership.objects.create(user=user, site=site, role=role.removeprefix("second-"))
        people[str(role)] = user.pk
    qualify(people)
    return people


def qualify(people: dict[str, int]) -> None:
    """The papers of everybody who needs some: recorded by the administrator, seen by the quality lead."""
    recorder, seer = (actor.of_user(User.objects.get(pk=people[one])) for one in (Role.ADMINISTRATOR, Role.QUALITY))
    for role, kinds in PAPERS.items():
        for kind in kinds:
            paper(people[role], kind, recorder=recorder, seer=seer)


def paper(
    person_id: int,
    kind: str,
    *,
    recorder: actor.Actor,
    seer: actor.Actor | None,
    valid_from: date = FROM,
    expires_on: date | None = NEVER_SOON,
) -> int:
    """One paper of one person; without ``seer`` nobody has looked at it."""
    row = actions.record_qualification(
        person_id=person_id,
        kind=kind,
        issued_by="The board",
        number=f"{kind[:3].upper()}-{person_id}",
        valid_from=valid_from,
        expires_on=expires_on,
        by=recorder,
        at=OPENED,
    )
    if seer is not None:
        actions.confirm_qualification(qualification_id=row.pk, by=seer, at=OPENED)
    return row.pk


def patient(site: Site, given: str, family: str, born_on: date, sex: str, by: actor.Actor) -> Patient:
    return actions.add_patient(
        site=site, given_name=given, family_name=family, born_on=born_on, sex_at_birth=sex, by=by, at=NOW
    )
