"""What ``ketacare verify`` asks of the register: the chart and the vault agree, no number is missing, nothing slipped past two people."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction

from ketacare.record.models import Treatment
from ketacare.stewardship import queries
from ketacare.stewardship.journal import NEEDS_TWO
from ketacare.stewardship.models import Account, Discrepancy, Movement, Register
from ketacare.stewardship.values import Chair


@dataclass(frozen=True, kw_only=True)
class Disagreement:
    """Something in a site's register that is not what it must be."""

    site: int
    says: str


def disagreements() -> Iterator[Disagreement]:
    """Everything that is wrong with any register."""
    for pk in Register.objects.order_by("pk").values_list("pk", flat=True):
        for says, site in _checked(pk):
            yield Disagreement(site=site, says=says)


@transaction.atomic
def _checked(pk: int) -> list[tuple[str, int]]:
    """What is wrong with one register; under its lock, so that it stands still while it is looked at."""
    register = Register.objects.select_for_update().get(pk=pk)
    return [(says, register.site_id) for check in CHECKS for says in check(register)]


def _numbers(register: Register) -> Iterator[str]:
    numbers = list(Movement.objects.filter(site=register.site_id).order_by("number").values_list("number", flat=True))
    if numbers != list(range(1, len(numbers) + 1)):
        yield "its movements have holes"


def _patients(register: Register) -> Iterator[str]:
    """Every treatment begun since: what its patient's account holds is what its dose steps have delivered."""
    rows = Treatment.objects.filter(course__site=register.site_id, started_at__gte=register.opened_at)
    for row in rows.order_by("pk"):
        booked = queries.given_mg(register.site_id, Chair(course_id=row.course_id, number=row.number))
        if booked != row.given_mg:
            yield f"course {row.course_id}, session {row.number}: {row.given_mg} mg were given and {booked} mg are booked"


def _two_people(register: Register) -> Iterator[str]:
    alone = Movement.objects.filter(site=register.site_id, kind__in=NEEDS_TWO, witness__isnull=True)
    asked = Discrepancy.objects.filter(site=register.site_id, kind="unwitnessed").values("movement")
    for number in alone.exclude(pk__in=asked).order_by("number").values_list("number", flat=True):
        yield f"no. {number} was seen by one person and nobody was asked to explain it"


def _sources(register: Register) -> Iterator[str]:
    """The vault holds no container that the register never took in."""
    vault = Account.objects.filter(site=register.site_id, kind=Account.Kind.VAULT)
    for one in queries.held(vault):
        if one.amount.mg < 0:
            yield f"the vault holds {one.amount.mg} mg of {one.container}"


CHECKS = (_numbers, _patients, _two_people, _sources)
