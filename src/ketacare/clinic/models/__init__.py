"""The frame that every room hangs on: who, where, whom, and what was done."""

from ketacare.clinic.models.audit import AuditEvent, AuditSeal, AuditSubject
from ketacare.clinic.models.care import COURSE_TRANSITIONS, Course, DecisionRecord, Hold
from ketacare.clinic.models.people import AccessGrant, Device, Membership, Patient, PatientIdentifier, Role, Site, User
from ketacare.clinic.models.probe import WriteProbe
from ketacare.clinic.models.qualifications import Qualification, QualificationRuling
from ketacare.clinic.models.rights import Disagreement, Restriction
from ketacare.clinic.models.rulebooks import RulebookProposal, RulebookRuling
from ketacare.clinic.models.screening import SafetyRequest, ScreeningRequest

__all__ = [
    "COURSE_TRANSITIONS",
    "AccessGrant",
    "AuditEvent",
    "AuditSeal",
    "AuditSubject",
    "Course",
    "DecisionRecord",
    "Device",
    "Disagreement",
    "Hold",
    "Membership",
    "Patient",
    "PatientIdentifier",
    "Qualification",
    "QualificationRuling",
    "Restriction",
    "Role",
    "RulebookProposal",
    "RulebookRuling",
    "SafetyRequest",
    "ScreeningRequest",
    "Site",
    "User",
    "WriteProbe",
]
