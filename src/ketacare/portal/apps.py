from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "ketacare.portal"
