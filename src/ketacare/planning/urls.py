from django.urls import path

from ketacare.planning.views import exposures, models, orders, plans, practice, reviews, simulators

app_name = "planning"
urlpatterns = [
    path("courses/<int:course_id>/plan/", plans.course, name="course"),
    path("courses/<int:course_id>/plan/new/", plans.plan_new, name="plan-new"),
    path("courses/<int:course_id>/plan/<int:number>/order/", orders.order_new, name="order-new"),
    path("courses/<int:course_id>/plan/<int:number>/order/amounts/", orders.order_amounts, name="order-amounts"),
    path("orders/<int:pk>/", orders.order, name="order"),
    path("orders/<int:pk>/sign/", orders.order_sign, name="order-sign"),
    path("orders/<int:pk>/second-sign/", orders.order_second_sign, name="order-second-sign"),
    path("orders/<int:pk>/void/", orders.order_void, name="order-void"),
    path("reviews/<int:pk>/", reviews.review, name="review"),
    path("reviews/<int:pk>/confirm/", reviews.review_confirm, name="review-confirm"),
    path("courses/<int:course_id>/exposure/", exposures.exposure, name="exposure"),
    path("courses/<int:course_id>/plan/<int:number>/exposure/", exposures.exposure, name="session-exposure"),
    path("models/", models.model_list, name="models"),
    path("models/<str:name>/", models.model, name="model"),
    path("simulator/", simulators.simulator, name="simulator"),
    path("practice/", practice.practice, name="practice"),
    path("practice/<int:site_id>/<str:name>/", practice.practice_settle, name="practice-settle"),
]
