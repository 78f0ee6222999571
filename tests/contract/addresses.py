"""How the walk over every address fills it: each room adds a line for each of its addresses with an argument.

An entry takes the cast and a site, "here" or "there", and returns the address's arguments for an object of a patient of
that site: ada or zoe. It may make the object, by actions. An address without arguments needs no line.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from django.urls import URLPattern, URLResolver, get_resolver

from ketacare.clinic import actions
from ketacare.clinic.models import Device, Site
from ketacare.followup.models import SafetyFinding
from ketacare.outcomes import actions as outcomes
from ketacare.outcomes.models import AnswerSet
from ketacare.planning.actions import decide_review
from ketacare.planning.values import ReviewInput
from tests.cast import NOW, Cast
from tests.contract.fhir.made import import_again
from tests.rooms import steps
from tests.rooms.billing import addresses as billing
from tests.rooms.booking import addresses as booking
from tests.rooms.evaluation import addresses as evaluation
from tests.rooms.followup import fitted, safety
from tests.rooms.followup.telling import IN_HOSPITAL, afterwards
from tests.rooms.followup.wanting import wanted_after_a_session
from tests.rooms.frontdesk.asking import asked_at
from tests.rooms.infusion.today import in_a_chair
from tests.rooms.outcomes.caring import on_all_day
from tests.rooms.planning.asking import course_with
from tests.rooms.portal import addresses as portal
from tests.rooms.stewardship import addresses as stewardship
from tests.rooms.therapy import writing as therapy

HERE, THERE = "here", "there"
Arguments = Callable[[Cast, str], dict[str, object]]


@dataclass(frozen=True, kw_only=True)
class Address:
    """One named pattern of the resolver."""

    name: str
    view: Callable[..., object]
    arguments: frozenset[str]

    @property
    def permission(self) -> str | None:
        """What the view says it needs; None for a public one."""
        return self.view.needs  # type: ignore[attr-defined]

    @property
    def is_of_allauth(self) -> bool:
        return self.view.__module__.startswith("allauth.")


def addresses() -> list[Address]:
    """Every pattern there is, each with its full name."""
    return sorted(walk(get_resolver(), (), frozenset()), key=lambda address: address.name)


def walk(resolver: URLResolver, spaces: tuple[str, ...], above: frozenset[str]) -> list[Address]:
    found = []
    for pattern in resolver.url_patterns:
        arguments = above | frozenset(pattern.pattern.regex.groupindex)
        if isinstance(pattern, URLResolver):
            found += walk(pattern, (*spaces, pattern.namespace) if pattern.namespace else spaces, arguments)
        else:
            found.append(address_of(pattern, spaces, arguments))
    return found


def address_of(pattern: URLPattern, spaces: tuple[str, ...], arguments: frozenset[str]) -> Address:
    assert pattern.name, f"the address {pattern.pattern} has no name"
    return Address(name=":".join((*spaces, pattern.name)), view=pattern.callback, arguments=arguments)


def patient_id(cast: Cast, site: str) -> int:
    return cast.ada if site == HERE else cast.zoe


def course_id(cast: Cast, site: str) -> int:
    return cast.ada_course if site == HERE else cast.zoe_course


def patient(cast: Cast, site: str) -> dict[str, object]:
    return {"pk": patient_id(cast, site)}


def course(cast: Cast, site: str) -> dict[str, object]:
    return {"pk": course_id(cast, site)}


def hold(cast: Cast, site: str) -> dict[str, object]:
    row = actions.place_hold(
        course=cast.course("ada" if site == HERE else "zoe"),
        reason="Chest pain",
        lifts_when="Seen by a cardiologist",
        by=cast.actor("nurse", there=site == THERE),
        at=NOW,
    )
    return {"pk": row.pk}


def grant(cast: Cast, site: str) -> dict[str, object]:
    """A break-glass access of somebody of the other site."""
    row = actions.break_glass(
        patient=cast.patient("ada" if site == HERE else "zoe"),
        reason="Collapsed in our waiting room",
        by=cast.actor("therapist", there=site == HERE),
        at=NOW,
    )
    return {"pk": row.pk}


def member(cast: Cast, site: str) -> dict[str, object]:
    return {"pk": (cast.staff if site == HERE else cast.staff_there)["therapist"]}


def membership(cast: Cast, site: str) -> dict[str, object]:
    return {"pk": cast.user("therapist", there=site == THERE).memberships.get().pk}


def qualification(cast: Cast, site: str) -> dict[str, object]:
    """A paper of the therapist's that nobody has seen yet."""
    by = cast.actor("therapist", there=site == THERE)
    told = {"kind": "ketamine_care", "issued_by": "The board", "valid_from": NOW.date()}
    return {"pk": actions.record_qualification(person_id=by.user_id, **told, by=by, at=NOW).pk}


