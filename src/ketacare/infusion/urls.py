"""The addresses of this room."""

from django.urls import path

from ketacare.infusion.views import board, cockpit, gate, giving, leaving, programme, report

app_name = "infusion"
urlpatterns = [
    path("board/", board.board, name="board"),
    path("courses/<int:pk>/sessions/", board.course, name="course"),
    path("courses/<int:pk>/sessions/new/", board.plan, name="plan"),
    path("sessions/<int:pk>/", cockpit.session, name="session"),
    path("sessions/<int:pk>/timeline/", cockpit.timeline, name="session-timeline"),
    path("sessions/<int:pk>/vitals/", cockpit.vitals, name="vitals"),
    path("sessions/<int:pk>/observe/", cockpit.observe, name="observe"),
    path("sessions/<int:pk>/note/", cockpit.note, name="note"),
    path("sessions/<int:pk>/intervene/", cockpit.intervene, name="intervene"),
    path("sessions/<int:pk>/alarms/acknowledge/", cockpit.acknowledge, name="alarm-acknowledge"),
    path("sessions/<int:pk>/entries/<int:seq>/correct/", cockpit.correct, name="event-correct"),
    path("sessions/<int:pk>/check-in/", giving.check_in, name="check-in"),
    path("sessions/<int:pk>/gate/", gate.gate, name="gate"),
    path("sessions/<int:pk>/gate/attest/", gate.attest, name="gate-attest"),
    path("sessions/<int:pk>/gate/override/", gate.override, name="gate-override"),
    path("sessions/<int:pk>/gate/ready/", gate.ready, name="ready"),
    path("sessions/<int:pk>/gate/start/", gate.start, name="start"),
    path("sessions/<int:pk>/pause/", giving.pause, name="pause"),
    path("sessions/<int:pk>/resume/", giving.resume, name="resume"),
    path("sessions/<int:pk>/rate/", giving.rate, name="rate"),
    path("sessions/<int:pk>/bolus/", giving.bolus, name="bolus"),
    path("sessions/<int:pk>/line-loss/", giving.line_loss, name="line-loss"),
    path("sessions/<int:pk>/stop/", giving.stop, name="stop"),
    path("sessions/<int:pk>/device/", giving.device, name="device"),
    path("sessions/<int:pk>/end/", giving.end, name="end"),
    path("sessions/<int:pk>/recovery/", leaving.recovery, name="recovery"),
    path("sessions/<int:pk>/recovery/assess/", leaving.assess, name="recovery-assess"),
    path("sessions/<int:pk>/recovery/attest/", leaving.attest, name="recovery-attest"),
    path("sessions/<int:pk>/recovery/override/", leaving.override, name="recovery-override"),
    path("sessions/<int:pk>/discharge/", leaving.discharge, name="discharge"),
    path("sessions/<int:pk>/transfer/", leaving.transfer, name="transfer"),
    path("sessions/<int:pk>/report/", report.screen, name="report"),
    path("sessions/<int:pk>/report.pdf", report.as_pdf, name="report-pdf"),
    path("sessions/<int:pk>/report.json", report.as_json, name="report-json"),
    path("sessions/<int:pk>/report/sign/", report.sign, name="report-sign"),
    path("rems/", programme.forms, name="rems-forms"),
    path("sessions/<int:pk>/rems/", programme.form, name="rems-form"),
    path("sessions/<int:pk>/rems/enrolment/", programme.enrol, name="rems-enrol"),
    path("sessions/<int:pk>/rems.json", programme.as_json, name="rems-json"),
]
