"""The written sheet that a patient takes home: what to do until tomorrow, whom to call, and where to sign."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import typst

from ketacare.infusion import queries
from ketacare.infusion.models import Session
from ketacare.infusion.states import current
from ketacare.planning.practices import PRACTICES, TOLD_AT_LEAVING
from ketacare.planning.queries import practice
from ketacare.science.monitoring import protocol
from ketacare.ui.words import moment

PAGE = Path(__file__).parent / "typst/home_sheet.typ"
ESCORT, CALL = "home.escort_present", "home.next_day_call_booked"


@dataclass(frozen=True, kw_only=True)
class HomeSheet:
    """What is printed. ``missing`` is what the site has not settled: a sheet with a gap is not to be handed out."""

    patient: str
    site: str
    made_at: str
    instructions: tuple[str, ...]
    by_hand: tuple[str, ...]  # what a person writes in
    numbers: tuple[tuple[str, str], ...]  # label, number
    missing: tuple[str, ...]
    escort: str
    call: str
    contact_h: int
    unreviewed: bool


def home_sheet(session: Session, *, at: datetime) -> HomeSheet:
    """The sheet of a session as of a moment."""
    recovery, numbers = protocol.load().recovery, practice(session.site).numbers
    return HomeSheet(
        patient=str(session.patient),
        site=session.site.name,
        made_at=moment(at, session.site.time_zone),
        instructions=_sentences(recovery.instructions),
        by_hand=_sentences(recovery.written_by_hand),
        numbers=tuple((PRACTICES[name].label, numbers[name]) for name in TOLD_AT_LEAVING if name in numbers),
        missing=tuple(queries.missing_on_sheet(session)),
        escort=note_of(session, ESCORT),
        call=note_of(session, CALL),
        contact_h=recovery.follow_up_contact_h,
        unreviewed=recovery.review.status == "unreviewed",
    )


def _sentences(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(one[:1].upper() + one[1:] for one in lines)


def note_of(session: Session, item: str) -> str:
    """Who was named for an item of the way home; empty where nobody was."""
    answer = current(session).attested(item)
    return answer.note if answer is not None and answer.value is True else ""


def pdf(sheet: HomeSheet) -> bytes:
    """The sheet on paper; every text goes in as data, never as the page's own language."""
    return typst.compile(PAGE, sys_inputs={"sheet": json.dumps(asdict(sheet))}, pdf_standards=["a-2b"])
