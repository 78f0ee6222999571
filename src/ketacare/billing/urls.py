"""The addresses of this room."""

from django.urls import path

from ketacare.billing.views import course, papers, site

app_name = "billing"
SITE, ACCOUNT = "settings/prices/<int:pk>/", "courses/<int:course_id>/account/"
urlpatterns = [
    path("settings/prices/", site.first, name="first"),
    path(SITE, site.prices, name="prices"),
    path(f"{SITE}codes/", site.codes, name="codes"),
    path(f"{SITE}export/", site.export, name="export"),
    *(path(f"{SITE}set-{what}/", site.setting, {"what": what}, name=f"set-{what}") for what in site.SETTING),
    path(ACCOUNT, course.account, name="account"),
    path(f"{ACCOUNT}estimate/", course.estimate, name="make-estimate"),
    path(f"{ACCOUNT}service/", course.service, name="service"),
    path(f"{ACCOUNT}superbill/", course.superbill, name="make-superbill"),
    path(f"{ACCOUNT}payment/", course.payment, name="payment"),
    path(f"{ACCOUNT}prior-authorisation/", course.prior_authorisation, name="prior"),
    path("payments/<int:pk>/refund/", course.refund, name="refund"),
    path("estimates/<int:pk>/", papers.estimate, name="estimate"),
    path("estimates/<int:pk>/estimate.pdf", papers.estimate_pdf, name="estimate-pdf"),
    path("estimates/<int:pk>/estimate.json", papers.estimate_json, name="estimate-json"),
    path("estimates/<int:pk>/give/", papers.give, name="give"),
    path("estimates/<int:pk>/payment-plan/", papers.payment_plan, name="payment-plan"),
    path("superbills/<int:pk>/", papers.superbill, name="superbill"),
    path("superbills/<int:pk>/superbill.pdf", papers.superbill_pdf, name="superbill-pdf"),
    path("superbills/<int:pk>/superbill.json", papers.superbill_json, name="superbill-json"),
    path("superbills/<int:pk>/void/", papers.void, name="void"),
]
