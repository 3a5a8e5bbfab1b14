"""The embedded clinic on one machine: loopback only, demo sign-ins on the sign-in page."""

# Plain http on loopback: browsers keep no Secure cookie there, and without Secure the __Host-
# prefix is not allowed. crm.settings.production has both.
from crm.settings.base import *
from crm.settings.env import env

ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
DEMO = env.bool("SUIAN_DEMO", default=True)
# A demo is opened at any hour, and measured by scripts that give no reasons.
OFF_HOURS_REASON = env.bool("OFF_HOURS_REASON", default=False)
if DEMO:
    CELERY_IMPORTS = ["crm.embedded.demo.tasks"]  # what the demo's worker tells later
