"""A page with every behaviour on it, for the tests in a real browser."""

from http import HTTPStatus

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import RequestContext, Template
from django.urls import include, path

from crm.web.openness import public
from privacy.errors import AccessDenied

PAGE = """
{% extends "base.html" %}
{% block title %}Behaviours{% endblock %}
{% block heading %}<h1>Behaviours</h1>{% endblock %}
{% block content %}
  <form id="draft" method="post" action="/slow/" data-autosave="/autosave/">
    {% csrf_token %}{% idempotency_key %}
    <input type="hidden" name="version" value="1">
    <textarea name="text" id="text" data-live
              hx-post="/check/" hx-trigger="live" hx-target="#hint"></textarea>
    <p data-saved role="status"></p>
    <button class="btn main" type="submit">send</button>
  </form>
  <div id="hint"></div>
  <p id="secret" data-expires="300" data-expired="138 **** 8000">13800138000
    <span data-left></span></p>
  <button type="button" id="copy" data-copy=" B-001 ">copy</button>
  <button type="button" id="open" data-open="ask">ask</button>
  <button type="button" id="denied" hx-post="/denied/" hx-target="#hint">denied</button>
  <button type="button" id="broken" hx-post="/broken/" hx-target="#hint">broken</button>
  <div id="panel">
    <form hx-post="/refused/" hx-target="#panel">
      <button type="submit" id="refused">go</button>
    </form>
  </div>
  <dialog id="ask"><form method="dialog"><button type="submit">ok</button></form></dialog>
  <a rel="next" href="#next">next</a>
{% endblock %}
"""
REFUSED = """
<h2>Refused</h2>{% include "partials/_error_summary.html" %}
{% for field in form %}{{ field.as_field_group }}{% endfor %}
"""


class NameForm(forms.Form):
    name = forms.CharField(label="Name")


def drawn(request: HttpRequest, source: str, **values: object) -> str:
    return Template(source).render(RequestContext(request, values))


@public("test")
def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(drawn(request, PAGE.strip()))


@public("test")
def autosave(request: HttpRequest) -> JsonResponse:
    if "conflict" in request.POST["text"]:
        return JsonResponse({"detail": "周敏改过", "url": "#both"}, status=HTTPStatus.CONFLICT)
    return JsonResponse({"saved_at": "10:12", "version": int(request.POST["version"]) + 1})


@public("test")
def check(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"checked {len(request.POST['text'])}")


@public("test")
def refused(request: HttpRequest) -> HttpResponse:
    html = drawn(request, REFUSED, form=NameForm({}))
    return HttpResponse(html, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@public("test")
def denied(request: HttpRequest) -> HttpResponse:
    raise AccessDenied("不是你的患者")


@public("test")
def broken(request: HttpRequest) -> HttpResponse:
    return HttpResponse("stack", status=HTTPStatus.BAD_GATEWAY)


@public("test")
def slow(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=HTTPStatus.NO_CONTENT)  # the browser stays where it is


urlpatterns = [
    path("behaviours/", page),
    path("autosave/", autosave),
    path("check/", check),
    path("refused/", refused),
    path("denied/", denied),
    path("broken/", broken),
    path("slow/", slow),
    path("", include("crm.urls")),
]
