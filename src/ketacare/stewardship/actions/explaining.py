"""Two people explain what does not add up, or a second one signs what was seen by one."""

from datetime import datetime

from django.db import IntegrityError, transaction

from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, Staff, user_id
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.permissions import require
from ketacare.stewardship.doing import need_reason, second_person
from ketacare.stewardship.models import Discrepancy, Explanation


@transaction.atomic
def explain(*, discrepancy_id: int, reason: str, witness: Staff, by: Actor, at: datetime) -> Explanation:
    """Close a discrepancy: what happened, said by one person and borne out by another who gave their own credential."""
    found = Discrepancy.objects.select_related("site", "movement", "count").filter(pk=discrepancy_id).first()
    if found is None:
        raise NotAllowed("register.explain", f"stewardship.discrepancy:{discrepancy_id}")
    require(by, "register.explain", found)
    seen = second_person(witness, by=by, site=found.site, at=at)
    if seen is None:
        raise ActionRefused("two-people", ["Two people explain a discrepancy."])
    if found.kind == Discrepancy.Kind.UNWITNESSED and seen.user_id == acted_alone(found):
        raise ActionRefused("same-person", ["Whoever did it alone cannot be the second person, too."])
    try:
        with transaction.atomic():
            row = Explanation.objects.create(
                discrepancy=found,
                at=at,
                by_name=by.name,
                by_user_id=user_id(by),
                witness_id=seen.user_id,
                reason=need_reason(reason),
            )
    except IntegrityError as error:
        raise ActionRefused("explained", ["This was explained already."]) from error
    audit.record(by=by, at=at, did="discrepancy explained", on=found, details={"witness": seen.user_id})
    return row


def acted_alone(found: Discrepancy) -> int | None:
    """Who did alone what two should have done."""
    row = found.movement or found.count
    return row.by_user_id if row else None
