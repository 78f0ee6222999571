"""HL7 version 2: observations of bedside monitors as rows, and the acknowledgement of each message. Pure; never raises."""

from ketacare.interop.hl7v2.acknowledgement import acknowledgement
from ketacare.interop.hl7v2.complaints import Complaint, verdict_of
from ketacare.interop.hl7v2.message import Header
from ketacare.interop.hl7v2.observations import Read, WireRow, read

__all__ = ["Complaint", "Header", "Read", "WireRow", "acknowledgement", "read", "verdict_of"]
