"""What every Suian installation shares. Values that differ come from the environment."""

from pathlib import Path

import django_stubs_ext
from csp.constants import NONE, SELF

from crm.settings.env import broker_of, env, networks, secret

django_stubs_ext.monkeypatch()  # lets ModelForm[Model] and friends be written at run time

BASE_DIR = Path(__file__).resolve().parents[2]
SECRET_KEY = secret("SECRET_KEY")
DEBUG = False
DEMO = False  # only the embedded clinic's settings may say otherwise
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

FIRST_PARTY_APPS = ["privacy", "crm", "consult", "followup"]  # ground floor first
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "django_linear_migrations",
    "django_htmx",
    "django_otp",
    "django_filters",
    "csp",
    "rest_framework",
    "drf_spectacular",
    *FIRST_PARTY_APPS,
]
MIDDLEWARE = [
    "crm.web.middleware.SecurityHeadersMiddleware",  # outside: what others refuse passes here too
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "crm.staff.middleware.StaffMiddleware",
    "crm.staff.middleware.SessionTimeoutMiddleware",
    "crm.staff.middleware.SignInRequiredMiddleware",  # closed unless a view opens itself
    "crm.staff.middleware.AuditContextMiddleware",
    "crm.web.answers.AnswerByGetMiddleware",  # what those above refuse is asked by GET, too
    "crm.web.limits.BodyLimitMiddleware",  # forms are read in process_view, which comes later
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "crm.web.middleware.RefusalMiddleware",
    "crm.staff.moving.MovedSessionMiddleware",  # asks with the form that was read
]
ROOT_URLCONF = "crm.urls"
WSGI_APPLICATION = "crm.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "crm.web.context.shell",
            ],
            "builtins": ["crm.templatetags.suian", "crm.templatetags.sealed"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# The app's role may insert audit events and nothing else there; the owner runs migrations only.
DATABASES = {"default": env.db_url_config(secret("DATABASE_URL"))}
DATABASES["default"]["ENGINE"] = "privacy.audit.database"  # tells the second sink (ADR 0024)
DATABASES["default"]["CONN_MAX_AGE"] = None  # closing per request halves throughput
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"].setdefault("OPTIONS", {})["connect_timeout"] = 5
# A page asks the same dozen questions each time: Postgres reads and plans each once a connection.
DATABASES["default"]["OPTIONS"] |= {"server_side_binding": True, "prepare_threshold": 5}
# Which part of the product is connected, for the triggers that note changes of rows (ADR 0010).
SUIAN_PROCESS = env.str("SUIAN_PROCESS", default="")
if SUIAN_PROCESS:
    _options = DATABASES["default"]["OPTIONS"]  # keeps what DATABASE_URL asked for
    _said = f"{_options.get('options', '')} -c suian.process={SUIAN_PROCESS}"
    _options["options"] = _said.strip()
DATABASE_OWNER_URL = env.str("DATABASE_OWNER_URL", default="")
DATABASE_APP_ROLE = "suian_app"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEST_RUNNER = "django.test.runner.DiscoverRunner"

# How often one person may search by name or number within a minute (T18).
LOOKUPS_A_MINUTE = env.int("LOOKUPS_A_MINUTE", default=60)

REDIS_URL = secret("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "suian",
        "OPTIONS": {"serializer": "crm.web.cache_values.JsonSerializer"},  # never pickle
    }
}
CELERY_BROKER_URL = broker_of(REDIS_URL)
CELERY_TIMEZONE = "Asia/Shanghai"  # crontabs are clinic time
CELERY_TASK_IGNORE_RESULT = True  # results would be one more place for data to lie about
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE: dict[str, dict[str, object]] = {}  # crm/celery.py fills it, room by room

