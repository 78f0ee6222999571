"""The loader refuses what it does not understand, everything at once, each with its place."""

import math

import pytest

from ketacare.science import reference
from ketacare.science.errors import BadReference
from ketacare.science.rules import catalogue, load, load_file, names, versions
from ketacare.science.rules.book import parse_book
from tests.data_folder import data_apart, next_version
from tests.science.rules.small_book import changed, small_book


def refused(tree):
    with pytest.raises(BadReference) as error:
        parse_book(tree, place="small.yaml", sha256="0")
    return [str(problem) for problem in error.value.problems]


def test_the_five_books_load_and_say_that_nobody_reviewed_them():
    assert set(names()) == {"eligibility", "start_gate", "order_checks", "alarms", "surveillance"}
    books = [load(name) for name in names()]
    assert [len(book.rules) for book in books] == [30, 135, 23, 33, 29]
    assert {book.review.status for book in books} == {"unreviewed"}
    assert all(rule.sources for book in books for rule in book.rules)


def test_an_absolute_rule_says_itself_who_may_go_on_against_it():
    absolute = [rule for rule in load("eligibility").rules if rule.severity == "absolute"]
    assert len(absolute) == 26
    assert {rule.stated.override for rule in absolute} == {"forbidden", "second_prescriber"}


def test_one_catalogue_holds_the_facts_of_all_books():
    facts = catalogue()
    for name in names():
        assert load(name).fields.keys() <= facts.keys()
    assert facts["now.spo2"].same_meaning(load("start_gate").fields["now.spo2"])


def test_two_books_that_mean_different_things_by_one_fact_are_refused(tmp_path):
    with data_apart(tmp_path) as folder:
        file = folder / "alarms.1.yaml"
        text = file.read_text(encoding="utf-8")
        was = "now.spo2: {type: float, range: [0, 100]"
        assert was in text
        file.write_text(text.replace(was, was.replace("[0, 100]", "[0, 99]")), encoding="utf-8")
        with pytest.raises(BadReference, match=r"fields\.now\.spo2: another book declares this fact differently"):
            catalogue()


def test_a_book_is_parsed_once_and_knows_its_digest():
    assert load("alarms") is load("alarms")
    assert load("alarms") is load("alarms", version=versions("alarms")[-1])
    assert load("alarms").sha256 == reference.digest("rulebooks/alarms.1.yaml")


def test_a_version_that_is_not_there_is_refused_and_those_there_are_named():
    with pytest.raises(BadReference, match="rulebooks/alarms: there is no version 99; there is 1"):
        load("alarms", 99)
    with pytest.raises(BadReference, match="no such data file"):
        versions("nothing")


def test_the_small_book_is_accepted():
    assert [rule.override for rule in small_book().rules] == ["forbidden", "reason", "second_prescriber", "reason"]


