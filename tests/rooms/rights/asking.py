"""What a patient of the cast asks of their record, by actions alone."""

from datetime import datetime
from uuid import uuid4

from ketacare.clinic import actions as clinic
from ketacare.clinic.models import Site
from ketacare.portal.actions.answering import link_of
from ketacare.rights import actions
from ketacare.rights.models import RightsRequest
from tests.cast import NOW, Cast


def asked(
    cast: Cast,
    who: str = "ada",
    *,
    kind: str = "correction",
    about: str = "",
    at: datetime = NOW,
    words: str = "I was born in May.",
) -> RightsRequest:
    """A request."""
    patient = cast.patient(who)
    site = Site.objects.get(pk=cast.there if who == "zoe" else cast.here)
    told = {"kind": kind, "about": about, "words": words, "form_key": uuid4()}
    return actions.ask(patient_id=patient.pk, site=site, **told, by=link_of(patient), at=at)


def refused(cast: Cast, row: RightsRequest, *, there: bool = False, at: datetime = NOW) -> RightsRequest:
    """Refused by a prescriber."""
    by = cast.actor("prescriber", there=there)
    return actions.refuse(request_id=row.pk, reason="It is as the passport says.", by=by, at=at)


def limit(cast, scope: str, who: str = "ada", *, at: datetime = NOW) -> None:
    """The record is not to be used for this."""
    patient = cast.patient(who)
    clinic.restrict_processing(patient_id=patient.pk, scope=scope, by=link_of(patient), at=at)


def allow(cast, scope: str, who: str = "ada", *, at: datetime = NOW) -> None:
    """It may be used for this again."""
    patient = cast.patient(who)
    clinic.lift_restriction(patient_id=patient.pk, scope=scope, by=link_of(patient), at=at)
