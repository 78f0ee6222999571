"""A register with drug in its vault, and a session to issue it to: made by actions alone."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from ketacare.clinic.models import Site
from ketacare.stewardship import actions, queries
from ketacare.stewardship.models import Container, Movement
from ketacare.stewardship.values import Chair, Delivery, LotCount
from tests.cast import Cast

OPENED = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
LATER = OPENED + timedelta(minutes=30)
LOT = "K1"


def delivery(**changes: object) -> Delivery:
    """Two vials of 100 mg in 2 mL, of lot K1."""
    told = {
        "drug": "ketamine",
        "mg_per_ml": Decimal(50),
        "content_mg": Decimal(100),
        "lot": LOT,
        "expires_on": date(2027, 6, 30),
        "how_many": 2,
    }
    return Delivery(**(told | changes))


def opened(cast: Cast, *deliveries: Delivery, at: datetime = OPENED, there: bool = False) -> Movement:
    site = cast.there if there else cast.here
    by = cast.actor("custodian", there=there)
    return actions.open_register(site_id=site, deliveries=deliveries or (delivery(),), by=by, at=at)


def vial(cast: Cast, place: int = 0) -> Container:
    """A container in the vault, the first to be used first."""
    return queries.vault(cast.here)[place].container


def chair(cast: Cast, number: int = 1) -> Chair:
    return Chair(course_id=cast.ada_course, number=number)


def issued(cast: Cast, mg: str | None = None, *, at: datetime = LATER) -> Container:
    """A vial at the chair of Ada's session, or so much of it."""
    box = vial(cast)
    amount = None if mg is None else Decimal(mg)
    actions.issue(
        site_id=cast.here, chair=chair(cast), container_ids=[box.pk], mg=amount, by=cast.actor("nurse"), at=at
    )
    return box


def book(cast: Cast, delivered: str, *, at: datetime = LATER, lost: str = "0") -> Movement | None:
    """What a dose step books."""
    return actions.book_delivered(
        treatment=cast.course("ada"),
        number=1,
        site=Site.objects.get(pk=cast.here),
        delivered_mg=Decimal(delivered),
        lost_mg=Decimal(lost),
        by=cast.actor("nurse"),
        at=at,
    )


def waste(cast: Cast, box: Container, mg: str | None, *, witnessed: bool = True, **more: object) -> Movement:
    witness = cast.actor("prescriber") if witnessed else None
    told = {"chair": chair(cast), "reason": "Rest of the vial", "witness": witness, "by": cast.actor("nurse")}
    amount = None if mg is None else Decimal(mg)
    return actions.waste(site_id=cast.here, container_id=box.pk, mg=amount, at=LATER, **(told | more))


def bring_back(cast: Cast, box: Container, mg: str | None, **more: object) -> Movement:
    amount = None if mg is None else Decimal(mg)
    told = {"chair": chair(cast), "by": cast.actor("nurse"), "at": LATER}
    return actions.return_drug(site_id=cast.here, container_id=box.pk, mg=amount, **(told | more))


def found(cast: Cast, *, unopened: int, opened_ml: str = "0", **changes: object) -> LotCount:
    """What two people find of lot K1."""
    told = {"drug": "ketamine", "mg_per_ml": Decimal(50), "content_mg": Decimal(100), "lot": LOT}
    told |= {"expires_on": date(2027, 6, 30), "unopened": unopened, "opened_ml": Decimal(opened_ml)}
    return LotCount(**(told | changes))


def counted(cast: Cast, *lots: LotCount, moment: str = "close", witnessed: bool = True, **more: object):
    witness = cast.actor("custodian") if witnessed else None
    told = {"by": cast.actor("nurse"), "at": LATER, "witness": witness}
    return actions.record_count(site_id=cast.here, moment=moment, lots=lots, **(told | more))


def vault_mg(cast: Cast) -> Decimal:
    return queries.total_mg(queries.vault(cast.here))


def chair_mg(cast: Cast) -> Decimal:
    return queries.total_mg(queries.issued(cast.here, chair(cast)))


def given_mg(cast: Cast) -> Decimal:
    return queries.given_mg(cast.here, chair(cast))


def open_kinds(cast: Cast) -> list[str]:
    return [one.kind for one in queries.open_discrepancies(cast.here)]