AUTH_USER_MODEL = "crm.User"
AUTHENTICATION_BACKENDS = ["crm.staff.backends.StaffBackend"]
LOGIN_URL = "staff:sign-in"
LOGIN_REDIRECT_URL = "/"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "crm.staff.password_rules.StretchedValidator"},
    {"NAME": "crm.staff.password_rules.BreachedValidator"},
    {"NAME": "crm.staff.password_rules.OwnDataValidator"},
    {"NAME": "crm.staff.password_rules.ComplexityValidator"},
]
# R27: "length" as ASVS has it, or "complexity" with periodic change where an assessor asks for it.
PASSWORD_POLICY = env.str("PASSWORD_POLICY", default="length")
BREACHED_PASSWORDS_FILE = env.str("BREACHED_PASSWORDS_FILE", default="")  # empty: none is asked
PASSWORD_MAX_AGE_DAYS = env.int("PASSWORD_MAX_AGE_DAYS", default=90)
TRAINING_PASS_PERCENT = env.int("TRAINING_PASS_PERCENT", default=80)  # S3: of the questions
TRAINING_VALID_DAYS = env.int("TRAINING_VALID_DAYS", default=365)
SESSION_ENGINE = "crm.staff.session_store"  # keys as hashes, at most two a person (ADR 0015)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_IDLE_SECONDS = env.int("SESSION_IDLE_SECONDS", default=15 * 60)  # R28
SESSION_ABSOLUTE_SECONDS = env.int("SESSION_ABSOLUTE_SECONDS", default=10 * 3600)  # R28
SESSION_COOKIE_AGE = SESSION_ABSOLUTE_SECONDS
CSRF_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
THEME_COOKIE_NAME = "theme"  # written by theme.js, read for the first frame
MESSAGE_STORAGE = "crm.web.told.HostBoundStorage"
CSRF_FAILURE_VIEW = "crm.web.views.csrf_failure"
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)  # hops whose X-Forwarded-For counts
# Where the administrators' consoles open; empty: everywhere (R36).
ADMIN_NETWORKS = networks(env.list("ADMIN_NETWORKS", default=[]))
OTP_TOTP_ISSUER = "Suian"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
WHITENOISE_ALLOW_ALL_ORIGINS = False  # no page elsewhere uses our fonts or scripts
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "crm.web.storage.StaticStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 3 * 1024 * 1024  # a chat of 2 MB, the most we take, and its form
DATA_UPLOAD_MAX_NUMBER_FIELDS = 3000

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "object-src": [NONE],  # said by itself: scanners do not reckon with the fallback
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "blob:"],
        "font-src": [NONE],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "report-uri": ["/csp-report/"],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
# Not "no-referrer": with it browsers say "null" for the origin of a form, which the CSRF check
# refuses. Other sites learn nothing either way (ADR 0036).
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "crm.staff.api_authentication.TokenAuthentication",
        "crm.staff.api_authentication.StaffSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["crm.staff.api_guards.HasPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["crm.web.api.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "crm.web.api.PageNumberPagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "crm.web.api.refusal_handler",
    "DEFAULT_METADATA_CLASS": None,  # OPTIONS tells nothing: the schema does, to who is signed in
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": env.str("API_RATE", default="300/min")},
    "NUM_PROXIES": TRUSTED_PROXIES,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Suian API",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["crm.staff.api_guards.HasPermission"],
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    # Names that the tool would otherwise make of a hash, which changes with the choices' labels.
    "ENUM_NAME_OVERRIDES": {
        "AddendumKindEnum": "consult.consultations.models.Addendum.Kind",
        "ConsultationStatusEnum": "consult.consultations.models.Consultation.Status",
        "EstimateStateEnum": "consult.fees.models.Estimate.STATES",
    },
}

