"""The most cautious verdict over all worlds, found without trying every one of them."""

from itertools import product
from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st

from ketacare.science.rules.cells import reads
from ketacare.science.rules.conditions import AtLeast, Comparison
from ketacare.science.rules.worlds import worlds_of
from tests.science.rules.made_up import FIELDS, PARAMS, WITH_STARS, value

SUM = SimpleNamespace(
    when=None, stated=SimpleNamespace(set=None, fact="grade", count_of=None, difference=("days", "share"))
)
COUNT = SimpleNamespace(
    when=None,
    stated=SimpleNamespace(set=None, fact="days", count_of="kinds", among=("a", "b", "c"), difference=None),
)
SAID = SimpleNamespace(
    when=Comparison(fact="risk", op="eq", value="none"),
    stated=SimpleNamespace(set={"told": False}, fact=None, count_of=None, difference=None),
)
BOOK = SimpleNamespace(
    rounding=None,
    derivations=(SUM, COUNT, SAID),
    derived_from={"grade": ("days", "share"), "days": ("kinds",), "told": ("risk",)},
)
CAUTION = {False: 0, None: 1, True: 2}


def compared(field):
    """What conditions may see of a fact: a value, or at least so much."""
    plain = value(field)
    return plain | plain.filter(bool).map(AtLeast) if field.type == "list" else plain


PATIENTS = st.fixed_dictionaries({}, optional={name: compared(field) for name, field in FIELDS.items()})
RIVALS = st.dictionaries(st.sampled_from(sorted(FIELDS)), st.none(), max_size=4).flatmap(
    lambda names: st.fixed_dictionaries(
        {name: st.lists(compared(FIELDS[name]), min_size=2, max_size=3, unique=True).map(tuple) for name in names}
    )
)


@settings(max_examples=75, deadline=None)
@given(WITH_STARS, PATIENTS, RIVALS)
def test_the_most_cautious_verdict_is_that_of_some_world_and_no_world_is_more_cautious(condition, facts, rivals):
    entered = facts | {name: several[0] for name, several in rivals.items()}
    worlds = worlds_of(BOOK, entered, rivals=rivals, params=PARAMS)
    names = sorted(worlds.rivals)
    every = [
        condition.verdict(worlds.world(dict(zip(names, picked, strict=True))), PARAMS)
        for picked in product(*(worlds.rivals[name] for name in names))
    ]
    verdict, chosen = worlds.most_cautious(condition, {})
    assert CAUTION[verdict] == max(CAUTION[one] for one in every)
    assert condition.verdict(worlds.world(chosen), PARAMS) is verdict


@given(WITH_STARS, PATIENTS)
def test_without_rivals_there_is_one_world(condition, facts):
    worlds = worlds_of(SimpleNamespace(rounding=None, derivations=(), derived_from={}), facts, rivals={}, params=PARAMS)
    assert worlds.most_cautious(condition, {}) == (condition.verdict(facts, PARAMS), {})
    assert worlds.certain == facts


@given(WITH_STARS, PATIENTS, RIVALS)
def test_a_contradiction_about_a_fact_that_is_not_read_changes_nothing(condition, facts, rivals):
    unread = {name: several for name, several in rivals.items() if name not in reads(condition)}
    plain = SimpleNamespace(rounding=None, derivations=(), derived_from={})
    entered = facts | {name: several[0] for name, several in unread.items()}
    worlds = worlds_of(plain, entered, rivals=unread, params=PARAMS)
    assert worlds.most_cautious(condition, {})[0] is condition.verdict(entered, PARAMS)
