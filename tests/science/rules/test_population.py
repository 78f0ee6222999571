"""Many patients judged at once come to exactly what each comes to alone."""

from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import cache
from itertools import cycle, islice

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ketacare.science.errors import BadFacts, BadPolicy
from ketacare.science.rules import Clearance, Fact, cells, load, names, population
from ketacare.science.rules.columns import BLOCK
from tests.science.rules.healthy import HEALTHY
from tests.science.rules.small_book import small_book

ON = date(2026, 11, 22)
BOOK = load("eligibility")
ANYBODY = settings(deadline=None, max_examples=20, suppress_health_check=list(HealthCheck))


def alone(book, patients, *, on=ON, policy=None, clearances=None):
    """What the plain evaluator says of each patient."""
    found = []
    for place, facts in enumerate(patients):
        one = book.evaluate(facts, on=on, policy=policy, clearances=(clearances or {}).get(place, ()))
        cleared = {finding.rule.id for finding in one.findings if finding.cleared}
        found.append((one.disposition, set(one.fired), set(one.unknown), cleared, one.urgent))
    return found


def together(screened):
    """The same, out of the planes."""
    on_plane = {rule: set(population.patients_on(plane)) for rule, plane in screened.cleared.items()}
    urgent = set(population.patients_on(screened.urgent))
    return [
        (
            disposition,
            set(fires),
            set(unknown),
            {rule for rule, who in on_plane.items() if place in who},
            place in urgent,
        )
        for place, (disposition, fires, unknown) in enumerate(screened.each())
    ]


@cache
def choices(name):
    """For each fact of a book the values its rules can tell apart."""
    book = load(name)
    found = cells.of([rule.when for rule in book.rules], book.fields, book.defaults.values)
    return {fact: [one for one in values if one is not None] for fact, values in found.items()}


def ways(fact, field, value):
    """The ways in which a value may be given: plain, dated, too old, as the only source, and for lists also open."""

    def dated(days, **more):
        return Fact(name=fact, value=value, unit=field.unit, as_of=ON - timedelta(days=days), **more)

    yield from [value] * 6
    yield Fact(name=fact, value=value)
    if field.fresh_for.seconds is None:
        yield from (dated(0), dated(20), dated(400), [dated(5)])
    if field.type == "list":
        yield from (list(value), Fact(name=fact, value=list(value), complete=False))
    if field.counts_days:
        yield ON - timedelta(days=min(value, 5000))


@cache
def entries(name):
    """For each fact of a book all the ways it may be given, clearances left out."""
    fields = load(name).fields
    return {
        fact: [way for value in values for way in ways(fact, fields[fact], value)]
        for fact, values in choices(name).items()
        if not fact.startswith("clearance.")
    }


@cache
def patients(name):
    """Made-up patients; some have a derived fact entered, and some have sources that differ."""
    derived = load(name).derived_from
    facts = {fact: st.sampled_from(given) for fact, given in entries(name).items()}
    plain = st.fixed_dictionaries({}, optional={fact: one for fact, one in facts.items() if fact not in derived})
    entered = st.fixed_dictionaries({}, optional={fact: one for fact, one in facts.items() if fact in derived})
    rivals = st.sampled_from(sorted(facts)).flatmap(
        lambda fact: st.lists(st.sampled_from(choices(name)[fact]), min_size=2, max_size=2).map(
            lambda values: {fact: [Fact(name=fact, value=value) for value in values]}
        )
    )
    return st.builds(
        lambda plain, entered, rivals, odd: plain | (entered if odd == 1 else {}) | (rivals if odd == 2 else {}),
        plain,
        entered,
        rivals,
        st.integers(0, 5),
    )


@cache
def records(name):
    """Clearances that may cover rules, expire, or rest on facts that changed."""
    book = load(name)
    kinds = sorted({kind for rule in book.rules for kind in rule.cleared_by}) or ["clearance.cardiology"]
    plain = {
        fact: st.sampled_from(values) for fact, values in choices(name).items() if not fact.startswith("clearance.")
    }
    one = st.builds(
        lambda kind, covers, dated, inputs: Clearance(
            clearance=kind,
            covers=frozenset(covers),
            dated=ON - timedelta(days=dated),
            expires=ON + timedelta(days=30 - dated),
            inputs=inputs,
        ),
        st.sampled_from(kinds),
        st.sets(st.sampled_from([rule.id for rule in book.rules]), max_size=60),
        st.integers(-1, 60),
        st.fixed_dictionaries({}, optional=dict(list(plain.items())[:2])),
    )
    return st.lists(one, max_size=4)


