"""What the pinned patient header shows: plain values, the same on every page, print and stream."""

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, kw_only=True)
class PatientHeader:
    """Who this page is about. ``None`` means not known, which is never shown as "none"."""

    patient_id: int
    name: str
    initials: str
    born_on: date
    age_years: int
    sex: str  # as it is read aloud: "female", "male", "sex not recorded"
    time_zone: str = "UTC"  # of the site where the course runs
    weight_kg: float | None = None
    weight_on: date | None = None
    allergies: tuple[str, ...] | None = None  # None: nobody has asked; (): asked, none known
    course_id: int | None = None
    indication: str = ""
    course_status: str = ""
    session_number: int | None = None
    session_total: int | None = None
    holds: tuple[str, ...] = field(default=())  # reasons, oldest first

    @property
    def session(self) -> str:
        """The session in words, such as "session 3 of 6"; empty outside a course of sessions."""
        if self.session_number is None:
            return ""
        return f"session {self.session_number}" + (f" of {self.session_total}" if self.session_total else "")
