"""A verdict on the trail is not brought along by a row that comes in."""

from django.db import migrations

from crm.migrations.operations import verification


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0031_nightly_verification'),
    ]

    operations = [*verification.OPERATIONS]