def outcomes_course(cast: Cast, site: str) -> dict[str, object]:
    return {"course_id": course_id(cast, site)}


def scale(cast: Cast, site: str) -> dict[str, object]:
    return {"course_id": course_id(cast, site), "instrument_id": "gad7"}


def answer_set(cast: Cast, site: str) -> AnswerSet:
    """Answers about which an alert is raised."""
    return outcomes.record_answers(
        course_id=course_id(cast, site),
        instrument_id="phq9",
        answers={"phq9_9": 1},
        how="asked",
        answered_at=NOW,
        form_key=uuid4(),
        by=cast.actor("nurse", there=site == THERE),
        at=NOW,
    )


def answers(cast: Cast, site: str) -> dict[str, object]:
    return {"course_id": course_id(cast, site), "pk": answer_set(cast, site).pk}


def alert(cast: Cast, site: str) -> dict[str, object]:
    return {"pk": answer_set(cast, site).alerts.get().pk}


def a_site(cast: Cast, site: str) -> dict[str, object]:
    return {"pk": cast.here if site == HERE else cast.there}


def a_scale_of_a_site(cast: Cast, site: str) -> dict[str, object]:
    return a_site(cast, site) | {"scale": "who5"}


def duty(cast: Cast, site: str) -> dict[str, object]:
    """The hours of a member of staff on the rota for alerts."""
    return {"pk": on_all_day(cast, "nurse", weekdays=[0], there=site == THERE)[0].pk}


def source(cast: Cast, site: str) -> dict[str, object]:
    """The patient's own resource, imported."""
    row = cast.patient("ada" if site == HERE else "zoe")
    return {"pk": import_again(row, cast.here if site == HERE else cast.there).pk}


def of_course(cast: Cast, site: str) -> dict[str, object]:
    return {"course_id": course_id(cast, site)}


def of_first_session(cast: Cast, site: str) -> dict[str, object]:
    return {"course_id": course_id(cast, site), "number": 1}


def a_review(cast: Cast, site: str) -> dict[str, object]:
    people = cast if site == HERE else steps.at_the_other_site(cast)
    at = course_with(people, 1)
    review = ReviewInput(decision="stop", reason="Enough")
    by = people.actor("prescriber")
    return {"pk": decide_review(course_id=people.ada_course, review=review, by=by, at=at).pk}


def a_practice(cast: Cast, site: str) -> dict[str, object]:
    return {"site_id": cast.here if site == HERE else cast.there, "name": "esketamine_28"}


def consent_kind(cast: Cast, site: str) -> dict[str, object]:
    return {"course_id": course_id(cast, site), "kind": "touch"}


def separate_consent(cast: Cast, site: str) -> dict[str, object]:
    people = cast if site == HERE else steps.at_the_other_site(cast)
    steps.consented(people)
    return {"course_id": course_id(cast, site), "pk": steps.give(people, "touch").pk}


def signed_consent(cast: Cast, site: str) -> dict[str, object]:
    people = cast if site == HERE else steps.at_the_other_site(cast)
    return {"course_id": course_id(cast, site), "pk": steps.consented(people).pk}


def drafted_order(cast: Cast, site: str) -> dict[str, object]:
    people = cast if site == HERE else steps.at_the_other_site(cast)
    steps.planned(people)
    return {"pk": steps.draft(people).pk}


def session(cast: Cast, site: str) -> dict[str, object]:
    people = cast if site == HERE else steps.at_the_other_site(cast)
    return {"pk": in_a_chair(people).pk}


