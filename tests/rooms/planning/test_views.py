import pytest
from django.urls import reverse
from django.utils import timezone

from ketacare.planning.models import CoursePlan, Order
from ketacare.planning.queries import order_view
from tests.rooms.steps import capable, eligible, sign, weigh

ORDER = {
    "dose_mg_per_kg": "0.5",
    "concentration_mg_ml": "50",
    "diluted_to_ml": "50",
    "duration_min": "40",
    "had_elsewhere": "no",
}


@pytest.fixture
def today(cast):
    """The cast with Ada consented, decided and weighed today, and a plan from today on."""
    now = timezone.now()
    eligible(cast, at=now)
    capable(cast, at=now)
    sign(cast, at=now)
    weigh(cast, "70", at=now)
    return cast


@pytest.fixture
def planned(today, browse):
    """And a plan made in the browser."""
    form = {"template_id": "TPL-TRD-IV", "setting": "supervised_clinic", "first_on": str(timezone.now().date())}
    assert browse("prescriber").post(address(today, "plan-new"), form).status_code == 302
    return today


def address(cast, name, **more):
    return reverse(f"planning:{name}", kwargs={"course_id": cast.ada_course} | more)


def of_order(name, order):
    return reverse(f"planning:{name}", args=[order.pk])


def text_of(response, status=200) -> str:
    assert response.status_code == status
    return response.content.decode()


def draft(cast, browse, **changes) -> Order:
    form = ORDER | changes | {"act": "keep"}
    response = browse("prescriber").post(address(cast, "order-new", number=1), form)
    assert response.status_code == 302, response.content.decode()
    return Order.objects.latest("pk")


def test_a_plan_is_made_and_shown_with_its_sessions(planned, browse):
    assert CoursePlan.objects.get().sessions.count() == 6
    text = text_of(browse("nurse").get(address(planned, "course")))
    assert text.count("Write the order") == 6
    assert "TPL-TRD-IV" in text


def test_a_changed_plan_asks_why(planned, browse):
    text = text_of(browse("prescriber").get(address(planned, "plan-new")))
    assert "Why the plan changes" in text
    form = {"template_id": "TPL-TRD-IV", "setting": "supervised_clinic", "first_on": "2026-12-01"}
    assert "Why the plan changes" in text_of(browse("prescriber").post(address(planned, "plan-new"), form))
    assert CoursePlan.objects.count() == 1


def test_the_order_form_has_no_field_for_a_weight(planned, browse):
    text = text_of(browse("prescriber").get(address(planned, "order-new", number=1)))
    assert 'name="weight' not in text.replace('name="weight_change_confirmed"', "")
    assert 'value="0.5"' in text


@pytest.mark.parametrize("name, more", [("order-amounts", {}), ("order-new", {"act": "work-out"})])
def test_every_amount_is_worked_out_by_the_server(planned, browse, name, more):
    text = text_of(browse("prescriber").post(address(planned, name, number=1), ORDER | more))
    said = text.replace("\N{NO-BREAK SPACE}", " ")
    for amount in ("0.5 mg/kg", "35 mg", "50 mg/mL", "0.7 mL", "75 mL/h"):
        assert amount in said
    assert "found nothing against this order" in text
    assert not Order.objects.exists()


def test_a_slip_is_named_while_it_is_typed(planned, browse):
    form = ORDER | {"dose_mg_per_kg": "5"}
    text = text_of(browse("prescriber").post(address(planned, "order-amounts", number=1), form))
    assert "DOSE-11" in text
    assert "Cannot be signed" in text


def test_an_unfinished_form_asks_for_the_rest(planned, browse):
    form = {"dose_mg_per_kg": "a lot"}
    text = text_of(browse("prescriber").post(address(planned, "order-amounts", number=1), form))
    assert "Fill in what the form asks for" in text


def test_an_order_is_drafted_by_a_nurse_and_signed_by_a_prescriber(planned, browse):
    form = ORDER | {"act": "keep"}
    browse("nurse").post(address(planned, "order-new", number=1), form)
    order = Order.objects.get()
    assert "Sign the order" not in text_of(browse("nurse").get(of_order("order", order)))
    assert "Sign the order" in text_of(browse("prescriber").get(of_order("order", order)))
    assert browse("prescriber").post(of_order("order-sign", order)).status_code == 302
    assert order_view(order).is_ready
    assert "ready to use" in text_of(browse("nurse").get(address(planned, "course")))


def test_what_cannot_be_signed_has_no_button_and_is_refused(planned, browse):
    order = draft(planned, browse, dose_mg_per_kg="5")
    assert "Sign the order" not in text_of(browse("prescriber").get(of_order("order", order)))
    text = text_of(browse("prescriber").post(of_order("order-sign", order)), status=409)
    assert "DOSE-11" in text
    assert "Who can resolve it" in text


def test_a_warning_asks_for_its_reason_beside_the_signature(planned, browse):
    order = draft(planned, browse, duration_min="35")
    assert 'name="DOSE-19"' in text_of(browse("prescriber").get(of_order("order", order)))
    assert browse("prescriber").post(of_order("order-sign", order)).status_code == 409
    signed = browse("prescriber").post(of_order("order-sign", order), {"DOSE-19": "Short slot"})
    assert signed.status_code == 302
    assert "Short slot" in text_of(browse("nurse").get(of_order("order", order)))


def test_the_second_prescriber_sees_a_button_and_the_first_does_not(planned, browse):
    order = draft(planned, browse, dose_mg_per_kg="0.6")
    browse("prescriber").post(of_order("order-sign", order))
    assert "Sign as the second" not in text_of(browse("prescriber").get(of_order("order", order)))
    assert "Sign as the second" in text_of(browse("second-prescriber").get(of_order("order", order)))
    assert browse("prescriber").post(of_order("order-second-sign", order)).status_code == 409
    assert browse("second-prescriber").post(of_order("order-second-sign", order)).status_code == 302
    assert order_view(Order.objects.get()).is_ready


def test_a_void_order_stays_readable(planned, browse):
    order = draft(planned, browse)
    browse("prescriber").post(of_order("order-void", order), {"reason": "Wrong vial"})
    assert "Wrong vial" in text_of(browse("nurse").get(of_order("order", order)))
    assert "Void orders" in text_of(browse("nurse").get(address(planned, "course")))


def test_an_order_without_a_plan_says_so(today, browse):
    text = text_of(browse("prescriber").post(address(today, "order-amounts", number=1), ORDER))
    assert "There is no plan yet" in text


def test_the_page_of_a_course_costs_a_fixed_number_of_queries(planned, browse, django_assert_max_num_queries):
    draft(planned, browse)
    client = browse("nurse")
    with django_assert_max_num_queries(30):
        text_of(client.get(address(planned, "course")))
