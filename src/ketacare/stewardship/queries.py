"""Reads of the register. Every balance is a sum over lines."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Min, QuerySet, Sum

from ketacare.clinic.models import Course, Site
from ketacare.science.stewardship import jurisdiction
from ketacare.science.stewardship.jurisdiction import Jurisdiction
from ketacare.science.stewardship.ledger import SMALLEST, Amount
from ketacare.stewardship.models import Account, Container, Count, Discrepancy, Line, Movement, Register
from ketacare.stewardship.values import Chair

K = Account.Kind
NOTHING = (0, Amount())  # no line, no amount


LotKey = tuple[str, Decimal, Decimal, str]


@dataclass(frozen=True, kw_only=True)
class Held:
    """What an account holds of one container."""

    container: Container
    amount: Amount

    @property
    def is_unopened(self) -> bool:
        return self.amount.mg == self.container.content_mg


@dataclass(frozen=True, kw_only=True)
class LotHeld:
    """What the vault holds of one lot."""

    drug: str
    mg_per_ml: Decimal
    content_mg: Decimal  # of an unopened container
    lot: str
    expires_on: date
    containers: tuple[Held, ...]

    @property
    def key(self) -> LotKey:
        return self.drug, self.mg_per_ml, self.content_mg, self.lot

    @property
    def mg(self) -> Decimal:
        return sum((one.amount.mg for one in self.containers), Decimal(0))

    @property
    def unopened(self) -> int:
        return sum(one.is_unopened for one in self.containers)

    @property
    def opened(self) -> int:
        return len(self.containers) - self.unopened

    def is_expired(self, on: date) -> bool:
        return self.expires_on < on


def is_kept(site: Site | int) -> bool:
    """Whether a site keeps a register: from its opening inventory on."""
    return Register.objects.filter(site=site).exists()


def register_of(site: Site | int) -> Register | None:
    """The register of a site; None: none is kept."""
    return Register.objects.filter(site=site).select_related("site").first()


def law_of(site: Site) -> Jurisdiction:
    """What the law of the site's jurisdiction asks, as far as we hold it."""
    return jurisdiction.load(site.jurisdiction)


def held(accounts: QuerySet[Account] | Iterable[Account]) -> list[Held]:
    """What accounts hold together, container by container, the first that came first; what came to nothing is left out."""
    into = summed(Line.objects.filter(into__in=accounts))
    out = summed(Line.objects.filter(out_of__in=accounts))
    first = sorted(into.keys() | out.keys(), key=lambda one: min(side[one][0] for side in (into, out) if one in side))
    containers = Container.objects.in_bulk(first)
    amounts = {one: into.get(one, NOTHING)[1] - out.get(one, NOTHING)[1] for one in first}
    return [Held(container=containers[one], amount=amount) for one, amount in amounts.items() if amount]


def summed(lines: QuerySet[Line]) -> dict[int, tuple[int, Amount]]:
    """Container -> the first of its lines, and their sum."""
    rows = lines.order_by().values_list("container").annotate(Min("pk"), Sum("ug"), Sum("ul"))
    return {one: (first, Amount(mg=int(ug) * SMALLEST, ml=int(ul) * SMALLEST)) for one, first, ug, ul in rows}


def total_mg(rows: Iterable[Held]) -> Decimal:
    """mg over containers."""
    return sum((one.amount.mg for one in rows), Decimal(0))


def account(site: Site | int, kind: str) -> QuerySet[Account]:
    """The account of a site of this kind, if anything was ever booked on it."""
    return Account.objects.filter(site=site, kind=kind)


def at_chair(site: Site | int, chair: Chair, kind: str = K.ROOM) -> QuerySet[Account]:
    """The account of a session: what was drawn for it, or what its patient was given."""
    return account(site, kind).filter(course=chair.course_id, number=chair.number)


def vault(site: Site | int) -> list[Held]:
    """Every container in the vault that has something in it, the first to expire first, opened ones before the others."""
    rows = held(account(site, K.VAULT))
    return sorted(rows, key=lambda one: (one.container.expires_on or date.max, one.is_unopened, one.container.pk))


