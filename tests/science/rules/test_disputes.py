"""Disputed evidence is kept as disputed: every rule that says others disagree has its readings, with who holds them."""

import pytest

from ketacare.science import reference, rules
from ketacare.science.errors import BadReference
from ketacare.science.rules.disputes import by_rule, disputes

EVERY_RULE = [rule for name in rules.names() for rule in rules.load(name).rules]


@pytest.fixture
def told(monkeypatch):
    """Let a text stand for the file of disputes, and leave the rulebooks, which may have to be read again, as they are."""
    shipped = reference.read_yaml

    def tell(text: str) -> None:
        def read(file: str):
            return reference.parse_yaml(text, place=file) if "disputes" in file else shipped(file)

        monkeypatch.setattr(reference, "read_yaml", read)

    yield tell
    disputes.cache_clear()


@pytest.mark.parametrize("rule", [one for one in EVERY_RULE if one.stated.disagree], ids=str)
def test_a_rule_that_says_others_disagree_has_their_readings(rule):
    assert by_rule()[rule.id]


@pytest.mark.parametrize("dispute", disputes(), ids=lambda one: one.id)
def test_a_dispute_has_a_reading_that_differs_and_its_holder_is_named(dispute):
    assert {reading.leans for reading in dispute.readings} - {"same"}
    assert all(reading.held_by for reading in dispute.readings)
    assert all(reading.sources or "public page" in reading.held_by for reading in dispute.readings)


def test_the_disputes_of_the_clinical_reference_are_told():
    assert {"bipolar", "kidney", "movement", "heart-attack-window"} <= {one.id for one in disputes()}


@pytest.mark.parametrize(
    "reading", [one for dispute in disputes() for one in dispute.readings], ids=lambda one: one.says
)
def test_a_reading_is_not_said_to_be_better_known_than_its_sources(reading):
    marks = {reference.sources()[key].mark for key in reading.sources}
    if marks == {"recalled"}:
        assert reading.mark == "recalled"


def test_everything_wrong_with_the_file_is_told_at_once(told):
    told(
        "{id: disputes, version: 1, schema: ketacare.disputes/1, title: t, review: {status: unreviewed}, disputes: ["
        "{id: a, question: q, rules: [ABS-99], ours: {says: s, why: w}, readings: "
        "[{leans: same, says: s, held_by: h, sources: [NO-SUCH], mark: seen}]}]}"
    )
    disputes.cache_clear()
    with pytest.raises(BadReference) as refused:
        disputes()
    says = " ".join(problem.says for problem in refused.value.problems)
    assert "ABS-99" in says
    assert "NO-SUCH" in says
    assert "nobody disagrees" in says
