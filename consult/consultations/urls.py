from django.urls import path

from consult.consultations.views import drafts, records, talk

urlpatterns = [
    path("consultations/", records.consultations, name="consultations"),
    path("consultations/check/", talk.check, name="check"),
    path("consultations/<uuid:consultation_id>/", records.consultation, name="consultation"),
    path("consultations/<uuid:consultation_id>/addenda/", records.add_to, name="addendum"),
    path("consultations/<uuid:consultation_id>/draft/", drafts.draft, name="draft"),
    path("consultations/<uuid:consultation_id>/draft/save/", drafts.autosave, name="draft-save"),
    path("consultations/<uuid:consultation_id>/draft/discard/", drafts.discard, name="discard"),
    path("consultations/<uuid:consultation_id>/draft/paste/", talk.paste, name="draft-paste"),
    path("consultations/<uuid:consultation_id>/draft/turns/", talk.add, name="draft-add"),
    path(
        "consultations/<uuid:consultation_id>/draft/turns/<uuid:turn_id>/",
        talk.turn,
        name="draft-turn",
    ),
    path("patients/<str:code>/consultations/", records.of_patient, name="patient-consultations"),
    path("patients/<str:code>/consultations/new/", drafts.begin, name="consultation-new"),
]
