from django.urls import path

from crm.staff import api
from crm.staff.views import accounts, enrolling, factors, passkeys, sessions, signing_in, tokens

app_name = "staff"
urlpatterns = [
    path("sign-in/", signing_in.sign_in, name="sign-in"),
    path("sign-out/", signing_in.sign_out, name="sign-out"),
    path("sign-in/enrol/", enrolling.enrol, name="enrol"),
    path("sign-in/passkey/", passkeys.ask_stranger, name="passkey-ask-stranger"),
    path("account/", accounts.account, name="account"),
    path("account/keys/", accounts.keys, name="keys"),
    path("account/tokens/", tokens.tokens, name="tokens"),
    path("account/tokens/<uuid:token_id>/revoke/", tokens.revoke_token, name="token-revoke"),
    path("account/confirm/", factors.confirm, name="confirm"),
    path("account/recovery-codes/", factors.recovery_codes, name="recovery-codes"),
    path("account/confirm/passkey/", passkeys.ask_confirm, name="passkey-ask-confirm"),
    path("account/passkeys/", passkeys.add, name="passkey-add"),
    path("account/passkeys/ask/", passkeys.ask_register, name="passkey-ask-register"),
    path("account/passkeys/<uuid:passkey_id>/revoke/", passkeys.revoke, name="passkey-revoke"),
    path("account/sessions/<uuid:session_id>/end/", sessions.end, name="session-end"),
    path("account/sessions/end-others/", sessions.end_others, name="sessions-end-others"),
    path("staff/", accounts.staff_list, name="list"),
    path("staff/new/", accounts.open_account, name="open-account"),
    path("staff/<uuid:staff_id>/superior/", accounts.superior, name="superior"),
    path("staff/<uuid:staff_id>/suspend/", accounts.suspend, name="suspend"),
    path("staff/<uuid:staff_id>/reset-password/", accounts.reset_password, name="reset-password"),
    path("staff/<uuid:staff_id>/end-everything/", sessions.end_all, name="end-everything"),
    path("staff/<uuid:staff_id>/reset-factor/", enrolling.reset, name="reset-factor"),
    path("api/v1/me/", api.MeView.as_view(), name="api-me"),
    path("api/v1/schema/", api.SchemaView.as_view(), name="api-schema"),
    path("api/v1/docs/", tokens.docs, name="api-docs"),
]
