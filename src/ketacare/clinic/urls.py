"""The addresses of people, permissions and log-ins."""

from django.urls import path

from ketacare.clinic.views import access, emergency, idle, people, qualifications, rulebooks

app_name = "clinic"
urlpatterns = [
    path("log-in/state/", idle.log_in_state, name="log-in-state"),
    path("log-in/unlock/", idle.unlock, name="unlock"),
    path("emergency/", emergency.emergency, name="emergency"),
    path("quality/", emergency.quality, name="quality"),
    path("quality/emergency-accesses/<int:pk>/review/", emergency.grant_review, name="grant-review"),
    path("patients/<int:pk>/access/", access.patient_access, name="patient-access"),
    path("courses/<int:pk>/holds/", access.course_holds, name="course-holds"),
    path("holds/<int:pk>/lift/", access.hold_lift, name="hold-lift"),
    path("settings/", people.settings, name="settings"),
    path("settings/people/", people.people, name="people"),
    path("settings/people/new/", people.person_new, name="person-new"),
    path("settings/people/<int:pk>/", people.person, name="person"),
    path("settings/people/<int:pk>/roles/", people.role_add, name="role-add"),
    path("settings/people/<int:pk>/deactivate/", people.person_deactivate, name="person-deactivate"),
    path("settings/people/<int:pk>/reactivate/", people.person_reactivate, name="person-reactivate"),
    path("settings/people/<int:pk>/reset-log-in/", people.log_in_reset, name="log-in-reset"),
    path("settings/qualifications/", qualifications.everybody, name="qualifications"),
    path("settings/qualifications/mine/", qualifications.mine, name="qualifications-mine"),
    path("settings/qualifications/mine/end/", qualifications.mine_end, name="qualification-mine-end"),
    path("settings/qualifications/people/<int:pk>/", qualifications.person, name="qualifications-person"),
    path("settings/qualifications/people/<int:pk>/record/", qualifications.record, name="qualification-record"),
    path("settings/qualifications/<int:pk>/confirm/", qualifications.confirm, name="qualification-confirm"),
    path("settings/qualifications/<int:pk>/end/", qualifications.end, name="qualification-end"),
    path("settings/rulebooks/", rulebooks.rulebooks, name="rulebooks"),
    path("settings/rulebooks/<int:pk>/<slug:book>/", rulebooks.rulebook, name="rulebook"),
    path("settings/roles/<int:pk>/remove/", people.role_remove, name="role-remove"),
]
