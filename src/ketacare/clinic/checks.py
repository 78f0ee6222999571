"""What must be so before the software serves."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, register

from ketacare.clinic.guards import unguarded_tables


@register(Tags.database)
def append_only_tables_are_guarded(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_: object
) -> list[CheckMessage]:
    """Each append-only table has its triggers in the database that is connected."""
    if not databases:
        return []
    return [
        Error(
            f"The append-only table {table} has lost its guards.",
            hint="Run 'ketacare migrate'; if that does not restore them, a migration lacks InstallGuards.",
            id="ketacare.E001",
        )
        for table in unguarded_tables()
    ]
