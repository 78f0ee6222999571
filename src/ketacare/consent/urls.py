from django.urls import path

from ketacare.consent import views

app_name = "consent"
urlpatterns = [
    path("courses/<int:course_id>/consent/", views.course, name="course"),
    path("courses/<int:course_id>/consent/capacity/", views.capacity, name="capacity"),
    path("courses/<int:course_id>/consent/sign/", views.sign, name="sign"),
    path("courses/<int:course_id>/consent/withdraw/", views.withdraw, name="withdraw"),
    path("courses/<int:course_id>/consent/<int:pk>/", views.signed, name="signed"),
]
