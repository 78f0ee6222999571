from django.urls import path

from ketacare.consent.views import clinic, patient

app_name = "consent"
urlpatterns = [
    path("courses/<int:course_id>/consent/", clinic.course, name="course"),
    path("courses/<int:course_id>/consent/capacity/", clinic.capacity, name="capacity"),
    path("courses/<int:course_id>/consent/talk/", clinic.talk, name="talk"),
    path("courses/<int:course_id>/consent/sign/", patient.sign, name="sign"),
    path("courses/<int:course_id>/consent/withdraw/", patient.withdraw, name="withdraw"),
    path("courses/<int:course_id>/consent/questions/<slug:kind>/", patient.questions, name="questions"),
    path("courses/<int:course_id>/consent/also/<slug:kind>/", patient.separate, name="separate"),
    path(
        "courses/<int:course_id>/consent/also/<slug:kind>/withdraw/",
        patient.withdraw_separate,
        name="separate-withdraw",
    ),
    path("courses/<int:course_id>/consent/also/signed/<int:pk>/", patient.separate_signed, name="separate-signed"),
    path("courses/<int:course_id>/consent/also/signed/<int:pk>/paper/", clinic.separate_paper, name="separate-paper"),
    path("courses/<int:course_id>/consent/<int:pk>/", clinic.signed, name="signed"),
    path("courses/<int:course_id>/consent/<int:pk>/paper/", clinic.signed_paper, name="paper"),
]
