"""What a request's page shows, put together for its template."""

from dataclasses import dataclass
from datetime import datetime

from ketacare.clinic.actor import Actor
from ketacare.clinic.permissions import may
from ketacare.frontdesk import queries
from ketacare.frontdesk.likeness import Agreement, Person
from ketacare.frontdesk.models import TRANSITIONS, ConsultationRequest, ContactTry, SentSelfCheck
from ketacare.frontdesk.queries import Candidate, Clock, Earlier
from ketacare.frontdesk.values import TIMES
from ketacare.science.selfcheck import definition

FIELD_NAMES = {"name": "Name", "born": "Date of birth", "phone": "Telephone", "email": "E-mail"}
VERDICTS = {
    "consult": "May be worth a consultation",
    "doctor-first": "Talk to a doctor about these points first",
    "not-now": "Not now",
}


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One field of two people side by side."""

    name: str
    asked: str
    registered: str
    agreement: Agreement


@dataclass(frozen=True, kw_only=True)
class Told:
    """One question of a self-check with what was answered."""

    asked: str
    answer: str


@dataclass(frozen=True, kw_only=True)
class CheckSent:
    """The self-check that came with a request."""

    verdict: str
    reasons: tuple[str, ...]
    told: tuple[Told, ...]


@dataclass(frozen=True, kw_only=True)
class RequestPage:
    """Everything about one request."""

    request: ConsultationRequest
    clock: Clock
    times: str
    tries: tuple[ContactTry, ...]
    candidates: tuple[tuple[Candidate, tuple[Compared, ...]], ...]
    others: tuple[Earlier, ...]
    has_self_check: bool
    self_check: CheckSent | None
    is_open: bool
    may_answer: bool


def request_page(row: ConsultationRequest, *, by: Actor, at: datetime) -> RequestPage:
    """One request with who it may be from; the self-check only for clinicians."""
    asked = queries.person_of(row)
    found = queries.candidates(row, by) if TRANSITIONS[row.status] else []
    sent = SentSelfCheck.objects.filter(request=row).first()
    return RequestPage(
        request=row,
        clock=queries.clock_of(row, at=at),
        times=", ".join(str(label) for name, label in TIMES if name in row.times) or "any time",
        tries=tuple(row.tries.select_related("by").order_by("-pk")),
        candidates=tuple((one, compared(asked, one)) for one in found),
        others=tuple(queries.other_requests(row)) if TRANSITIONS[row.status] else (),
        has_self_check=sent is not None,
        self_check=check_sent(sent) if sent and may(by, "request.self-check", row) else None,
        is_open=bool(TRANSITIONS[row.status]),
        may_answer=may(by, "request.answer", row),
    )


def compared(asked: Person, candidate: Candidate) -> tuple[Compared, ...]:
    """The fields of the person who asked beside those of a patient."""
    ours, theirs = shown(asked), shown(queries.person_of(candidate.patient))
    return tuple(
        Compared(name=FIELD_NAMES[one.field], asked=ours[one.field], registered=theirs[one.field], agreement=one)
        for one in candidate.likeness.agreements
    )


def shown(person: Person) -> dict[str, str]:
    return {
        "name": f"{person.given_name} {person.family_name}",
        "born": person.born_on.strftime("%d %b %Y"),
        "phone": person.phone,
        "email": person.email,
    }


def check_sent(sent: SentSelfCheck) -> CheckSent:
    """The answers in the words of the questions, in English."""
    check = definition.load()
    told = []
    for question in check.questions:
        chosen = sent.answers.get(question.id, [])
        words = [option.text["en"] for option in question.options if option.id in chosen]
        told.append(Told(asked=question.text["en"], answer=", ".join(words or map(str, chosen)) or "not answered"))
    return CheckSent(
        verdict=VERDICTS[sent.verdict],
        reasons=tuple(f"{name}: {check.reason(name)['en']}" for name in sent.reasons),
        told=tuple(told),
    )
