from django.urls import path

from ketacare.public.selfcheck import views as selfcheck
from ketacare.public.views import clinics, home, reading

app_name = "public"
urlpatterns = [
    path("welcome/", home.home, name="home"),
    path("clinics/<int:pk>/", clinics.clinic, name="clinic"),
    path("learn/<slug:slug>/", reading.page, name="page"),
    path("self-check/", selfcheck.self_check, name="self-check"),
    path("consultation/", selfcheck.consultation, name="request"),
    path("consultation/with-answers/", selfcheck.request_with_answers, name="request-with-answers"),
    path("consultation/received/", selfcheck.received, name="request-received"),
]
