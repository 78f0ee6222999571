"""The explanatory band: what is drawn is what the model says of the doses as given, and it never decides anything."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from ketacare.clinic.routes import ROUTES
from ketacare.infusion import actions, fragments
from ketacare.infusion.exposure import NO_DOSE, Exposure, drawing, exposure
from ketacare.infusion.foreseen import AFTER_MIN, MOST_POINTS, curves
from ketacare.infusion.states import event_of
from ketacare.science.monitoring.delivered import DoseStep
from ketacare.science.monitoring.events import Reading
from ketacare.science.pkpd.regimen import Dose, Regimen
from ketacare.science.pkpd.simulate import simulate
from ketacare.science.pkpd.subject import Subject
from tests.rooms.infusion import spray, today
from tests.rooms.infusion.test_as_given import HANDLED, SECONDS
from tests.rooms.infusion.treatment import QUIET, RATE, after, again, read, recovering, settled
from tests.rooms.infusion.treatment import started as infusing

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RUNS = [(0, "start", "52.5", None)]  # 35 mg in 40 min


def seen(*handled, at: float = 20, route: str = "iv_ketamine", ordered: str | None = "35", kg: str | None = "70"):
    """The band of these steps (minute, kind, mg/h, mg)."""
    steps = [
        DoseStep(
            at=START + timedelta(minutes=minute),
            step=kind,
            rate_mg_per_h=None if rate is None else Decimal(rate),
            dose_mg=None if dose is None else Decimal(dose),
        )
        for minute, kind, rate, dose in handled
    ]
    return exposure(
        steps,
        route,
        ordered_mg=None if ordered is None else Decimal(ordered),
        weight_kg=None if kg is None else Decimal(kg),
        age_years=42,
        at=START + timedelta(minutes=at),
    )


def minute_of(moment: datetime) -> float:
    return (moment - START) / timedelta(minutes=1)


def effect_site_at(found: Exposure, minutes) -> np.ndarray:
    return np.interp(minutes, found.curves.t_min, found.curves.effect_site)


def test_the_curve_is_the_models_own_of_the_same_doses():
    found = seen(*RUNS, (10, "rate", "30", None), (15, "pause", None, None), (20, "resume", None, None), at=30)
    doses = (Dose(8.75, "iv", 0, 10), Dose(2.5, "iv", 10, 5), Dose(23.75, "iv", 20, 47.5))
    told = simulate("racemate_iv_venous", Regimen(doses, "racemic_ketamine"), Subject(70, 42), found.curves.t_min)
    assert np.allclose(found.curves.effect_site, told.effect_site_ng_per_ml, rtol=1e-9, atol=0)
    assert np.allclose(found.curves.plasma, told.concentration_ng_per_ml[told.parent], rtol=1e-9, atol=0)


def test_the_band_lies_around_the_typical_curve():
    found = seen(*RUNS)
    inside = slice(1, None)
    assert (found.curves.low[inside] < found.curves.median[inside]).all()
    assert (found.curves.median[inside] < found.curves.high[inside]).all()
    assert (found.curves.low <= found.curves.plasma).all()
    assert (found.curves.plasma <= found.curves.high).all()


def test_the_effect_site_peaks_after_the_push_and_after_the_end_of_an_infusion():
    pushed = seen(*RUNS[:0], (0, "start", "30", None), (5, "pause", None, None), (6, "bolus", None, "20"), at=7)
    assert pushed.highest.after == "the push"
    assert 1 <= pushed.highest.after_min <= 10
    assert minute_of(pushed.highest.at) == 6 + pushed.highest.after_min
    infused = seen(*RUNS)
    assert (infused.highest.after, minute_of(infused.highest.at) > 40) == ("the pump's planned end", True)


def test_a_push_during_an_infusion_has_a_peak_of_its_own_before_the_highest():
    found = seen((0, "start", "20", None), (5, "bolus", None, "6"), at=6)
    assert (found.next_peak.after, found.highest.after) == ("the push", "the pump's planned end")
    assert 1 <= found.next_peak.after_min <= 15
    assert found.next_peak.at < found.highest.at
    assert seen((0, "start", "20", None), (5, "bolus", None, "6"), at=30).next_peak is None


def test_half_of_the_peak_is_half_of_the_peak():
    found = seen(*RUNS)
    peak = found.curves.effect_site.max()
    assert effect_site_at(found, minute_of(found.half_at)) == pytest.approx(peak / 2, rel=1e-6)
    assert found.half_at > found.highest.at


def test_a_pause_lowers_what_follows_and_leaves_what_was():
    running, paused = seen(*RUNS), seen(*RUNS, (15, "pause", None, None))
    later = np.arange(16, 150)
    assert (effect_site_at(paused, later) < effect_site_at(running, later)).all()
    assert np.allclose(effect_site_at(paused, np.arange(15)), effect_site_at(running, np.arange(15)))


def test_a_line_loss_lowers_the_curve_and_says_how_it_was_counted():
    found = seen(*RUNS, (40, "stop", None, None), (41, "line-loss", None, "5"), at=45)
    without = seen(*RUNS, (40, "stop", None, None), at=45)
    assert (found.curves.effect_site[1:] < without.curves.effect_site[1:]).all()
    assert {"line-loss"} == {one.code for one in found.flags} - {one.code for one in without.flags}


def test_a_push_moves_the_curve_to_the_arterial_model_and_says_that_the_site_is_another():
    slow, pushed = seen(*RUNS), seen(*RUNS, (10, "bolus", None, "5"))
    assert (slow.model.site, pushed.model.site) == ("venous", "arterial")
    (said,) = [one.says for one in pushed.notices if one.code == "other-site"]
    assert "arterial blood" in said
    assert not [one for one in slow.notices if one.code == "other-site"]


def test_a_change_of_rate_or_a_loss_early_on_makes_no_push_of_an_infusion():
    handled = (*RUNS, (3, "rate", "50", None), (4, "line-loss", None, "1"), (5, "rate", "52.5", None))
    assert seen(*handled, at=6).model.site == "venous"


def test_an_injection_into_a_muscle_carries_its_banner_and_the_range_of_its_bioavailability():
    found = seen((0, "start", None, "35"), route="im_ketamine", at=5)
    words = " ".join(one.says for one in found.notices)
    assert "Engineering default" in words
    assert "0.41-0.93" in words
    assert found.highest.after == "the injection"


def test_devices_of_the_spray_are_counted_from_the_last_one():
    found = seen((0, "start", None, "28"), (5, "bolus", None, "28"), route="in_esketamine", ordered="56", at=6)
    assert (found.model.id, found.highest.after) == ("perezruixo2021_esketamine", "the last device")
    assert any("race" in one.says for one in found.notices)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"route": "in_ketamine_compounded"}, "bioavailability"),
        ({"route": "sc_ketamine"}, "under the skin"),
        ({"route": "po_sl_ketamine"}, "not recorded"),
        ({"route": "im_ketamine", "kg": None}, "weight"),
    ],
)
def test_where_there_is_no_honest_curve_there_is_one_sentence(given, says):
    found = seen((0, "start", None, "35"), at=5, **given)
    assert not isinstance(found, Exposure)
    assert says in found.says


def test_what_a_model_refuses_is_said_with_its_reason():
    month = 60 * 24 * 40
    found = seen(*RUNS, at=month)
    assert "minutes" in found.says


def test_before_the_first_step_nothing_is_drawn():
    assert seen(at=5).says == seen((10, "start", "30", None), at=5).says == NO_DOSE


def test_beyond_the_curve_nothing_is_said_of_now():
    ended = (*RUNS, (40, "stop", None, None))
    assert seen(*ended, at=40 + AFTER_MIN - 1).now is not None
    assert seen(*ended, at=40 + AFTER_MIN + 1).now is None


def test_a_forgotten_pump_is_counted_to_now_and_drawn_in_as_few_points():
    found = seen(*RUNS, at=60 * 20)
    assert "runs-over" in {one.code for one in found.notices}
    assert len(found.curves.t_min) < MOST_POINTS + 5
    assert found.highest.after == "an end of the pump now"


def test_a_planned_end_is_called_so_to_its_last_second():
    assert seen(*RUNS, at=39.9).highest.after == "the pump's planned end"


@settings(max_examples=40, deadline=None)
@given(HANDLED, SECONDS, st.sampled_from(sorted(ROUTES)))
def test_whatever_was_recorded_there_is_a_curve_or_a_sentence(handled, until, route):
    found = seen(*((seconds / 60, *kind) for seconds, kind in handled), at=until / 60, route=route)
    if not isinstance(found, Exposure):
        assert found.says.endswith(".")
        return
    assert np.isfinite(found.curves.plasma).all()
    assert (found.curves.effect_site > -1e-9).all()
    assert found.begins_at <= found.highest.at <= found.drawn_until
    assert found.highest.after_min >= 0


def test_the_curves_are_made_once_a_run_and_not_once_a_look():
    curves.cache_clear()
    for minute in range(1, 40):
        seen(*RUNS, at=minute + 0.123)
    assert curves.cache_info().misses == 1


def test_what_is_drawn_stands_in_numbers_of_the_same_length():
    told = drawing(seen(*RUNS))
    lengths = {len(values) for name, values in told.items() if name != "begins"}
    assert lengths == {len(told["t_min"])}
    assert told["begins"] == START.timestamp()


# the page


def shown(browse, session, role: str = "nurse"):
    return browse(role).get(reverse("infusion:session", args=[session.pk]))


def test_the_cockpit_shows_the_band_with_site_model_status_and_what_it_is_not_for(browse, cast):
    page = shown(browse, today.started(cast)).content.decode()
    for words in ("venous plasma", "racemate_iv_venous", "project calibration", "does not decide a dose"):
        assert words in page
    assert 'id="exposure-curves"' in page
    assert 'aria-labelledby="exposure-title exposure-desc"' in page


def test_before_the_drug_there_is_one_sentence_and_no_curve(browse, cast):
    page = shown(browse, today.ready(cast)).content.decode()
    assert NO_DOSE in page
    assert "exposure-curves" not in page


def test_after_the_session_the_page_says_that_it_is_over(browse, cast):
    session = settled(cast)
    with time_machine.travel(after(100), tick=False):
        nurse = browse("nurse")
        nurse.post(reverse("infusion:discharge", args=[session.pk]))
        page = nurse.get(reverse("infusion:session", args=[session.pk])).content.decode()
    assert "The session is over: this is what was expected" in page
    assert "data-expected" not in page


def test_while_the_patient_recovers_the_curve_goes_on_falling(cast):
    session = recovering(cast)
    given = fragments.context(session, by=cast.actor("nurse"), at=after(60))
    found = fragments.exposure_context(session, given, by=cast.actor("nurse"))["exposure"]
    assert (found.highest.after, found.model.site) == ("the end of the drug", "venous")
    assert float(found.now["effect_site"]) < found.curves.effect_site.max()


def test_a_corrected_step_changes_the_curve(cast):
    session = infusing(cast)
    by = cast.actor("nurse")
    read(cast, session, after(5), **QUIET)
    before = band_of(cast, session, at=after(6))
    wrong = again(session).events.get(kind="dose", payload__step="start")
    actions.correct_event(
        session_id=session.pk,
        seq=wrong.seq,
        payload={"schema": "dose/1", "step": "start", "rate_mg_per_h": "30"},
        by=by,
        at=after(6),
    )
    now = band_of(cast, session, at=after(6))
    assert now.curves.effect_site.max() < before.curves.effect_site.max()
    assert now.half_at > before.half_at


def band_of(cast, session, *, at):
    session = again(session)
    given = fragments.context(session, by=cast.actor("nurse"), at=at)
    return fragments.exposure_context(session, given, by=cast.actor("nurse"))["exposure"]


def test_the_spray_shows_a_band_too(cast):
    there = spray.there(cast)
    found = band_of(there, spray.recovering(there), at=after(10))
    assert found.model.id == "perezruixo2021_esketamine"


def test_the_stream_sends_the_band_when_people_did_something_and_not_with_each_row_of_the_monitor(cast):
    session = infusing(cast)
    started = event_of(session.events.order_by("-seq").first())
    by = replace(started, by="device:1", payload=Reading(values={"heart_rate": 80}, source="device"))
    assert "exposure-curves" in sent(cast, session, started)["exposure"]
    assert "exposure" not in sent(cast, session, by)
    assert "exposure" not in sent(cast, session, started, page="board")


def sent(cast, session, event, *, page: str = "session") -> dict[str, str]:
    return fragments.changed(again(session), [event], page=page, by=cast.actor("nurse"), at=after(1))


def test_the_page_knows_when_the_pump_should_have_ended(browse, cast):
    """Without a word from anybody the page itself says so, for no event tells it."""
    session = today.started(cast)
    given = fragments.context(again(session), by=cast.actor("nurse"), at=timezone.now())
    found = fragments.exposure_context(session, given, by=cast.actor("nurse"))["exposure"]
    assert timedelta(minutes=39) < found.pump_ends_at - timezone.now() < timedelta(minutes=41)
    assert f'data-after="{found.pump_ends_at.isoformat()}" hidden' in shown(browse, session).content.decode()


def test_who_may_see_the_orders_own_curve_finds_the_way_to_it(browse, cast):
    session = today.started(cast)
    address = reverse("planning:session-exposure", args=[session.course_id, session.number])
    assert address in shown(browse, session).content.decode()
    assert address not in shown(browse, session, "quality").content.decode()
    assert browse("nurse").get(address).status_code == 200


def test_nobody_of_another_site_sees_it(browse, cast):
    session = today.started(cast)
    reply = browse("nurse", there=True).get(reverse("infusion:session", args=[session.pk]))
    assert reply.status_code == 404
    assert b"exposure" not in reply.content


def test_the_cockpit_costs_the_same_however_often_the_dose_was_changed(browse, cast):
    session, by = today.started(cast), cast.actor("nurse")
    nurse = browse("nurse")
    counts = []
    for _ in range(2):
        nurse.get(reverse("infusion:session", args=[session.pk]))
        with CaptureQueriesContext(
            connection,
        ) as asked:
            nurse.get(reverse("infusion:session", args=[session.pk]))
        counts.append(len(asked))
        for part in (2, 3, 4):
            actions.change_rate(session_id=session.pk, rate_mg_per_h=RATE / part, by=by, at=timezone.now())
    assert counts[0] == counts[1]
