"""A signature as it is handed in, and everything that can be wrong with it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from ketacare.clinic.actor import Actor, PatientLink, user_id
from ketacare.clinic.errors import Reason
from ketacare.clinic.models import Course, User
from ketacare.consent.drawing import Stroke, is_drawn
from ketacare.consent.models import CapacityAssessment, ConsentTalk, Method, SignedIn
from ketacare.consent.queries import PATIENT, PRESCRIBER
from ketacare.consent.shapes import Document, Text
from ketacare.consent.teach_back import unanswered

SECOND = "a second member of staff"
TALKER = "a nurse or a prescriber, with the patient"
READY = frozenset(
    {
        Course.Status.ELIGIBLE,
        Course.Status.CONSENTED,
        Course.Status.PLANNED,
        Course.Status.IN_INDUCTION,
        Course.Status.IN_MAINTENANCE,
    }
)


@dataclass(frozen=True, kw_only=True)
class Signature:
    """What the patient signed, how, in whose log-in, and who saw it."""

    document_sha256: str  # of the text that was shown
    name: str = ""  # typed; a drawing needs none
    method: str
    confirmed: frozenset[str]
    strokes: tuple[Stroke, ...] = ()
    is_present: bool = False  # staff state that the patient is there and signs themself
    witness: User | None = None
    dose_to_mg_per_kg: Decimal | None = None  # None: as high as the document tells about

    def highest_dose(self, document: Document) -> Decimal:
        """The highest dose agreed to, mg per kg."""
        return document.stated.dose_mg_per_kg.highest if self.dose_to_mg_per_kg is None else self.dose_to_mg_per_kg

    def signed_name(self, course: Course) -> str:
        """The name under which the signature is kept."""
        return str(course.patient) if self.method == Method.DRAWN else " ".join(self.name.split())


@dataclass(frozen=True, kw_only=True)
class Moment:
    """What is known when somebody is about to sign."""

    course: Course
    text: Text
    talk: ConsentTalk | None
    capacity: CapacityAssessment | None
    at: datetime


def signed_in(by: Actor) -> str:
    """Whose log-in this is."""
    return SignedIn.PATIENT if isinstance(by, PatientLink) else SignedIn.STAFF


def treatment_obstacles(moment: Moment, document: Document, signature: Signature, by: Actor) -> list[Reason]:
    """Every reason why this signature does not make a consent to treatment."""
    return [
        *readiness(moment),
        *signature_reasons(moment, signature, by),
        *witness_reasons(moment.course, signature, by),
        *dose_reasons(document, signature.highest_dose(document)),
    ]


def separate_obstacles(moment: Moment, signature: Signature, by: Actor) -> list[Reason]:
    """Every reason why this signature does not make a separate consent."""
    return [
        *capacity_reasons(moment),
        *talk_reasons(moment),
        *signature_reasons(moment, signature, by),
        *witness_reasons(moment.course, signature, by),
    ]


def readiness(moment: Moment) -> list[Reason]:
    """Everything that stands between the patient and a signature for treatment, before a pen is taken up."""
    reasons = []
    if moment.course.status not in READY:
        label = moment.course.get_status_display().lower()
        says = _("The course is %(label)s; consent comes after a decision that it may go on.") % {"label": label}
        reasons.append(Reason(text=says, who=PRESCRIBER))
    if moment.capacity is not None and moment.capacity.has_capacity and moment.capacity.consents.exists():
        says = _("This signature stands already; a new one needs a new talk and judgement.")
        reasons.append(Reason(text=says, who=PRESCRIBER))
    return [*reasons, *capacity_reasons(moment), *talk_reasons(moment)]


def capacity_reasons(moment: Moment) -> Iterator[Reason]:
    """Why nobody can say that the patient can decide now."""
    capacity = moment.capacity
    if capacity is None:
        yield Reason(text=_("Nobody has judged the patient's capacity to decide."), who=PRESCRIBER)
    elif not capacity.has_capacity:
        says = _("The last judgement says that the patient cannot decide about this.")
        yield Reason(text=says, who=PRESCRIBER)
    elif moment.at - capacity.assessed_at > moment.text.capacity_lasts:
        says = _("The judgement of capacity is too old; it is made again for this decision.")
        yield Reason(text=says, who=PRESCRIBER)


def talk_reasons(moment: Moment) -> Iterator[Reason]:
    """Why the text has not been explained and understood."""
    if moment.talk is None:
        yield Reason(text=_("Nobody has talked this through with the patient yet."), who=TALKER)
    elif moment.at - moment.talk.held_at > moment.text.capacity_lasts:
        yield Reason(text=_("The talk was too long ago; it is held again."), who=TALKER)
    elif left := len(unanswered(moment.talk, moment.text)):
        says = _("Questions about the text that are not answered rightly yet: %(left)s.") % {"left": left}
        yield Reason(text=says, who=TALKER)


def signature_reasons(moment: Moment, signature: Signature, by: Actor) -> Iterator[Reason]:
    """What is wrong with the signature itself."""
    text = moment.text
    if signature.document_sha256 != text.reference.sha256:
        yield Reason(text=_("The document has changed since it was shown; read the new one first."), who=PATIENT)
    if missing := text.confirmation_ids - signature.confirmed:
        says = _("%(missing)s of the sentences to confirm are not ticked.") % {"missing": len(missing)}
        yield Reason(text=says, who=PATIENT)
    if signature.confirmed - text.confirmation_ids:
        yield Reason(text=_("A sentence was ticked that this document does not have."), who=PATIENT)
    yield from hand_reasons(moment.course, signature)
    if user_id(by) is None:
        yield Reason(text=_("A signature is given in a log-in; a link is not enough."), who=PATIENT)
    elif signed_in(by) == SignedIn.STAFF and not signature.is_present and signature.method != Method.ON_PAPER:
        says = _("State that the patient is there and signs themself, or let them sign in their own log-in.")
        yield Reason(text=says, who=TALKER)


def hand_reasons(course: Course, signature: Signature) -> Iterator[Reason]:
    """What is wrong with the name or the drawing."""
    if signature.method not in Method.values:
        yield Reason(text=_("A consent is drawn or typed on screen, or signed on paper."), who=PATIENT)
    elif signature.method == Method.DRAWN:
        if not is_drawn(signature.strokes):
            yield Reason(text=_("Draw your name with a finger or the mouse, or type it."), who=PATIENT)
    elif plain(signature.name) != plain(str(course.patient)):
        yield Reason(text=_("The name signed is not the patient's name as it is recorded."), who=PATIENT)


def witness_reasons(course: Course, signature: Signature, by: Actor) -> Iterator[Reason]:
    """What is wrong with the witness."""
    witness = signature.witness
    if signature.method == Method.ON_PAPER and witness is None:
        yield Reason(text=_("A signature on paper needs a witness from the staff."), who=SECOND)
    if witness is not None and witness.pk == user_id(by):
        yield Reason(text=_("The witness is another person than the one who records."), who=SECOND)
    if witness is not None and not witness.memberships.filter(site=course.site).exists():
        yield Reason(text=_("The witness does not work at this site."), who=SECOND)


def dose_reasons(document: Document, highest: Decimal) -> Iterator[Reason]:
    """Whether the highest dose agreed to lies inside what the document tells about."""
    told = document.stated.dose_mg_per_kg
    if not told.lowest <= highest <= told.highest:
        span = f"{told.lowest} to {told.highest} mg/kg"
        yield Reason(text=f"The document tells about {span}; the highest dose agreed to lies inside that.", who=PATIENT)


def plain(name: str) -> str:
    """A name without regard to case and spaces."""
    return " ".join(name.split()).casefold()
