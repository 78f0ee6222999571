from django.urls import path

from ketacare.evaluation import rulebook_views, screening_views, views

app_name = "evaluation"
urlpatterns = [
    path("courses/<int:pk>/evaluation/", views.course, name="course"),
    path("courses/<int:pk>/evaluation/questions/<slug:section>/", views.section, name="section"),
    path("courses/<int:pk>/evaluation/clearances/<str:clearance>/", views.clearance, name="clearance"),
    path("courses/<int:pk>/evaluation/decide/", views.decide, name="decide"),
    path("courses/<int:pk>/evaluation/changes/", screening_views.changes, name="changes"),
    path("evaluation/screenings/<int:pk>/seen/", screening_views.screening_seen, name="screening-seen"),
    path("evaluation/pending/<int:pk>/confirm/", views.confirm, name="confirm"),
    path("evaluation/pending/<int:pk>/withdraw/", views.withdraw, name="withdraw"),
    path("evaluation/decisions/<int:pk>/", views.decision, name="decision"),
    path("settings/rulebooks/proposals/<int:pk>/", rulebook_views.rulebook_proposal, name="rulebook-proposal"),
    path("settings/rulebooks/proposals/<int:pk>/approve/", rulebook_views.rulebook_approve, name="rulebook-approve"),
    path("settings/rulebooks/proposals/<int:pk>/reject/", rulebook_views.rulebook_reject, name="rulebook-reject"),
    path("evaluation/sources/<str:key>/", views.source, name="source"),
    path("evaluation/books/<slug:name>/", views.book, name="book"),
    path("evaluation/disputes/", views.disputed, name="disputes"),
    path("evaluation/rules/<str:rule>/", views.rule, name="rule"),
]
