import re

import pytest

from ketacare.consent import document, shapes
from ketacare.consent.models import SeparateConsent
from ketacare.consent.shapes import DocumentShape, Text, TextShape
from ketacare.science import reference
from ketacare.science.errors import BadReference
from ketacare.science.monitoring import protocol

FILE = "consent/iv_ketamine_en.1.yaml"
PROMISES = re.compile(
    r"\b(cure[sd]?|guarantee\w*|will (help|work|feel better)|safe and effective|proven"
    r"|cura(rá)?|garantiza\w*|le (va a ayudar|ayudará)|seguro y eficaz)\b",
    re.IGNORECASE,
)


NAMES = {"ids": lambda one: one.stated.id}
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
SENTENCE_ENDS = re.compile(r"[.!?](?=\s|$)")


def syllables(word: str) -> int:
    groups = len(re.findall(r"[aeiouy]+", word.lower()))
    silent = word.lower().endswith("e") and not word.lower().endswith(("le", "ee"))
    return max(groups - silent, 1)


def grade(text: str) -> float:
    """The Flesch-Kincaid grade of an English text."""
    words, sentences = re.findall(r"[A-Za-z']+", text), len(SENTENCE_ENDS.findall(text))
    return 0.39 * len(words) / sentences + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def spanish_syllables(word: str) -> int:
    """Groups of vowels, where a strong vowel beside a strong one, or a stressed weak one, begins a new syllable."""
    return max(len(re.findall(r"[iuü]?[aeoáéóíú][iuüy]?(?![áéíóú])|[iuü]+|[aeoáéíóú]", word.lower())), 1)


def spanish_grade(text: str) -> float:
    """Crawford's grade of a Spanish text (1984): sentences and syllables in a hundred words."""
    words, sentences = re.findall(r"[^\W\d_]+", text), len(SENTENCE_ENDS.findall(text))
    per_100 = 100 / len(words)
    return -0.205 * sentences * per_100 + 0.049 * sum(map(spanish_syllables, words)) * per_100 - 3.407


GRADES = {"en": grade, "es": spanish_grade}


def prose(stated: TextShape) -> list[str]:
    """Every running text: the sections, what is explained again, and what is confirmed."""
    sections = [" ".join(section.text) for section in stated.sections]
    again = " ".join(one.again for one in stated.teach_back)
    return [*sections, again, " ".join(one.text for one in stated.confirmations)]


def pairs() -> list[tuple[Text, Text]]:
    """Every English text with its Spanish one."""
    spanish = {document.without_language(one): one for one in document.texts() if one.stated.language == "es"}
    english = [one for one in document.texts() if one.stated.language == "en"]
    assert {document.without_language(one) for one in english} == spanish.keys()
    return [(one, spanish[document.without_language(one)]) for one in english]


def numbers(text: str) -> list[str]:
    return sorted(NUMBER.findall(text))


@pytest.mark.parametrize("shipped", document.texts(), **NAMES)
def test_a_text_reads_at_grade_eight_or_below(shipped):
    for part in prose(shipped.stated):
        assert GRADES[shipped.stated.language](part) <= 8.0, part


@pytest.mark.parametrize("english, spanish", pairs(), ids=lambda one: one.stated.id)
def test_the_spanish_text_says_what_the_english_one_says(english, spanish):
    one, other = english.stated, spanish.stated
    assert [part.id for part in one.sections] == [part.id for part in other.sections]
    for mine, theirs in zip(one.sections, other.sections, strict=True):
        assert mine.sources == theirs.sources
        assert len(mine.risks) == len(theirs.risks)
        for told, said in zip(mine.text, theirs.text, strict=True):
            assert numbers(told) == numbers(said), mine.id
            assert len(SENTENCE_ENDS.findall(told)) == len(SENTENCE_ENDS.findall(said)), told
        for told, said in zip(mine.risks, theirs.risks, strict=True):
            assert numbers(f"{told.effect} {told.how_often}") == numbers(f"{said.effect} {said.how_often}")
    for mine, theirs in zip(one.teach_back, other.teach_back, strict=True):
        assert (mine.id, mine.right) == (theirs.id, theirs.right)
        assert [choice.id for choice in mine.choices] == [choice.id for choice in theirs.choices]
        assert numbers(mine.again) == numbers(theirs.again)
    assert [part.id for part in one.confirmations] == [part.id for part in other.confirmations]
    assert one.terms == other.terms


