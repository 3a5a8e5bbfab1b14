"""A body that is far too large: refused in the reader's words, never held in memory."""

import tracemalloc
from io import RawIOBase

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory

from crm.web.limits import BodyLimitMiddleware

MEGABYTE = 1024 * 1024


class Endless(RawIOBase):
    """A body of a given size that is made while it is read."""

    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, size: int = -1) -> bytes:
        take = self.left if size < 0 else min(size, self.left)
        self.left -= take
        return b"x" * take


def send(size, path="/patients/", **headers):
    request = RequestFactory().post(path, content_type="text/plain", headers=headers)
    body = Endless(size)
    environ = {**request.META, "wsgi.input": body, "CONTENT_LENGTH": str(size)}
    called = []
    answer = BodyLimitMiddleware(called.append)(WSGIRequest(environ))
    return answer, called, body


def test_a_body_of_300_mb_is_refused_without_being_held_in_memory():
    tracemalloc.start()
    answer, called, body = send(300 * MEGABYTE)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert answer.status_code == 413
    assert called == []
    assert body.left == 0  # taken off the line, so that the browser gets to read the answer
    assert peak < 50 * MEGABYTE
    assert "太大" in answer.content.decode()
    assert "data-back" in answer.content.decode()


def test_the_api_and_fragments_get_their_own_shape():
    api, _called, _body = send(9 * MEGABYTE, path="/api/v1/patients/")
    part, _called, _body = send(9 * MEGABYTE, **{"HX-Request": "true"})

    assert api["Content-Type"] == "application/problem+json"
    assert part.status_code == 413
    assert "toast" in part["HX-Trigger"]


@pytest.mark.parametrize("size", [0, settings.DATA_UPLOAD_MAX_MEMORY_SIZE])
def test_a_body_within_the_limit_passes(size):
    _answer, called, body = send(size)

    assert len(called) == 1
    assert body.left == size
