"""What the pages of this room show, as values."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet, Sum

from ketacare.clinic.models import Site
from ketacare.record.models import Treatment
from ketacare.science.stewardship.jurisdiction import business_days_after, years_after, years_before
from ketacare.science.stewardship.ledger import SMALLEST, Reconciled, session_gap_mg
from ketacare.stewardship import queries
from ketacare.stewardship.doing import today
from ketacare.stewardship.models import Account, Count, CountedLot, Discrepancy, Line, Movement
from ketacare.stewardship.values import Chair

K, M = Account.Kind, Movement.Kind


@dataclass(frozen=True, kw_only=True)
class Totals:
    """What became of the drug of one session."""

    drawn_mg: Decimal
    given_mg: Decimal
    wasted_mg: Decimal
    lost_mg: Decimal
    returned_mg: Decimal
    unissued_mg: Decimal

    @property
    def gap_mg(self) -> Decimal:
        """What is still at the chair; below 0 more is accounted for than was ever drawn."""
        return session_gap_mg(
            drawn_mg=self.drawn_mg,
            given_mg=self.given_mg,
            wasted_mg=self.wasted_mg + self.lost_mg,
            returned_mg=self.returned_mg,
        )


def totals(site: Site, chair: Chair) -> Totals:
    """What was drawn for a session and what became of it; a counter-entry takes away from what it undoes."""
    rooms = queries.at_chair(site, chair)
    lines = Line.objects.filter(Q(out_of__in=rooms) | Q(into__in=rooms)).exclude(container__lot="")
    sums: dict[str, int] = {}
    for line in lines.select_related("movement__undoes"):
        undone = line.movement.undoes
        kind = undone.kind if undone else line.movement.kind
        sums[kind] = sums.get(kind, 0) + (-line.ug if undone else line.ug)
    of = {kind: sums.get(kind, 0) * SMALLEST for kind in M.values}
    return Totals(
        drawn_mg=of[M.ISSUE],
        given_mg=queries.given_mg(site, chair),
        wasted_mg=of[M.WASTE] + of[M.BREAKAGE],
        lost_mg=of[M.LOSS],
        returned_mg=of[M.RETURN],
        unissued_mg=queries.unissued(site, chair),
    )


def mg(lines: QuerySet[Line]) -> Decimal:
    """mg over lines."""
    return int(lines.aggregate(ug=Sum("ug"))["ug"] or 0) * SMALLEST


def is_running(chair: Chair) -> bool:
    """Whether the drug of a session may still be running."""
    rows = Treatment.objects.filter(course=chair.course_id, number=chair.number)
    return rows.filter(started_at__isnull=False, ended_at__isnull=True).exists()


def day_of(site: Site, at: datetime) -> tuple[datetime, datetime]:
    """The first moment of the day at a site, and that of the next."""
    return span_of(site, today(site, at), today(site, at))


def span_of(site: Site, first: date, last: date) -> tuple[datetime, datetime]:
    """From the first moment of a day at a site to the last of another."""
    zone = ZoneInfo(site.time_zone)
    return datetime.combine(first, time.min, zone), datetime.combine(last + timedelta(days=1), time.min, zone)


@dataclass(frozen=True, kw_only=True)
class Next:
    """One thing to do next, and the page where it is done."""

    says: str
    page: str
    of: tuple[int, ...]
    button: str
    is_for_custodian: bool = False


def next_steps(site: Site, *, at: datetime) -> list[Next]:
    """What the register waits for, the nearest first."""
    begins, _ = day_of(site, at)
    steps = []
    if not Count.objects.filter(site=site, at__gte=begins).exists():
        says = "Nobody has counted the vault today."
        steps.append(Next(says=says, page="stewardship:count", of=(site.pk,), button="Count the vault"))
    for one in queries.at_chairs(site):
        chair = Chair(course_id=one.course.pk, number=one.number)
        if not is_running(chair):
            of = (site.pk, one.course.pk, one.number)
            says = f"{one.course.patient}, session {one.number}: {one.mg:f} mg are still at the chair."
            steps.append(Next(says=says, page="stewardship:chair", of=of, button="Return or waste it"))
    for lot in queries.lots(site):
        if lot.is_expired(today(site, at)):
            says = f"Lot {lot.lot} expired on {lot.expires_on:%-d %b %Y}."
            steps.append(
                Next(
                    says=says, page="stewardship:vault-out", of=(site.pk,), button="Take it out", is_for_custodian=True
                )
            )
    return steps


def inventory_due_on(site: Site) -> date:
    """By which day everything must have been counted again."""
    last = queries.last_count(site)
    register = queries.register_of(site)
    return years_after(today(site, last.at if last else register.opened_at), queries.law_of(site).inventory.years)


def retained_since(site: Site, *, at: datetime) -> date:
    """The first day of which the law still wants the register; never before it began."""
    first = today(site, queries.register_of(site).opened_at)
    return max(first, years_before(today(site, at), queries.law_of(site).retention.years))


@dataclass(frozen=True, kw_only=True)
class LotClosed:
    """One lot of a count beside what moved since the count before."""

    counted: CountedLot
    sum: Reconciled


def reconciled(count: Count) -> list[LotClosed]:
    """Each lot of a count: what there was at the count before, what came and went, what was found."""
    before = Count.objects.filter(site=count.site_id, pk__lt=count.pk).order_by("-pk").first()
    since = before.after_movement if before else 0
    return [closed(one, count, since) for one in count.lots.order_by("expires_on", "lot")]


def closed(one: CountedLot, count: Count, since: int) -> LotClosed:
    lines = Line.objects.filter(
        container__site=count.site_id,
        container__drug=one.drug,
        container__lot=one.lot,
        container__strength_ug_per_ml=one.strength_ug_per_ml,
        container__content_ug=one.content_ug,
        movement__number__lte=count.after_movement,
    )
    came, went = lines.filter(into__kind=K.VAULT), lines.filter(out_of__kind=K.VAULT)
    earlier, later = Q(movement__number__lte=since), Q(movement__number__gt=since)
    return LotClosed(
        counted=one,
        sum=Reconciled(
            opening_mg=mg(came.filter(earlier)) - mg(went.filter(earlier)),
            in_mg=mg(came.filter(later)),
            out_mg=mg(went.filter(later)),
            counted_mg=one.counted_ug * SMALLEST,
        ),
    )


@dataclass(frozen=True, kw_only=True)
class ReportField:
    """One field of a loss report: what is known of it, or nothing yet."""

    label: str
    value: str


@dataclass(frozen=True, kw_only=True)
class LossReport:
    """A report of theft or loss as far as the register can fill it in."""

    form: str | None
    notice_to: str
    notice_due_on: date | None
    form_due_on: date | None
    fields: tuple[ReportField, ...]


def loss_report(found: Discrepancy) -> LossReport:
    """The draft of the report to the authority: what is known is filled in, the rest is left to a person."""
    site, asks = found.site, queries.law_of(found.site).loss_report
    day = today(site, found.opened_at)
    known = known_of_loss(found, day)
    days = asks.form_within_days
    notice = asks.notice_within_business_days
    return LossReport(
        form=asks.form,
        notice_to=asks.notice_to,
        notice_due_on=business_days_after(day, notice) if notice else None,
        form_due_on=day + timedelta(days=days) if days else None,
        fields=tuple(ReportField(label=one.label, value=known.get(one.known or "", "")) for one in asks.fields),
    )


def known_of_loss(found: Discrepancy, day: date) -> dict[str, str]:
    """What the register knows of a loss, by the names that a jurisdiction's file uses."""
    lines = list(found.movement.lines.select_related("container")) if found.movement else []
    boxes = [one.container for one in lines]
    two_years_ago = years_before(day, 2)
    earlier = Discrepancy.objects.filter(site=found.site, kind="loss", opened_at__date__gte=two_years_ago)
    return {
        "site": found.site.name,
        "discovered_on": day.isoformat(),
        "reason": found.movement.reason if found.movement else found.says,
        "losses_before": str(earlier.exclude(pk=found.pk).filter(opened_at__lt=found.opened_at).count()),
        "marks": "; ".join(f"lot {box.lot}, {box.serial}" for box in boxes),
        "drug": "; ".join(sorted({f"{box.drug}, {box.mg_per_ml.normalize():f} mg/mL" for box in boxes})),
        "quantity": f"{abs(found.gap_mg):f} mg",
    }


def patients_of(rows: Iterable[object]) -> list[int]:
    """The patients that rows about courses name."""
    return [row.course.patient_id for row in rows if row.course is not None]
