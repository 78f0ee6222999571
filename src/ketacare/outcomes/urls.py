from django.urls import path

from ketacare.outcomes import views

app_name = "outcomes"
urlpatterns = [
    path("courses/<int:course_id>/outcomes/", views.course, name="course"),
    path("courses/<int:course_id>/outcomes/new/<slug:instrument_id>/", views.answers_new, name="answers-new"),
    path("courses/<int:course_id>/outcomes/<int:pk>/", views.answers, name="answers"),
    path("alerts/", views.alerts, name="alerts"),
    path("alerts/<int:pk>/take/", views.alert_take, name="alert-take"),
    path("alerts/<int:pk>/close/", views.alert_close, name="alert-close"),
]
