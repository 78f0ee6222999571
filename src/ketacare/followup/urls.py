"""The addresses of this room."""

from django.urls import include, path

from ketacare.followup import review_views, views, wanted_views

app_name = "followup"
urlpatterns = [
    path("", include("ketacare.followup.safety.urls")),
    path("", include("ketacare.followup.priors.urls")),
    path("courses/<int:course_id>/safety/", views.course, name="course"),
    path("courses/<int:course_id>/safety/new/", views.new, name="new"),
    path("courses/<int:course_id>/forecast/", views.forecast, name="forecast"),
    path("courses/<int:course_id>/forecast/want/", wanted_views.want, name="want"),
    path("wanted-sessions/<int:pk>/", wanted_views.book, name="wanted"),
    path("wanted-sessions/<int:pk>/take-back/", wanted_views.take_back, name="take-back"),
    path("courses/<int:course_id>/review/", review_views.review, name="review"),
    path("courses/<int:course_id>/review/decide/", review_views.decide, name="review-decide"),
    path("sessions/<int:pk>/adverse-event/", views.in_session, name="in-session"),
    path("sessions/<int:pk>/next-day-call/", views.call, name="call"),
    path("adverse-events/take-up/", views.take_up, name="take-up"),
    path("adverse-events/<int:pk>/", views.case, name="case"),
    path("adverse-events/<int:pk>/judge/", views.judge, name="judge"),
    path("adverse-events/<int:pk>/take/", views.take, name="take"),
    path("adverse-events/<int:pk>/report/", views.report, name="report"),
    path("adverse-events/<int:pk>/report.pdf", views.as_pdf, name="report-pdf"),
    path("adverse-events/<int:pk>/report.json", views.as_json, name="report-json"),
]
