"""How the walk over every address fills those of this room."""

from django.utils import timezone

from ketacare.stewardship import actions, queries
from ketacare.stewardship.values import Chair
from tests.cast import Cast
from tests.rooms import steps
from tests.rooms.stewardship import vault

HERE = "here"


def of(cast: Cast, site: str) -> Cast:
    return cast if site == HERE else steps.at_the_other_site(cast)


def register(cast: Cast, site: str) -> dict[str, object]:
    people = of(cast, site)
    if not queries.is_kept(people.here):
        vault.opened(people, at=timezone.now())
    return {"pk": people.here}


def session(cast: Cast, site: str) -> dict[str, object]:
    people, told = of(cast, site), register(cast, site)
    if not queries.issued(people.here, Chair(course_id=people.ada_course, number=1)):
        vault.issued(people, "10", at=timezone.now())
    return told | {"course_id": people.ada_course, "number": 1}


def movement(cast: Cast, site: str) -> dict[str, object]:
    return register(cast, site) | {"number": 1}


def count(cast: Cast, site: str) -> dict[str, object]:
    people, told = of(cast, site), register(cast, site)
    lots = [vault.found(people, unopened=one.unopened, opened_ml="0") for one in queries.lots(people.here)]
    row = vault.counted(people, *lots, moment="open", at=timezone.now())
    return told | {"count_id": row.pk}


def discrepancy(cast: Cast, site: str) -> dict[str, object]:
    people, _ = of(cast, site), session(cast, site)
    box = queries.issued(people.here, Chair(course_id=people.ada_course, number=1))[0].container
    row = vault.waste(people, box, "1", witnessed=False)
    return {"pk": row.own_discrepancies.get().pk}


def loss(cast: Cast, site: str) -> dict[str, object]:
    people, _ = of(cast, site), register(cast, site)
    told = {"site_id": people.here, "container_id": vault.vial(people).pk, "mg": None, "reason": "Gone"}
    row = actions.report_loss(**told, by=people.actor("custodian"), at=timezone.now())
    return {"pk": row.own_discrepancies.get(kind="loss").pk}


ARGUMENTS = {
    "infusion:drug-today": register,
    "stewardship:begin": register,
    "stewardship:chair": session,
    "stewardship:count": register,
    "stewardship:counted": count,
    "stewardship:discrepancy": discrepancy,
    "stewardship:file": register,
    "stewardship:file-csv": register,
    "stewardship:file-pdf": register,
    "stewardship:issue": session,
    "stewardship:loss-report": loss,
    "stewardship:receive": register,
    "stewardship:return": session,
    "stewardship:site": register,
    "stewardship:undo": movement,
    "stewardship:vault-out": register,
    "stewardship:waste": session,
}
