"""Append-only tables: triggers on both engines that refuse to change or remove a row.

Every migration that creates or alters a guarded table ends with ``InstallGuards("Model", ...)``: SQLite drops a
table's triggers when Django rebuilds it. ``clinic/checks.py`` refuses to serve without them; no switch turns one off.
"""

from django.apps import apps
from django.db import connection
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

REFUSAL = "append-only: rows of this table are never changed or removed"

POSTGRES_FUNCTION = f"""
CREATE OR REPLACE FUNCTION ketacare_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$
"""


class InstallGuards(Operation):
    """Put the guards on these models' tables, afresh."""

    reversible = True

    def __init__(self, *models: str, removable: bool = False) -> None:
        self.models, self.removable = models, removable

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Guards are no part of Django's state."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for model in self.models:
            table, vendor = table_of(to_state, app_label, model), schema_editor.connection.vendor
            for statement in statements(table, vendor, removable=self.removable):
                schema_editor.execute(statement)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Leave the guards: a table that goes takes its triggers with it."""

    def describe(self) -> str:
        return f"Guard {', '.join(self.models)} against change"

    def deconstruct(self) -> tuple[str, tuple[str, ...], dict[str, object]]:
        return self.__class__.__name__, self.models, {"removable": True} if self.removable else {}


def table_of(state: ProjectState, app_label: str, model: str) -> str:
    """The name of a model's table as of this migration."""
    return state.apps.get_model(app_label, model)._meta.db_table


def statements(table: str, vendor: str, *, removable: bool = False) -> list[str]:
    """The SQL that guards one table; ``removable``: its rows are never changed, but may go once the law lets them."""
    if vendor == "sqlite":
        verbs = ("UPDATE",) if removable else ("UPDATE", "DELETE")
        freed = [f'DROP TRIGGER IF EXISTS "{trigger_name(table, "DELETE")}"'] if removable else []
        return freed + [sql for verb in verbs for sql in sqlite_trigger(table, verb)]
    events = {"UPDATE" if removable else "UPDATE OR DELETE": "FOR EACH ROW", "TRUNCATE": "FOR EACH STATEMENT"}
    return [POSTGRES_FUNCTION, *(sql for verb, scope in events.items() for sql in postgres_trigger(table, verb, scope))]


def sqlite_trigger(table: str, verb: str) -> list[str]:
    name = trigger_name(table, verb)
    return [
        f'DROP TRIGGER IF EXISTS "{name}"',
        f'CREATE TRIGGER "{name}" BEFORE {verb} ON "{table}" BEGIN SELECT RAISE(ABORT, \'{REFUSAL}\'); END',
    ]


def postgres_trigger(table: str, verb: str, scope: str) -> list[str]:
    name = trigger_name(table, verb.split()[0])
    return [
        f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"',
        f'CREATE TRIGGER "{name}" BEFORE {verb} ON "{table}" {scope} EXECUTE FUNCTION ketacare_append_only()',
    ]


def trigger_name(table: str, verb: str) -> str:
    return f"{table}_no_{verb.lower()}"


def guarded_tables() -> dict[str, bool]:
    """The tables of every model that says ``append_only = True``, and whether its rows may go (``removable = True``)."""
    models = [model for model in apps.get_models() if getattr(model, "append_only", False)]
    return {model._meta.db_table: getattr(model, "removable", False) for model in models}


def unguarded_tables() -> list[str]:
    """Guarded tables of the connected database that lack one of their triggers."""
    second, present = "DELETE" if connection.vendor == "sqlite" else "TRUNCATE", installed_triggers()
    return [
        table
        for table, removable in guarded_tables().items()
        if not {trigger_name(table, verb) for verb in verbs(removable, second)} <= present
    ]


def verbs(removable: bool, second: str) -> set[str]:
    """What the triggers of a table refuse."""
    return {"UPDATE"} if removable and second == "DELETE" else {"UPDATE", second}


def installed_triggers() -> set[str]:
    """The names of the triggers that are there and switched on."""
    queries = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')",
    }
    with connection.cursor() as cursor:
        cursor.execute(queries[connection.vendor])
        return {name for (name,) in cursor.fetchall()}
