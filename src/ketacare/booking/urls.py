from django.urls import path

from ketacare.booking.views import appointment, calendars, course, day, schedule, settling, waiting

app_name = "booking"
urlpatterns = [
    path("schedule/", schedule.schedule, name="schedule"),
    path("schedule/<int:site_id>/sheet.pdf", schedule.sheet, name="day-sheet"),
    path("schedule/<int:site_id>/plan/", day.plan, name="day-plan"),
    path("schedule/<int:site_id>/absences/", day.absences, name="absences"),
    path("schedule/absences/<int:pk>/end/", day.absence_end, name="absence-end"),
    path("schedule/waiting/", waiting.waiting, name="waiting"),
    path("schedule/waiting/<int:pk>/end/", waiting.end, name="waiting-end"),
    path("courses/<int:course_id>/wait/", waiting.wait, name="wait"),
    path("courses/<int:course_id>/book/", course.book, name="course"),
    path("courses/<int:course_id>/unavailable/", course.unavailable, name="unavailable"),
    path("schedule/unavailable/<int:pk>/end/", course.unavailable_end, name="unavailable-end"),
    path("schedule/wanted/<int:pk>/", course.wanted, name="wanted"),
    path("schedule/appointments/<int:pk>/", appointment.appointment, name="appointment"),
    path("schedule/appointments/<int:pk>/move/", appointment.move, name="move"),
    path("schedule/appointments/<int:pk>/call-off/", appointment.call_off, name="call-off"),
    path("schedule/appointments/<int:pk>/appointment.ics", appointment.ics, name="ics"),
    path("settings/booking/", settling.settings, name="settings"),
    path("settings/booking/<int:site_id>/<str:what>/", settling.add, name="settle"),
    path("settings/booking/<str:what>/<int:pk>/end/", settling.end, name="settle-end"),
    path("settings/calendar/", calendars.own, name="calendar"),
    path("calendar/<str:token>.ics", calendars.feed, name="feed"),
]
