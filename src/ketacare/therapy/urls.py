"""The addresses of this room."""

from django.urls import path

from ketacare.therapy import views

app_name = "therapy"
urlpatterns = [
    path("courses/<int:course_id>/therapy/", views.course, name="course"),
    path("courses/<int:course_id>/therapy/new/", views.session_new, name="session-new"),
    path("courses/<int:course_id>/therapy/new/draft/", views.session_draft, name="session-draft"),
    path("courses/<int:course_id>/therapy/process-notes/", views.notes, name="notes"),
    path("courses/<int:course_id>/therapy/process-notes/draft/", views.note_draft, name="note-draft"),
    path("process-notes/<int:pk>/", views.note, name="note"),
    path("courses/<int:course_id>/therapy/share/", views.share, name="share"),
    path("shared-themes/<int:pk>/withdraw/", views.withdraw, name="withdraw"),
]
