"""What is written under a picture: what it shows, from which model and data, how sure, and that it decides nothing."""

from collections.abc import Iterable, Sequence

from ketacare.science.pkpd import guards
from ketacare.science.pkpd.population import Population
from ketacare.science.pkpd.series import Flag, Series
from ketacare.science.pkpd.trial import Trial

DECIDES_NOTHING = "A simulation. It does not decide a dose, a discharge or safety."
STATUS_IN_WORDS = {
    "published": "published model",
    "transcription": "transcription of a published model",
    "calibration": "project calibration",
}


def about(populations: Iterable[Population]) -> list[str]:
    """The caption: what it is, from which model and data, how sure, and that it decides nothing."""
    together = list(populations)
    first = together[0]
    streamed = f"; read from histograms, to within {100 * first.bin_width:.2g} %" if first.bin_width else ""
    counts = ", ".join(dict.fromkeys(f"{one.n:,}" for one in together))
    seeds = ", ".join(dict.fromkeys(str(one.seed) for one in together))
    return [
        *dict.fromkeys(source(one) for one in together),
        f"{counts} subjects, seed {seeds}; {_quantiles(first.quantiles)}{streamed}",
        *said((*guards.compare(*together), *(flag for one in together for flag in one.flags))),
        DECIDES_NOTHING,
    ]


def source(one: Population | Series | Trial) -> str:
    """From which model and data file, what blood, how well known."""
    site = "site of the blood unspecified" if one.site == "unspecified" else f"{one.site} blood"
    return f"{one.model} version {one.reference.version} ({one.reference.sha256[:12]}), {site}, {STATUS_IN_WORDS[one.status]}"


def _quantiles(quantiles: Sequence[float]) -> str:
    """What the line and the band of a chart are."""
    ordered = [f"{100 * one:g}" for one in sorted(quantiles)]
    middle = ordered[len(ordered) // 2]
    line = "mean" if len(ordered) % 2 == 0 else "median" if middle == "50" else f"percentile {middle}"
    band = f", band: percentiles {ordered[0]} to {ordered[-1]}, at each time" if len(ordered) > 1 else ""
    return f"line: {line}{band}"


def said(flags: Iterable[Flag]) -> list[str]:
    """What a reader must know of this run; a model's own caveats are in its description."""
    return list(dict.fromkeys(f"{flag.says[:1].upper()}{flag.says[1:]}" for flag in flags if flag.code != "caveat"))
