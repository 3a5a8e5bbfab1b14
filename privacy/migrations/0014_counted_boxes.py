"""The nightly comparison keeps how many boxes claim which algorithm and key version."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0013_rows_added'),
    ]

    operations = [
        migrations.AddField(
            model_name='reconciliation',
            name='sealed',
            field=models.JSONField(null=True),
        ),
    ]
