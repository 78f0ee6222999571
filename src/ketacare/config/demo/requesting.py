"""People who ask the demo's clinic for a consultation: one too long ago, one in Spanish with a self-check, one who may be a patient already."""

from datetime import date, datetime, timedelta
from uuid import uuid4

from ketacare.clinic.actor import System
from ketacare.clinic.models import Patient
from ketacare.config.demo.people import read
from ketacare.config.demo.team import Team
from ketacare.frontdesk import actions
from ketacare.frontdesk.values import RequestInput, TryInput

PUBLIC = System(name="public")
HOUR = timedelta(hours=1)


def ask(team: Team, *, at: datetime) -> None:
    """Send the requests as the public form does; the front desk has tried to reach one."""
    for told in read("requests.yaml")["requests"]:
        sent_at = at - told["hours_ago"] * HOUR
        request = actions.send_request(given=given(team, told), by=PUBLIC, at=sent_at)
        if tried := told.get("tried"):
            way = TryInput(way=told["way"], came=tried, note="")
            actions.note_contact(request_id=request.pk, tried=way, by=team.staff["front-desk"], at=sent_at + HOUR)


def given(team: Team, told: dict[str, object]) -> RequestInput:
    """One request of the story; the person of `like_a_patient` has the name and birthday of the clinic's first patient."""
    person = {name: told.get(name, "") for name in ("given_name", "family_name", "born_on")}
    if told.get("like_a_patient"):
        known = Patient.objects.filter(sites=team.site).order_by("pk")[0]
        person = {"given_name": known.given_name, "family_name": known.family_name, "born_on": known.born_on}
    return RequestInput(
        key=uuid4(),
        site_id=team.site.pk,
        given_name=str(person["given_name"]),
        family_name=str(person["family_name"]),
        born_on=date.fromisoformat(str(person["born_on"])),
        phone=str(told.get("phone", "")),
        email=str(told.get("email", "")),
        way=str(told["way"]),
        language=str(told["language"]),
        times=list(told.get("times", [])),  # type: ignore[call-overload]  # as the story gives them
        needs=str(told.get("needs", "")),
        consent_text=str(told["consent"]),
        answers=told.get("answers"),  # type: ignore[arg-type]  # as the story gives them
    )