def lots(site: Site | int) -> list[LotHeld]:
    """The vault by lot, the first to expire first."""
    grouped: dict[tuple[object, ...], list[Held]] = {}
    for one in vault(site):
        box = one.container
        grouped.setdefault((box.expires_on, box.drug, box.mg_per_ml, box.content_mg, box.lot), []).append(one)
    return [
        LotHeld(
            drug=drug,
            mg_per_ml=strength,
            content_mg=content,
            lot=lot,
            expires_on=expires_on,
            containers=tuple(rows),
        )
        for (expires_on, drug, strength, content, lot), rows in grouped.items()
    ]


def issued(site: Site | int, chair: Chair) -> list[Held]:
    """What is at the chair of a session now, as the register has it: up to the last dose step."""
    return held(at_chair(site, chair))


def drawn_mg(site: Site | int, chair: Chair) -> Decimal:
    """How much was ever issued to a session, less what went back, mg."""
    rooms = at_chair(site, chair)
    into = Line.objects.filter(into__in=rooms, out_of__kind=K.VAULT).aggregate(ug=Sum("ug"))["ug"]
    back = Line.objects.filter(out_of__in=rooms, into__kind=K.VAULT).aggregate(ug=Sum("ug"))["ug"]
    return (int(into or 0) - int(back or 0)) * SMALLEST


def given_mg(site: Site | int, chair: Chair) -> Decimal:
    """How much is booked to the patient of a session, mg."""
    return total_mg(held(at_chair(site, chair, K.PATIENT)))


def movements(site: Site | int, *, since: datetime, until: datetime) -> QuerySet[Movement]:
    """The movements of a span of time with everything that is shown of them, in the order they were written."""
    rows = Movement.objects.filter(site=site, at__gte=since, at__lt=until)
    named = rows.select_related("course__patient", "witness", "undoes", "by_user")
    return named.prefetch_related("lines__container", "lines__out_of", "lines__into").order_by("number")


def of_chair(site: Site | int, chair: Chair) -> QuerySet[Movement]:
    """Every movement of a session's drug, in order."""
    rows = Movement.objects.filter(site=site, course=chair.course_id, session=chair.number)
    named = rows.select_related("witness", "undoes", "course__patient")
    return named.prefetch_related("lines__container", "lines__out_of", "lines__into").order_by("number")


def discrepancies(sites: Iterable[int]) -> QuerySet[Discrepancy]:
    """Everything that was ever to be explained at these sites, oldest first."""
    rows = Discrepancy.objects.filter(site__in=sites)
    named = rows.select_related("site", "movement", "course__patient", "explanation__witness", "counted")
    return named.order_by("opened_at", "pk")


def open_discrepancies(site: Site | int | Iterable[int]) -> QuerySet[Discrepancy]:
    """What is not explained yet, at one site or several."""
    sites = [site.pk] if isinstance(site, Site) else [site] if isinstance(site, int) else list(site)
    return discrepancies(sites).filter(explanation__isnull=True)


def last_count(site: Site | int) -> Count | None:
    """The newest count of the vault."""
    return Count.objects.filter(site=site).order_by("-at", "-pk").first()


def counted_since(site: Site | int, since: datetime) -> bool:
    """Whether the vault was counted since a moment."""
    return Count.objects.filter(site=site, at__gte=since).exists()


@dataclass(frozen=True, kw_only=True)
class AtChair:
    """A session at whose chair the register still has drug."""

    course: Course
    number: int
    held: tuple[Held, ...]

    @property
    def mg(self) -> Decimal:
        return total_mg(self.held)


def at_chairs(site: Site | int) -> Iterator[AtChair]:
    """Every session whose chair holds something, or owes something."""
    rooms = account(site, K.ROOM).select_related("course__patient").order_by("pk")
    totals = {side: sums_by_account(rooms, side) for side in ("into", "out_of")}
    for room in rooms:
        if totals["into"].get(room.pk, 0) != totals["out_of"].get(room.pk, 0):
            yield AtChair(course=room.course, number=room.number, held=tuple(held([room])))


def sums_by_account(rooms: QuerySet[Account], side: str) -> dict[int, int]:
    rows = Line.objects.filter(**{f"{side}__in": rooms.order_by()}).order_by()
    return {pk: int(ug) for pk, ug in rows.values_list(side).annotate(Sum("ug"))}


def unissued(site: Site | int, chair: Chair) -> Decimal:
    """How much the patient of a session was given that nobody had issued, mg."""
    rows = held(at_chair(site, chair, K.PATIENT))
    return total_mg(one for one in rows if not one.container.lot)
