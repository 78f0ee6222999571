"""Everything that writes in this room."""

from ketacare.billing.actions.accounts import make_superbill, record_payment, refund, state_service, void_superbill
from ketacare.billing.actions.estimates import arrange_payment_plan, give_estimate, make_estimate
from ketacare.billing.actions.prices import set_clinician_number, set_code, set_identity, set_price, set_sliding_scale

__all__ = [
    "arrange_payment_plan",
    "give_estimate",
    "make_estimate",
    "make_superbill",
    "record_payment",
    "refund",
    "set_clinician_number",
    "set_code",
    "set_identity",
    "set_price",
    "set_sliding_scale",
    "state_service",
    "void_superbill",
]