@pytest.mark.parametrize(
    ("path", "value", "place", "says"),
    [
        ("colour", "red", "colour", "Extra inputs"),
        ("version", "1", "version", "valid integer"),
        ("schema", "other/1", "schema", "ketacare.rulebook/1"),
        ("review/status", "approved", "review.status", "unreviewed"),
        ("rules", [], "rules", "at least 1"),
        ("rules/0/colour", "red", "rules.0.colour", "Extra inputs"),
        ("rules/0/urgent", "yes", "rules.0.urgent", "valid boolean"),
        ("rules/0/certainty", "sure", "rules.0.certainty", "high"),
        ("rules/0/sources", [], "rules.R-1.sources", "names no source"),
        ("rules/0/sources", ["NO-SUCH"], "rules.R-1.sources", "unknown source NO-SUCH"),
        ("rules/0/severity", "odd", "rules.R-1.severity", "unknown severity odd"),
        ("rules/1/cleared_by", ["told"], "rules.R-2.cleared_by", "unknown clearance told"),
        ("rules/1/applies_to", [], "rules.R-2.applies_to", "applies to nobody"),
        ("rules/0/override", "reason", "rules.R-1.override", "forbidden or second_prescriber"),
        ("rules/0/override", None, "rules.R-1.override", "forbidden or second_prescriber"),
        ("rules/2/override", "acknowledge", "rules.R-3.override", "looser than reason"),
        ("rules/1/cleared_by", ["clearance.bladder"], "rules.R-2.cleared_by", "unknown clearance"),
        ("rules/1/applies_to", ["by_mouth"], "rules.R-2.applies_to", "unknown route"),
        ("rules/1/jurisdiction", "XX", "rules.R-2.jurisdiction", "unknown jurisdiction"),
        ("rules/0/id", "R-2", "rules.R-2", "given 2 times"),
        ("rules/0/when", {"f": "rsik", "op": "missing"}, "rules.R-1.when", "did you mean risk?"),
        ("rules/0/when", {"f": "bp", "op": "above", "value": 1}, "rules.R-1.when", "unknown operator"),
        ("rules/0/when", {"f": "bp", "op": "is_true"}, "rules.R-1.when", "of type int"),
        ("rules/0/when", {"f": "risk", "op": "eq", "value": "hgih"}, "rules.R-1.when", "'hgih' not among"),
        ("rules/0/when", {"f": "kinds", "op": "contains_any", "value": ["z"]}, "rules.R-1.when", "'z' not among"),
        ("rules/0/when", {"f": "bp", "op": "ge", "value": "180"}, "rules.R-1.when", "'180' is no number"),
        ("rules/0/when", {"f": "bp", "op": "ge", "param": "limti"}, "rules.R-1.when", "did you mean limit?"),
        ("rules/0/when", {"f": "risk", "op": "eq", "param": "limit"}, "rules.R-1.when", "cannot be compared"),
        ("rules/0/when", {"f": "bp", "op": "ge", "value": 1800}, "rules.R-1.when", "outside its range 40 to 300"),
        ("rules/0/when", {"f": "bp", "op": "ge", "value": math.nan}, "rules.R-1.when", "nan lies outside its range"),
        ("params/limit", {"default": 1600, "unit": "mmHg", "bounds": [140, 1600], "stricter": "lower"}, "rules.R-1.when", "outside its range"),
        ("rules/0/when", {"f": "since", "op": "lt", "value": 3}, "params.limit", "no rule uses it"),
        ("params/limit/default", 170, "params.limit", "outside its bounds"),
        ("params/limit/default", 150, "params.limit", "loosest bound must be the default"),
        ("params/limit/stricter", "higher", "params.limit", "loosest bound must be the default"),
        ("param_order", [["limit", "<", "floor"]], "param_order", "limit (160) must be < floor (90)"),
        ("param_order", [["limit", ">", "floor"]], "param_order.0", "> is not understood"),
        ("param_order", [["limit", "<"]], "param_order.0", "must read"),
        ("fields/bp/range", [300, 40], "fields.bp", "ends before it begins"),
        ("fields/bp/range", None, "fields.bp", "needs its range"),
        ("fields/risk/values", None, "fields.risk", "needs its values"),
        ("fields/bp/fresh_for", "a while", "fields.bp.fresh_for", "not understood"),
        ("fields/bp/from", "nobody", "fields.bp.from", "derived"),
        ("required_facts", ["bp", "rsk"], "required_facts", "did you mean risk?"),
        ("conditional_required/0/then", ["tlod"], "conditional_required.0.then", "did you mean told?"),
        ("conditional_required/0/if", {"f": "rsk", "op": "present"}, "conditional_required.0.if", "unknown fact rsk"),
        ("imports", {"book": "eligibility", "version": 1, "facts": ["no.such"]}, "imports.facts", "unknown fact no.such"),
        ("imports", {"book": "start_gate", "version": 1, "facts": ["bp"]}, "fields.bp", "declared here and imported too"),
        ("imports", {"book": "eligibility", "version": 99, "facts": []}, "imports", "there is no eligibility.99"),
        ("imports", {"book": "nothing", "version": 1, "facts": []}, "imports", "there is no nothing.1"),
        ("derivations/0/id", "D-2", "derivations.D-2", "given 2 times"),
        ("derivations/0/difference", ["bp", "pb"], "D-1", "unknown fact pb"),
        ("derivations/0/difference", ["bp", "kinds"], "D-1", "kinds is of type list, not a number"),
        ("derivations/0/fact", "told", "D-1", "what is derived is a number"),
        ("derivations/1/count_of", "bp", "D-2", "not a list"),
        ("derivations/1/among", ["z"], "D-2.among", "'z' not among a, b, c"),
        ("fields/many/range", [0, 1], "D-2", "must lie between 0 and 1, not 2"),
        ("derivations/0/among", ["a"], "derivations.0", "a derivation is"),
        ("derivations/2/set", {"told": "no"}, "D-3.set.told", "must be true or false"),
        ("result", [{"else": "clear"}, {"if": {"fired": ["stop"]}, "then": "x"}], "result", "must end with"),
        ("result/0/if", {"fired": ["odd"]}, "result.0", "unknown severity odd"),
        ("result/0/if", {}, "result.0", "names no severity"),
        ("result/0/then", None, "result.0", "a row is"),
        ("contradictions", "R-9", "contradictions", "unknown rule R-9"),
        ("complete_for", ["odd"], "complete_for", "unknown severity odd"),
        ("clearances", None, "clearances.max_age_days", "others"),
        ("clearances/max_age_days", {"crisis": -1, "others": 9}, "clearances.max_age_days.crisis", "over before it begins"),
        ("clearances/max_age_days", {"crisis": 0}, "clearances.max_age_days", "others"),
        ("required_facts", ["bp"], "rules.R-2", "risk is neither in required_facts"),
        ("conditional_required", [], "rules.R-2", "told is neither in required_facts"),
    ],
)  # fmt: skip
def test_a_broken_book_is_refused_with_the_place(path, value, place, says):
    problems = refused(changed(path, value))
    assert any(problem.startswith(f"small.yaml: {place}") and says in problem for problem in problems), problems


