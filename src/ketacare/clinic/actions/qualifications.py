"""Papers of the staff: recorded by themselves or an administrator, confirmed by another person, ended by either."""

from datetime import date, datetime

from django.db import transaction

from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.errors import ActionRefused, NotAllowed, Reason
from ketacare.clinic.models import Qualification, QualificationRuling, User
from ketacare.clinic.permissions import holds_somewhere, may, require
from ketacare.science.qualifications import table

W = QualificationRuling.What
OWN, RECORD, CONFIRM = "qualification.own", "qualification.record", "qualification.confirm"


@transaction.atomic
def record_qualification(
    *,
    person_id: int,
    kind: str,
    issued_by: str,
    valid_from: date,
    by: Actor,
    at: datetime,
    expires_on: date | None = None,
    number: str = "",
    supersedes: int | None = None,
) -> Qualification:
    """Write down a paper as it reads; it counts once a second person has seen it. A newer one may replace an older."""
    person = User.objects.select_for_update().filter(pk=person_id).first()  # two at once: one after the other
    require_own_or(by, RECORD, person, person_id)
    before = None if supersedes is None else Qualification.objects.filter(pk=supersedes, user_id=person_id).first()
    if reasons := reasons_against(
        kind, issued_by.strip(), number.strip(), valid_from, expires_on, supersedes=supersedes, before=before
    ):
        raise ActionRefused("bad-qualification", reasons)
    row = Qualification.objects.create(
        user_id=person_id,
        kind=kind,
        issued_by=issued_by.strip(),
        number=number.strip(),
        valid_from=valid_from,
        expires_on=expires_on,
        supersedes=before,
        recorded_by_id=user_id(by),
        recorded_at=at,
    )
    audit.record(by=by, at=at, did="qualification recorded", on=row, details={"person": person_id, "kind": kind})
    return row


@transaction.atomic
def confirm_qualification(*, qualification_id: int, by: Actor, at: datetime) -> QualificationRuling:
    """Say that one has seen the paper and that it reads as recorded: somebody else than its holder and its recorder."""
    row = locked(qualification_id, CONFIRM)
    require(by, CONFIRM, row.user)
    if user_id(by) in (row.user_id, row.recorded_by_id) or user_id(by) is None:
        text = "A paper is confirmed by somebody else than its holder and the one who recorded it."
        raise ActionRefused(
            "same-person", [Reason(text=text, who="an administrator, quality lead or medical director")]
        )
    if row.rulings.exists():
        raise ActionRefused("ruled", ["This paper was confirmed or ended already."])
    return rule(row, W.SEEN, by=by, at=at, did="qualification confirmed")


@transaction.atomic
def end_qualification(*, qualification_id: int, reason: str, by: Actor, at: datetime) -> QualificationRuling:
    """Say that a paper counts no more, from this moment on: suspended, recorded wrong, given back. One person is enough."""
    row = locked(qualification_id, OWN)
    if not may(by, CONFIRM, row.user):
        require_own_or(by, RECORD, row.user, row.user_id)
    if not reason.strip() or user_id(by) is None:
        raise ActionRefused("no-reason", ["Say why it counts no more, under your own name."])
    if row.rulings.filter(what=W.ENDED).exists():
        raise ActionRefused("ended", ["This paper was ended already."])
    return rule(row, W.ENDED, by=by, at=at, did="qualification ended", reason=reason.strip())


def require_own_or(by: Actor, permission: str, person: User | None, person_id: int) -> None:
    """Let people look after their own papers, and whoever holds the permission after everybody's at their sites."""
    if person is None:
        raise NotAllowed(permission, f"clinic.user:{person_id}")
    if user_id(by) != person_id or not holds_somewhere(by, OWN):
        require(by, permission, person)


def locked(qualification_id: int, permission: str) -> Qualification:
    """The paper, locked; a missing one gets the answer of a forbidden one."""
    rows = Qualification.objects.select_for_update(of=("self",)).select_related("user")
    row = rows.filter(pk=qualification_id).first()
    if row is None:
        raise NotAllowed(permission, f"clinic.qualification:{qualification_id}")
    return row


def rule(row: Qualification, what: str, *, by: Actor, at: datetime, did: str, reason: str = "") -> QualificationRuling:
    """Add what became of a paper."""
    ruling = QualificationRuling.objects.create(
        qualification=row,
        what=what,
        reason=reason,
        person_id=row.user_id,
        recorded_by_id=row.recorded_by_id,
        by_id=user_id(by),
        at=at,
    )
    audit.record(by=by, at=at, did=did, on=row, details={"person": row.user_id, "kind": row.kind})
    return ruling


def reasons_against(
    kind: str,
    issued_by: str,
    number: str,
    valid_from: date,
    expires_on: date | None,
    *,
    supersedes: int | None,
    before: Qualification | None,
) -> list[str]:
    """Why this is no paper that can be recorded, every reason at once."""
    known = table().kinds.get(kind)
    if known is None:
        return ["There is no such kind of qualification."]
    return [
        *(["Say who issued it."] if not issued_by else []),
        *([f"{known.label} has a number: write it down."] if known.has_number and not number else []),
        *([f"{known.label} runs out: say until when."] if known.runs_out and expires_on is None else []),
        *(["It would end before it begins."] if expires_on is not None and expires_on < valid_from else []),
        *(replacing(before, kind) if supersedes is not None else []),
    ]


def replacing(before: Qualification | None, kind: str) -> list[str]:
    """Why a paper cannot take the place of that one."""
    if before is None or before.kind != kind:
        return ["What it replaces is another person's, or of another kind."]
    return ["A newer record replaces that one already."] if hasattr(before, "superseded_by") else []
