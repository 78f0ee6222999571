from django.urls import path

from ketacare.worklist import views

app_name = "worklist"
urlpatterns = [
    path("", views.today, name="today"),
    path("theme/", views.theme, name="theme"),
]
