"""The signed paper: every sentence as it was read, what was ticked and answered, and the signature."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import typst
from django.utils import translation
from django.utils.translation import gettext as _

from ketacare.clinic.models import Course
from ketacare.consent import drawing
from ketacare.consent.models import Consent, ConsentTalk, SeparateConsent
from ketacare.consent.queries import text_signed
from ketacare.consent.shapes import Section, Text
from ketacare.consent.teach_back import asked
from ketacare.ui.words import moment

PAGE = Path(__file__).parent / "typst/signed.typ"
Rows = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class SignedPaper:
    """What is printed; every word comes from the text as it was signed, or from the signature's row."""

    language: str
    title: str
    patient: str
    site: str
    version: str
    sections: tuple[dict[str, object], ...]  # title, text, risks
    headings: dict[str, str]
    confirmed: tuple[str, ...]
    answers: Rows  # question, what was answered in the end and how many tries it took
    facts: Rows  # who explained, interpreter, signature, until when
    drawing: str  # an SVG of our own making; empty: typed or on paper
    digest: str
    withdrawn: str


def of_treatment(consent: Consent) -> SignedPaper:
    """The paper of a consent to treatment."""
    text = text_signed(consent.document_sha256)
    withdrawal = getattr(consent, "withdrawal", None)
    with translation.override(text.stated.language):
        zone = consent.course.site.time_zone
        facts = (
            (
                _("Able to decide, judged by"),
                f"{consent.capacity.assessed_by.name}, {moment(consent.capacity.assessed_at, zone)}",
            ),
            *signed_facts(consent, consent.signed_at, zone),
            (
                _("Doses agreed to"),
                f"{consent.dose_from_mg_per_kg.normalize():f} - {consent.dose_to_mg_per_kg.normalize():f} mg/kg",
            ),
        )
        taken = _("Taken back on %(when)s") % {"when": moment(withdrawal.withdrawn_at, zone)} if withdrawal else ""
        return paper(consent, text, consent.course, facts=facts, withdrawn=taken)


def of_separate(given: SeparateConsent) -> SignedPaper:
    """The paper of one separate consent that was given."""
    text = text_signed(given.document_sha256)
    with translation.override(text.stated.language):
        zone = given.course.site.time_zone
        later = given.course.separate_consents.filter(kind=given.kind, said="withdrawn", pk__gt=given.pk).first()
        taken = _("Taken back on %(when)s") % {"when": moment(later.said_at, zone)} if later else ""
        return paper(given, text, given.course, facts=signed_facts(given, given.said_at, zone), withdrawn=taken)


def paper(
    signed: Consent | SeparateConsent, text: Text, course: Course, *, facts: Iterable[tuple[str, str]], withdrawn: str
) -> SignedPaper:
    """What both kinds of papers carry."""
    return SignedPaper(
        language=text.stated.language,
        title=text.stated.title,
        patient=str(course.patient),
        site=course.site.name,
        version=version_words(text),
        sections=tuple(as_printed(one) for one in text.stated.sections),
        headings={
            "what": _("What"),
            "how_often": _("How many people"),
            "confirmed": _("Ticked by the patient"),
            "answers": _("Questions about it"),
            "signature": _("Signature"),
        },
        confirmed=tuple(one.text for one in text.stated.confirmations if one.id in signed.confirmed),
        answers=tuple(answered(signed.talk, text)),
        facts=tuple(facts),
        drawing=drawing.svg(signed.strokes) if signed.strokes else "",
        digest=text.reference.sha256,
        withdrawn=withdrawn,
    )


def version_words(text: Text) -> str:
    """Which version this is, and whether a clinician has reviewed it."""
    review = text.stated.review
    seen = _("reviewed by %(name)s") % {"name": review.by} if review.by else _("not reviewed by a clinician")
    return f"{text.reference.id}, {_('Version %(version)s') % {'version': text.reference.version}}, {seen}"


def as_printed(section: Section) -> dict[str, object]:
    """One section as values that JSON has."""
    risks = [[risk.effect, risk.how_often] for risk in section.risks]
    return {"title": section.title, "text": list(section.text), "risks": risks}


def answered(talk: ConsentTalk | None, text: Text) -> Iterable[tuple[str, str]]:
    """Each question with the answer that was given in the end."""
    for one in asked(talk, text):
        words = {choice.id: choice.text for choice in one.question.choices}
        if one.tries:
            tries = _("tries: %(count)s") % {"count": len(one.tries)}
            yield one.question.ask, f"{words.get(one.tries[-1].choice, one.tries[-1].choice)} ({tries})"


def signed_facts(signed: Consent | SeparateConsent, at: object, zone: str) -> tuple[tuple[str, str], ...]:
    """Who explained, through whom, what was asked, and how it was signed."""
    talk = signed.talk
    told = (
        ()
        if talk is None
        else (
            (_("Explained by"), f"{talk.explained_by.name}, {moment(talk.held_at, zone)}"),
            (_("Interpreter"), interpreter(talk)),
            (_("Asked, and told"), talk.questions or _("Nothing was asked.")),
        )
    )
    witness = ((_("Witness"), signed.witness.name),) if signed.witness else ()
    log_in = (
        _("the patient's own log-in")
        if signed.signed_in == "patient"
        else _("the clinic's log-in, with the patient there")
    )
    return (
        *told,
        (_("Signed"), f"{signed.signed_name}, {moment(at, zone)}"),  # type: ignore[arg-type]
        (_("How"), f"{ways()[signed.method]}, {log_in}"),
        *witness,
        (_("Recorded by"), signed.recorded_by.name),
        (_("Holds until"), moment(signed.expires_at, zone)),
    )


def ways() -> dict[str, str]:
    """How a signature was given, in the language that is spoken."""
    return {"drawn": _("drawn on screen"), "on-screen": _("typed on screen"), "on-paper": _("signed on paper")}


def interpreter(talk: ConsentTalk) -> str:
    """Through whom the talk was held."""
    if talk.interpreter == ConsentTalk.Interpreter.NONE_NEEDED:
        return _("none needed")
    return f"{talk.interpreter_name}, {talk.interpreter_language}"


def pdf(told: SignedPaper) -> bytes:
    """The paper as a PDF; every text goes in as data, never as the page's own language."""
    return typst.compile(PAGE, sys_inputs={"paper": json.dumps(asdict(told))}, pdf_standards=["a-2b"])
