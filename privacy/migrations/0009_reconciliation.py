"""The nightly comparison of rows with their notes."""

import privacy.records
from django.db import migrations, models

from privacy.migrations.operations import reconciling


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0008_custody'),
    ]

    operations = [
        migrations.CreateModel(
            name='Reconciliation',
            fields=[
                ('id', models.UUIDField(default=privacy.records.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('table', models.CharField(blank=True, max_length=63)),
                ('phase', models.CharField(choices=[('rows', 'Rows'), ('notes', 'Notes')], default='rows', max_length=5)),
                ('after', models.CharField(blank=True, max_length=60)),
                ('rows', models.PositiveBigIntegerField(default=0)),
                ('boxes', models.PositiveBigIntegerField(default=0)),
                ('unnoted', models.PositiveBigIntegerField(default=0)),
                ('findings', models.PositiveBigIntegerField(default=0)),
                ('finished_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['-created_at'], name='newest_reconciliation')],
            },
        ),
        *reconciling.OPERATIONS,
    ]
