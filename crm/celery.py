"""The queue. Carries ids, never data; a task reloads what it needs and asks again for consent."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings.production")
app = Celery("suian")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Every room with a tasks.py; beat's entries below. Seconds, or a crontab in clinic time.
TASK_ROOMS = [
    "crm.alerts",
    "crm.clearance",
    "crm.exports",
    "crm.joint_review",
    "crm.messaging",
    "crm.patients",
    "crm.separation",
    "crm.staff",
    "crm.trail",
    "crm.web",
    "followup.reminders",
]
app.autodiscover_tasks(TASK_ROOMS)
# Queues of processes that hold what the worker, who faces the network, must not (ADR 0013): the
# sealer's key, and the audit root that says whose signature counts.
app.conf.task_routes = {
    "crm.exports.tasks.*": {"queue": "exports"},
    "crm.trail.tasks.verify_nightly": {"queue": "exports"},
    "crm.trail.tasks.verify_queued": {"queue": "exports"},
    "crm.trail.tasks.seal": {"queue": "sealing"},
    "crm.trail.tasks.seal_row_changes": {"queue": "sealing"},
}
app.conf.beat_schedule = {
    "seal the audit trail": {
        "task": "crm.trail.tasks.seal",
        "schedule": 1.0,
        "options": {"expires": 1.0},  # a worker that was away need not make them all good
    },
    "seal the changes of rows": {
        "task": "crm.trail.tasks.seal_row_changes",
        "schedule": 60.0,
        "options": {"expires": 60.0},
    },
    "compare rows with their notes": {
        "task": "crm.trail.tasks.reconcile_rows",
        "schedule": crontab(hour=2, minute=40),
    },
    "compare consents with their ledger": {
        "task": "crm.trail.tasks.compare_consents",
        "schedule": crontab(hour=2, minute=25),
    },
    "fit fingerprints to the number of patients": {
        "task": "crm.patients.tasks.fit_index",
        "schedule": crontab(hour=3, minute=50),
    },
    "remove former contact data": {
        "task": "crm.patients.tasks.remove_former",
        "schedule": crontab(hour=3, minute=40),
    },
    "search for one person on both sides": {
        "task": "crm.separation.tasks.separation",
        "schedule": crontab(hour=2, minute=10),
    },
    "raise alerts from the trail": {
        "task": "crm.alerts.tasks.watch",
        "schedule": 10.0,
        "options": {"expires": 10.0},
    },
    "look for alerts that were passed by": {
        "task": "crm.alerts.tasks.look_again",
        "schedule": crontab(minute=50),
        "options": {"expires": 3000.0},
    },
    "draw what has to be reviewed": {
        "task": "crm.joint_review.tasks.draw_due",
        "schedule": crontab(minute=7),
        "options": {"expires": 3000.0},
    },
    "tell of overdue reviews": {
        "task": "crm.joint_review.tasks.tell_overdue",
        "schedule": crontab(hour=6, minute=50),
    },
    "take up long verifications": {
        "task": "crm.trail.tasks.verify_queued",
        "schedule": 5.0,
        "options": {"expires": 5.0},
    },
    "verify the trail": {
        "task": "crm.trail.tasks.verify_nightly",
        "schedule": crontab(hour=1, minute=40),
    },
    "make the trail's next partitions": {
        "task": "crm.trail.tasks.ensure_partitions",
        "schedule": crontab(hour=3, minute=10),
    },
    "mail the trail's head": {
        "task": "crm.trail.tasks.mail_head",
        "schedule": crontab(minute=5, hour="7-22"),
    },
    "have the trail's head time-stamped": {
        "task": "crm.trail.tasks.stamp_head",
        "schedule": crontab(minute=15),
    },
    "put due follow-up steps into the outbox": {
        "task": "followup.reminders.tasks.queue_due_steps",
        "schedule": 5.0,
        "options": {"expires": 5.0},
    },
    "build approved exports": {
        "task": "crm.exports.tasks.build_waiting",
        "schedule": 5.0,
        "options": {"expires": 5.0},
    },
    "destroy export files whose day is over": {
        "task": "crm.exports.tasks.destroy_due",
        "schedule": 60.0,
        "options": {"expires": 60.0},
    },
    "send what is due": {
        "task": "crm.messaging.tasks.dispatch_due",
        "schedule": 5.0,
        "options": {"expires": 5.0},
    },
    "end consents whose text means something else now": {
        "task": "crm.messaging.tasks.end_outdated",
        "schedule": 60.0,
        "options": {"expires": 60.0},
    },
    "ask after messages of unknown fate": {
        "task": "crm.messaging.tasks.reconcile_unknown",
        "schedule": 15.0,
        "options": {"expires": 15.0},
    },
    "make new wordings known to the provider": {
        "task": "crm.messaging.tasks.register_templates",
        "schedule": 15.0,
        "options": {"expires": 15.0},
    },
    "complete and stop plans that are over": {
        "task": "followup.reminders.tasks.tidy_plans",
        "schedule": 15.0,
        "options": {"expires": 15.0},
    },
    "end consents whose plan is over": {
        "task": "followup.reminders.tasks.end_consents",
        "schedule": 60.0,
        "options": {"expires": 60.0},
    },
    "forget old sign-in failures": {
        "task": "crm.staff.tasks.forget_old_failures",
        "schedule": crontab(minute=20),
    },
    "forget old sessions": {
        "task": "crm.staff.tasks.forget_old_sessions",
        "schedule": crontab(minute=40),
    },
    "look after clearances": {
        "task": "crm.clearance.tasks.look_after",
        "schedule": crontab(hour=0, minute=5),
    },
    "forget used form keys": {
        "task": "crm.web.tasks.forget_submissions",
        "schedule": crontab(hour=3, minute=30),
    },
}
