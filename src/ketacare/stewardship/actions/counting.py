"""Counting the vault: what is found is written down before the register says what it holds."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, Staff, user_id
from ketacare.clinic.errors import ActionRefused
from ketacare.record.models import Treatment
from ketacare.science.stewardship.ledger import SMALLEST
from ketacare.stewardship import journal, queries
from ketacare.stewardship.doing import begun, second_person
from ketacare.stewardship.models import Count, CountedLot, Discrepancy, Movement, Register
from ketacare.stewardship.values import LotCount


@transaction.atomic
def record_count(
    *,
    site_id: int,
    moment: str,
    lots: Sequence[LotCount],
    by: Actor,
    at: datetime,
    note: str = "",
    witness: Staff | None = None,
    nonce: str = "",
) -> Count:
    """Two people counted every lot. A gap, drug that is no lot of ours, and at the close each session that does not add up are to be explained."""
    register = begun(site_id, "register.keep", by)
    said = journal.digest(did="count", moment=moment, lots=lots, note=note)
    if done := _done_before(nonce, said):
        return done
    expected = {one.key: one for one in queries.lots(register.site)}
    _refuse_half_a_count(expected, lots)
    seen = second_person(witness, by=by, site=register.site, at=at)
    count = _written(register, Count.Moment(moment), seen, note, by=by, at=at, nonce=nonce, said=said)
    for found in lots:
        held = expected.get(key_of(found))
        _compare(count, found, int(held.mg / SMALLEST) if held else 0)
    _follow_up(register, count)
    audit.record(by=by, at=at, did="vault counted", on=count)
    return count


def key_of(found: LotCount) -> queries.LotKey:
    return found.drug, found.mg_per_ml, found.content_mg, found.lot


def _done_before(nonce: str, said: str) -> Count | None:
    done = Count.objects.filter(nonce=nonce).first() if nonce else None
    if done is not None and done.said != said:
        raise ActionRefused("form-used", ["This form was used for something else: open it anew."])
    return done


def _refuse_half_a_count(expected: dict[queries.LotKey, queries.LotHeld], lots: Sequence[LotCount]) -> None:
    missing = [one.lot for key, one in expected.items() if key not in {key_of(found) for found in lots}]
    if missing:
        raise ActionRefused("half-a-count", [f"Every lot is counted: {', '.join(missing)}."])
    if any(found.unopened < 0 or found.opened_ml < 0 for found in lots):
        raise ActionRefused("bad-amount", ["Nobody counts less than nothing."])


def _written(
    register: Register,
    moment: Count.Moment,
    seen: Staff | None,
    note: str,
    *,
    by: Actor,
    at: datetime,
    nonce: str,
    said: str,
) -> Count:
    newest = Movement.objects.filter(site=register.site).aggregate(newest=Max("number"))["newest"]
    return Count.objects.create(
        site=register.site,
        moment=moment,
        at=at,
        by_name=by.name,
        by_user_id=user_id(by),
        witness_id=seen.user_id if seen else None,
        after_movement=newest,  # a register begins with a movement
        note=note.strip(),
        nonce=nonce,
        said=said,
    )


def _compare(count: Count, found: LotCount, expected_ug: int) -> None:
    row = CountedLot.objects.create(
        count=count,
        drug=found.drug,
        strength_ug_per_ml=int(found.mg_per_ml / SMALLEST),
        content_ug=int(found.content_mg / SMALLEST),
        lot=found.lot,
        expires_on=found.expires_on,
        unopened=found.unopened,
        opened_ul=int(found.opened_ml / SMALLEST),
        counted_ug=int(found.counted_mg / SMALLEST),
        expected_ug=expected_ug,
    )
    if row.gap_mg:
        word = "missing" if row.gap_mg < 0 else "too many"
        says = f"Lot {row.lot}: {abs(row.gap_mg):f} mg {word} at the count."
        gap = row.counted_ug - row.expected_ug
        about = {"count": count, "counted": row, "gap_ug": gap}
        journal.open_discrepancy(count.site, "count", says, at=count.at, **about)


def _follow_up(register: Register, count: Count) -> None:
    site, at = register.site, count.at
    if count.note:
        journal.open_discrepancy(site, "count", f"Found at the count: {count.note}", at=at, count=count)
    if count.witness_id is None and "count" in queries.law_of(site).two_person_acts:
        journal.open_discrepancy(site, "unwitnessed", "One person alone counted the vault.", at=at, count=count)
    if count.moment == Count.Moment.CLOSE:
        for chair in unsettled(register):
            about = {
                "course": chair.course,
                "session": chair.number,
                "count": count,
                "gap_ug": int(chair.mg / SMALLEST),
            }
            says = f"Session {chair.number}: {chair.mg:f} mg are neither given, wasted nor returned."
            journal.open_discrepancy(site, "not-closed", says, at=at, **about)


def unsettled(register: Register) -> Iterator[queries.AtChair]:
    """The sessions that are over, or never began, whose chair does not come to nothing and that nobody has asked about yet."""
    open_ones = Discrepancy.objects.filter(site=register.site, kind="not-closed", explanation__isnull=True)
    asked = set(open_ones.values_list("course", "session"))
    for chair in queries.at_chairs(register.site):
        row = Treatment.objects.filter(course=chair.course, number=chair.number).first()
        is_running = row is not None and row.started_at is not None and row.ended_at is None
        if not is_running and (chair.course.pk, chair.number) not in asked:
            yield chair
