"""The addresses of this room."""

from django.urls import path

from ketacare.stewardship.views import chair, explaining, inspecting, site, vault

app_name = "stewardship"
CHAIR = "register/<int:pk>/courses/<int:course_id>/sessions/<int:number>/"
urlpatterns = [
    path("register/", site.register, name="register"),
    path("register/<int:pk>/", site.site, name="site"),
    path("register/<int:pk>/begin/", site.begin, name="begin"),
    path("register/<int:pk>/receive/", site.receive, name="receive"),
    path("register/<int:pk>/out/", vault.out, name="vault-out"),
    path("register/<int:pk>/count/", vault.count, name="count"),
    path("register/<int:pk>/counts/<int:count_id>/", vault.counted, name="counted"),
    path("register/<int:pk>/movements/<int:number>/undo/", vault.undo, name="undo"),
    path(CHAIR, chair.chair, name="chair"),
    path(f"{CHAIR}issue/", chair.issue, name="issue"),
    path(f"{CHAIR}return/", chair.bring_back, name="return"),
    path(f"{CHAIR}waste/", chair.waste, name="waste"),
    path("register/discrepancies/<int:pk>/", explaining.discrepancy, name="discrepancy"),
    path("register/discrepancies/<int:pk>/loss-report/", explaining.loss_report, name="loss-report"),
    path("register/<int:pk>/file/", inspecting.choose, name="file"),
    path("register/<int:pk>/file.pdf", inspecting.as_pdf, name="file-pdf"),
    path("register/<int:pk>/file.csv", inspecting.as_csv, name="file-csv"),
]