def safety_case(cast: Cast, site: str) -> dict[str, object]:
    people = cast if site == HERE else steps.at_the_other_site(cast)
    return {"pk": afterwards(people, NOW, seriousness=IN_HOSPITAL).pk}


def wanted_session(cast: Cast, site: str) -> dict[str, object]:
    people = cast if site == HERE else steps.at_the_other_site(cast)
    return {"pk": wanted_after_a_session(people).pk}


def proposed_priors(cast: Cast, site: str) -> dict[str, object]:
    return {"pk": fitted.proposed(cast, at=NOW, there=site == THERE).pk}


def process_note(cast: Cast, site: str) -> dict[str, object]:
    people = cast if site == HERE else steps.at_the_other_site(cast)
    return {"pk": therapy.note(people).pk}


def shared_theme(cast: Cast, site: str) -> dict[str, object]:
    people = cast if site == HERE else steps.at_the_other_site(cast)
    return {"pk": therapy.shares(people).pk}


def safety_finding(cast: Cast, site: str) -> dict[str, object]:
    people = cast if site == HERE else steps.at_the_other_site(cast)
    safety.under_way(people)
    safety.check(people, "liver", safety.FIRST, fu__alt_x_uln=2.4)
    return {"pk": SafetyFinding.objects.get(course=people.ada_course).pk}


def safety_check(cast: Cast, site: str) -> dict[str, object]:
    return {"course_id": course_id(cast, site), "kind": "urinary"}


def entry(cast: Cast, site: str) -> dict[str, object]:
    people = cast if site == HERE else steps.at_the_other_site(cast)
    return {"pk": in_a_chair(people, noted=True).pk, "seq": 2}


def rulebook(cast: Cast, site: str) -> dict[str, object]:
    return {"pk": cast.here if site == HERE else cast.there, "book": "eligibility"}


def a_device(cast: Cast, where: str) -> Device:
    site = Site.objects.get(pk=getattr(cast, where))
    by = cast.actor("nurse", there=where == THERE)
    return site.devices.first() or actions.add_device(site=site, name="Monitor", token=uuid4().hex, by=by, at=NOW)


def bedside_device(cast: Cast, where: str) -> dict[str, object]:
    return {"pk": a_device(cast, where).pk}


def label_code(cast: Cast, where: str) -> dict[str, object]:
    return {"code": a_device(cast, where).label_code}


def consultation_request(cast: Cast, site: str) -> dict[str, object]:
    return {"pk": asked_at(cast, site).pk}


