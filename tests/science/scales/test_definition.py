"""A scale's file is refused, with every problem, when its parts do not fit each other."""

import copy
from typing import Any

import pytest

from ketacare.science import reference
from ketacare.science.errors import BadReference, MissingInput
from ketacare.science.scales import library
from ketacare.science.scales.change import change

PHQ9: dict[str, Any] = reference.read_yaml("scales/phq9.1.yaml")


def _without(path: list[str | int], value: object = None) -> dict[str, Any]:
    """PHQ-9 with one place changed, or taken away."""
    raw = copy.deepcopy(PHQ9)
    place: Any = raw
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return raw


@pytest.mark.parametrize("instrument_id", library.shipped())
def test_every_shipped_scale_parses_has_sources_and_an_honest_review(instrument_id: str) -> None:
    instrument = library.load(instrument_id)
    assert instrument.id == instrument_id
    assert instrument.sources
    assert instrument.review.by is None or instrument.review.status == "reviewed"


@pytest.mark.parametrize("instrument_id", library.shipped())
def test_wording_is_shipped_only_where_the_licence_lets_us(instrument_id: str) -> None:
    instrument = library.load(instrument_id)
    assert all(bool(item.text) == instrument.licence.ship_text for item in instrument.items)
    assert instrument.stem is None or instrument.licence.ship_text


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (_without(["colour"], "blue"), "colour"),
        (_without(["licence", "mark"]), "licence.mark"),
        (_without(["sources"], []), "sources"),
        (_without(["items", 0, "text"]), "items.phq9_1: the wording is missing"),
        (_without(["items", 0, "options"], "often"), "there are no options 'often'"),
        (_without(["items", 1, "id"], "phq9_1"), "'phq9_1' is given twice"),
        (_without(["licence", "ship_text"], False), "the licence does not let us ship the wording"),
        (_without(["main_score"], "sum"), "there is no score 'sum'"),
        (_without(["scores", 0, "range"], [0, 30]), "the answers add up to (0, 27)"),
        (_without(["scores", 0, "items", 0], "phq9_x"), "there is no item 'phq9_x'"),
        (_without(["scores", 0, "missing", "max_missing"], 9), "can be prorated"),
        (_without(["scores", 2, "default_threshold"]), "counting needs a default_threshold"),
        (_without(["scores", 1, "method"], "rule"), "a rule, and only it, needs `when`"),
        (_without(["scores", 1, "method"], "composite"), "a composite, and only it, has parts"),
        (_without(["scores", 1, "one_of"], [["phq9_9"]]), "there is no own item 'phq9_9'"),
        (_without(["bands", "score"], "sum"), "there is no score 'sum'"),
        (_without(["bands", "list", 1, "min"], 6), "without hole or overlap"),
        (_without(["bands", "list", 4, "max"], 26), "must end at 27"),
        (_without(["alerts", 0, "when", "item"], "phq9_x"), "alerts.PHQ9_ITEM9_ANY: there is no item 'phq9_x'"),
        (_without(["alerts", 0, "when"], {"itme": "phq9_9"}), "alerts.0.when"),
        (_without(["alerts", 3, "when", "score"], "sum"), "there is no score 'sum'"),
        (_without(["alerts", 0, "when"], {"classification": "x", "op": "==", "value": "y"}), "no classification 'x'"),
        (_without(["alerts", 0, "when"], {"context": "x", "op": "==", "value": "y"}), "no context 'x'"),
        (_without(["classifications", 0, "rules"]), "either rules or an endorsement"),
        (_without(["classifications", 0, "rules", 2, "when"], {"status_in": ["complete"]}), "the last rule"),
    ],
)
def test_a_definition_that_contradicts_itself_is_refused(raw: dict[str, Any], says: str) -> None:
    with pytest.raises(BadReference) as refused:
        library.parse(raw, place="a scale")
    assert says in str(refused.value)
    assert str(refused.value).startswith("a scale: ")


def test_all_problems_come_at_once() -> None:
    raw = _without(["bands", "score"], "sum")
    raw["items"][0]["options"] = "often"
    raw["main_score"] = "sum"
    with pytest.raises(BadReference) as refused:
        library.parse(raw, place="a scale")
    assert len(refused.value.problems) >= 3


def test_a_scale_we_do_not_ship_is_said_to_be_missing() -> None:
    with pytest.raises(MissingInput, match="not shipped"):
        library.load("a_scale_of_tomorrow")


def test_an_answer_set_can_cite_the_file_it_was_scored_by() -> None:
    cited = library.cite(library.load("phq9"))
    assert (cited.id, cited.version, cited.sha256) == ("phq9", 1, reference.digest("scales/phq9.1.yaml"))


def test_a_scale_without_a_main_score_has_no_change() -> None:
    with pytest.raises(ValueError, match="no main score"):
        change(library.load("cssrs_screener"), baseline=None, current=None)
