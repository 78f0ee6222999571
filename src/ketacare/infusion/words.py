"""The names that people at the bedside use for what a session charts and asks."""

from decimal import Decimal
from functools import cache

from ketacare.science.monitoring.parameters import LIVE, Value, attestable, measured
from ketacare.science.monitoring.signal_files import alarm_signals
from ketacare.science.rules import load, versions

NAMES = {
    "bp_sys": "Blood pressure",
    "bp_dia": "Diastolic pressure",
    "bp_sys_rise": "Rise of systolic pressure",
    "heart_rate": "Heart rate",
    "spo2": "SpO2",
    "resp_rate": "Breaths",
    "etco2": "EtCO2",
    "apnoea_s": "Seconds without a breath",
    "device_fault": "Device fault",
    "observation_due": "An observation is due",
    "temp_c": "Temperature",
    "moaas": "Sedation (MOAA/S)",
    "rass": "Agitation (RASS)",
    "end_organ_symptom": "Alarming symptom",
    "patient_asks_stop": "Patient asks to stop",
    "danger": "Danger to self or others",
    "on_air": "On room air",
    "ald_activity": "Aldrete: activity",
    "ald_respiration": "Aldrete: breathing",
    "ald_circulation": "Aldrete: circulation",
    "ald_consciousness": "Aldrete: consciousness",
    "ald_oxygen": "Aldrete: oxygen",
    "padss_vitals": "PADSS: vital signs",
    "padss_activity": "PADSS: activity",
    "padss_pain_nausea": "PADSS: pain and nausea",
    "padss_bleeding": "PADSS: bleeding",
    "padss_intake_output": "PADSS: drinking and urine",
    "patient.sex_at_birth": "Sex at birth",
    "patient.age_years": "Age",
    "gate.identity_two_identifiers": "Identity checked by two identifiers",
    "gate.consent_reaffirmed_today": "Consent confirmed again today",
    "gate.escort_named": "Escort named",
    "gate.no_driving_agreed": "Agrees not to drive until tomorrow",
    "gate.not_sole_carer_until_next_day": "Not the sole carer of anybody until tomorrow",
    "gate.adult_stays_tonight": "An adult stays tonight",
    "gate.h_since_solids": "Hours since solid food",
    "gate.last_meal_fatty": "The last meal was fatty",
    "gate.h_since_clear_fluids": "Hours since clear fluids",
    "gate.h_since_nasal_product": "Hours since a nasal product",
    "gate.glp1_gi_symptoms_or_dose_rise": "GLP-1 medicine: stomach symptoms or a higher dose lately",
    "gate.glp1_reviewed": "GLP-1 medicine: reviewed by a clinician",
    "gate.glucose_mmol_l": "Blood glucose",
    "gate.pregnancy_test_today": "Pregnancy test today",
    "gate.uds_due": "A urine drug screen is due",
    "gate.uds_result": "Urine drug screen",
    "gate.medicines_changed": "Medicines changed since the last visit",
    "gate.medicine_change_reviewed": "Change of medicines reviewed",
    "gate.bp_benefit_risk_recorded": "Benefit and risk of the pressure weighed in writing",
    "gate.acute_illness": "Acutely ill today",
    "gate.new_psychosis": "New signs of psychosis",
    "gate.mania_signs": "Signs of mania",
    "gate.intoxication": "Intoxicated",
    "gate.delirium": "Delirium",
    "gate.cssrs_risk_today": "Risk of suicide today (C-SSRS)",
    "gate.crisis_clearance_today": "Seen after a crisis and cleared today",
    "gate.side_effects_asked": "Asked about side effects since the last session",
    "gate.new_side_effect": "A new side effect",
    "gate.side_effect_reviewed": "Side effect reviewed",
    "gate.new_urinary_symptom": "A new urinary symptom",
    "gate.urine_result_read": "Urine result read",
    "gate.oxygen_ready": "Oxygen ready",
    "gate.suction_ready": "Suction ready",
    "gate.bag_mask_airways_ready": "Bag, mask and airways ready",
    "gate.defibrillator_ready": "Defibrillator ready",
    "gate.crash_medicines_ready": "Emergency medicines ready",
    "gate.acls_clinician_on_site": "A clinician with advanced life support is on site",
    "gate.second_person_on_site": "A second person is on site",
    "gate.standing_orders_in_force": "Standing orders in force",
    "gate.vial_lot_expiry_checked": "Lot and expiry of the vial checked",
    "gate.two_person_count": "Drug counted by two people",
    "gate.rems_enrolled": "Enrolled in the REMS programme, where it applies",
    "gate.alcohol_h": "Hours since alcohol",
    "gate.cannabis_h": "Hours since cannabis",
    "gate.illicit_h": "Hours since an illicit drug",
    "gate.oxybate_h": "Hours since oxybate",
    "gate.intake_within_hold_hours": "Anything taken within its waiting time",
    "session.high_risk_resp": "High risk of slow breathing",
    "gate.capnography_working": "Capnography works",
    "gate.vomiting_today": "Vomiting today",
    "gate.airway_infection": "Infection of the airways",
    "gate.airway_looked_at": "Airway looked at",
    "gate.consent_in_force": "Consent in force",
    "gate.eligibility_age_days": "Age of the decision to treat",
    "gate.eligibility_permits": "The decision permits treatment",
    "gate.order_signed": "Order signed",
    "gate.open_hold": "A hold is open",
    "gate.weight_age_days": "Age of the weight",
    "gate.bp_sys": "Systolic pressure, seated",
    "gate.bp_dia": "Diastolic pressure, seated",
    "gate.temp_c": "Temperature",
    "home.suicide_screen": "Suicide screen, repeated",
    "home.cannula_removed": "The cannula is out",
    "home.escort_present": "The escort is here",
    "home.not_sole_carer_until_next_day": "Not the sole carer of anybody until tomorrow",
    "home.adult_stays_tonight": "An adult stays tonight",
    "home.written_instructions_given": "Written instructions given",
    "home.no_driving_receipt": "The patient has signed the sheet: no driving until tomorrow",
    "home.next_day_call_booked": "A call for tomorrow is booked",
}
UNITS = {"Cel": "°C", "points": ""}
PUMP_UNITS = {"mg_per_h": "mg/h", "ml_per_h": "mL/h", "mcg_per_kg_per_min": "mcg/kg/min"}
NEVER = 9999  # how the books store "never, or longer ago than a week"


