"""Nothing lives only in somebody's head: every table whose rows can be open has a source on the worklist, or a reason why not."""

from django.apps import apps
from django.db import models

from ketacare.clinic.permissions import PERMISSIONS
from ketacare.worklist.queries.sources import SOURCES

# Tables that look as if they could be open and wait for nobody, each with the reason.
WAITS_FOR_NOBODY = {
    "billing.SiteCode": "a code that a site set, with the day from which it counts",
    "billing.Superbill": "a bill as it was made; what is owed stands on the account, and asking for money is no clinical work",
    "booking.Absence": "when somebody is away; visits that lose their place by it are booking.Appointment",
    "booking.CalendarFeed": "a person's own calendar address",
    "booking.Chair": "in use until it is retired",
    "booking.Closure": "a day on which the site is closed",
    "booking.OpeningHours": "hours that stand",
    "booking.Unavailable": "when a patient cannot come",
    "booking.WorkingHours": "hours that stand",
    "clinic.DecisionRecord": "a decision that was made; when it runs out the gate says so",
    "clinic.Device": "in use until it is retired: what it sent and was refused is infusion.RefusedDelivery",
    "clinic.Patient": "in care until the record is closed",
    "clinic.RulebookRuling": "was ruled on; its day comes by itself",
    "clinic.Restriction": "the patient's wish; it holds until they lift it",
    "clinic.SafetyRequest": "the clock works it off; what it finds is followup.SafetyFinding",
    "clinic.ScreeningRequest": "the clock works it off; what it finds is evaluation.Screening",
    "clinic.Site": "the place itself; what it has not settled is planning.SitePractice and outcomes.AlertDuty",
    "clinic.User": "a person; what they lack is clinic.Qualification",
    "consent.SeparateConsent": "what a patient said about one thing beside the treatment; without it that thing is not done, the treatment is",
    "followup.PriorsRuling": "was ruled on; it stands until somebody takes it back",
    "infusion.DeviceClock": "a reading of two clocks; a wrong one is told beside the session",
    "infusion.Receipt": "what came from a tablet and was stored",
    "outcomes.AlertEvent": "what happened to an alert; the alert itself waits",
    "outcomes.AlertNotice": "the sender tries again by itself, and the ladder calls the next person",
    "outcomes.AnswerSet": "answers as they were given; what they ask for is outcomes.Alert",
    "portal.CheckInScale": "the patient answers or does not; troubles and unanswered screens are told as portal.Trouble",
    "portal.ContactWishes": "what a patient wished",
    "portal.LogInInvitation": "a link that the patient may use until it runs out",
    "portal.Invitation": "a link that is open for its patient",
    "record.CumulativeExposure": "a sum",
    "record.Entry": "a statement of the record",
    "record.Source": "an imported resource as it came",
    "record.Treatment": "what was given; a session under way is infusion.Session",
    "stewardship.Container": "stock; what is wrong with it is stewardship.Discrepancy",
    "stewardship.Movement": "a line of the register; what does not add up is stewardship.Discrepancy",
    "therapy.ProcessNote": "a note that was kept",
    "therapy.SharedTheme": "stands until the patient takes it back",
    "therapy.TherapySession": "a session that was held",
}
STATES = {"status", "state", "became", "what"}


def can_be_open(model: type[models.Model]) -> bool:
    """Whether rows of a table look as if they could wait: a moment that is still to come, a status, a second row that closes them."""
    fields = model._meta.get_fields()
    moments = [one for one in fields if isinstance(one, models.DateField) and one.null and one.name != "last_login"]
    states = [one for one in fields if one.name in STATES and getattr(one, "choices", None)]
    closed_by = [one for one in fields if one.one_to_one and one.auto_created and not one.concrete]
    return bool(moments or states or closed_by)


def ours() -> set[str]:
    return {one._meta.label for one in apps.get_models() if one.__module__.startswith("ketacare.")}


def test_every_table_that_can_be_open_has_a_source_or_a_reason():
    told = {table for source in SOURCES for table in source.tables}
    open_ones = {one._meta.label for one in apps.get_models() if one._meta.label in ours() and can_be_open(one)}
    assert open_ones - told - WAITS_FOR_NOBODY.keys() == set(), (
        "add a source to worklist/queries/sources.py, or a reason"
    )


def test_no_source_and_no_reason_names_a_table_that_is_gone_or_both():
    told = {table for source in SOURCES for table in source.tables}
    assert (told | WAITS_FOR_NOBODY.keys()) - ours() == set()
    assert told & WAITS_FOR_NOBODY.keys() == set()


def test_every_source_has_a_name_of_its_own_and_asks_by_permissions_that_exist():
    names = [source.name for source in SOURCES]
    assert len(names) == len(set(names))
    assert {one for source in SOURCES for one in source.permissions} <= PERMISSIONS.keys()