@pytest.mark.parametrize("english, spanish", pairs(), ids=lambda one: one.stated.id)
def test_both_languages_are_for_the_same_treatment(english, spanish):
    one, other = english.stated, spanish.stated
    assert one.kind == other.kind
    if isinstance(one, DocumentShape):
        assert (one.drug, one.route, one.dose_mg_per_kg) == (other.drug, other.route, other.dose_mg_per_kg)
        assert one.indications.keys() == other.indications.keys()
        assert one.capacity == other.capacity
    else:
        assert one.needed == other.needed


@pytest.mark.parametrize("shipped", document.texts(), **NAMES)
def test_nobody_can_answer_every_question_by_its_place(shipped):
    questions = shipped.stated.teach_back
    places = {[choice.id for choice in one.choices].index(one.right) for one in questions}
    assert len(places) > 1 or len(questions) == 1


@pytest.mark.parametrize("shipped", document.documents(), **NAMES)
def test_what_matters_most_is_asked_back(shipped):
    asked = {one.id for one in shipped.stated.teach_back}
    assert asked >= {"approval", "benefit", "unknown", "home", "stop", "crisis"}


def test_there_is_a_text_for_every_separate_consent_in_both_languages():
    for kind in document.SEPARATE:
        for language in ("en", "es"):
            assert document.separate_for(kind, language=language).stated.language == language
    assert {one.kind for one in document.separate_texts()} == set(document.SEPARATE)
    assert {one.value for one in SeparateConsent.Kind} == set(document.SEPARATE)


@pytest.mark.parametrize("shipped", document.separate_texts(), **NAMES)
def test_only_off_label_use_is_something_that_treatment_waits_for(shipped):
    assert (shipped.stated.needed == "off-label") == (shipped.kind == "off_label")


def test_a_language_that_nobody_has_written_falls_back_to_english():
    assert document.document_for(indication="mdd_trd", language="de").stated.language == "en"
    assert document.separate_for("touch", language="de").stated.language == "en"


@pytest.mark.parametrize("shipped", document.documents(), **NAMES)
def test_a_consent_document_promises_nothing(shipped):
    for section in shipped.stated.sections:
        assert not PROMISES.search(" ".join(section.text)), section.id


@pytest.mark.parametrize("shipped", document.documents(), **NAMES)
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
    assert document.document_for(indication="mdd_trd", route="im_ketamine").reference.id == "im_ketamine_en"
    assert document.document_for(indication="mdd_trd", route="in_ketamine_compounded") is None
    assert document.document_for(indication="mdd_suicidal").reference.id == "nasal_esketamine_en"
    assert document.document_for(indication="burnout") is None


@pytest.mark.parametrize(
    "change, says",
    [
        ({"surprise": 1}, "surprise"),
        ({"version": 2}, "what has changed"),
        ({"dose_mg_per_kg": {"lowest": "0.8", "highest": "0.75"}}, "lies above the highest"),
        ({"capacity": {"questions": [{"id": "a", "ask": "b"}], "sources": ["NOBODY-SAID"]}}, "NOBODY-SAID"),
    ],
)
def test_a_document_that_is_not_right_is_refused(monkeypatch, change, says):
    good = reference.read_yaml(FILE)
    reference.sources()
    monkeypatch.setattr(shapes.reference, "parse_yaml", lambda content, place: good | change)
    with pytest.raises(BadReference, match=says):
        shapes.parse(FILE)


DEPRESSION = {"mdd_trd", "mdd_suicidal"}
SHARED = ["pregnancy", "medicines", "home", "room", "data", "rights", "call"]


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_protocol_has_its_document_but_the_one_our_sources_tell_no_dose_of(language):
    missing = {
        (indication, template.route)
        for template in protocol.load().templates.values()
        for indication in template.indications
        if document.document_for(indication=indication, route=template.route, language=language) is None
    }
    assert missing == {("mdd_trd", "in_ketamine_compounded")}


@pytest.mark.parametrize("shipped", document.documents(), **NAMES)
def test_no_illness_borrows_the_numbers_of_depression(shipped):
    counted = {"T-HAN16", "T-MCINNES22", "T-LII23", "T-RODRIGUES22", "T-BP24"}
    sections = [one for one in shipped.stated.sections if one.id in {"benefit", "common", "serious"}]
    used = counted & {key for one in sections for key in one.sources}
    usual = document.without_language(shipped) == document.USUAL
    assert bool(used) == usual
    if not DEPRESSION & shipped.stated.indications.keys():
        assert "8 in 10" not in " ".join(text for one in sections for text in one.text)


@pytest.mark.parametrize("language", ["en", "es"])
def test_what_is_the_same_is_said_in_the_same_words(language):
    texts = [one for one in document.documents() if one.stated.language == language and one.stated.drug == "ketamine"]
    for name in SHARED:
        said = {tuple(part.text) for one in texts for part in one.stated.sections if part.id == name}
        assert len(said) == 1, name