def name_of(parameter: str) -> str:
    """What a parameter or an item is called."""
    bare = parameter.removeprefix(LIVE)
    return NAMES.get(bare) or bare.rpartition(".")[2].replace("_", " ").capitalize()


@cache
def alarm_statement(rule_id: str) -> str:
    """The sentence of an alarm: an old session may have had a rule that newer versions of the book no longer have."""
    if finding := alarm_signals().findings.get(rule_id):
        return finding.says
    books = (load("alarms", version) for version in reversed(versions("alarms")))
    return next(rule.statement for book in books for rule in book.rules if rule.id == rule_id)


def unit_of(parameter: str) -> str:
    """The unit that stands beside a value; a range of points is none."""
    catalogue = {**load("alarms").fields, **attestable(), **measured("reading"), **measured("observation")}
    bare = parameter.removeprefix(LIVE)
    field = catalogue.get(bare) or catalogue.get(LIVE + bare)
    unit = (field.unit or "") if field else ""
    return "" if unit[:1].isdigit() or unit.startswith("-") else UNITS.get(unit, unit)


def value_words(value: Value) -> str:
    """A value as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return "none in the last week" if value == NEVER else f"{value:g}"
    return value.replace("_", " ")


def with_unit(parameter: str, value: Value) -> str:
    """A value with its unit; one that stands for "never" has none."""
    is_hours_since_never = not isinstance(value, bool) and value == NEVER
    return value_words(value) if is_hours_since_never else f"{value_words(value)} {unit_of(parameter)}".strip()


def amount(value: Decimal | float) -> str:
    """An amount without trailing noughts."""
    return f"{Decimal(str(value)).normalize():f}"
