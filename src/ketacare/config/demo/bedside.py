"""What the demo's monitor and nurse do at one bedside. Each act goes through the same door as anybody's."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ketacare.clinic.actor import Actor, Staff
from ketacare.config.demo import physiology, vault
from ketacare.config.demo.people import Body, read
from ketacare.config.demo.physiology import CUFF, PULSE, Infused
from ketacare.config.demo.team import Team
from ketacare.infusion import actions
from ketacare.infusion.door import Batch, Row
from ketacare.infusion.models import Session
from ketacare.planning.values import VialCheck
from ketacare.science.facts.results import age_years
from ketacare.science.monitoring.timeline import State

MONITORED = frozenset({"checked-in", "ready", "treating", "paused", "recovering"})
MINUTE_S = 60


@dataclass(frozen=True, kw_only=True)
class Bedside:
    """One session under way, with the body in the chair and the trouble it is to have."""

    team: Team
    session: Session
    state: State  # as it was when somebody came to the bedside
    body: Body
    profile: str

    @property
    def nurse(self) -> Staff:
        return self.team.staff["colleague"]

    def infused(self, at: datetime) -> Infused:
        """Where the body stands in the treatment."""
        started_at, ended_at = self.session.started_at, self.session.ended_at
        return Infused(
            since_start_min=None if started_at is None else minutes(at, started_at),
            since_end_min=None if ended_at is None else minutes(at, ended_at),
        )


def minutes(later: datetime, earlier: datetime) -> float:
    return (later - earlier).total_seconds() / MINUTE_S


def show(bed: Bedside, *, at: datetime, every_s: float) -> None:
    """The monitor sends its next row when it is time."""
    last = bed.state.latest("spo2", at=at)
    if bed.session.status not in MONITORED or (last is not None and (at - last.at).total_seconds() < every_s):
        return
    monitor = bed.team.monitors.get(bed.session.chair)
    sends = bed.team.monitor(bed.session.chair) if monitor is not None else bed.nurse
    _read(bed, PULSE, source="device", by=sends, at=at)


def _read(bed: Bedside, names: tuple[str, ...], *, source: str, by: Actor, at: datetime, **more: float) -> None:
    values: dict[str, Any] = physiology.vitals(
        bed.body,
        bed.infused(at),
        names=names,
        at_min=minutes(at, bed.session.planned_at),
        profile=bed.profile,
    )
    device = f"Monitor {bed.session.chair}" if source == "device" else ""
    batch = Batch(rows=[Row(at=at, values=values | more)], source=source, device=device)
    actions.record_readings(session_id=bed.session.pk, batch=batch, by=by, at=at)


def measure(bed: Bedside, at: datetime) -> None:
    """Pressure, pulse, breathing and temperature at rest."""
    _read(bed, PULSE + CUFF, source="person", by=bed.nurse, at=at, temp_c=bed.body.temp_c)


def ask(bed: Bedside, at: datetime) -> None:
    """Every question of the start gate that a person answers."""
    told = read("bedside.yaml")
    fertile_until = read("answers.yaml")["fertile_until_years"]
    patient = bed.session.patient
    may_be_pregnant = patient.sex_at_birth == "female" and age_years(patient.born_on, at.date()) < fertile_until
    answers = told["gate"] | {"patient.pregnancy_possible": may_be_pregnant}
    answers |= told["pregnancy_test"] if may_be_pregnant else {}
    _attest(bed, answers, at)


def _attest(bed: Bedside, answers: dict[str, Any], at: datetime) -> None:
    notes = {
        "home.escort_present": f"{bed.session.patient.family_name}, at the door",
        "home.next_day_call_booked": f"{bed.nurse.name}, tomorrow at ten",
    }
    given = {item: (value, notes.get(item, "")) for item, value in answers.items()}
    actions.attest_items(session_id=bed.session.pk, answers=given, by=bed.nurse, at=at)


def look(bed: Bedside, at: datetime) -> None:
    """Pressure with the cuff, and how the patient is."""
    _read(bed, PULSE + CUFF, source="person", by=bed.nurse, at=at)
    _chart(bed, read("bedside.yaml")["looks"], at)


def look_well(bed: Bedside, at: datetime) -> None:
    """The same with everything that is wanted before somebody goes home."""
    _read(bed, PULSE + CUFF, source="person", by=bed.nurse, at=at)
    _chart(bed, read("bedside.yaml")["looks"] | read("bedside.yaml")["well"], at)


def _chart(bed: Bedside, values: dict[str, Any], at: datetime) -> None:
    felt = {"dissociation": physiology.dissociation(bed.body, bed.infused(at))}
    actions.chart_observation(session_id=bed.session.pk, values=values | felt, by=bed.nurse, at=at)


def make_ready(bed: Bedside, at: datetime) -> None:
    actions.mark_ready(session_id=bed.session.pk, by=bed.nurse, at=at)


def start(bed: Bedside, at: datetime) -> None:
    """The drug, with the volume computed by a second nurse."""
    vault.issue(bed.team, bed.session, at=at, spare=bed.profile != physiology.CALM)
    vial = VialCheck(computed_by=bed.team.staff["second-nurse"].user_id, label_matches=True)
    actions.start_treatment(session_id=bed.session.pk, vial=vial, by=bed.nurse, at=at)


def end(bed: Bedside, at: datetime) -> None:
    actions.end_infusion(session_id=bed.session.pk, by=bed.nurse, at=at)
    vault.settle(bed.team, bed.session, at=at)


def ask_home(bed: Bedside, at: datetime) -> None:
    """Every question of the way home."""
    _attest(bed, read("bedside.yaml")["home"], at)


def discharge(bed: Bedside, at: datetime) -> None:
    actions.discharge(session_id=bed.session.pk, by=bed.nurse, at=at)
    actions.sign_report(session_id=bed.session.pk, by=bed.nurse, at=at)


def see_to_alarms(bed: Bedside, at: datetime) -> None:
    """Acknowledge what has been on for a moment, and write down what was done."""
    told = read("bedside.yaml")
    for alarm in bed.state.alarms.waiting:
        if (at - alarm.raised_at).total_seconds() >= told["acknowledges_after_s"]:
            said = {"session_id": bed.session.pk, "by": bed.nurse, "at": at}
            actions.acknowledge_alarm(alarm=alarm.key, episode=alarm.number, **said)
            actions.record_intervention(alarm=alarm.key, **told["answer_to_alarm"], **said)


def recheck(bed: Bedside, at: datetime) -> None:
    """Measure a pressure that raised an alarm again."""
    last, alarmed = (
        bed.state.latest("bp_sys", at=at),
        [one for one in bed.state.alarms.active if "now.bp_sys" in one.causes],
    )
    if alarmed and last is not None and minutes(at, last.at) >= read("bedside.yaml")["rechecks_after_min"]:
        look(bed, at)


ACTS: dict[str, Callable[[Bedside, datetime], None]] = {
    "measure": measure,
    "ask": ask,
    "look": look,
    "look_well": look_well,
    "make_ready": make_ready,
    "start": start,
    "end": end,
    "ask_home": ask_home,
    "discharge": discharge,
}
MOVES = {
    "make_ready": "checked-in",
    "start": "ready",
    "end": "treating",
    "discharge": "recovering",
}  # from which status