# Roots of the key tree: 32-byte secrets, one per zone, never in the database (ADR 0003).
ROOT_PROVIDER = env.str("ROOT_PROVIDER", default="privacy.encryption.providers.FileRoots")
ROOTS_FROM_ENVIRONMENT = False  # whoever may look at a container reads it; tests alone may
ROOT_FILES_DIR = env.str("ROOT_FILES_DIR", default="")
# Only where ROOT_PROVIDER is privacy.encryption.vault.VaultRoots (ADR 0013).
VAULT_ADDR = env.str("VAULT_ADDR", default="")
VAULT_TOKEN_FILE = env.str("VAULT_TOKEN_FILE", default="")
VAULT_CA_FILE = env.str("VAULT_CA_FILE", default="")
VAULT_TRANSIT_MOUNT = env.str("VAULT_TRANSIT_MOUNT", default="transit")
VAULT_TRANSIT_KEY = env.str("VAULT_TRANSIT_KEY", default="suian")
VAULT_TIMEOUT_SECONDS = env.float("VAULT_TIMEOUT_SECONDS", default=3.0)
# What new boxes are sealed with: "aes-256-gcm", or "sm4-gcm" (ADR 0027).
SEAL_ALGORITHM = env.str("SEAL_ALGORITHM", default="aes-256-gcm")
AUDIT_ANCHOR_FILE = env.str("AUDIT_ANCHOR_FILE", default="")  # heads, outside the database
AUDIT_HEAD_MAIL_TO = env.list("AUDIT_HEAD_MAIL_TO", default=[])  # who keeps heads (ADR 0033)
AUDIT_TSA_URL = env.str("AUDIT_TSA_URL", default="")  # a time-stamp authority, RFC 3161
AUDIT_TSA_ROOT_FILE = env.str("AUDIT_TSA_ROOT_FILE") if AUDIT_TSA_URL else ""
AUDIT_TSA_TIMEOUT_SECONDS = env.float("AUDIT_TSA_TIMEOUT_SECONDS", default=10.0)
EXPORTS_DIR = env.str("EXPORTS_DIR", default="")  # files that wait for their one download
# The trail's second record, outside the database; both empty: none is kept (ADR 0024).
AUDIT_SINK_DIR = env.str("AUDIT_SINK_DIR", default="")
AUDIT_SINK_SYSLOG = env.str("AUDIT_SINK_SYSLOG", default="")
AUDIT_SINK_SYSLOG_CA_FILE = env.str("AUDIT_SINK_SYSLOG_CA_FILE", default="")
AUDIT_SINK_SYNC_SECONDS = env.float("AUDIT_SINK_SYNC_SECONDS", default=1.0)
AUDIT_ONLINE_MONTHS = env.int("AUDIT_ONLINE_MONTHS", default=12)  # R25: never fewer
ERASURE_LEDGER_FILE = env.str("ERASURE_LEDGER_FILE", default="")  # erased, outside (ADR 0012)
NAME_SEARCH = env.bool("NAME_SEARCH", default=True)  # off: no name tokens are stored (ADR 0004)

# Quiet hours outside, clinic time (R50); 0 and 24 for a round-the-clock rehearsal.
CLINIC_OPEN_FROM = env.int("CLINIC_OPEN_FROM", default=9)
CLINIC_OPEN_UNTIL = env.int("CLINIC_OPEN_UNTIL", default=20)
# Whoever reads clinical text while the clinic is closed says why (G4).
OFF_HOURS_REASON = env.bool("OFF_HOURS_REASON", default=True)
SMS_GATEWAY_URL = env.str("SMS_GATEWAY_URL", default="")
SMS_GATEWAY_KEY_ID = env.str("SMS_GATEWAY_KEY_ID", default="")
SMS_GATEWAY_SECRET = secret("SMS_GATEWAY_SECRET") if SMS_GATEWAY_URL else ""
SMS_SIGN_NAME = env.str("SMS_SIGN_NAME", default="健康管理中心")
SMS_TIMEOUT_SECONDS = env.float("SMS_TIMEOUT_SECONDS", default=10.0)
SMS_CALLBACK_TOKEN = secret("SMS_CALLBACK_TOKEN", "")  # empty: from the gateway's secret
MESSAGE_BATCH = env.int("MESSAGE_BATCH", default=40)
# Calls to the provider at the same time, and so the most that one transaction hands over.
MESSAGE_LANES = env.int("MESSAGE_LANES", default=4)
# Well above the timeout of a call: then what was handed over counts as left behind.
MESSAGE_LEASE_SECONDS = env.float("MESSAGE_LEASE_SECONDS", default=120.0)
MESSAGE_CHECK_SECONDS = env.list("MESSAGE_CHECK_SECONDS", cast=float, default=[60.0, 300.0, 900.0])
MESSAGE_PERSON_SECONDS = env.float("MESSAGE_PERSON_SECONDS", default=1800.0)

# The one mail that leaves: heads of the trail. Patients are never written to by mail.
EMAIL_HOST = env.str("EMAIL_HOST", default="localhost")
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = secret("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)  # STARTTLS
EMAIL_USE_SSL = env.bool("EMAIL_USE_SSL", default=False)
EMAIL_TIMEOUT = env.float("EMAIL_TIMEOUT", default=10.0)
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="suian@localhost")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "crm.web.log_lines.Line",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    # httpx logs whole addresses at INFO; the address of an SMS look-up holds a phone number.
    "loggers": {"httpx": {"level": "WARNING"}, "httpcore": {"level": "WARNING"}},
}
