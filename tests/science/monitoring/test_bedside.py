"""The observation sheet holds every value that a session may chart on its scales, once."""

from ketacare.science.monitoring.bedside import sheet
from ketacare.science.monitoring.parameters import measured


def test_every_value_of_a_scale_stands_on_the_sheet_once() -> None:
    for scale in sheet().scales:
        field = measured("observation")[scale.parameter]
        values = [one.value for one in scale.levels]
        low, high = field.range or (0, 1)
        assert sorted(values) == list(range(int(low), int(high) + 1)), scale.parameter


def test_a_value_without_a_word_has_none() -> None:
    pain = sheet().scale("pain")
    assert pain is not None
    assert (pain.word(0), pain.word(4), pain.word("none")) == ("none", "", "")
    assert sheet().scale("heart_rate") is None
