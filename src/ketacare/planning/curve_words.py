"""The words that stand beside every predicted curve: what it is, how well it is known, and what it is never for."""

from collections.abc import Iterable

from ketacare.science.pkpd.modelling.defaults import defaults
from ketacare.science.pkpd.modelling.model_file import Model
from ketacare.science.pkpd.series import Flag

DECIDES_NOTHING = "Predicted by a model, not measured: it does not decide a dose, a discharge or safety."
STATUS = {
    "published": "published: the numbers were read in the paper",
    "transcription": "transcription: the numbers were read in a transcription of the paper, not in the paper itself",
    "calibration": "project calibration: chosen or combined by this project, not published as a whole",
}
STATUS_IN_SHORT = {
    "published": "published",
    "transcription": "from a transcription of the paper",
    "calibration": "project calibration",
}
EFFECT_STATUS = {
    "published_in_part": "published in part: the main number was read, the rest is ours",
    "calibration": "project calibration: chosen by this project from reported averages",
    "illustration": "illustration: laboratory numbers, no measured effect in people",
    "described": "described, not computed",
}
SITES = {
    "venous": "venous plasma",
    "arterial": "arterial plasma",
    "unspecified": "plasma, the site of sampling is not told",
}
DRUGS = {"racemic_ketamine": "ketamine (racemate)", "esketamine": "esketamine", "any": "ketamine and its enantiomers"}
ROUTES = {
    "iv": "into a vein",
    "im": "into a muscle",
    "intranasal": "nasal spray",
    "oral": "by mouth",
    "sublingual": "under the tongue",
    "buccal": "at the cheek",
}
MARKS = {
    "seen": "read in its source",
    "recalled": "from memory, not read again",
    "default": "our own choice",
    "mixed": "partly read, partly our own",
}


def flag_words(flag: Flag) -> str:
    """What a flag says, as a sentence; a route by its name."""
    route, colon, rest = flag.says.partition(": ")
    says = f"{ROUTES[route]}: {rest}" if colon and route in ROUTES else flag.says
    return f"{says[:1].upper()}{says[1:].rstrip('.')}."


def told(flags: Iterable[Flag]) -> tuple[str, ...]:
    """What flags say, each once."""
    return tuple(dict.fromkeys(map(flag_words, flags)))


def why_default(model: Model, route: str, drug: str | None) -> tuple[str, str]:
    """Why a model is the default of a route, and what must be said of that beside every curve; empty where it is none."""
    rows = (row for row in defaults().rows if (row.model, row.route, row.drug) == (model.id, route, drug))
    row = next(rows, None)
    return (row.why, row.says) if row else ("", "")


def analyte_words(model: Model, analyte: str) -> str:
    """What an analyte is called."""
    return model.analytes[analyte].label


def routes_words(model: Model) -> str:
    """How a model's drug can be given, in words."""
    return ", ".join(ROUTES[route] for route in model.routes) or "no route"
