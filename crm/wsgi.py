"""The pages' entry point."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings.production")
application = get_wsgi_application()

# What start-up makes stays for ever. Unless it is set aside, the collector walks all of it (views,
# models, forms: some 120,000 objects) again and again in the middle of somebody's request.
get_resolver().url_patterns  # noqa: B018 - reading it loads the views
gc.collect()
gc.freeze()
