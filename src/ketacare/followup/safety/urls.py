"""The addresses of long-term safety, in the room's own names."""

from django.urls import path

from ketacare.followup.safety import views

urlpatterns = [
    path("safety/due/", views.due, name="due"),
    path("courses/<int:course_id>/safety/exposure/", views.exposure, name="exposure"),
    path("courses/<int:course_id>/safety/checks/<slug:kind>/", views.check, name="check"),
    path("courses/<int:course_id>/safety/exposure/letter.pdf", views.letter_pdf, name="letter-pdf"),
    path("courses/<int:course_id>/safety/exposure/letter.json", views.letter_fhir, name="letter-fhir"),
    path("courses/<int:course_id>/safety/effects/", views.effects, name="effects"),
    path("safety-findings/<int:pk>/answer/", views.answer, name="answer-finding"),
]
