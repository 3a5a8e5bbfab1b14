"""Who agrees to access stands below nobody who asks, and is who the service takes."""

from django.db import migrations

from crm.migrations.operations import access_lines


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0026_care_team_reasons'),
    ]

    operations = [*access_lines.OPERATIONS]
