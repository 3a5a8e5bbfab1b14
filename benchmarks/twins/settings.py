"""The clinic's settings with the twins beside the product, and the keys that peers ask for."""

from importlib.util import find_spec

from crm.settings.local import *

INSTALLED_APPS = [*INSTALLED_APPS, "benchmarks.twins"]
if find_spec("auditlog"):
    INSTALLED_APPS += ["auditlog"]
if find_spec("encrypted_model_fields"):
    INSTALLED_APPS += ["encrypted_model_fields"]
FIELD_ENCRYPTION_KEY = "bWVhc3VyZWQtYWdhaW5zdC1ub3QtYS1zZWNyZXQhISE="
SALT_KEY = "measured against, not a secret"
ROOTS_FROM_ENVIRONMENT = True  # the test that runs the measures brings its own
