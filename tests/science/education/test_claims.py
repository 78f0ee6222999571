"""The claims of the education pages: each number founded, each source known, each dispute with its sides."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science import reference
from ketacare.science.education import claims
from ketacare.science.errors import BadReference

CLAIM = {
    "en": "About 5 in 10 of 537 people got better.",
    "es": "Cerca de 5 de cada 10 de 537 personas mejoraron.",
    "figures": {"better_percent": 53.6, "people": 537},
    "grade": "low",
    "sources": ["T-MCINNES22"],
    "mark": "seen",
    "look_again_on": reference.parse_yaml("2027-05-31", place="here"),
}
FILE = {
    "id": "claims",
    "version": 1,
    "schema": "ketacare.education/1",
    "title": "Made up",
    "review": {"status": "unreviewed"},
    "claims": {"series": CLAIM},
}


def with_claim(**changes: object) -> dict[str, object]:
    raw = copy.deepcopy(FILE)
    raw["claims"]["series"] |= changes
    return raw


def problems(raw: object) -> str:
    with pytest.raises(BadReference) as caught:
        claims.parse(raw, place="here")
    return str(caught.value)


def test_a_claim_whose_numbers_are_its_figures_is_taken():
    assert claims.parse(FILE, place="here").claims["series"].figures["people"] == 537


def test_a_source_that_nobody_knows_is_refused():
    assert "T-NOBODY" in problems(with_claim(sources=["T-NOBODY"]))
    assert problems(with_claim(sources=[]))


@pytest.mark.parametrize(
    "said",
    [
        {"en": "About 6 in 10 of 537 people got better."},
        {"es": "Cerca de 5 de cada 10 de 573 personas mejoraron."},
        {"en": "About 54 in 100 of 537, after 4 weeks."},
        {"figures": {"better_percent": 53.6}},
    ],
)
def test_a_number_that_is_no_figure_of_the_statement_is_refused_in_either_language(said):
    assert "is not among its figures" in problems(with_claim(**said))


def test_a_dispute_has_two_sides_and_nothing_else_has_any():
    side = {"en": "Yes.", "es": "Sí.", "sources": ["T-MCINNES22"]}
    assert problems(with_claim(grade="disputed"))
    assert problems(with_claim(grade="disputed", sides=[side]))
    assert problems(with_claim(sides=[side, side]))
    assert claims.parse(with_claim(grade="disputed", sides=[side, side]), place="here")
    assert "not among the claim's" in problems(
        with_claim(grade="disputed", sides=[side, {**side, "sources": ["T-HAN16"]}])
    )


@pytest.mark.parametrize(
    "changes", [{"promise": True}, {"grade": "sure"}, {"mark": "read"}, {"look_again_on": "soon"}, {"en": 5}]
)
def test_a_claim_of_another_shape_is_refused(changes):
    assert problems(with_claim(**changes))


@given(st.floats(min_value=0, max_value=100), st.sampled_from([10, 100]))
def test_a_share_in_words_is_its_percentage_rounded_to_the_nearest(percent, base):
    nearest = round(percent * base / 100)
    figures = {"better_percent": percent}
    assert claims.unfounded(f"about {nearest} in {base}", figures) == []
    assert claims.unfounded(f"cerca de {nearest + 1} de cada {base}", figures) == [f"{nearest + 1} de cada {base}"]


def test_thousands_and_parts_are_read_as_numbers():
    assert claims.unfounded("3 of 6,630, which is 0.05 %", {"bladder": 3, "patients": 6630, "percent": 0.05}) == []
    assert claims.unfounded("3 of 6,630", {"bladder": 3, "patients": 663}) == ["6,630"]


def test_what_sources_disagree_about_says_so():
    known = claims.load().claims
    assert {name for name, claim in known.items() if claim.grade == "disputed"} >= {
        "bipolar",
        "dependence",
        "bladder",
        "duration",
    }
    for claim in known.values():
        held_by = [frozenset(side.sources) for side in claim.sides]
        assert len(set(held_by)) == len(held_by), "each side is held by somebody of its own"


def test_what_was_not_read_is_not_said_to_have_been():
    for name, claim in claims.load().claims.items():
        marks = {reference.sources()[key].mark for key in claim.sources}
        assert claim.mark != "seen" or marks <= {"seen", "mixed"}, name
