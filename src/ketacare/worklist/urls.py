from django.urls import path

from ketacare.worklist.views import frame, patients, today

app_name = "worklist"
urlpatterns = [
    path("", today.today, name="today"),
    path("theme/", frame.theme, name="theme"),
    path("patients/", patients.patients, name="patients"),
    path("patients/filter/", patients.patients_filter, name="patients-filter"),
    path("patients/new/", patients.patient_new, name="patient-new"),
    path("patients/<int:pk>/", patients.patient, name="patient"),
    path("patients/<int:pk>/courses/new/", patients.course_new, name="course-new"),
]
