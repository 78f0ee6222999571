"""The long-term checks of the demo's people, done by a nurse on the days that their story names."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from ketacare.clinic.writing import directly
from ketacare.config.demo import people
from ketacare.config.demo.pathway import Case
from ketacare.config.demo.people import read
from ketacare.config.live import watcher
from ketacare.followup.safety import actions, queries
from ketacare.followup.safety.values import CheckInput
from ketacare.science.surveillance.checks import checks

DAY = timedelta(days=1)


def check_all(case: Case, told: Mapping[str, Any], *, at: datetime) -> None:
    """Do the checks of a story, and what was found later."""
    usual = read("checks.yaml")
    for days in told.get("checked", ()):
        for kind in usual:
            if kind not in told.get("left_out", ()) and is_asked(case, kind):
                check(case, kind, usual[kind], at=at - days * DAY)
    found = dict(told.get("found", {}))
    on = at - found.pop("days", 0) * DAY
    for kind, answers in found.items():
        check(case, kind, usual[kind] | answers, at=on)


def is_asked(case: Case, kind: str) -> bool:
    """Whether a check is one for this person at all."""
    asked = checks().checks[kind]
    here = not asked.jurisdictions or case.course.site.jurisdiction in asked.jurisdictions
    return here and (asked.applies == "everybody" or case.patient.sex_at_birth == "female")


def check(case: Case, kind: str, answers: Mapping[str, Any], *, at: datetime) -> None:
    """A nurse asks, and writes it down."""
    by = people.chance(case.team.seed, kind, case.patient.pk, at.isoformat())
    given = CheckInput(kind=kind, told=answers, checked_at=at, note="", form_key=UUID(int=by.getrandbits(128)))
    actions.record_check(course_id=case.course.pk, check=given, by=case.by("nurse"), at=at)


def work_out_all(*, at: datetime) -> None:
    """Let the clock work out everybody before the doors open."""
    while queries.courses_to_watch(at=at, at_most=1):
        watcher.watch_safety(at, directly)