@cache
def policies(name):
    """No policy, and one for each parameter that may lie at its strictest alone."""
    book = load(name)
    found = [None]
    for param, one in book.params.items():
        with suppress(BadPolicy):
            found.append(book.policy({param: one.bounds[one.stricter == "higher"]}))
    return found


@pytest.mark.parametrize("name", names())
@ANYBODY
@given(data=st.data())
def test_patients_judged_together_come_to_what_each_comes_to_alone(name, data):
    book = load(name)
    population_ = data.draw(st.lists(patients(name), min_size=1, max_size=5))
    files = {0: data.draw(records(name))} if book.clearance_max_age_days else {}
    policy = data.draw(st.sampled_from(policies(name)))
    screened = population.screen(book, population_, on=ON, policy=policy, clearances=files)
    assert together(screened) == alone(book, population_, policy=policy, clearances=files)


@ANYBODY
@given(data=st.data())
def test_a_site_with_stricter_numbers_judges_the_same_table_anew(data):
    population_ = data.draw(st.lists(patients("eligibility"), min_size=1, max_size=5))
    table = population.table(BOOK, population_, on=ON)
    stricter = BOOK.policy({"bp_treat_sys": 150, "mi_window_days": 100})
    assert together(table.screen(stricter)) == alone(BOOK, population_, policy=stricter)
    assert together(table.screen()) == alone(BOOK, population_)


def varied(**facts):
    return {**HEALTHY, **facts}


SOME = [
    HEALTHY,
    {},
    varied(**{"cv.bp_sys": 181}),
    varied(**{"plan.route": "im_ketamine", "renal.egfr": 12.5}),
    varied(**{"meds.classes": ["maoi", "opioid"]}),
    varied(**{"site.jurisdiction": "US", "plan.route": "in_esketamine"}),
    varied(**{"cv.bp_sys": None, "cv.pulse_pressure": 40}),
]


def test_more_patients_than_a_block_holds_keep_their_places():
    size = 2 * BLOCK + 5
    screened = population.screen(BOOK, islice(cycle(SOME), size), on=ON)
    assert screened.size == size
    assert sum(screened.counts().values()) == size
    assert together(screened) == list(islice(cycle(alone(BOOK, SOME)), size))


def test_a_block_with_more_values_than_a_byte_counts_is_judged_the_same():
    several = [varied(**{"renal.egfr": 20 + place / 100, "cv.bp_sys": 100 + place % 90}) for place in range(1200)]
    assert together(population.screen(BOOK, several, on=ON)) == alone(BOOK, several)


def test_nobody_comes_to_nothing():
    screened = population.screen(BOOK, [], on=ON)
    assert (screened.size, set(screened.counts().values()), list(screened.each())) == (0, {0}, [])


def test_one_patient_is_found_by_their_place():
    screened = population.screen(BOOK, SOME, on=ON)
    assert [screened.disposition(place) for place in range(len(SOME))] == [one[0] for one in alone(BOOK, SOME)]
    assert population.patients_on(screened.fires["ABS-09"]) == [2]
    assert screened.most_fired()[0][1] == max(plane.bit_count() for plane in screened.fires.values())


def test_whoever_has_contradicting_facts_is_judged_alone_and_the_same():
    born_male = varied(**{"patient.sex_at_birth": "male", "patient.pregnant": True})
    two_sources = varied(**{"cv.avm": [Fact(name="cv.avm", value=True), Fact(name="cv.avm", value=False)]})
    several = [HEALTHY, born_male, two_sources]
    screened = population.screen(BOOK, several, on=ON)
    assert population.patients_on(screened.alone) == [1, 2]
    assert together(screened) == alone(BOOK, several)


def test_a_clearance_counts_for_whoever_is_judged_with_others_and_alone():
    coronary = varied(**{"cv.stable_cad": True})
    contradicting = coronary | {"patient.sex_at_birth": "male", "patient.pregnant": True}
    file = Clearance(clearance="clearance.cardiology", covers=frozenset({"REL-04"}), dated=ON, expires=ON)
    several, files = [coronary, coronary, contradicting], {1: [file], 2: [file]}
    screened = population.screen(BOOK, several, on=ON, clearances=files)
    assert population.patients_on(screened.cleared["REL-04"]) == [1, 2]
    assert population.patients_on(screened.alone) == [2]
    assert together(screened) == alone(BOOK, several, clearances=files)


