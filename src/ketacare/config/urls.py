"""Every address. Each view says which permission it needs; tests/contract walks them all."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("", include("ketacare.worklist.urls")),
    path("", include("ketacare.clinic.urls")),
]
