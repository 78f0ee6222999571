"""The demo's controlled drugs: a full vault, a vial to each chair, the rest wasted before a second nurse, the morning's count."""

from datetime import datetime, timedelta
from decimal import Decimal

from ketacare.config.demo.people import read
from ketacare.config.demo.team import Team
from ketacare.infusion.models import Session
from ketacare.stewardship import actions, queries
from ketacare.stewardship.models import Container
from ketacare.stewardship.values import Chair, Delivery, LotCount


def fill(team: Team, *, at: datetime) -> None:
    """The custodian begins the register with what is in the vault."""
    by = team.staff["custodian"]
    actions.open_register(site_id=team.site.pk, deliveries=deliveries(at), by=by, at=at)


def deliveries(at: datetime) -> list[Delivery]:
    """Every lot of the demo, unopened."""
    told = read("bedside.yaml")["vault"]
    return [
        Delivery(
            drug=told["drug"],
            mg_per_ml=Decimal(told["mg_per_ml"]),
            content_mg=Decimal(told["content_mg"]),
            lot=lot,
            expires_on=(at + timedelta(days=days)).date(),
            how_many=told["vials_of_a_lot"],
        )
        for lot, days in told["lots"].items()
    ]


def untouched(team: Team) -> list[Container]:
    """The vials that nobody ever took out: what is told of the past must not use one that came back later."""
    boxes = [one.container for one in queries.vault(team.site) if one.is_unopened]
    return [one for one in boxes if one.lines.count() == 1]


def issue(team: Team, session: Session, *, at: datetime, spare: bool) -> None:
    """Take a vial to the chair, and a spare one while somebody may need more; nothing where a vial is there already."""
    chair = Chair(course_id=session.course_id, number=session.number)
    if queries.issued(team.site, chair):
        return
    boxes = untouched(team)
    if len(boxes) < read("bedside.yaml")["vault"]["fewest"]:
        by = team.staff["custodian"]
        actions.receive(site_id=team.site.pk, deliveries=deliveries(at)[-1:], by=by, at=at)
        boxes = untouched(team)
    taken = [one.pk for one in boxes[: 2 if spare else 1]]
    by = team.staff["colleague"]
    actions.issue(site_id=team.site.pk, chair=chair, container_ids=taken, by=by, at=at)


def settle(team: Team, session: Session, *, at: datetime) -> None:
    """Bring what is unopened back, and waste the rest before a second nurse: the session closes."""
    chair = Chair(course_id=session.course_id, number=session.number)
    told = {"site_id": team.site.pk, "chair": chair, "mg": None, "by": team.staff["colleague"], "at": at}
    for one in queries.issued(team.site, chair):
        box = {"container_id": one.container.pk}
        if one.is_unopened:
            actions.return_drug(**box, **told)
        elif one.container.lot:
            why = read("bedside.yaml")["vault"]["why"]
            actions.waste(reason=why, witness=team.staff["second-nurse"], **box, **told)


def count(team: Team, *, at: datetime) -> None:
    """The morning's count by two people, who find what there must be."""
    lots = [
        LotCount(
            drug=one.drug,
            mg_per_ml=one.mg_per_ml,
            content_mg=one.content_mg,
            lot=one.lot,
            expires_on=one.expires_on,
            unopened=one.unopened,
            opened_ml=sum((box.amount.ml for box in one.containers if not box.is_unopened), Decimal(0)),
        )
        for one in queries.lots(team.site)
    ]
    by, witness = team.staff["custodian"], team.staff["second-nurse"]
    actions.record_count(site_id=team.site.pk, moment="open", lots=lots, witness=witness, by=by, at=at)