# name of the address -> how to fill it
ARGUMENTS: dict[str, Arguments] = {
    "billing:prices": billing.at_site,
    "billing:codes": billing.at_site,
    "billing:export": billing.at_site,
    "billing:set-price": billing.at_site,
    "billing:set-identity": billing.at_site,
    "billing:set-number": billing.at_site,
    "billing:set-code": billing.at_site,
    "billing:set-scale": billing.at_site,
    "billing:account": of_course,
    "billing:make-estimate": of_course,
    "billing:service": of_course,
    "billing:make-superbill": of_course,
    "billing:payment": of_course,
    "billing:prior": of_course,
    "billing:estimate": billing.estimate,
    "billing:estimate-pdf": billing.estimate,
    "billing:estimate-json": billing.estimate,
    "billing:give": billing.estimate,
    "billing:payment-plan": billing.estimate,
    "billing:superbill": billing.superbill,
    "billing:superbill-pdf": billing.superbill,
    "billing:superbill-json": billing.superbill,
    "billing:void": billing.superbill,
    "billing:refund": billing.payment,
    "clinic:course-holds": course,
    "public:clinic": lambda cast, site: {"pk": cast.here},
    "public:page": lambda cast, site: {"slug": "session"},
    "frontdesk:request": consultation_request,
    "frontdesk:contact": consultation_request,
    "frontdesk:appointment": consultation_request,
    "frontdesk:identity": consultation_request,
    "frontdesk:admission": consultation_request,
    "frontdesk:closing": consultation_request,
    "clinic:grant-review": grant,
    "clinic:hold-lift": hold,
    "clinic:log-in-reset": member,
    "clinic:patient-access": patient,
    "clinic:person": member,
    "clinic:person-deactivate": member,
    "clinic:person-reactivate": member,
    "clinic:qualification-confirm": qualification,
    "clinic:qualification-end": qualification,
    "clinic:qualification-record": member,
    "clinic:qualifications-person": member,
    "clinic:role-add": member,
    "clinic:role-remove": membership,
    "clinic:rulebook": rulebook,
    "infusion:alarm-acknowledge": session,
    "infusion:alarm-silence": session,
    "infusion:device": session,
    "infusion:bedside-device-code": bedside_device,
    "infusion:bedside-device-label": bedside_device,
    "infusion:bedside-device-retire": bedside_device,
    "infusion:pair": label_code,
    "infusion:unpair": session,
    "infusion:rems-enrol": session,
    "infusion:rems-form": session,
    "infusion:rems-json": session,
    "infusion:bolus": session,
    "infusion:flowsheet": session,
    "infusion:line-loss": session,
    "infusion:stop": session,
    "infusion:check-in": session,
    "infusion:course": course,
    "infusion:discharge": session,
    "infusion:home-sheet": session,
    "infusion:home-sheet-pdf": session,
    "followup:call": session,
    "infusion:end": session,
    "infusion:event-correct": entry,
    "infusion:gate": session,
    "infusion:gate-attest": session,
    "infusion:gate-override": session,
    "infusion:intervene": session,
    "infusion:note": session,
    "infusion:queued": session,
    "infusion:observe": session,
    "infusion:pause": session,
    "infusion:plan": course,
    "infusion:rate": session,
    "infusion:ready": session,
    "infusion:report": session,
    "infusion:report-json": session,
    "infusion:report-pdf": session,
    "infusion:report-sign": session,
    "infusion:recovery": session,
    "infusion:rescue": session,
    "infusion:rescue-tick": session,
    "infusion:recovery-assess": session,
    "infusion:recovery-attest": session,
    "infusion:recovery-override": session,
    "infusion:resume": session,
    "infusion:session": session,
    "infusion:session-timeline": session,
    "infusion:start": session,
    "infusion:transfer": session,
    "infusion:vitals": session,
    "therapy:course": of_course,
    "therapy:note": process_note,
    "therapy:note-draft": of_course,
    "therapy:notes": of_course,
    "therapy:session-draft": of_course,
    "therapy:session-new": of_course,
    "therapy:share": of_course,
    "therapy:withdraw": shared_theme,
    "followup:answer-finding": safety_finding,
    "followup:case": safety_case,
    "followup:check": safety_check,
    "followup:course": of_course,
    "followup:effects": of_course,
    "followup:exposure": of_course,
    "followup:forecast": of_course,
    "followup:in-session": session,
    "followup:letter-fhir": of_course,
    "followup:letter-pdf": of_course,
    "followup:judge": safety_case,
    "followup:new": of_course,
    "followup:priors-approve": proposed_priors,
    "followup:priors-proposal": proposed_priors,
    "followup:priors-take-back": proposed_priors,
    "followup:priors-turn-down": proposed_priors,
    "followup:report": safety_case,
    "followup:report-json": safety_case,
    "followup:report-pdf": safety_case,
    "followup:take": safety_case,
    "outcomes:alert": alert,
    "outcomes:alert-attempt": alert,
    "outcomes:alert-close": alert,
    "outcomes:alert-contact": alert,
    "outcomes:alert-hand-over": alert,
    "outcomes:alert-take": alert,
    "outcomes:answers-help": answers,
    "outcomes:crisis-lines-set": a_site,
    "outcomes:duty-add": a_site,
    "outcomes:licence": a_scale_of_a_site,
    "outcomes:duty-end": duty,
    "outcomes:answers": answers,
    "outcomes:answers-new": scale,
    "outcomes:course": outcomes_course,
    "record:documents": patient,
    "record:measure": patient,
    "record:reconcile": patient,
    "record:source": source,
    "consent:capacity": of_course,
    "consent:course": of_course,
    "consent:paper": signed_consent,
    "consent:questions": consent_kind,
    "consent:separate": consent_kind,
    "consent:separate-paper": separate_consent,
    "consent:separate-signed": separate_consent,
    "consent:separate-withdraw": consent_kind,
    "consent:sign": of_course,
    "consent:signed": signed_consent,
    "consent:talk": of_course,
    "consent:withdraw": of_course,
    "planning:course": of_course,
    "planning:exposure": of_course,
    "planning:model": lambda *_: {"name": "kamp2020_iv"},
    "planning:order": drafted_order,
    "planning:order-amounts": of_first_session,
    "planning:order-new": of_first_session,
    "planning:order-second-sign": drafted_order,
    "planning:order-sign": drafted_order,
    "planning:order-void": drafted_order,
    "planning:plan-new": of_course,
    "planning:practice-settle": a_practice,
    "planning:review": a_review,
    "planning:session-exposure": of_first_session,
    "planning:review-confirm": a_review,
    "followup:review": of_course,
    "followup:take-back": wanted_session,
    "followup:want": of_course,
    "followup:wanted": wanted_session,
    "followup:review-decide": of_course,
    "worklist:course-new": patient,
    "worklist:patient": patient,
}

