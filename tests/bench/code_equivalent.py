"""Wrong code that means the same as the right code, so that no test can tell: "module: inside: change", and why."""

ENOUGH = "a longer run changes no verdict: to stop at what is enough saves time"
TWO = "a span above 0 holds two readings, and the file wants two"
PACE = "a pace of nothing or less is waited for as long as none: the least there is"
STABLE = "episodes of a key stand in the order of their numbers, and sorting keeps it"
LOUD = "what sounds has a span, or it would not sound"
UNSEEN = "calls of an unseen alarm do not ask whether it is over, and are found in the next pass anyway"
EQUIVALENT: dict[str, str] = {
    "alarms: _raised: (one.raised_at, one.key, one.number) -> (without one.number)": STABLE,
    "alarms: silence: one is None or span is None -> one is None and span is None": LOUD,
    "alarms: silence: one is None or span is None -> False or span is None": LOUD,
    "alarms: silence: one is None or span is None -> one is None or False": LOUD,
    "alarms: _one_pass: continue -> (removed)": UNSEEN,
    "trends: _change: 0 -> 1": "no trend of the file begins or ends at 1 or less",
    "counting: _compare: row.gap_mg < 0 -> row.gap_mg <= 0": "a gap of nothing has been passed over already",
    "chairside: _refuse_expired: box.expires_on is not None and box.expires_on.isoformat() < on -> "
    "True and box.expires_on.isoformat() < on": "only what nobody had issued has no day, and it never lies in the vault",
    "delivered: _drug_of: -1 -> +1": "there are two drugs",
    "delivered: book_delivered: open_mg > 0 -> open_mg >= 0": "where there is nothing to book it has answered already",
    "delivered: _given: [Part(container=one.container, mg=one.amount.mg) for one in queries.held([room]) if … -> "
    "[Part(container=one.container, mg=one.amount.mg) for one in queries.held([room])]": (
        "a chair never holds more than nothing of what nobody had issued, and from less than nothing nothing is taken"
    ),
    "signals: _run.is_enough: return last - first + 1 >= readings and samples[last].at - samples[first].at >= lasting -> return None": ENOUGH,
    "signals: _run.is_enough: last - first + 1 >= readings and samples[last].at - samples[first].at >= lasting -> True and samples[last].at - samples[first].at >= lasting": TWO,
    "signals: _run.is_enough: last - first + 1 >= readings -> last - first + 1 > readings": ENOUGH,
    "signals: _run.is_enough: last - first + 1 -> last - first - 1": ENOUGH,
    "signals: _run.is_enough: 1 -> 2": TWO,
    "signals: _run.is_enough: last - first -> last + first": TWO,
    "signals: _run.is_enough: samples[last].at - samples[first].at >= lasting -> samples[last].at - samples[first].at > lasting": ENOUGH,
    "signals: _run: first > 0 and (not is_enough()) and passes(first - 1) -> first > 0 and True and passes(first - 1)": ENOUGH,
    "signals: _run: last + 1 < len(samples) and (not is_enough()) and passes(last + 1) -> last + 1 < len(samples) and True and passes(last + 1)": ENOUGH,
    "signals: _pace: samples[index].at - samples[index - 1].at if index > 0 else None -> (always)": PACE,
    "signals: _pace: index > 0 -> index >= 0": PACE,
    "signals: _is_over: rule is None or episode.parameter -> rule is None or False": "a finding about one parameter is never among the unknown ones, of which alone this is asked",
    "signals: _is_over: return False -> return None": "asked only whether it is so",
}
