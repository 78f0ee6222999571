"""The addresses of a person's record."""

from django.urls import path

from ketacare.record import views

app_name = "record"
urlpatterns = [
    path("patients/<int:pk>/record/", views.documents, name="documents"),
    path("patients/<int:pk>/record/measure/", views.measure, name="measure"),
    path("patients/<int:pk>/record/medicines/", views.reconcile, name="reconcile"),
    path("sources/<int:pk>/", views.source, name="source"),
]
