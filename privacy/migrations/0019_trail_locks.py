"""A new month of the trail waits for its lock no longer than a refusal does."""

from django.db import migrations

from privacy.migrations.operations import trail_locks


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0018_index_width'),
    ]

    operations = [*trail_locks.OPERATIONS]
