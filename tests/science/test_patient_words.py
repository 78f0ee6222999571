"""What patients are told: spans in words, both languages whole, and words of danger in whatever dress."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science.patients import dose_day, messages, scores

ROUTES = ["iv_ketamine", "im_ketamine", "sc_ketamine", "in_esketamine", "in_ketamine_compounded", "po_sl_ketamine"]
HOURS = {one.hours: 6.0 for one in dose_day.load().items if one.hours}


@pytest.mark.parametrize(
    ("hours", "english", "spanish"),
    [
        (0.5, "30 minutes", "30 minutos"),
        (1, "1 hour", "1 hora"),
        (6, "6 hours", "6 horas"),
        (1.5, "1.5 hours", "1.5 horas"),
    ],
)
def test_a_span_is_said_in_its_fitting_unit(hours, english, spanish):
    assert dose_day.in_words(hours, language="en") == english
    assert dose_day.in_words(hours, language="es") == spanish


@pytest.mark.parametrize("route", ROUTES)
def test_every_route_has_its_own_fasting_and_the_same_in_both_languages(route):
    english, spanish = (dose_day.checklist(route, HOURS, language=one) for one in ("en", "es"))
    assert [(one.part, one.rule) for one in english] == [(one.part, one.rule) for one in spanish]
    assert {one.part for one in english} == set(dose_day.PARTS)
    everybody = dose_day.checklist(None, HOURS, language="en")
    assert set(everybody) < set(english)


@pytest.mark.parametrize("language", ["en", "es"])
def test_no_sentence_speaks_of_a_dose_or_of_benefit(language):
    for route in ROUTES:
        text = " ".join(one.text for one in dose_day.checklist(route, HOURS, language=language)).lower()
        assert not any(word in text for word in (" mg", "mg/kg", "dose", "dosis", "cure", "heal", "cura "))


WORDS = [word for found in messages.load().danger.values() for word in found]


@pytest.mark.parametrize("word", WORDS)
def test_each_word_is_found_in_capitals_with_accents_signs_and_blanks(word):
    assert messages.names_danger(f"Hello. {word.upper()}!")
    assert messages.names_danger("so, " + "  ".join(word.split()) + " ...")


@pytest.mark.parametrize(
    "text",
    [
        "I can't   BREATHE",
        "I don’t want to live",
        "SUICÍDIO",
        "me quiero hacer daño a mí, hacerme daño",
        "over—overdose",
    ],
)
def test_danger_is_found_as_people_type_it(text):
    assert messages.names_danger(text)


@pytest.mark.parametrize("text", ["", "May I bring music?", "Is the 9:30 free?", "¿Puedo traer música?", "日本語"])
def test_plain_questions_name_no_danger(text):
    assert not messages.names_danger(text)


@given(st.text(), st.sampled_from(WORDS), st.text())
def test_whatever_stands_around_it_a_word_of_danger_is_found(before, word, after):
    assert messages.names_danger(f"{before} {word} {after}")


def test_a_band_without_words_is_not_named_and_an_unknown_language_reads_english():
    assert scores.band("Deep sedation or unresponsive", language="en") == ""
    assert scores.band("Mild", language="fr") == scores.band("Mild", language="en")
    assert scores.band("Mild", language="es-mx") == scores.band("Mild", language="es")
