from django.urls import include, path

from ketacare.portal.views import by_link, capture, course

app_name = "portal"
urlpatterns = [
    path("", include("ketacare.portal.own.urls")),
    path("answer/<str:token>/", by_link.answer, name="answer"),
    path("answer/<str:token>/help/", by_link.help_now, name="help"),
    path("answer/<str:token>/stop/", by_link.stop, name="stop"),
    path("courses/<int:course_id>/check-ins/", course.course, name="course"),
    path("courses/<int:course_id>/check-ins/wishes/", course.wishes, name="wishes"),
    path("check-ins/<int:pk>/send/", course.send, name="send"),
    path("check-ins/troubles/<int:pk>/seen/", course.seen, name="seen"),
    path("quality/check-ins/", capture.capture, name="capture"),
]