def test_an_open_list_is_judged_with_the_others():
    several = [
        varied(**{"meds.classes": Fact(name="meds.classes", value=held, complete=False)})
        for held in (["maoi"], ["lithium"], [])
    ]
    screened = population.screen(BOOK, several, on=ON)
    assert not screened.alone
    assert together(screened) == alone(BOOK, several)


def test_facts_of_other_books_and_short_names_are_taken_as_for_one_patient():
    book = load("alarms")
    several = [{"spo2": 80, "meds.classes": ["opioid"]}, {"now.spo2": 99, "heart_rate": 130.0}]
    screened = population.screen(book, several, on=ON)
    assert not screened.alone
    assert together(screened) == alone(book, several)


WRONG = {
    "a name that nobody knows": {"cv.bp_siss": 120},
    "a clearance as a plain value": {"clearance.cardiology": True},
    "a number as text": {"cv.bp_sys": "120"},
    "yes for a whole number": {"patient.asa_class": True},
    "a fraction for a whole number": {"cv.bp_sys": 120.0},
    "outside its range": {"cv.bp_sys": 1200},
    "no number at all": {"renal.egfr": float("nan")},
    "not on the list": {"meds.classes": ["aspirin"]},
    "a list in a list": {"meds.classes": [["opioid"]]},
    "an open list that holds what no list may": {"meds.classes": Fact(name="meds.classes", value=["aspirin"], complete=False)},
    "another fact by its own word": {"cv.bp_sys": Fact(name="cv.bp_dia", value=120)},
    "a date as text": {"cv.avm": Fact(name="cv.avm", value=True, as_of="2026-01-01")},
    "another unit": {"patient.weight_kg": Fact(name="patient.weight_kg", value=70.0, unit="lb")},
    "from the future": {"cv.avm": Fact(name="cv.avm", value=True, as_of=date(2027, 1, 1))},
    "stale and wrong": {"cv.bp_sys": Fact(name="cv.bp_sys", value=1200, as_of=date(2020, 1, 1))},
    "another book's fact, wrong": {"gate.temp_c": 400.0},
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG.values(), ids=list(WRONG))
def test_what_is_refused_alone_is_refused_with_the_patients_place(wrong):
    with pytest.raises(BadFacts) as one:
        BOOK.evaluate(wrong, on=ON)
    with pytest.raises(BadFacts) as several:
        population.screen(BOOK, [{"patient.asa_class": 1}, wrong, HEALTHY], on=ON)
    assert [(f"patient 1: {each.place}", each.says) for each in one.value.problems] == [
        (each.place, each.says) for each in several.value.problems
    ]


def test_every_refused_patient_is_told_at_once():
    with pytest.raises(BadFacts) as refusal:
        population.screen(BOOK, [*islice(cycle([HEALTHY]), BLOCK), {"cv.bp_sys": 1}, {"cv.bp_dia": 1}], on=ON)
    assert [each.place for each in refusal.value.problems] == [
        f"patient {BLOCK}: cv.bp_sys",
        f"patient {BLOCK + 1}: cv.bp_dia",
    ]


def test_a_dated_fact_needs_the_day_of_evaluation():
    for dated in ({"cv.days_since_mi_or_event": ON}, {"cv.avm": Fact(name="cv.avm", value=True, as_of=ON)}):
        with pytest.raises(BadFacts):
            population.screen(BOOK, [dated])
    record = Clearance(clearance="clearance.cardiology", covers=frozenset(), dated=ON, expires=ON)
    with pytest.raises(BadFacts):
        population.screen(BOOK, [HEALTHY], clearances={0: [record]})


def test_facts_that_age_by_seconds_are_judged_at_the_moment():
    book = load("alarms")
    at = datetime.fromisoformat("2026-11-22T10:00:00+00:00")
    several = [
        {"now.spo2": Fact(name="now.spo2", value=80.0, as_of=at - timedelta(seconds=ago))} for ago in (0, 30, 4000)
    ]
    assert together(population.screen(book, several, on=at)) == alone(book, several, on=at)


def test_a_derivation_that_two_derivations_fill_takes_the_last_as_for_one_patient():
    second = {"id": "D-4", "when": {"f": "risk", "op": "eq", "value": "none"}, "set": {"many": 3}}
    first = {"id": "D-2", "fact": "many", "count_of": "kinds", "among": ["a", "b"]}
    third = {"id": "D-1", "fact": "gap", "difference": ["bp", "dia"]}
    book = small_book("derivations", [first, second, third])
    several = [{"kinds": ["a"], "risk": risk} for risk in ("none", "low")] + [{"risk": "none"}, {"kinds": ["a", "b"]}]
    assert together(population.screen(book, several, on=ON)) == alone(book, several)
