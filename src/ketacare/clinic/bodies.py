"""What a browser may send: forms of a plain size, and no file at all, since no page takes one."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, NoReturn

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponse, HttpResponseBase


class FileSent(SuspiciousOperation):
    """A form carried a file."""


class NoFiles(FileUploadHandler):
    """Refuses a file before a byte of it is kept, whatever it calls itself: the answer is 400."""

    def new_file(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise FileSent("no page takes a file")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> NoReturn:
        raise FileSent("no page takes a file")

    def file_complete(self, file_size: int) -> None:
        return None


class LargestBodyMiddleware:
    """Answers 413 to a body that says it is too long, without reading any of it; one that does not say has none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        said = request.META.get("CONTENT_LENGTH") or ""
        if said.isdecimal() and int(said) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return HttpResponse(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return self.get_response(request)
