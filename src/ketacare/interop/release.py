"""Which release of FHIR a resource was written in: ketacare reads R4 (4.0 and 4.3) and refuses the others by their signs."""

from collections.abc import Callable

from ketacare.interop.element import Element
from ketacare.interop.json_text import Json

OTHER_PROFILES = {"/1.0/": "DSTU2", "/3.0/": "STU3", "/5.0/": "R5", "/6.0/": "R6"}

# Resource types that R4 does not have.
OTHER_TYPES = {
    **dict.fromkeys(("Conformance", "DiagnosticOrder", "DeviceUseRequest", "MedicationOrder", "Order"), "DSTU2"),
    **dict.fromkeys(("OrderResponse", "ReferralRequest", "ProcedureRequest", "BodySite", "Sequence"), "DSTU2 or STU3"),
    **dict.fromkeys(("DataElement", "ExpansionProfile", "ServiceDefinition", "EligibilityRequest"), "STU3"),
    **dict.fromkeys(
        ("ActorDefinition", "ConditionDefinition", "DeviceDispense", "EncounterHistory", "FormularyItem"), "R5"
    ),
    **dict.fromkeys(("GenomicStudy", "ImagingSelection", "InventoryItem", "InventoryReport", "Permission"), "R5"),
    **dict.fromkeys(("Requirements", "TestPlan", "Transport", "NutritionIntake", "DeviceAssociation"), "R5"),
}


def _text(value: Json) -> bool:
    return isinstance(value, str)


def _object(value: Json) -> bool:
    return isinstance(value, dict)


def _objects(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _there(value: Json) -> bool:
    return value is not None


def _agent(value: Json) -> bool:
    return isinstance(value, dict) and "agent" in value


Sign = tuple[str, Callable[[Json], bool], str]

# Elements that R4 writes in another shape or does not have at all.
SIGNS: dict[str, tuple[Sign, ...]] = {
    "Patient": (("careProvider", _there, "DSTU2"), ("animal", _there, "DSTU2 or STU3")),
    "Condition": (
        ("clinicalStatus", _text, "DSTU2 or STU3"),
        ("verificationStatus", _text, "DSTU2 or STU3"),
        ("patient", _there, "DSTU2"),
        ("assertedDate", _there, "STU3"),
        ("participant", _there, "R5"),
    ),
    "AllergyIntolerance": (
        ("clinicalStatus", _text, "STU3"),
        ("verificationStatus", _text, "STU3"),
        ("substance", _there, "DSTU2"),
        ("assertedDate", _there, "STU3"),
        ("type", _object, "R5"),
        ("participant", _there, "R5"),
    ),
    "MedicationRequest": (
        ("medication", _there, "R5"),
        ("requester", _agent, "STU3"),
        ("definition", _there, "STU3"),
        ("context", _there, "STU3"),
        ("reason", _there, "R5"),
    ),
    "MedicationStatement": (
        ("medication", _there, "R5"),
        ("taken", _there, "STU3"),
        ("wasNotTaken", _there, "DSTU2"),
        ("patient", _there, "DSTU2"),
        ("reason", _there, "R5"),
    ),
    "Observation": (
        ("category", _object, "DSTU2"),
        ("comments", _there, "DSTU2"),
        ("related", _there, "DSTU2 or STU3"),
        ("context", _there, "STU3"),
        ("comment", _there, "STU3"),
        ("interpretation", _object, "DSTU2 or STU3"),
        ("triggeredBy", _there, "R5"),
        ("bodyStructure", _there, "R5"),
    ),
    "Procedure": (
        ("notPerformed", _there, "DSTU2"),
        ("notDone", _there, "STU3"),
        ("context", _there, "STU3"),
        ("definition", _there, "STU3"),
        ("occurrenceDateTime", _there, "R5"),
        ("occurrencePeriod", _there, "R5"),
        ("recorded", _there, "R5"),
        ("category", _objects, "R5"),
    ),
}


def sign_of_other_release(resource: Element) -> str:
    """Say why a resource is not R4, or return the empty string."""
    kind = resource.string("resourceType")
    version = resource.value.get("fhirVersion")
    if isinstance(version, str) and not version.startswith("4."):
        return f"fhirVersion is {version}"
    if release := OTHER_TYPES.get(kind):
        return f"{kind} is a resource of FHIR {release}"
    for profile in _profiles(resource):
        for part, release in OTHER_PROFILES.items():
            if profile.startswith("http://hl7.org/fhir/") and part in profile:
                return f"the profile {profile} is of FHIR {release}"
    for name, looks, release in SIGNS.get(kind, ()):
        if looks(resource.value.get(name)):
            return f"{kind}.{name} is written as in FHIR {release}"
    return ""


def _profiles(resource: Element) -> list[str]:
    meta = resource.value.get("meta")
    found = meta.get("profile") if isinstance(meta, dict) else None
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
