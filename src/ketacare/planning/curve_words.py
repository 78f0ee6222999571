"""The words that stand beside every predicted curve: what it is, how well it is known, and what it is never for."""

from ketacare.science.pkpd.model_file import Model

DECIDES_NOTHING = "Predicted by a model, not measured: it does not decide a dose, a discharge or safety."
STATUS = {
    "published": "published: the numbers were read in the paper",
    "transcription": "transcription: the numbers were read in a transcription of the paper, not in the paper itself",
    "calibration": "project calibration: chosen or combined by this project, not published as a whole",
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


def analyte_words(model: Model, analyte: str) -> str:
    """What an analyte is called."""
    return model.analytes[analyte].label


def routes_words(model: Model) -> str:
    """How a model's drug can be given, in words."""
    return ", ".join(ROUTES[route] for route in model.routes) or "no route"
