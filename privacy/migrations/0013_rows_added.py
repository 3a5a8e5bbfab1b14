"""New rows are noted a statement at a time."""

from django.db import migrations

from privacy.migrations.operations import rows_added


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0012_sm4_boxes'),
    ]

    operations = [*rows_added.OPERATIONS]
