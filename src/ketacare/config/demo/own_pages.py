"""One of the made-up patients has a log-in, has written to the clinic, and asks about their record."""

from datetime import datetime, timedelta

from ketacare.config.demo.pathway import Case
from ketacare.config.demo.talking import key
from ketacare.config.demo.team import DOMAIN, PASSWORD
from ketacare.portal import actions
from ketacare.portal.actions.answering import link_of
from ketacare.rights import actions as rights

EMAIL = f"patient@{DOMAIN}"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def open_pages(case: Case, *, at: datetime) -> None:
    """A log-in of some weeks ago, a question that was answered, one that waits, and a correction that is asked for."""
    since, patient = at - 20 * DAY, case.patient
    offer = actions.invite_patient(
        patient_id=patient.pk, email=EMAIL, language="en", is_by_hand=True, by=case.by("front-desk"), at=since
    )
    by = link_of(patient)
    begun = {"born_on": patient.born_on, "password": PASSWORD}
    actions.begin_log_in(invitation_id=offer.invitation_id, **begun, by=by, at=since + HOUR)
    about = {"patient_id": patient.pk, "site": case.course.site, "by": by}
    first = actions.open_thread(
        subject="Music", text="May I bring my own music?", form_key=key("music", patient.pk), at=since + DAY, **about
    )
    told = {"text": "Yes, please do.", "is_care": False, "seen_until": first.pk, "form_key": key("yes", patient.pk)}
    actions.answer_thread(thread_id=first.thread_id, **told, by=case.by("nurse"), at=since + DAY + HOUR)
    actions.open_thread(
        subject="Sleep",
        text="I sleep badly since Tuesday.",
        form_key=key("sleep", patient.pk),
        at=at - 3 * HOUR,
        **about,
    )
    words = "My phone number is an old one."
    rights.ask(kind="correction", about="", words=words, form_key=key("phone", patient.pk), at=at - DAY, **about)
