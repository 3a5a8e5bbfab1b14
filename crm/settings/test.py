"""Tests: the same product on throw-away servers and throw-away keys."""

import os
import secrets
import tempfile

for _root in ("CONTACT", "CLINICAL", "AUDIT"):
    os.environ.setdefault(f"SUIAN_ROOT_{_root}", secrets.token_hex(32))
os.environ.setdefault("SUIAN_SEALER_KEY", secrets.token_hex(32))
os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(40))
os.environ.setdefault("DATABASE_URL", "postgres://suian_owner@127.0.0.1:5432/suian")
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:6379/0")
# Each process of tests counts in a cache of its own: one is emptied while others count.
_server, _, _number = os.environ["REDIS_URL"].rpartition("/")
if _number == "0" and (_process := os.environ.get("PYTEST_XDIST_WORKER")):
    os.environ["REDIS_URL"] = f"{_server}/{int(_process.removeprefix('gw')) + 1}"
os.environ.setdefault("EXPORTS_DIR", f"{tempfile.gettempdir()}/suian-exports-{os.getpid()}")
os.environ.setdefault("API_RATE", "100000/min")
os.environ.setdefault("ROOT_PROVIDER", "privacy.encryption.providers.EnvRoots")

from crm.settings.base import *

ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_AUTOREFRESH = True
ROOTS_FROM_ENVIRONMENT = True
OFF_HOURS_REASON = False  # tests run by day and night; who tests it sets the clock
AUDIT_SINK_DIR = AUDIT_SINK_SYSLOG = ""  # whatever the shell says; who needs a sink lays one
if role := os.environ.get("DATABASE_ROLE"):  # a real worker beside the tests works as the app
    DATABASES["default"]["OPTIONS"]["assume_role"] = role
