"""After the drug: recovery, the way home, or to a hospital."""

from datetime import datetime

from django.db import transaction

from ketacare.clinic import audit
from ketacare.clinic.actor import Actor
from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.clinic.permissions import require
from ketacare.infusion.doing import allowed, entry, made, require_reason, require_status
from ketacare.infusion.models import Session
from ketacare.infusion.queries import SIGNING, going_home
from ketacare.infusion.timeline import append
from ketacare.science.monitoring.events import Signature, StatusChange


@transaction.atomic
def override_requirement(
    *, session_id: int, requirement: str, reason_code: str, reason: str, by: Actor, at: datetime
) -> Session:
    """A clinician's written decision to let a patient go against one requirement, where it allows that."""
    session = allowed(session_id, "infusion.override", by, at=at)
    require_status(session, {"recovering"})
    stated = next((one for one in going_home(session, at=at) if one.requirement.id == requirement), None)
    if stated is None or stated.requirement.override == "forbidden":
        raise ActionRefused("no-override", ["Only the fact itself can change this requirement."])
    if stated.requirement.override == "prescriber":
        require(by, "infusion.override-as-prescriber", session)
    require_reason(reason)
    fields = {"subject": requirement, "reason_code": reason_code, "reason": reason}
    append(session, entry(made(Signature, meaning="discharge-override", **fields), at), by=by, at=at)
    audit.record(by=by, at=at, did="requirement overridden", on=session, details={"requirement": requirement})
    return session


@transaction.atomic
def discharge(*, session_id: int, by: Actor, at: datetime) -> Session:
    """Sign the patient out, or refuse with every requirement that is not met or not known."""
    session = allowed(session_id, "infusion.discharge", by, at=at)
    require_status(session, {"recovering"})
    append(session, by=by, at=at)  # what time alone has brought, silence above all, counts before anybody leaves
    open_ones = [one for one in going_home(session, at=at) if one.stops and one.requirement.id != SIGNING]
    if open_ones:
        reasons = [Reason(text=one.words, rule=one.requirement.id, who=one.who) for one in open_ones]
        raise ActionRefused("not-fit-to-leave", reasons)
    signed = entry(Signature(meaning="discharge"), at)
    append(session, signed, entry(StatusChange(to="discharged"), at), by=by, at=at)
    audit.record(by=by, at=at, did="patient discharged", on=session)
    return session


@transaction.atomic
def transfer(*, session_id: int, to: str, reason: str, by: Actor, at: datetime) -> Session:
    """Hand the patient over to a hospital or another clinic."""
    session = allowed(session_id, "infusion.transfer", by)
    require_reason(reason)
    signed = entry(made(Signature, meaning="transfer", subject=to.strip(), reason=reason.strip()), at)
    append(session, signed, entry(StatusChange(to="transferred", reason=reason.strip()), at), by=by, at=at)
    audit.record(by=by, at=at, did="patient transferred", on=session)
    return session


@transaction.atomic
def sign_report(*, session_id: int, by: Actor, at: datetime) -> Session:
    """Sign the session's report as it stands."""
    session = allowed(session_id, "infusion.sign", by, at=at)
    require_status(session, {"discharged", "transferred"})
    append(session, entry(Signature(meaning="report"), at), by=by, at=at)
    audit.record(by=by, at=at, did="report signed", on=session)
    return session
