"""A clinic's own server: TLS, host-bound cookies, no demo whatever the environment says."""

from django.core.exceptions import ImproperlyConfigured

from crm.settings.base import *

DEMO = False
# Phone numbers travel in the query of these calls: never in the clear.
if SMS_GATEWAY_URL and not SMS_GATEWAY_URL.startswith("https://"):
    raise ImproperlyConfigured("SMS_GATEWAY_URL must begin with https://")
# Nor what the trail says to machines beside this one.
if AUDIT_SINK_SYSLOG and not AUDIT_SINK_SYSLOG.startswith(("tls://", "unix://")):
    raise ImproperlyConfigured("AUDIT_SINK_SYSLOG must begin with tls:// or unix://")
if AUDIT_HEAD_MAIL_TO and EMAIL_HOST != "localhost" and not (EMAIL_USE_TLS or EMAIL_USE_SSL):
    raise ImproperlyConfigured("EMAIL_USE_TLS or EMAIL_USE_SSL must be true for EMAIL_HOST")
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz/"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
# __Host-: for this host alone, over TLS alone; nobody on a neighbouring name can plant one.
SESSION_COOKIE_NAME = "__Host-session"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"
CSRF_COOKIE_SECURE = True
LANGUAGE_COOKIE_NAME = "__Host-language"
LANGUAGE_COOKIE_SECURE = True
THEME_COOKIE_NAME = "__Host-theme"
