"""Addresses of estimates and prices; consult.urls takes them into its namespace."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from consult.fees.views import drafts, prices, reading


class NumberConverter(StringConverter):
    """An estimate's number, E-2026-0318."""

    regex = r"E-[0-9]{4}-[0-9]{4,8}"


register_converter(NumberConverter, "estimate")

urlpatterns = [
    path("fees/", reading.estimates, name="estimates"),
    path("fees/prices/", prices.prices, name="prices"),
    path("fees/prices/new/", prices.add, name="price-add"),
    path("fees/prices/<uuid:price_id>/replace/", prices.replace, name="price-replace"),
    path("fees/<estimate:number>/", reading.version, name="estimate"),
    path("fees/<estimate:number>/revise/", reading.revise, name="estimate-revise"),
    path("fees/<estimate:number>/v<int:version>/", reading.version, name="estimate-version"),
    path("fees/<estimate:number>/v<int:version>/edit/", drafts.edit, name="estimate-edit"),
    path("fees/<estimate:number>/v<int:version>/issue/", reading.issue, name="estimate-issue"),
    path("fees/<estimate:number>/v<int:version>/step/", reading.step, name="estimate-step"),
    path(
        "fees/<estimate:number>/v<int:version>/print/", reading.print_sheet, name="estimate-print"
    ),
    path("patients/<str:code>/estimates/", reading.patient_estimates, name="patient-estimates"),
    path("patients/<str:code>/estimates/new/", drafts.create, name="estimate-create"),
]
