import re

import pytest

from ketacare.consent import document
from ketacare.science import reference
from ketacare.science.errors import BadReference

FILE = "consent/iv_ketamine_en.1.yaml"
PROMISES = re.compile(
    r"\b(cure[sd]?|guarantee\w*|will (help|work|feel better)|safe and effective|proven)\b", re.IGNORECASE
)


def syllables(word: str) -> int:
    groups = len(re.findall(r"[aeiouy]+", word.lower()))
    silent = word.lower().endswith("e") and not word.lower().endswith(("le", "ee"))
    return max(groups - silent, 1)


def grade(text: str) -> float:
    """The Flesch-Kincaid grade of an English text."""
    words, sentences = re.findall(r"[A-Za-z']+", text), len(re.findall(r"[.!?](?:\s|$)", text))
    return 0.39 * len(words) / sentences + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


@pytest.mark.parametrize("shipped", document.documents(), ids=lambda one: one.stated.id)
def test_a_consent_document_reads_at_grade_eight_or_below(shipped):
    for section in shipped.stated.sections:
        assert grade(" ".join(section.text)) <= 8.0, section.id


@pytest.mark.parametrize("shipped", document.documents(), ids=lambda one: one.stated.id)
def test_a_consent_document_promises_nothing(shipped):
    for section in shipped.stated.sections:
        assert not PROMISES.search(" ".join(section.text)), section.id


@pytest.mark.parametrize("shipped", document.documents(), ids=lambda one: one.stated.id)
def test_a_consent_document_names_what_others_leave_out(shipped):
    told = {section.id for section in shipped.stated.sections}
    assert told >= {
        "status",
        "feel",
        "benefit",
        "serious",
        "unknown",
        "choices",
        "pregnancy",
        "medicines",
        "home",
        "rights",
        "call",
    }


def test_off_label_use_is_said_plainly():
    shipped = document.document_for(indication="mdd_trd")
    status = next(section for section in shipped.stated.sections if section.id == "status")
    assert status.text[0].startswith("No.")
    assert "off-label" in status.text[0]


def test_every_number_of_people_rests_on_a_source_that_was_read():
    for shipped in document.documents():
        for section in shipped.stated.sections:
            told = " ".join([*section.text, *(risk.how_often for risk in section.risks)])
            if re.search(r"\d+ in \d+", told):
                marks = {reference.sources()[key].mark for key in section.sources}
                assert "seen" in marks, section.id


def test_a_document_is_found_by_indication_and_route():
    assert document.document_for(indication="mdd_trd", route="iv_ketamine").reference.id == "iv_ketamine_en"
    assert document.document_for(indication="mdd_trd", route="in_esketamine").reference.id == "nasal_esketamine_en"
    assert document.document_for(indication="mdd_trd", route="im_ketamine") is None
    assert document.document_for(indication="burnout") is None


@pytest.mark.parametrize(
    "change, says",
    [
        ({"surprise": 1}, "surprise"),
        ({"dose_mg_per_kg": {"lowest": "0.8", "highest": "0.75"}}, "lies above the highest"),
        ({"capacity": {"questions": [{"id": "a", "ask": "b"}], "sources": ["NOBODY-SAID"]}}, "NOBODY-SAID"),
    ],
)
def test_a_document_that_is_not_right_is_refused(monkeypatch, change, says):
    good = reference.read_yaml(FILE)
    monkeypatch.setattr(document.reference, "read_yaml", lambda file: good | change)
    reference.sources()
    with pytest.raises(BadReference, match=says):
        document.parse(FILE)
