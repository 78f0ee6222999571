"""Everything that writes in this room."""

from ketacare.clinic.actions.devices import add_device, retire_device
from ketacare.clinic.actions.frame import (
    GRANT_LASTS,
    add_patient,
    add_role,
    break_glass,
    break_glass_by_name,
    deactivate_person,
    invite_person,
    lift_hold,
    move_course,
    open_course,
    open_site,
    place_hold,
    reactivate_person,
    remove_role,
    reset_log_in,
    review_grant,
)
from ketacare.clinic.actions.rulebooks import approve_rulebook, propose_rulebook, reject_rulebook, start_rulebooks
from ketacare.clinic.actions.screening import ask_for_safety, ask_for_screening, postpone_screening

__all__ = [
    "GRANT_LASTS",
    "add_device",
    "add_patient",
    "add_role",
    "approve_rulebook",
    "ask_for_safety",
    "ask_for_screening",
    "break_glass",
    "break_glass_by_name",
    "deactivate_person",
    "invite_person",
    "lift_hold",
    "move_course",
    "open_course",
    "open_site",
    "place_hold",
    "postpone_screening",
    "propose_rulebook",
    "reactivate_person",
    "reject_rulebook",
    "remove_role",
    "reset_log_in",
    "retire_device",
    "review_grant",
    "start_rulebooks",
]
