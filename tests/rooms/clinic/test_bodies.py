"""Nothing that is sent may hurt: no page takes a file, and what is too long is not read."""

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.urls import reverse

from ketacare.clinic.bodies import LargestBodyMiddleware
from ketacare.consent.drawing import BadDrawing, strokes_of, svg
from ketacare.science.errors import BadReference
from ketacare.science.reference import parse_yaml

SCRIPT = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
LAUGHS = b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><a>&b;</a>'
HUNDRED_MB = 100_000_000


def zip_bomb() -> bytes:
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as packed:
        packed.writestr("0", b"0" * 5_000_000)
    return made.getvalue()


HOSTILE = {
    "picture.svg": (SCRIPT, "image/svg+xml"),
    "bomb.zip": (zip_bomb(), "application/zip"),
    "both.pdf": (b"%PDF-1.7\n" + SCRIPT + zip_bomb(), "application/pdf"),
    "laughs.xml": (LAUGHS, "text/xml"),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("page", ["account_login", "portal:own-messages"])
def test_a_form_that_carries_a_file_is_refused_whatever_the_file_calls_itself(cast, browse, name, page):
    body, kind = HOSTILE[name]
    client = browse("patient") if page.startswith("portal") else Client()
    client.raise_request_exception = False
    reply = client.post(reverse(page), {"text": "hello", "file": SimpleUploadedFile(name, body, kind)})
    assert reply.status_code == 400


def test_a_body_that_is_too_long_is_not_read():
    class Unread:
        def read(self, *_: object) -> bytes:
            raise AssertionError("it was read")

    request = RequestFactory().generic("POST", "/consultation/")
    request.META |= {"CONTENT_LENGTH": str(HUNDRED_MB), "wsgi.input": Unread()}
    reply = LargestBodyMiddleware(lambda _: pytest.fail("it went on"))(request)
    assert reply.status_code == 413


@pytest.mark.parametrize(
    "sent",
    [
        SCRIPT.decode(),
        "data:image/svg+xml;base64,PHN2Zz4=",
        '["M0 0\\"/><script>alert(1)</script>"]',
        '[[["0", "1"]]]',
        "[" * 100_000,
    ],
)
def test_a_signature_is_lines_of_whole_numbers_and_nothing_else(sent):
    with pytest.raises(BadDrawing):
        strokes_of(sent)


def test_the_picture_of_a_signature_is_made_of_its_numbers():
    assert "script" not in svg(strokes_of("[[[0, 0], [900, 200]]]"))


@pytest.mark.parametrize("shape", ["[{}]", "{{<<: [{}]}}"])
def test_a_data_file_that_multiplies_itself_is_refused(shape):
    lines = ["a0: &a0 {x: ha}"]
    for level in range(1, 12):
        before = ", ".join([f"*a{level - 1}"] * 9)
        lines.append(f"a{level}: &a{level} {shape.format(before)}")
    with pytest.raises(BadReference):
        parse_yaml("\n".join(lines), place="sent")
