from django.urls import path

from crm.joint_review.views import items, own, saved, sheets

app_name = "review"
urlpatterns = [
    path("review/", sheets.overview, name="list"),
    path("review/draw/", sheets.draw, name="draw"),
    path("review/extra/", sheets.draw_extra, name="extra"),
    path("review/views/", saved.keep_view, name="keep-view"),
    path("review/views/<uuid:view_id>/drop/", saved.drop_view, name="drop-view"),
    path("review/items/<uuid:item_id>/", items.item, name="item"),
    path("review/items/<uuid:item_id>/judge/", items.judge, name="judge"),
    path("review/findings/<uuid:finding_id>/", items.finding, name="finding"),
    path("review/findings/<uuid:finding_id>/answer/", items.answer, name="answer"),
    path("review/findings/<uuid:finding_id>/close/", items.close, name="close"),
    path("review/findings/<uuid:finding_id>/incident/", items.incident, name="incident"),
    path("review/findings/<uuid:finding_id>/assign/", items.assign, name="assign"),
    path("review/own/", own.findings, name="own"),
    path("review/own/<uuid:own_finding_id>/", own.finding, name="own-finding"),
    path("review/own/<uuid:own_finding_id>/answer/", own.answer, name="own-answer"),
    path("review/<uuid:sheet_id>/", sheets.sheet, name="sheet"),
    path("review/<uuid:sheet_id>/tick/", sheets.tick, name="tick"),
    path("review/<uuid:sheet_id>/take-over/", sheets.take_over, name="take-over"),
    path("review/<uuid:sheet_id>/sign/", sheets.sign, name="sign"),
    path("review/<uuid:sheet_id>/verify/", sheets.verify, name="verify"),
    path("review/<uuid:sheet_id>/print/", sheets.print_sheet, name="print"),
]
