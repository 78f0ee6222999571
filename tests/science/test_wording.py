"""Texts that lie apart fit the structure they belong to, and change nothing else of it."""

import pytest

from ketacare.science import reference
from ketacare.science.errors import BadReference
from ketacare.science.scales import library, wording
from ketacare.science.scales.scoring import score


@pytest.mark.parametrize("scale", wording.packs())
def test_a_wording_fits_its_scale_and_changes_nothing_but_words(scale):
    plain = library.load(scale)
    texts = wording.newest(scale, plain.version)
    shown = wording.worded(plain, texts)
    assert all(item.text for item in shown.items)
    assert [item.model_copy(update={"text": None}) for item in shown.items] == [*plain.items]
    assert (shown.scores, shown.alerts, shown.bands) == (plain.scores, plain.alerts, plain.bands)
    assert {name: [one.value for one in given] for name, given in shown.options.items()} == {
        name: [one.value for one in given] for name, given in plain.options.items()
    }
    answers = {item.id: plain.permitted(item)[0] for item in plain.items}
    assert score(shown, answers).scores == score(plain, answers).scores
    assert texts.needs == plain.licence.needs


def test_no_scale_ships_in_its_own_file_the_text_that_lies_apart():
    for scale in wording.packs():
        plain = library.load(scale)
        assert not plain.licence.ship_text
        assert not any(item.text for item in plain.items)


def test_whoever_needs_a_registration_or_a_non_commercial_use_has_its_texts_apart_and_nobody_else():
    needs = {name: library.load(name).licence.needs for name in library.shipped()}
    apart = {name for name, needed in needs.items() if needed in ("registration", "non_commercial")}
    assert apart == set(wording.packs()) == {"cssrs_screener", "cssrs_since_last", "who5"}


def test_the_folder_says_under_which_terms_its_files_stand():
    text = (reference.DATA / "wording/LICENSE").read_text(encoding="utf-8")
    assert all(name in text for name in wording.packs())


@pytest.mark.parametrize(
    "change",
    [{"scale": "phq9"}, {"scale_version": 2}, {"items": {"who5_1": "x"}}, {"options": {"who5_freq6": {5: "x"}}}],
)
def test_a_wording_of_something_else_is_refused(change):
    texts = wording.load("who5", 1).model_copy(update=change)
    with pytest.raises(BadReference):
        wording.worded(library.load("who5"), texts)


def test_a_scale_without_texts_apart_has_none():
    assert wording.newest("phq9", 1) is None
    assert wording.newest("who5", 9) is None
    assert wording.versions("who5") == (1,)


def test_a_wording_that_cannot_be_read_is_refused(monkeypatch):
    monkeypatch.setattr(reference, "read_yaml", lambda file: {"id": "who5"})
    with pytest.raises(BadReference):
        wording.load.__wrapped__("who5", 1)
