"""The complete healthy patient of the clinicians' cases."""

from pathlib import Path

from ketacare.science import reference

CASES = Path(__file__).resolve().parents[2] / "spec/rules/eligibility.yaml"
HEALTHY: dict[str, object] = reference.parse_yaml(CASES.read_text("utf-8"), place=CASES.name)["base_profile"]
