"""What must be true of scoring, whatever the answers."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketacare.science.errors import OutOfRange
from ketacare.science.scales import library
from ketacare.science.scales.scoring import round_half_up, score

PHQ9, GAD7 = library.load("phq9"), library.load("gad7")
PHQ9_ITEMS = [f"phq9_{n}" for n in range(1, 10)]
ANSWERS = st.integers(0, 3)


@given(st.lists(ANSWERS, min_size=9, max_size=9))
def test_a_complete_total_is_the_sum_and_has_exactly_one_band(values: list[int]) -> None:
    result = score(PHQ9, dict(zip(PHQ9_ITEMS, values, strict=True)))
    assert result.status == "complete"
    assert result.main == sum(values)
    assert PHQ9.bands is not None
    assert [band for band in PHQ9.bands.list if band.min <= sum(values) <= band.max] == [result.band]


@given(st.lists(ANSWERS, min_size=7, max_size=7), st.randoms())
def test_the_order_in_which_answers_were_given_changes_nothing(values: list[int], random: object) -> None:
    pairs = [(f"gad7_{n}", value) for n, value in enumerate(values, 1)]
    shuffled = list(pairs)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert score(GAD7, dict(pairs)) == score(GAD7, dict(shuffled))


@given(st.permutations(range(9)), st.lists(ANSWERS, min_size=9, max_size=9))
def test_the_total_does_not_care_which_item_got_which_answer(order: list[int], values: list[int]) -> None:
    moved = [values[n] for n in order]
    assert (
        score(PHQ9, dict(zip(PHQ9_ITEMS, values, strict=True))).main
        == score(PHQ9, dict(zip(PHQ9_ITEMS, moved, strict=True))).main
    )


@given(st.lists(ANSWERS, min_size=9, max_size=9), st.sets(st.integers(0, 8)))
def test_up_to_two_missing_are_prorated_half_up_and_more_give_no_total(values: list[int], missing: set[int]) -> None:
    answers = {item: None if n in missing else values[n] for n, item in enumerate(PHQ9_ITEMS)}
    result = score(PHQ9, answers)
    if len(missing) > 2:
        assert (result.status, result.main, result.band) == ("incomplete", None, None)
        return
    answered = [values[n] for n in range(9) if n not in missing]
    exact = Decimal(sum(answered) * 9) / len(answered)
    assert result.main == exact.quantize(Decimal(1), ROUND_HALF_UP)
    assert result.status == ("prorated" if missing else "complete")
    assert result.scores["n_symptoms"] is None or not missing


@given(st.dictionaries(st.sampled_from(PHQ9_ITEMS), ANSWERS), st.sampled_from([4, -1, 1.0, "1", True, [1]]))
def test_one_invalid_answer_takes_every_score_and_band_away(answers: dict[str, object], bad: object) -> None:
    result = score(PHQ9, answers | {"phq9_4": bad})
    assert result.status == "invalid"
    assert set(result.scores.values()) == {None}
    assert (result.band, result.invalid_items) == (None, ("phq9_4",))


@given(st.dictionaries(st.sampled_from(PHQ9_ITEMS), st.none() | st.integers(-2, 5) | st.text(max_size=2)))
def test_the_critical_item_is_never_silent_unless_answered_not_at_all(answers: dict[str, object]) -> None:
    alerts = {alert.id for alert in score(PHQ9, answers).alerts}
    answer = answers.get("phq9_9")
    if type(answer) is int and answer == 0:
        assert not alerts & {"PHQ9_ITEM9_ANY", "PHQ9_ITEM9_FREQUENT", "PHQ9_ITEM9_UNANSWERED"}
    elif type(answer) is int and 1 <= answer <= 3:
        assert "PHQ9_ITEM9_ANY" in alerts
    else:
        assert "PHQ9_ITEM9_UNANSWERED" in alerts


@given(st.dictionaries(st.sampled_from(PHQ9_ITEMS), ANSWERS))
def test_alerts_stand_in_the_order_of_the_definition(answers: dict[str, int]) -> None:
    order = [alert.id for alert in PHQ9.alerts]
    fired = [alert.id for alert in score(PHQ9, answers).alerts]
    assert fired == sorted(fired, key=order.index)


@given(st.fractions(min_value=-1000, max_value=1000), st.integers(0, 3))
def test_rounding_half_up_lands_within_half_a_step(exact: Fraction, decimals: int) -> None:
    rounded, step = Fraction(round_half_up(exact, decimals)), Fraction(1, 10**decimals)
    assert -step / 2 < rounded - exact <= step / 2
    assert (rounded / step).denominator == 1


def test_a_hidden_question_is_not_missing_and_an_optional_one_not_needed() -> None:
    calm = score(PHQ9, dict.fromkeys(PHQ9_ITEMS, 0))
    troubled = score(PHQ9, dict.fromkeys(PHQ9_ITEMS, 1))
    assert calm.missing_items == troubled.missing_items == ()
    assert [cutoff.id for cutoff in calm.cutoffs] == []


def test_suicide_risk_is_a_lower_bound_while_answers_are_missing_or_invalid() -> None:
    screener = library.load("cssrs_screener")
    partial = score(screener, {"cssrs_1": 1, "cssrs_2": 1, "cssrs_4": 1})
    assert (partial.status, partial.classifications["risk"], partial.lower_bounds) == ("incomplete", "high", ("risk",))
    invalid = score(screener, {"cssrs_1": 9, "cssrs_4": 1})
    assert (invalid.status, invalid.classifications["risk"], invalid.lower_bounds) == ("invalid", "high", ("risk",))
    assert invalid.scores == {"ideation_severity": None}
    assert [alert.level for alert in invalid.alerts] == [3, 2]


def test_a_context_the_scale_does_not_know_is_refused_with_every_problem() -> None:
    with pytest.raises(OutOfRange) as refused:
        score(library.load("audit_c"), {}, {"sex_for_cutoff": "?", "age": "9"})
    assert [problem.place for problem in refused.value.problems] == ["context.sex_for_cutoff", "context.age"]


@pytest.mark.parametrize("instrument_id", library.shipped())
@settings(max_examples=20)
@given(data=st.data())
def test_every_score_of_every_scale_stays_in_its_range_and_finds_its_band(
    instrument_id: str, data: st.DataObject
) -> None:
    instrument = library.load(instrument_id)
    answers = {
        item.id: data.draw(st.none() | st.sampled_from(list(instrument.points(item))), label=item.id)
        for item in instrument.items
    }
    result = score(instrument, answers)
    assert result.invalid_items == ()
    for rule in instrument.scores:
        value = result.scores[rule.id]
        assert value is None or rule.range[0] <= value <= rule.range[1]
    banded = instrument.bands is not None and result.scores[instrument.bands.score] is not None
    assert (result.band is not None) == banded


@pytest.mark.parametrize("instrument_id", library.shipped())
def test_the_extremes_of_every_scale_reach_the_ends_of_its_main_score(instrument_id: str) -> None:
    instrument = library.load(instrument_id)
    main = instrument.score_rule(instrument.main_score)
    reversed_items = main.reverse if main else ()
    for end, pick, other in ((0, 0, -1), (1, -1, 0)):
        answers = {
            item.id: sorted(instrument.points(item).items(), key=lambda each: each[1])[
                other if item.id in reversed_items else pick
            ][0]
            for item in instrument.items
        }
        result = score(instrument, answers)
        assert result.status == "complete"
        assert main is None or result.main == main.range[end]
