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
    """One permitted answer. Where forms record a word and not a number, `code` is that word and `value` its points."""

    value: int
    code: str | None = None
    label: str | None = None
    loinc_answer: str | None = None

    @property
    def answer(self) -> int | str:
        """What is recorded when this answer is given."""
        return self.value if self.code is None else self.code


class Range(Frozen):
    """Every whole number from `low` to `high` is a permitted answer (days, per cent, a visual analogue scale)."""

    low: int
    high: int
    unit: str | None = None


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
    method: Literal["prorate_mean", "mean_of_answered"] | None = None
    scope: Literal["own_items", "all_scored_items"] = "own_items"
    mark: Mark | None = None
    source: str | None = None


class Gate(Frozen):
    """A question whose No settles the score, whatever else is recorded."""

    item: str
    no: int
    score_if_no: int


class ScoreRule(Frozen):
    """How one score comes out of the answers, or (composite) out of scores that stand before it.

    A composite is (sum of each part / its divisor - subtract) * multiply / divide. Of each group in `one_of` one answer is
    enough. A rule is 1 when `when` holds, 0 when it does not and nothing is missing.
    """

    id: str
    label: str = ""
    group: str | None = None
    method: Literal["sum", "mean", "max", "count_at_least", "highest_yes", "rule", "composite"]
    items: tuple[str, ...] = ()
    reverse: tuple[str, ...] = ()
    default_threshold: int | None = None
    thresholds: Mapping[str, int] = {}
    one_of: tuple[tuple[str, ...], ...] = ()
    when: Condition | None = None
    parts: Mapping[str, Number] = {}
    subtract: Number = Decimal(0)
    multiply: Number = Decimal(1)
    divide: Number = Decimal(1)
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
    """Under what terms the wording may be shown, whether we ship it, and what a site must have said before it uses it."""

    terms: str
    ship_text: bool
    needs: Literal["registration", "non_commercial", "own_licence"] | None = None
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
    options: Mapping[str, tuple[Option, ...] | Range]
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
    entry: Literal["items", "total", "either"] = "items"

    def choices(self, item: Item) -> tuple[Option, ...]:
        """The options an item offers, in the order shown; none where it takes a number from a range."""
        options = self.options[item.options]
        return () if isinstance(options, Range) else options

    def number_range(self, item: Item) -> Range | None:
        """The range an item takes its number from, or None where it offers options."""
        options = self.options[item.options]
        return options if isinstance(options, Range) else None

    def points(self, item: Item) -> Mapping[int | str, int]:
        """What may be recorded for an item -> the points it counts for."""
        if found := self.number_range(item):
            return {number: number for number in range(found.low, found.high + 1)}
        return {option.answer: option.value for option in self.choices(item)}

    def permitted(self, item: Item) -> tuple[int, ...]:
        """The points an item's answers may count for, lowest first."""
        return tuple(sorted(self.points(item).values()))

    def entered_total(self) -> ScoreRule | None:
        """The score that may be typed in whole, from a form the clinic holds; its id is the answer's id."""
        return None if self.entry == "items" else self.score_rule(self.main_score)

    def score_rule(self, score_id: str | None) -> ScoreRule | None:
        """The rule of a score, or None when the scale has no such score."""
        return next((rule for rule in self.scores if rule.id == score_id), None)
