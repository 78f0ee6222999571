"""Wrong code that means the same as the right code, so that no test can tell: "module: inside: change", and why."""

EQUIVALENT: dict[str, str] = {
    "trends: _change: 0 -> 1": "no trend of the file begins or ends at 1 or less",
    "policy: judge: if NO_DATA in said.fired: -> (always)": "where nothing is missing no parameter alone is missing: time is saved",
    "delivered: book_delivered: open_mg > 0 -> open_mg >= 0": "where there is nothing to book it has answered already",
    "delivered: _given: [Part(container=one.container, mg=one.amount.mg) for one in queries.held([room]) if … -> "
    "[Part(container=one.container, mg=one.amount.mg) for one in queries.held([room])]": (
        "a chair never holds more than nothing of what nobody had issued, and from less than nothing nothing is taken"
    ),
}
