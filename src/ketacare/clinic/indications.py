"""What a course can be for: the names of the diagnoses that the eligibility book knows."""

INDICATIONS: dict[str, str] = {
    "mdd_trd": "Treatment-resistant depression",
    "mdd_non_trd": "Depression, not treatment-resistant",
    "mdd_suicidal": "Depression with suicidal thoughts",
    "bipolar_depression": "Bipolar depression",
    "ptsd": "Post-traumatic stress disorder",
    "gad": "Generalised anxiety disorder",
    "social_anxiety": "Social anxiety disorder",
    "ocd": "Obsessive-compulsive disorder",
    "crps": "Complex regional pain syndrome",
    "neuropathic_pain": "Neuropathic pain",
    "fibromyalgia": "Fibromyalgia",
    "migraine": "Migraine",
    "chronic_pain_other": "Other chronic pain",
}


def indication_name(indication: str) -> str:
    """The name for people; the code itself where this software knows none."""
    return INDICATIONS.get(indication, indication)
