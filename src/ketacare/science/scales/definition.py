"""What a scale is: its items, scores, bands, classifications, alert rules and rules of change, parsed once."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from pydantic import Field

from ketacare.science.reference import Frozen, Mark, Review
from ketacare.science.scales.conditions import Comparison, Condition, Number

FOLDER = "scales"


class Code(Frozen):
    """A LOINC code and how we know it."""

    code: str
    mark: Mark
    source: str


class Option(Frozen):
    """One permitted answer."""

    value: int
    label: str | None = None
    loinc_answer: str | None = None


class Item(Frozen):
    """One question. Without `text` the scale is shipped as structure only and `label` says in our words what is asked."""

    id: str
    n: int | str
    options: str
    text: str | None = None
    label: str | None = None
    loinc: Code | None = None
    scored: bool = True
    required: bool = True
    show_when: Condition | None = None


class SkipRule(Frozen):
    """When it holds, these unanswered items count as answered with 0."""

    when: Condition
    zero_if_missing: tuple[str, ...]
    mark: Mark
    source: str | None = None


class Missing(Frozen):
    """How many answers may be missing, counted where, and what then replaces them."""

    max_missing: int = Field(ge=0)
    method: Literal["prorate_mean"] | None = None
    scope: Literal["own_items", "all_scored_items"] = "own_items"
    mark: Mark | None = None
    source: str | None = None


class Gate(Frozen):
    """A question whose No settles the score, whatever else is recorded."""

    item: str
    no: int
    score_if_no: int


class ScoreRule(Frozen):
    """How one score comes out of the answers."""

    id: str
    label: str = ""
    method: Literal["sum", "mean", "count_at_least", "highest_yes"]
    items: tuple[str, ...] = Field(min_length=1)
    reverse: tuple[str, ...] = ()
    default_threshold: int | None = None
    thresholds: Mapping[str, int] = {}
    multiply: Number = Decimal(1)
    decimals: int = Field(default=0, ge=0)
    range: tuple[int, int]
    direction: Literal["higher_worse", "higher_better"] | None = None
    missing: Missing | None = None
    gate: Gate | None = None
    note: str | None = None


class ClassRule(Frozen):
    """One class and when it applies; without `when`: otherwise."""

    value: str
    when: Condition | None = None


class Endorsement(Frozen):
    """So many items of each group at this answer or above: met, not met, or undecided by what is missing."""

    at_least: int
    needs: Mapping[str, int]


class Classification(Frozen):
    """A class of the answer set: by the first rule that holds, or by counting endorsed items."""

    id: str
    label: str = ""
    requires: tuple[str, ...] = ()
    rules: tuple[ClassRule, ...] = ()
    endorsement: Endorsement | None = None
    lower_bound: bool = False
    mark: Mark
    source: str | None = None
    note: str | None = None


class Band(Frozen):
    """A named stretch of a score, both ends included."""

    min: Number
    max: Number
    id: str
    label: str | None = None


class Bands(Frozen):
    """The bands of one score, from its lowest value to its highest."""

    score: str
    mark: Mark
    source: str | None = None
    note: str | None = None
    list: tuple[Band, ...] = Field(min_length=1)


class Cutoff(Frozen):
    """A published cut-point, shown beside the score."""

    id: str
    score: str
    op: Comparison
    value: Number
    mark: Mark
    source: str | None = None
    note: str | None = None


class Flag(Frozen):
    """Something a reader of the score should know; nobody is alerted."""

    id: str
    when: Condition
    note: str


class AlertRule(Frozen):
    """When somebody must look, how soon (1 before the next session, 2 the same day, 3 now), and what is advised."""

    id: str
    level: Literal[1, 2, 3]
    when: Condition
    advice: str | None = None
    note: str | None = None


class ChangeRule(Frozen):
    """One cut on the change of the main score, or on where it has arrived."""

    type: Literal["percent_drop", "score_lt", "score_lte", "points", "share_of_gain_lost"]
    value: Number
    below: Number | None = None
    mark: Mark
    source: str | None = None
    note: str | None = None


class ChangeRules(Frozen):
    """What counts as a change on this scale; what is absent is not defined for it."""

    response: ChangeRule | None = None
    partial_response: ChangeRule | None = None
    remission: ChangeRule | None = None
    clinically_significant: ChangeRule | None = None
    mcid: ChangeRule | None = None
    reliable_change: ChangeRule | None = None
    relapse: ChangeRule | None = None


class Context(Frozen):
    """A fact about the person that a classification needs, and what is taken when nobody told it."""

    values: tuple[str, ...]
    default: str
    note: str | None = None


class Licence(Frozen):
    """Under what terms the wording may be shown, and whether we ship it."""

    terms: str
    ship_text: bool
    statement: str
    mark: Mark
    source: str | None = None


class Recall(Frozen):
    """The stretch of time the questions ask about."""

    text: str
    days: int | None = None


class Instrument(Frozen):
    """A scale as released: everything needed to show it, score it and read its change."""

    id: str
    version: int
    schema_: Literal["ketacare.scale/1"] = Field(alias="schema")
    review: Review
    sources: tuple[str, ...] = Field(min_length=1)
    name: str
    abbreviation: str
    edition: str
    language: str
    informant: str
    purpose: str
    recall: Recall
    min_interval_days: int | None = None
    licence: Licence
    loinc: Mapping[str, Code] = {}
    stem: str | None = None
    instructions: str | None = None
    note: str | None = None
    options: Mapping[str, tuple[Option, ...]]
    items: tuple[Item, ...] = Field(min_length=1)
    context: Mapping[str, Context] = {}
    skip_rules: tuple[SkipRule, ...] = ()
    main_score: str | None = "total"
    scores: tuple[ScoreRule, ...]
    classifications: tuple[Classification, ...] = ()
    bands: Bands | None = None
    cutoffs: tuple[Cutoff, ...] = ()
    flags: tuple[Flag, ...] = ()
    alerts: tuple[AlertRule, ...] = ()
    change: ChangeRules = ChangeRules()
    schedule: tuple[str, ...] = ()

    def permitted(self, item: Item) -> tuple[int, ...]:
        """The answers an item permits, lowest first."""
        return tuple(sorted(option.value for option in self.options[item.options]))

    def score_rule(self, score_id: str | None) -> ScoreRule | None:
        """The rule of a score, or None when the scale has no such score."""
        return next((rule for rule in self.scores if rule.id == score_id), None)
