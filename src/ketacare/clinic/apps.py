from importlib import import_module

from django.apps import AppConfig


class ClinicConfig(AppConfig):
    name = "ketacare.clinic"

    def ready(self) -> None:
        import_module("ketacare.clinic.checks")