def test_a_number_out_of_bounds_no_source_or_a_misshapen_rule_hides_no_other_problem():
    tree = changed("params/floor/default", 300)
    tree["rules"][0]["sources"] = []
    tree["rules"][1]["id"] = "R-3"
    tree["rules"][2]["when"] = {"f": "gpa", "op": "present"}
    tree["rules"][3]["when"]["any"] = [{"f": "bp", "op": "below", "value": 3}]
    never = {"all": [{"f": "bp", "op": "lt", "value": 90}, {"f": "bp", "op": "gt", "value": 90}]}
    tree["rules"].append(tree["rules"][1] | {"id": "R-5", "when": never})
    tree["rules"].append(tree["rules"][1] | {"id": "R-6", "colour": "red"})
    places = {problem.split(": ")[1] for problem in refused(tree)}
    assert places == {
        "params.floor",
        "param_order",
        "rules.R-1.sources",
        "rules.R-3",
        "rules.R-3.when",
        "rules.R-4.when.any.0",
        "rules.R-5",
        "rules.5.colour",
    }


def test_a_rule_that_can_never_fire_or_never_stay_silent_is_refused_when_the_book_is_loaded():
    dead = {"all": [{"f": "bp", "op": "lt", "value": 100}, {"f": "bp", "op": "gt", "value": 200}]}
    assert refused(changed("rules/1/when", dead)) == ["small.yaml: rules.R-2: can never fire, whatever the facts are"]
    always = {"any": [{"f": "risk", "op": "missing"}, {"f": "risk", "op": "present"}]}
    assert refused(changed("rules/1/when", always)) == [
        "small.yaml: rules.R-2: can never stay silent, whatever the facts are"
    ]


