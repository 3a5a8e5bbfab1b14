"""The queue. Carries ids, never data; a task reloads what it needs and asks again for consent."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings.production")
app = Celery("suian")
app.config_from_object("django.conf:settings", namespace="CELERY")
TASK_ROOMS = ["crm.messaging", "followup.reminders", "crm.staff"]
app.autodiscover_tasks(TASK_ROOMS)
