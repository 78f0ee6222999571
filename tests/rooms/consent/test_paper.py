"""The signed paper says what was read: the text is taken out of the PDF and every sentence is looked for."""

import io
import re

import pytest
from django.urls import reverse
from pypdf import PdfReader

from ketacare.consent import actions, drawing, paper
from ketacare.consent.document import document_for, separate_for, texts
from ketacare.consent.models import Consent, SeparateConsent
from ketacare.consent.shapes import Text
from tests.rooms import steps
from tests.rooms.steps import SIGNED

LINES = (((10, 20), (400, 200), (700, 30)), ((720, 30), (900, 200)))


def words(pdf: bytes) -> str:
    """Every word of a paper but its footers, which stand between two pages."""
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    kept = [line for page in pages for line in page.splitlines() if "SHA-256" not in line and " · " not in line]
    return squeezed(" ".join(kept))


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text.replace("\u00ad", ""))


def sentences(text: Text) -> list[str]:
    """Everything that a patient reads, sentence by sentence."""
    stated = text.stated
    parts = [stated.title, *(one.text for one in stated.confirmations)]
    for section in stated.sections:
        parts += [
            section.title,
            *section.text,
            *(part for risk in section.risks for part in (risk.effect, risk.how_often)),
        ]
    return [one for part in parts for one in re.split(r"(?<=[.!?])\s+", part)]


@pytest.fixture
def ready(cast):
    steps.eligible(cast)
    steps.capable(cast)
    return cast


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_sentence_that_was_read_stands_on_the_signed_paper(ready, language):
    document = document_for(indication="mdd_trd", language=language)
    consent = steps.sign(ready, document=document)
    said = words(paper.pdf(paper.of_treatment(consent)))
    read = sentences(document)
    assert len(read) > 60
    missing = [one for one in read if squeezed(one) not in said]
    assert not missing
    for question in document.stated.teach_back:
        assert squeezed(question.ask) in said
    assert squeezed("Ada Lindqvist") in said
    assert consent.document_sha256 in squeezed(
        " ".join(p.extract_text() for p in PdfReader(io.BytesIO(paper.pdf(paper.of_treatment(consent)))).pages)
    )


@pytest.mark.parametrize("text", [one for one in texts() if one.kind != "treatment"], ids=lambda one: one.stated.id)
def test_every_separate_paper_says_what_was_read(ready, text):
    steps.talked(ready)
    steps.understood(ready, text)
    given = actions.give_separate(
        course_id=ready.ada_course,
        kind=text.kind,
        signature=steps.signature(ready, text),
        by=ready.actor("nurse"),
        at=SIGNED,
    )
    said = words(paper.pdf(paper.of_separate(given)))
    assert not [one for one in sentences(text) if squeezed(one) not in said]


def test_the_paper_is_in_the_order_in_which_it_was_read(ready):
    document = document_for(indication="mdd_trd")
    said = words(paper.pdf(paper.of_treatment(steps.sign(ready))))
    places = [said.index(squeezed(section.text[0])) for section in document.stated.sections]
    assert places == sorted(places)


def test_a_drawn_signature_is_drawn_from_the_numbers_that_were_kept(ready):
    consent = steps.sign(ready, method="drawn", name="", strokes=LINES)
    told = paper.of_treatment(Consent.objects.get(pk=consent.pk))
    assert "M10 20 L400 200 L700 30 M720 30 L900 200" in told.drawing
    assert paper.pdf(told) != paper.pdf(paper.of_treatment(_typed(consent)))


def _typed(consent: Consent) -> Consent:
    consent.strokes = []
    return consent


def test_a_paper_tells_that_it_was_taken_back(ready):
    consent = steps.sign(ready)
    steps.give(ready, "touch")
    actions.withdraw_consent(course_id=ready.ada_course, by=ready.patient_actor(), at=SIGNED)
    actions.withdraw_separate(course_id=ready.ada_course, kind="touch", by=ready.patient_actor(), at=SIGNED)
    assert "Takenbackon" in words(paper.pdf(paper.of_treatment(Consent.objects.get(pk=consent.pk))))
    touch = SeparateConsent.objects.filter(kind="touch", said="given").get()
    assert "Takenbackon" in words(paper.pdf(paper.of_separate(touch)))


@pytest.mark.parametrize("who, status", [("patient", 200), ("nurse", 200), ("front-desk", 404), ("custodian", 404)])
def test_who_may_have_the_paper(ready, browse, who, status):
    consent = steps.sign(ready)
    response = browse(who).get(reverse("consent:paper", args=[ready.ada_course, consent.pk]))
    assert response.status_code == status
    also = SeparateConsent.objects.get(kind="off_label")
    assert browse(who).get(reverse("consent:separate-paper", args=[ready.ada_course, also.pk])).status_code == status


def test_words_that_look_like_markup_are_printed_as_they_are(ready):
    question = 'Is #sys.inputs *dangerous* <label> $x$ "quoted"?'
    steps.talked(ready)
    actions.record_talk(
        course_id=ready.ada_course,
        talk=steps.Talk(explained_by=ready.user("nurse"), questions=question),
        by=ready.actor("nurse"),
        at=SIGNED,
    )
    steps.understood(ready, separate_for("touch"))
    text = separate_for("touch")
    given = actions.give_separate(
        course_id=ready.ada_course,
        kind="touch",
        signature=steps.signature(ready, text),
        by=ready.actor("nurse"),
        at=SIGNED,
    )
    assert squeezed(question) in words(paper.pdf(paper.of_separate(given)))


@pytest.mark.parametrize(
    "given",
    [
        "[[[0]]]",
        "[[[0,0,0]]]",
        "[[[1001,0]]]",
        "[[[0,301]]]",
        "[[[true,1]]]",
        '[[["M0 0",1]]]',
        "{}",
        "[[]]",
        "nonsense",
        "[" * 5000,
        str([[[1, 1]]] * 201).replace("'", ""),
        str([[[1, 1]] * 6001]).replace("'", ""),
    ],
)
def test_what_is_no_drawing_is_refused(given):
    with pytest.raises(drawing.BadDrawing):
        drawing.strokes_of(given)


def test_a_dot_is_no_signature():
    assert not drawing.is_drawn(drawing.strokes_of("[[[5,5]]]"))
    assert not drawing.is_drawn(drawing.strokes_of("[[[5,5],[50,5]]]"))
    assert drawing.is_drawn(LINES)
