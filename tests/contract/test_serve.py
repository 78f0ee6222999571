"""What ``ketacare serve`` promises, tried on a real process."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from urllib.parse import urlsplit

from django.db import connection
from django.utils import timezone

from ketacare.clinic import audit
from ketacare.clinic.actor import System
from ketacare.clinic.models import AuditSeal
from tests.serving import STOP_S, client, first_line, free_port, served, start, stop, wait_until


def run_serve(database: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ketacare", "serve", *options]
    environment = os.environ | {"KETACARE_DATABASE_URL": database}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def test_it_prints_the_address_that_passkeys_work_on_and_answers_there(own_database):
    with served(own_database) as server:
        assert server.url.startswith("http://localhost:")
        with client(server) as browser:
            assert browser.get("/accounts/login/").status_code == 200


def test_it_stops_when_told_to(own_database):
    assert stop(start(own_database)) == 0


def test_many_open_connections_keep_nobody_out(own_database):
    with served(own_database) as server, ExitStack() as held:
        port = urlsplit(server.url).port
        for _ in range(300):  # a monitor and a page of each room, and more
            held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=STOP_S))
        with client(server) as browser:
            assert browser.get("/accounts/login/").status_code == 200


def test_an_address_that_others_can_reach_needs_encryption(own_database):
    refused = run_serve(own_database, "--bind", "0.0.0.0", "--port", str(free_port()))
    assert refused.returncode == 1
    assert "--tls-cert" in refused.stderr
    assert "openssl" in refused.stderr


def test_behind_a_proxy_cookies_travel_only_over_https(own_database):
    with served(own_database, "--behind-proxy") as server, client(server) as browser:
        reply = browser.get("/accounts/login/", headers={"X-Forwarded-Proto": "https"})
        assert "Secure" in reply.headers["set-cookie"]


def test_it_serves_over_tls_with_a_certificate(own_database, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    make += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(make, check=True, capture_output=True)
    with served(own_database, "--tls-cert", str(certificate), "--tls-key", str(key)) as server:
        assert server.url.startswith("https://")
        asked = ["curl", "-s", "--cacert", str(certificate), "-o", os.devnull, "-w", "%{http_code}"]
        reply = subprocess.run([*asked, f"{server.url}/accounts/login/"], capture_output=True, text=True)
        assert reply.stdout == "200"


def test_a_port_in_use_is_refused(own_database):
    with served(own_database) as server:
        refused = run_serve(own_database, "--port", server.url.rsplit(":", 1)[1])
    assert refused.returncode == 1
    assert "another --port" in refused.stderr


def test_a_database_without_its_guards_is_not_served(own_database):
    trigger = "clinic_auditevent_no_update"
    with connection.cursor() as cursor:
        on = "" if connection.vendor == "sqlite" else " ON clinic_auditevent"
        cursor.execute(f"DROP TRIGGER {trigger}{on}")
    refused = run_serve(own_database, "--port", str(free_port()))
    assert refused.returncode == 1
    assert "clinic_auditevent" in refused.stderr


def test_a_database_that_is_behind_its_migrations_is_not_served(own_database):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'clinic'")
    refused = run_serve(own_database, "--port", str(free_port()))
    assert refused.returncode == 1
    assert "ketacare migrate" in refused.stderr


def test_the_clock_runs_alone_too_seals_and_stops_when_told_to(own_database):
    environment = os.environ | {"KETACARE_DATABASE_URL": own_database}
    command = [sys.executable, "-m", "ketacare", "watch"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert first_line(process).startswith("watching")
    audit.record(by=System(name="test"), at=timezone.now(), did="something to seal")
    wait_until(AuditSeal.objects.exists)
    process.send_signal(signal.SIGTERM)
    assert process.wait(STOP_S) == 0


def test_it_starts_without_the_libraries_that_only_some_questions_need():
    """Each costs up to a second of a restart in the middle of an infusion; they are loaded with the first question."""
    loaded = "import django; django.setup(); import sys, ketacare.config.live.listener; print(*sys.modules)"
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "ketacare.config.settings"}
    found = subprocess.run(
        [sys.executable, "-c", loaded], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    names = set(found.stdout.split())
    assert "ketacare.config.wsgi" in names
    assert not names & {"pandas", "ortools.sat", "scipy.optimize", "scipy.stats", "numba", "altair", "statsmodels"}
