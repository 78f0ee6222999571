from django.urls import path

from ketacare.outcomes.views import alerts, answers, licences, site

app_name = "outcomes"
urlpatterns = [
    path("courses/<int:course_id>/outcomes/", answers.course, name="course"),
    path("courses/<int:course_id>/outcomes/new/<slug:instrument_id>/", answers.answers_new, name="answers-new"),
    path("courses/<int:course_id>/outcomes/<int:pk>/", answers.answers, name="answers"),
    path("courses/<int:course_id>/outcomes/<int:pk>/help/", answers.answers_help, name="answers-help"),
    path("alerts/", alerts.alerts, name="alerts"),
    path("alerts/<int:pk>/", alerts.alert, name="alert"),
    path("alerts/<int:pk>/take/", alerts.alert_take, name="alert-take"),
    path("alerts/<int:pk>/hand-over/", alerts.alert_hand_over, name="alert-hand-over"),
    path("alerts/<int:pk>/contact/", alerts.alert_contact, name="alert-contact"),
    path("alerts/<int:pk>/attempt/", alerts.alert_attempt, name="alert-attempt"),
    path("alerts/<int:pk>/close/", alerts.alert_close, name="alert-close"),
    path("quality/alerts/", alerts.alert_times, name="alert-times"),
    path("settings/scales/", licences.licences, name="licences"),
    path("settings/scales/<int:pk>/<slug:scale>/", licences.licence, name="licence"),
    path("settings/alerts/", site.rota, name="rota"),
    path("settings/alerts/<int:pk>/duties/", site.duty_add, name="duty-add"),
    path("settings/alerts/<int:pk>/crisis-lines/", site.crisis_lines_set, name="crisis-lines-set"),
    path("settings/alerts/duties/<int:pk>/end/", site.duty_end, name="duty-end"),
]
