from django.urls import path

from ketacare.planning import views

app_name = "planning"
urlpatterns = [
    path("courses/<int:course_id>/plan/", views.course, name="course"),
    path("courses/<int:course_id>/plan/new/", views.plan_new, name="plan-new"),
    path("courses/<int:course_id>/plan/<int:number>/order/", views.order_new, name="order-new"),
    path("courses/<int:course_id>/plan/<int:number>/order/amounts/", views.order_amounts, name="order-amounts"),
    path("orders/<int:pk>/", views.order, name="order"),
    path("orders/<int:pk>/sign/", views.order_sign, name="order-sign"),
    path("orders/<int:pk>/second-sign/", views.order_second_sign, name="order-second-sign"),
    path("orders/<int:pk>/void/", views.order_void, name="order-void"),
]