# Addresses that a room's own tests know how to fill.
ARGUMENTS |= evaluation.ARGUMENTS
ARGUMENTS |= stewardship.ARGUMENTS
ARGUMENTS |= portal.ARGUMENTS
ARGUMENTS |= booking.ARGUMENTS

# Reference pages: they are about no patient, so every site sees the same.
ABOUT_NOBODY = evaluation.ABOUT_NOBODY | {"planning:model", "portal:own-restrict", "portal:own-take"}

# What is put onto the lists, of both sites, before an address without arguments is asked for.
LISTED: tuple[Arguments, ...] = (alert, grant, hold, session)

# What a form sends, where the walk is to send a good one; the permission to send it must then hold it back by itself.
SENT: dict[str, dict[str, str]] = {
    "clinic:course-holds": {"reason": "Chest pain", "lifts_when": "Seen by a cardiologist"},
    "clinic:hold-lift": {"reason": "Seen by a cardiologist"},
    "infusion:rescue-tick": {"checklist": "hypertension", "step": "vasodilator"},
}

# Where sending a form needs another permission than opening the page.
SENDING_NEEDS: dict[str, str] = {
    "clinic:rulebook": "policy.propose",
    "clinic:course-holds": "hold.place",
    "stewardship:discrepancy": "register.explain",
}

# Doors that take no browser's form and so no CSRF token: they ask for a token of their own.
DOORS: set[str] = set()

# allauth's pages: what a GET answers to somebody not logged in, and to a member of staff without a second factor. An
# address that is not listed fails the walk.
LOG_IN_FIRST = (302, 302)  # to the log-in; logged in, to giving the password again before one changes a second factor
OF_ALLAUTH: dict[str, tuple[int, int]] = {
    "account_change_password": (302, 200),
    "account_inactive": (200, 200),
    "account_login": (200, 302),
    "account_logout": (302, 200),
    "account_reauthenticate": (302, 200),
    "account_reset_password": (200, 200),
    "account_reset_password_done": (200, 200),
    "account_reset_password_from_key": (200, 200),
    "account_reset_password_from_key_done": (200, 200),
    "account_set_password": (302, 302),
    "mfa_activate_totp": LOG_IN_FIRST,
    "mfa_add_webauthn": LOG_IN_FIRST,
    "mfa_authenticate": LOG_IN_FIRST,
    "mfa_deactivate_totp": (302, 404),
    "mfa_download_recovery_codes": (302, 404),
    "mfa_edit_webauthn": LOG_IN_FIRST,
    "mfa_generate_recovery_codes": LOG_IN_FIRST,
    "mfa_index": (302, 200),
    "mfa_list_webauthn": (302, 200),
    "mfa_login_webauthn": LOG_IN_FIRST,
    "mfa_reauthenticate": LOG_IN_FIRST,
    "mfa_reauthenticate_webauthn": LOG_IN_FIRST,
    "mfa_remove_webauthn": LOG_IN_FIRST,
    "mfa_view_recovery_codes": (302, 404),
}
OF_ALLAUTH_ARGUMENTS: dict[str, dict[str, object]] = {
    "account_reset_password_from_key": {"uidb36": "1", "key": "wrong"},
    "mfa_remove_webauthn": {"pk": 1},
    "mfa_edit_webauthn": {"pk": 1},
}
