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
    set_language,
)
from ketacare.clinic.actions.qualifications import confirm_qualification, end_qualification, record_qualification
from ketacare.clinic.actions.rights import (
    end_own_log_in,
    lift_restriction,
    note_taken_along,
    restrict_processing,
    state_disagreement,
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
    "confirm_qualification",
    "deactivate_person",
    "end_own_log_in",
    "end_qualification",
    "invite_person",
    "lift_hold",
    "lift_restriction",
    "move_course",
    "note_taken_along",
    "open_course",
    "open_site",
    "place_hold",
    "postpone_screening",
    "propose_rulebook",
    "reactivate_person",
    "record_qualification",
    "reject_rulebook",
    "remove_role",
    "reset_log_in",
    "restrict_processing",
    "retire_device",
    "review_grant",
    "set_language",
    "start_rulebooks",
    "state_disagreement",
]
