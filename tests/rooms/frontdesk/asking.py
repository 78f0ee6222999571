"""People who ask for a consultation."""

from datetime import date
from uuid import uuid4

from ketacare.clinic.actor import System
from ketacare.frontdesk import actions
from ketacare.frontdesk.models import ConsultationRequest
from ketacare.frontdesk.values import RequestInput
from tests.cast import NOW, Cast

PUBLIC = System(name="public")
WELL = {"suicide": ["no"], "age": ["41"]}


def given(cast: Cast, **other: object) -> RequestInput:
    told = {
        "key": uuid4(),
        "site_id": cast.here,
        "given_name": "Nadia",
        "family_name": "Benali",
        "born_on": date(1988, 4, 9),
        "phone": "+49 30 901820",
        "email": "",
        "way": "phone",
        "language": "en",
        "times": ["saturday"],
        "needs": "",
        "consent_text": "The clinic may contact me about this request.",
        "answers": None,
    }
    return RequestInput(**(told | other))


def asked(cast: Cast, at=NOW, **other: object) -> ConsultationRequest:
    return actions.send_request(given=given(cast, **other), by=PUBLIC, at=at)


def asked_as_ada(cast: Cast, **other: object) -> ConsultationRequest:
    """Somebody with Ada's name and birthday."""
    ada = cast.patient("ada")
    same = {"given_name": ada.given_name, "family_name": ada.family_name, "born_on": ada.born_on}
    return asked(cast, **(same | other))


def asked_at(cast: Cast, site: str) -> ConsultationRequest:
    """For the walk over every address."""
    return asked(cast, site_id=cast.here if site == "here" else cast.there)
