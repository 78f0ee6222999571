"""Every shipped scale read a second time, against the instruments catalogue it was written from."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from ketacare.science import reference
from ketacare.science.scales import library
from ketacare.science.scales.conditions import COMPARE, Condition, ItemIs, ScoreIs
from ketacare.science.scales.definition import Instrument
from ketacare.science.scales.scoring import score
from tests.shared_folder import SHARED, needs_shared

pytestmark = [needs_shared, pytest.mark.real_data]

CATALOGUE: Any = (
    reference.parse_yaml((SHARED / "evidence" / "instruments.yaml").read_text(), place="catalogue")
    if SHARED.is_dir()
    else {"instruments": [], "scoring_only": [], "option_sets": {}}
)
CORE = {each["id"]: each for each in CATALOGUE["instruments"]}
SCORING_ONLY = {each["id"]: each for each in CATALOGUE["scoring_only"]}

ALERTS_OF_THE_TABLES = {"BPIC_SS_HIGH", "RASS_DEEP", "POSS_SEDATED", "ASA_REVIEW"}  # in the catalogue's prose alone
ENTERED_WHOLE = {"bpic_ss": 1}  # the catalogue has eight items without values and one total
WITH_DISTRESS = {"pq16": 32}  # each of the 16 answers has a distress rating


def given(**named: Mapping[str, Any]) -> pytest.MarkDecorator:
    """One run for each entry of the catalogue."""
    ((name, entries),) = named.items()
    return pytest.mark.parametrize(name, entries.values(), ids=list(entries))


def test_everything_in_the_catalogue_is_shipped() -> None:
    assert set(library.shipped()) >= set(CORE) | set(SCORING_ONLY)


@given(core=CORE)
def test_items_wording_answers_and_codes_are_the_catalogue_s(core: Any) -> None:
    instrument = library.load(core["id"])
    assert [item.id for item in instrument.items] == [item["id"] for item in core["items"]]
    for item, theirs in zip(instrument.items, core["items"], strict=True):
        options = CATALOGUE["option_sets"][theirs["options"]]["options"]
        assert [one.value for one in instrument.choices(item)] == [one["value"] for one in options]
        if instrument.licence.ship_text:
            assert item.text == theirs["text"]
            assert [one.label for one in instrument.choices(item)] == [one["label"] for one in options]
        else:
            assert item.text is None
        assert (item.scored, item.required) == (theirs.get("scored", True), theirs.get("required", True))
        assert (item.loinc and item.loinc.code) == (theirs.get("loinc") or {}).get("code")
        assert (item.show_when is None) == ("show_when" not in theirs)
    if instrument.licence.ship_text:
        assert (instrument.stem, instrument.instructions) == (core.get("stem"), core.get("instructions"))
    assert core["licence"]["ship_text"]


@given(core=CORE)
def test_codes_are_those_the_catalogue_found_and_no_others(core: Any) -> None:
    ours = {name: code.code for name, code in library.load(core["id"]).loinc.items()}
    theirs = {
        name: found["code"] for name, found in core["loinc"].items() if isinstance(found, dict) and "code" in found
    }
    assert ours == theirs


@given(core=CORE)
def test_scores_ranges_and_missing_answers_are_the_catalogue_s(core: Any) -> None:
    instrument = library.load(core["id"])
    assert [rule.id for rule in instrument.scores] == [rule["id"] for rule in core["scores"]]
    for rule, theirs in zip(instrument.scores, core["scores"], strict=True):
        assert (list(rule.items), list(rule.range)) == (theirs["items"], theirs["range"])
        assert rule.decimals == theirs.get("round_decimals", 0)
        assert rule.multiply == theirs.get("multiply", 1)
        missing = theirs.get("missing")
        assert (rule.missing and rule.missing.max_missing) == (missing and missing["max_missing"])
        assert (rule.missing and rule.missing.method) == (missing and missing.get("method"))
        assert (rule.gate is None) == ("gate" not in theirs)


@given(core=CORE)
def test_bands_cuts_and_alerts_are_the_catalogue_s(core: Any) -> None:
    instrument = library.load(core["id"])
    bands = (core.get("bands") or {}).get("list", [])
    ours = instrument.bands.list if instrument.bands else ()
    assert [(band.min, band.max, band.id) for band in ours] == [
        (band["min"], band["max"], band["id"]) for band in bands
    ]
    assert [(cut.id, cut.score, cut.op, cut.value) for cut in instrument.cutoffs] == [
        (cut["id"], cut["score"], cut["op"], cut["value"]) for cut in core.get("cutoffs", [])
    ]
    assert [(alert.id, alert.level, _plain(alert.when)) for alert in instrument.alerts] == [
        (alert["id"], alert["level"], alert["when"]) for alert in core.get("alerts", [])
    ]


def _plain(condition: Condition) -> Any:
    """A condition as the catalogue writes it."""
    said = condition.model_dump(mode="python", warnings=False)
    return _unwrapped(said)


def _unwrapped(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _unwrapped(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_unwrapped(each) for each in value]
    return int(value) if isinstance(value, Decimal) else value


@given(core=CORE)
def test_change_is_the_catalogue_s(core: Any) -> None:
    ours = library.load(core["id"]).change
    theirs = core.get("change", {})
    for name in ("response", "remission", "mcid", "reliable_change", "clinically_significant"):
        rule = getattr(ours, name)
        assert (rule and rule.value) == (theirs[name]["value"] if name in theirs else None), name


@given(entry=SCORING_ONLY)
def test_a_scale_without_wording_has_the_catalogue_s_items_and_no_text(entry: Any) -> None:
    instrument = library.load(entry["id"])
    count = WITH_DISTRESS.get(entry["id"]) or ENTERED_WHOLE.get(entry["id"]) or entry.get("n_items")
    assert len(instrument.items) == (count or len(entry["components"]))
    assert not instrument.licence.ship_text
    assert instrument.licence.needs == "own_licence"
    assert {item.text for item in instrument.items} == {None}
    codes = {name: code for name, code in entry.get("loinc", {}).items() if name != "evidence"}
    assert {name: code.code for name, code in instrument.loinc.items()} == codes
    if isinstance(entry.get("values"), list):
        recorded = [list(instrument.points(item)) for item in instrument.items[: entry["n_items"]]]
        assert recorded == [entry["values"]] * len(recorded)
    for top, numbers in entry.get("item_max", {}).items():
        assert {instrument.permitted(instrument.items[n - 1])[-1] for n in numbers} == {int(top)}


@given(entry=SCORING_ONLY)
def test_scores_of_a_scale_without_wording_are_the_catalogue_s(entry: Any) -> None:
    instrument = library.load(entry["id"])
    for theirs in entry["scores"]:
        rule = instrument.score_rule(theirs["id"])
        assert rule is not None
        if "range" in theirs:
            assert list(rule.range) == theirs["range"]
        if "max" in theirs:
            assert rule.range[1] == theirs["max"]
            assert len(rule.items) == theirs["n"]
        if isinstance(theirs.get("items"), list):
            numbers = {item.id: item.n for item in instrument.items}
            assert [numbers[name] for name in _sources(instrument, rule.id)] == theirs["items"]
        missing = theirs.get("missing")
        if isinstance(missing, dict) and rule.method not in ("composite", "rule"):
            assert rule.missing is not None
            assert rule.missing.max_missing == missing["max_missing"]
            assert bool(rule.missing.method) == ("method" in missing)


def _sources(instrument: Instrument, score_id: str) -> list[str]:
    """The items a score comes out of, through the scores a composite stands on, in their order."""
    rule = instrument.score_rule(score_id)
    assert rule is not None
    found = {item for part in rule.parts for item in _sources(instrument, part)} | set(rule.items)
    return [item.id for item in instrument.items if item.id in found]


@given(entry=SCORING_ONLY)
def test_bands_cuts_and_alerts_of_a_scale_without_wording_are_the_catalogue_s(entry: Any) -> None:
    instrument = library.load(entry["id"])
    bands = instrument.bands.list if instrument.bands else ()
    assert [[band.min, band.max, band.id] for band in bands] == entry.get("bands", [])
    assert [cut.value for cut in instrument.cutoffs] == ([entry["cutoff"]] if "cutoff" in entry else [])
    numbers = {item.id: item.n for item in instrument.items}
    ours = []
    for alert in instrument.alerts:
        if alert.id in ALERTS_OF_THE_TABLES:
            continue
        assert isinstance(alert.when, ItemIs | ScoreIs)
        about = numbers[alert.when.item] if isinstance(alert.when, ItemIs) else alert.when.score
        ours.append((alert.id, alert.level, about, alert.when.op, alert.when.value))
    theirs = [
        (each["id"], each["level"], *(each["when"].get(key) for key in ("item", "score") if key in each["when"]),
         each["when"]["op"], each["when"]["value"])
        for each in entry.get("alerts", [])
    ]  # fmt: skip
    assert ours == theirs


@given(entry={**CORE, **SCORING_ONLY})
def test_one_step_across_each_edge_changes_the_band_and_only_there(entry: Any) -> None:
    """Every total the scale can have, reached by real answers, lies in the band the catalogue puts it in."""
    instrument = library.load(entry["id"])
    if not entry.get("bands"):
        pytest.skip("no bands")
    listed = entry["bands"]["list"] if isinstance(entry["bands"], dict) else entry["bands"]
    edges = [(each["min"], each["max"], each["id"]) if isinstance(each, dict) else tuple(each) for each in listed]
    answers: dict[str, object] = {item.id: _lowest(instrument, item.id) for item in instrument.items}
    for item in instrument.items:
        for answer in sorted(instrument.points(item), key=instrument.points(item).__getitem__):
            result = score(instrument, answers | {item.id: answer})
            value = result.scores[
                entry["bands"]["score"] if isinstance(entry["bands"], dict) else instrument.main_score or ""
            ]
            assert value is not None
            assert result.band is not None
            assert [name for low, high, name in edges if low <= value <= high] == [result.band.id]
            reached = [cut.id for cut in instrument.cutoffs if COMPARE[cut.op](result.scores[cut.score], cut.value)]
            assert [cut.id for cut in result.cutoffs] == reached
        answers[item.id] = answer


def _lowest(instrument: Instrument, item_id: str) -> int | str:
    item = next(each for each in instrument.items if each.id == item_id)
    return min(instrument.points(item), key=instrument.points(item).__getitem__)
