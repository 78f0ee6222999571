"""The addresses of people, permissions and log-ins."""

from django.urls import path

from ketacare.clinic.views import idle

app_name = "clinic"
urlpatterns = [
    path("log-in/state/", idle.log_in_state, name="log-in-state"),
    path("log-in/unlock/", idle.unlock, name="unlock"),
]
