"""Doors made for these tests, beside the real ones."""

from http import HTTPStatus

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import include, path
from rest_framework.response import Response
from rest_framework.views import APIView

from crm.staff.models import Clinic
from crm.web.idempotency import once
from crm.web.openness import public
from crm.web.paging import page_of
from crm.web.refusals import throttled
from privacy.errors import AccessDenied, Conflict, ConsentMissing, DomainError, Unreadable

ERRORS = {
    "denied": AccessDenied("This is not your patient."),
    "conflict": Conflict("周敏改了这张单。"),
    "unreadable": Unreadable("box-07"),
    "consent": ConsentMissing("The patient has not agreed."),
    "rule": DomainError("Choose a later time."),
    "stranger": PermissionDenied("patients.view"),
    "missing": Http404("no such patient"),
    "bug": RuntimeError("王芳 13800138000"),
}


class ContactForm(forms.Form):
    name = forms.CharField(label="称呼", help_text="怎么称呼 <b>就写什么</b>")
    note = forms.CharField(label="备注", required=False, widget=forms.Textarea)
    reach = forms.ChoiceField(
        label="联系方式", widget=forms.RadioSelect, choices=[("sms", "短信"), ("call", "电话")]
    )
    agreed = forms.BooleanField(label="已说明用途")


@public("test")
def refuse(request: HttpRequest, kind: str) -> HttpResponse:
    raise ERRORS[kind]


@public("test")
def too_often(request: HttpRequest) -> HttpResponse:
    return throttled(request, wait_seconds=61)


@public("test")
def leave(request: HttpRequest) -> HttpResponse:
    return redirect("/elsewhere/")


@public("test")
def show_form(request: HttpRequest) -> HttpResponse:
    form = ContactForm(request.POST or None)
    form.is_valid()
    return render(request, "partials/_form.html", {"form": form})


@public("test")
def show_page(request: HttpRequest) -> HttpResponse:
    context = {"page": page_of(request, list(range(260)))}
    return render(request, "partials/_pager.html", context)


@once
def open_clinic(request: HttpRequest) -> HttpResponse:
    """Writes one row and leads to it, or answers as the test asks."""
    if request.method != "POST":
        return HttpResponse("form")
    Clinic.objects.create(name=request.POST["name"])
    match request.POST.get("answer"):
        case "refuse":
            raise DomainError("Not today.")
        case "crash":
            raise RuntimeError
        case "form":
            return HttpResponse("form again", status=HTTPStatus.UNPROCESSABLE_ENTITY)
        case "fragment":
            return HttpResponse("<tr>王芳</tr>")
    return redirect(f"/clinics/{request.POST['name']}/")


class Refusing(APIView):
    authentication_classes = ()
    permission_classes = ()

    def get(self, request: HttpRequest, kind: str) -> Response:
        raise ERRORS[kind]


@public("test")
def plain_json(request: HttpRequest) -> JsonResponse:
    return JsonResponse({})


urlpatterns = [
    path("refuse/<kind>/", refuse),
    path("too-often/", too_often),
    path("leave/", leave),
    path("form/", show_form),
    path("page/", show_page),
    path("clinics/", open_clinic),
    path("other/", open_clinic),
    path("json/", plain_json),
    path("api/v1/refuse/<kind>/", public("test")(Refusing.as_view())),
    path("", include("crm.urls")),
]
handler400 = "crm.web.views.bad_request"
handler403 = "crm.web.views.permission_denied"
handler404 = "crm.web.views.not_found"
handler500 = "crm.web.views.server_error"
