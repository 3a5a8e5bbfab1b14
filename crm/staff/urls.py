from django.urls import path

from crm.staff import api, views

app_name = "staff"
urlpatterns = [
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("account/", views.account, name="account"),
    path("account/keys/", views.keys, name="keys"),
    path("account/tokens/", views.tokens, name="tokens"),
    path("account/tokens/<uuid:token_id>/revoke/", views.revoke_token, name="token-revoke"),
    path("staff/", views.staff_list, name="list"),
    path("staff/new/", views.open_account, name="open-account"),
    path("staff/<uuid:staff_id>/suspend/", views.suspend, name="suspend"),
    path("api/v1/me/", api.MeView.as_view(), name="api-me"),
    path("api/v1/schema/", api.SchemaView.as_view(), name="api-schema"),
    path("api/v1/docs/", views.docs, name="api-docs"),
]
