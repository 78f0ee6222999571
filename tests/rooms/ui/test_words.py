from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.template import Context, Template
from django.utils import translation

from ketacare.ui import words

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def render(text: str, **context: object) -> str:
    return Template("{% load ui %}" + text).render(Context(context))


@pytest.mark.parametrize(
    "value, unit, said",
    [(70, "kg", "70 kg"), (70.5, "kg", "70.5 kg"), (Decimal("0.50"), "mg/kg", "0.5 mg/kg"), (None, "kg", "–")],
)
def test_a_number_has_its_unit_and_no_trailing_nought(value, unit, said):
    assert words.quantity(value, unit) == said.replace(" ", "\N{NO-BREAK SPACE}")


@pytest.mark.parametrize(
    "ago, said",
    [
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 min ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=47), "47 h ago"),
        (timedelta(days=2), "2 days ago"),
        (timedelta(minutes=-10), "in 10 min"),
    ],
)
def test_an_age_is_said_in_one_unit(ago, said):
    assert words.age(NOW - ago, now=NOW).replace("\N{NO-BREAK SPACE}", " ") == said


def test_a_moment_is_told_in_the_sites_zone_with_its_name():
    assert words.moment(NOW, "America/New_York") == "2 Mar 2026, 04:00 EST"
    assert words.clock(NOW, "Europe/Berlin") == "10:00"


@pytest.mark.parametrize(
    "code, said",
    [
        ("order_lft", "order liver tests"),
        ("ssri_snri", "SSRI or SNRI"),
        ("cyp3a4_inhibitor_strong", "CYP3A4 inhibitor strong"),
        ("re_evaluate", "re-evaluate"),
    ],
)
def test_a_code_is_read_as_people_say_it(code, said):
    assert words.in_words(code) == said


@pytest.mark.parametrize("minutes, overdue", [(5, False), (6, True)])
def test_an_age_beyond_its_limit_says_so_in_words_too(minutes, overdue):
    html = render("{% age at 5 %}", at=NOW - timedelta(minutes=minutes), now=NOW)
    assert ("overdue" in html) is overdue


def test_what_nobody_knows_is_never_an_empty_space():
    assert "never" in render("{% age at %}", at=None)
    assert "unknown" in render("{% unknown %}")


def test_text_from_people_is_escaped():
    for text in ("{% badge name 'clear' %}", "{% alarm name 'high' %}", "{% source name name %}", "{% unknown name %}"):
        assert "<b>bold" not in render(text, name='"><b>bold')


def test_a_moment_on_a_spanish_page_is_told_in_spanish():
    with translation.override("es"):
        assert words.moment(NOW, "Europe/Berlin") == "2 de marzo de 2026, 10:00 CET"
        assert render('{{ at|date:"DATE_FORMAT" }}', at=NOW) == "2 de marzo de 2026"
    with translation.override("en"):
        assert render('{{ at|date:"DATE_FORMAT" }}', at=NOW) == "2 March 2026"
