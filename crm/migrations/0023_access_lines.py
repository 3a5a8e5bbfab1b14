"""Who agrees to access stands below nobody who asks, and is who the service takes."""

from django.db import migrations

from crm.migrations.operations import access_lines


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0022_password_handed_over'),
    ]

    operations = [*access_lines.OPERATIONS]