def test_a_version_that_is_a_copy_of_another_is_refused(tmp_path):
    with data_apart(tmp_path) as rulebooks:
        text = (rulebooks / "alarms.1.yaml").read_text()
        (rulebooks / "alarms.2.yaml").write_text(text)
        with pytest.raises(BadReference) as error:
            load("alarms", 2)
        assert [problem.says for problem in error.value.problems] == [
            "says that it is version 1 of alarms",
            "says the same as rulebooks/alarms.1.yaml: a new version must change something",
        ]


def test_what_only_seems_wrong_because_something_else_is_is_not_told():
    assert [one.split(": ")[1] for one in refused(changed("rules/3/colour", "red"))] == ["rules.3.colour"]
    typo = {"any": [{"f": "bp", "op": "less", "param": "limit"}]}
    assert [one.split(": ")[1] for one in refused(changed("rules/0/when", typo))] == ["rules.R-1.when.any.0"]


def test_a_version_that_says_the_same_as_another_is_refused_although_its_text_differs(tmp_path):
    with data_apart(tmp_path) as folder:
        text = (folder / "alarms.1.yaml").read_text(encoding="utf-8").replace("\nversion: 1\n", "\nversion: 2\n")
        (folder / "alarms.2.yaml").write_text(text + "# only a remark more\n", encoding="utf-8")
        with pytest.raises(BadReference, match=r"alarms\.2\.yaml: says the same as rulebooks/alarms\.1\.yaml"):
            load("alarms")
    draft = tmp_path / "draft.yaml"
    draft.write_text(text, encoding="utf-8")
    with pytest.raises(BadReference, match=r"draft\.yaml: says the same as rulebooks/alarms\.1\.yaml"):
        load_file(draft)


def test_an_older_version_stays_loadable_beside_a_newer_one(tmp_path):
    with data_apart(tmp_path) as folder:
        next_version(folder, "alarms")
        assert versions("alarms") == (1, 2)
        assert (load("alarms").version, load("alarms", 1).version) == (2, 1)
        assert load("alarms").title == "Newer " + load("alarms", version=1).title


def test_a_released_file_that_was_changed_is_refused_with_both_digests(tmp_path):
    released = reference.digest("rulebooks/alarms.1.yaml")
    with data_apart(tmp_path) as folder:
        file = folder / "alarms.1.yaml"
        file.write_text(file.read_text(encoding="utf-8") + "# touched\n", encoding="utf-8")
        with pytest.raises(BadReference, match=f"is not the file it was: .* reference.lock names {released}"):
            load("alarms")


def test_imported_facts_mean_what_they_meant_in_the_version_that_is_named(tmp_path):
    with data_apart(tmp_path) as folder:
        bmi = "patient.bmi: {type: float, unit: kg/m2, range: [8, 100], from: derived, fresh_for: "
        next_version(folder, "eligibility", (f"{bmi}30 days", f"{bmi}90 days"))
        assert load("eligibility").fields["patient.bmi"].fresh_for.days == 90
        assert load("order_checks").fields["patient.bmi"].fresh_for.days == 30


def test_every_problem_is_told_at_once():
    tree = changed("rules/0/override", "reason")
    tree["rules"][1]["sources"] = ["NO-SUCH"]
    tree["rules"][2]["severity"] = "odd"
    tree["param_order"] = [["limit", "<", "floor"]]
    assert len(refused(tree)) == 4


def test_a_fact_guarded_by_its_presence_needs_not_be_asked_of_everybody():
    guarded = {"all": [{"f": "since", "op": "present"}, {"f": "since", "op": "lt", "value": 3}]}
    tree = changed("conditional_required/0/then", ["told"])
    tree["rules"][1]["when"]["any"].append(guarded)
    parse_book(tree, place="small.yaml", sha256="0")
    tree["rules"][1]["when"]["any"][-1] = guarded["all"][1]
    assert refused(tree) == [
        "small.yaml: rules.R-2: since is neither in required_facts or conditional_required nor guarded in the rule"
    ]
