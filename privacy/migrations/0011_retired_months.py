"""Months of the trail whose events lie in an archive."""

import privacy.records
from django.db import migrations, models

from privacy.migrations.operations import retired_months


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0010_exports'),
    ]

    operations = [
        migrations.CreateModel(
            name='RetiredMonth',
            fields=[
                ('id', models.UUIDField(default=privacy.records.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('month', models.CharField(max_length=7, unique=True)),
                ('begins', models.DateTimeField()),
                ('ends', models.DateTimeField()),
                ('rows', models.BigIntegerField()),
                ('manifest', models.CharField(max_length=64)),
                ('archive', models.CharField(max_length=64)),
                ('asked_by', models.UUIDField()),
                ('approved_by', models.UUIDField()),
                ('mac', models.BinaryField()),
            ],
            options={
                'ordering': ['month'],
                'constraints': [models.CheckConstraint(condition=models.Q(('asked_by', models.F('approved_by')), _negated=True), name='two_people_retired_a_month'), models.CheckConstraint(condition=models.Q(('ends__gt', models.F('begins'))), name='retired_month_ends')],
            },
        ),
        *retired_months.OPERATIONS,
    ]
