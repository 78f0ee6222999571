"""The addresses of a site's own priors, in the room's own names."""

from django.urls import path

from ketacare.followup.priors import views

urlpatterns = [
    path("settings/forecasts/", views.priors, name="priors"),
    path("settings/forecasts/<int:pk>/", views.proposal, name="priors-proposal"),
    path("settings/forecasts/<int:pk>/approve/", views.approve, name="priors-approve"),
    path("settings/forecasts/<int:pk>/turn-down/", views.turn_down, name="priors-turn-down"),
    path("settings/forecasts/<int:pk>/take-back/", views.take_back, name="priors-take-back"),
]
