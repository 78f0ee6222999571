"""How some of the made-up patients are reached, what they were asked until the opening, and one who answered by link."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ketacare.clinic.actor import System
from ketacare.config.demo.pathway import Case
from ketacare.config.demo.people import read
from ketacare.portal import actions, queries
from ketacare.portal.actions.answering import link_of
from ketacare.portal.models import ContactWishes
from ketacare.portal.values import Given, WishesInput
from ketacare.science.checkins import plan as plans
from ketacare.science.scales import library

CLOCK = System(name="messenger")
PHONE = "555 0142"  # of nobody


def reach(case: Case, told: Mapping[str, Any], *, at: datetime) -> None:
    """Keep how the person wants to be written to; what the plan asks of them is kept from the referral on."""
    asked = read("story.yaml")["reached"].get(told["number"])
    if asked is None:
        return
    usual, by = plans.load().wishes, case.by("nurse")
    wishes = WishesInput(
        channel=ContactWishes.Channel.TEXT if asked == "text" else ContactWishes.Channel.EMAIL,
        email=case.patient.email or f"patient{told['number']}@patients.example",
        phone=PHONE,
        time_zone=case.team.site.time_zone,
        hour=usual.hour,
        quiet_from_h=usual.quiet_from_h,
        quiet_until_h=usual.quiet_until_h,
        language="en",
        is_opted_out=asked == "no",
    )
    opened_at = case.course.opened_at
    actions.keep_wishes(course_id=case.course.pk, wishes=wishes, by=by, at=opened_at)
    actions.ask_course(course_id=case.course.pk, by=CLOCK, at=opened_at)
    actions.ask_course(course_id=case.course.pk, by=CLOCK, at=at)
    if asked == "answers":
        answer_by_link(case, at=at)


def answer_by_link(case: Case, *, at: datetime) -> None:
    """Open the newest message's link and answer the first scale, the same on every question; the rest stays open."""
    row = queries.open_now(at=at).filter(course=case.course).first()
    begun = None if row is None else actions.begin_message(check_in_id=row.pk, by=CLOCK, at=at)
    if row is None or begun is None:
        return
    actions.end_message(message_id=begun.message_id, error="", by=CLOCK, at=at)
    invitation = row.invitations.get()
    scale = row.scales.all()[0]
    instrument = library.load(scale.instrument_id, scale.instrument_version)
    for item in (one for one in instrument.items if one.required):
        answer = str(instrument.choices(item)[0].answer)
        given = Given(scale=instrument.id, version=instrument.version, item=item.id, answer=answer, is_left_open=False)
        actions.answer_question(
            invitation_id=invitation.pk, device=begun.token, given=given, by=link_of(case.patient), at=at
        )
