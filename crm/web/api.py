"""The API's manners: pages with a ceiling, refusals in one shape."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import pagination, parsers, status
from rest_framework.exceptions import APIException, NotFound, ParseError, ValidationError
from rest_framework.response import Response

from crm.web.refusals import not_found_refusal, refusal_of
from privacy.errors import DomainError

PROBLEM = "application/problem+json"


class JSONParser(parsers.JSONParser):
    """JSON; what nests without end is as malformed as the rest."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        """Raises: ParseError for what is no JSON."""
        try:
            return super().parse(*args, **kwargs)
        except RecursionError as error:
            raise ParseError from error


class PageNumberPagination(pagination.PageNumberPagination):
    """``?page=&page_size=``, never more than 200 rows at once."""

    page_size_query_param = "page_size"
    max_page_size = 200


def refusal_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every refusal as ``{code, detail}``; None (a 500) for what nobody foresaw.

    A record that is not there and one that is not yours give the same bytes.
    """
    if isinstance(error, DomainError):
        refusal = refusal_of(error)
        return _problem(refusal.status, refusal.code, refusal.detail)
    if isinstance(error, Http404 | NotFound):
        nothing = not_found_refusal()
        return _problem(nothing.status, nothing.code, nothing.detail)
    if isinstance(error, PermissionDenied):
        return _problem(status.HTTP_403_FORBIDDEN, "access-denied", _("You may not do this"))
    if isinstance(error, ValidationError):
        return _invalid(error)
    return _expected(error) if isinstance(error, APIException) else None


def _problem(status_code: int, code: str, detail: str) -> Response:
    return Response({"code": code, "detail": detail}, status=status_code, content_type=PROBLEM)


def _invalid(error: ValidationError) -> Response:
    fields = _without_echo(error.detail)
    body = {"code": "invalid", "detail": _("Some values are not right"), "fields": fields}
    return Response(body, status=error.status_code, content_type=PROBLEM)


def _without_echo(detail: Any) -> Any:
    """The same, but a wrong choice is not repeated: what was sent may be somebody's name."""
    if isinstance(detail, dict):
        return {name: _without_echo(one) for name, one in detail.items()}
    if isinstance(detail, list):
        return [_without_echo(one) for one in detail]
    wrong_choice = getattr(detail, "code", "") == "invalid_choice"
    return _("Not one of the choices") if wrong_choice else detail


def _expected(error: APIException) -> Response:
    codes = error.get_codes()
    code = codes if isinstance(codes, str) else error.default_code
    response = _problem(error.status_code, code.replace("_", "-"), str(error.detail))
    header = getattr(error, "auth_header", None)
    if header:
        response["WWW-Authenticate"] = header
    wait = getattr(error, "wait", None)
    if wait:
        response["Retry-After"] = str(int(wait))
    return response
