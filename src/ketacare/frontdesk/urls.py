"""The addresses of this room, for staff; what the public sees lies in the public room."""

from django.urls import path

from ketacare.frontdesk import views

app_name = "frontdesk"
urlpatterns = [
    path("requests/", views.queue, name="queue"),
    path("requests/<int:pk>/", views.request_page, name="request"),
    path("requests/<int:pk>/tries/", views.contact, name="contact"),
    path("requests/<int:pk>/appointment/", views.appointment, name="appointment"),
    path("requests/<int:pk>/identity/", views.identity, name="identity"),
    path("requests/<int:pk>/admission/", views.admission, name="admission"),
    path("requests/<int:pk>/closing/", views.closing, name="closing"),
    path("settings/response-time/", views.targets, name="targets"),
]
