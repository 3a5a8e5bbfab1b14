"""Shares of roots that were printed, restores that were proved."""

import django.contrib.postgres.fields
import privacy.records
from django.db import migrations, models

from privacy.migrations.operations import custody, row_changes


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0007_erasures'),
    ]

    operations = [
        migrations.CreateModel(
            name='RestoreProof',
            fields=[
                ('id', models.UUIDField(default=privacy.records.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('as_of', models.DateTimeField(null=True)),
                ('subjects', models.PositiveIntegerField()),
                ('data_keys', models.PositiveIntegerField()),
                ('events', models.PositiveBigIntegerField()),
                ('checkpoint', models.PositiveBigIntegerField()),
                ('anchors', models.PositiveIntegerField()),
            ],
            options={
                'indexes': [models.Index(fields=['-created_at'], name='newest_restore_proof')],
            },
        ),
        migrations.CreateModel(
            name='RootEscrow',
            fields=[
                ('id', models.UUIDField(default=privacy.records.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('root', models.CharField(max_length=20)),
                ('check_value', models.BinaryField()),
                ('share_digests', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), size=3)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('root', 'check_value'), name='one_escrow_per_root')],
            },
        ),
        *custody.OPERATIONS,
        row_changes.watch("privacy_restoreproof", "privacy_rootescrow"),
    ]
