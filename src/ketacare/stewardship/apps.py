from django.apps import AppConfig


class StewardshipConfig(AppConfig):
    name = "ketacare.stewardship"
