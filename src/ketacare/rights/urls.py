from django.urls import path

from ketacare.rights import views

app_name = "rights"
urlpatterns = [
    path("rights/", views.requests, name="requests"),
    path("rights/<int:pk>/", views.rights_request, name="request"),
]
