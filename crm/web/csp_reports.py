"""What the content security policy stopped: which directive, on which kind of page, how often.

A report names the full address and can quote the page; neither may reach a log. Only the route's
pattern is kept, such as "patients/<code>/".
"""

import json
import logging
import re
from typing import Any, Final
from urllib.parse import urlsplit

from django.core.cache import cache
from django.http import HttpRequest
from django.urls import Resolver404, resolve

MOST_BYTES: Final = 16 * 1024
DIRECTIVE: Final = re.compile(r"[a-z-]{3,40}")
DAY_SECONDS: Final = 24 * 3600
logger = logging.getLogger(__name__)


def note(request: HttpRequest) -> None:
    """Count the reports in a request's body and log the 1st, 10th, 100th ... of a kind a day."""
    try:
        length = int(request.headers.get("Content-Length") or 0)
    except ValueError:
        return
    if length > MOST_BYTES:
        return
    for directive, page in _kinds(request.body):
        count = _count(directive, page)
        if str(count).rstrip("0") == "1":
            logger.warning("CSP stopped %s on %s, %d today", directive, page, count)


def _kinds(body: bytes) -> list[tuple[str, str]]:
    """(directive, route) of each report; both shapes that browsers send (report-uri, report-to)."""
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):  # the door is public: nesting without end comes too
        return []
    reports = sent if isinstance(sent, list) else [sent]
    return [kind for report in reports[:20] if (kind := _kind(report))]


def _kind(report: Any) -> tuple[str, str] | None:
    if not isinstance(report, dict):
        return None
    inner = report.get("csp-report") or report.get("body") or {}
    if not isinstance(inner, dict):
        return None
    directive = str(inner.get("effective-directive") or inner.get("effectiveDirective") or "")
    address = str(inner.get("document-uri") or inner.get("documentURL") or "")
    return (directive, _route(address)) if DIRECTIVE.fullmatch(directive) else None


def _route(address: str) -> str:
    try:
        return resolve(urlsplit(address).path).route or "/"
    except (Resolver404, ValueError):
        return "unknown page"


def _count(directive: str, page: str) -> int:
    key = f"csp:{directive}:{page}".replace(" ", "_")
    cache.add(key, 0, DAY_SECONDS)
    try:
        return cache.incr(key)
    except ValueError:  # it ran out between the two calls
        return 1
