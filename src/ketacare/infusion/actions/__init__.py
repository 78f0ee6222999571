"""Everything that writes in this room. Each act is one entry or a few in the session's timeline, and one audit event."""

from ketacare.infusion.actions.bedside import (
    acknowledge_alarm,
    add_note,
    chart_observation,
    correct_event,
    record_adverse_event,
    record_intervention,
    silence_alarm,
    tick,
)
from ketacare.infusion.actions.coming import (
    attest_gate_item,
    attest_items,
    cancel,
    check_in,
    mark_missed,
    mark_ready,
    override_gate_finding,
    plan_session,
    start_treatment,
)
from ketacare.infusion.actions.drug import (
    change_rate,
    end_infusion,
    give_bolus,
    give_device,
    pause,
    record_line_loss,
    resume,
    stop_on_request,
    stop_treatment,
)
from ketacare.infusion.actions.leaving import discharge, override_requirement, sign_report, transfer
from ketacare.infusion.actions.pairing import add_device, pair_device, retire_device, unpair_device
from ketacare.infusion.actions.programme import record_enrolment, submit_rems_form
from ketacare.infusion.actions.readings import deliver_readings, deliver_together, record_readings
from ketacare.infusion.actions.receipts import claim_form, release_form, store_queued

__all__ = [
    "acknowledge_alarm",
    "add_device",
    "add_note",
    "attest_gate_item",
    "attest_items",
    "cancel",
    "change_rate",
    "chart_observation",
    "check_in",
    "claim_form",
    "correct_event",
    "deliver_readings",
    "deliver_together",
    "discharge",
    "end_infusion",
    "give_bolus",
    "give_device",
    "mark_missed",
    "mark_ready",
    "override_gate_finding",
    "override_requirement",
    "pair_device",
    "pause",
    "plan_session",
    "record_adverse_event",
    "record_enrolment",
    "record_intervention",
    "record_line_loss",
    "record_readings",
    "release_form",
    "resume",
    "retire_device",
    "sign_report",
    "silence_alarm",
    "start_treatment",
    "stop_on_request",
    "stop_treatment",
    "store_queued",
    "submit_rems_form",
    "tick",
    "transfer",
    "unpair_device",
]
