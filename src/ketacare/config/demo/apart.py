"""Keeps the demo apart from any real clinic: a folder, a database and settings of its own, settled before Django reads them."""

import os
from pathlib import Path

KEPT = {"KETACARE_NODE_MODULES", "KETACARE_LOG_LEVEL", "KETACARE_IDLE_MINUTES"}  # what an operator may still set
SOURCE_ROOT = Path(__file__).resolve().parents[4]


def settle() -> Path:
    """Point every setting at the demo's own folder, and give it. Whatever names a real clinic is put out of sight."""
    var = Path(os.environ.get("KETACARE_VAR") or SOURCE_ROOT / "var").resolve() / "demo"
    for name in [name for name in os.environ if name.startswith("KETACARE_") and name not in KEPT]:
        del os.environ[name]
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "ketacare.config.settings",
        "KETACARE_VAR": str(var),
        "KETACARE_DATABASE_URL": f"sqlite:///{var / 'clinic.sqlite3'}",
        "KETACARE_AUDIT_KEYS": str(var / "audit-keys"),
        "KETACARE_REQUIRE_MFA": "no",
        "KETACARE_EMAIL_FOLDER": str(var / "mail"),
        "KETACARE_TEXT_SENDER": "ketacare.portal.texting.into_files",
        "KETACARE_TEXT_FOLDER": str(var / "texts"),
    }
    var.mkdir(parents=True, exist_ok=True)
    return var
