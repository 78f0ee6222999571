"""The addresses of a patient's own pages, and of the staff's pages about them."""

from django.urls import path

from ketacare.portal.own.views import documents, erasure, handing, keeping, messages, pages, rights, staff, welcome

urlpatterns = [
    path("welcome/<str:token>/", welcome.welcome, name="welcome"),
    path("my/", pages.home, name="own-home"),
    path("my/day/", pages.day, name="own-day"),
    path("my/scores/", pages.scores, name="own-scores"),
    path("my/sessions/", pages.session_summaries, name="own-summaries"),
    path("my/documents/", documents.documents, name="own-documents"),
    path("my/documents/estimates/<int:pk>/", documents.estimate, name="own-estimate"),
    path("my/documents/bills/<int:pk>/", documents.superbill, name="own-superbill"),
    path("my/messages/", messages.messages, name="own-messages"),
    path("my/messages/<int:pk>/", messages.thread, name="own-thread"),
    path("my/messages/<int:pk>/help/", messages.help_now, name="own-help"),
    path("my/access/", pages.access, name="own-access"),
    path("my/rights/", rights.rights, name="own-rights"),
    path("my/rights/correct/", rights.ask, {"kind": "correction"}, name="own-correct"),
    path("my/rights/erase/", rights.ask, {"kind": "erasure"}, name="own-erase"),
    path("my/rights/close/", rights.close, name="own-close"),
    path("my/rights/uses/<slug:scope>/", rights.restrict, name="own-restrict"),
    path("my/rights/<int:pk>/disagree/", rights.disagree, name="own-disagree"),
    path("my/record/", rights.download, name="own-download"),
    path("my/record/<slug:form>/", rights.take, name="own-take"),
    path("patients/<int:pk>/hand-over/", handing.hand_over, name="hand-over"),
    path("settings/retention/", keeping.keeping, name="retention"),
    path("patients/<int:pk>/erasure/", erasure.erasure, name="erasure"),
    path("patients/<int:pk>/erasure/erase/", erasure.erase, name="erase"),
    path("my/log-in/", pages.log_in, name="own-log-in"),
    path("patients/<int:pk>/log-in/", staff.invite, name="invite"),
    path("patients/<int:pk>/log-in/withdraw/", staff.withdraw, name="invite-withdraw"),
    path("messages/", staff.threads, name="threads"),
    path("messages/<int:pk>/", staff.thread, name="thread"),
    path("messages/<int:pk>/take/", staff.take, name="thread-take"),
    path("messages/<int:pk>/settle/", staff.settle, name="thread-settle"),
]
