"""Every address. Each view says which permission it needs; tests/contract walks them all."""

from allauth.account import views as account
from django.urls import include, path, re_path

from ketacare.clinic.language import speaks

# What we use of the log-in library: nobody signs up, and an administrator changes the address somebody logs in with.
# Patients log in by the same door, so its pages speak the visitor's language.
LOG_IN = [
    path("login/", speaks(account.login), name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("password/reset/", speaks(account.password_reset), name="account_reset_password"),
    path("password/reset/done/", speaks(account.password_reset_done), name="account_reset_password_done"),
    path(
        "password/reset/key/done/",
        speaks(account.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        speaks(account.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path("2fa/", include("allauth.mfa.urls")),
]

handler404 = "ketacare.public.refusals.not_found"
handler500 = "ketacare.public.refusals.broken"

urlpatterns = [
    path("accounts/", include(LOG_IN)),
    path("", include("ketacare.worklist.urls")),
    path("", include("ketacare.clinic.urls")),
    path("", include("ketacare.infusion.urls")),
    path("", include("ketacare.outcomes.urls")),
    path("", include("ketacare.record.urls")),
    path("", include("ketacare.evaluation.urls")),
    path("", include("ketacare.consent.urls")),
    path("", include("ketacare.therapy.urls")),
    path("", include("ketacare.planning.urls")),
    path("", include("ketacare.stewardship.urls")),
    path("", include("ketacare.followup.urls")),
    path("", include("ketacare.billing.urls")),
    path("", include("ketacare.rights.urls")),
    path("", include("ketacare.booking.urls")),
    path("", include("ketacare.portal.urls")),
    path("", include("ketacare.frontdesk.urls")),
    path("", include("ketacare.public.urls")),
]
