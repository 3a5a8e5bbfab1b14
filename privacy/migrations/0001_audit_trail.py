"""The audit trail's tables, made by hand: partitions, xid8 and fences are beyond the ORM."""

import django.contrib.postgres.fields
import privacy.records
from django.db import migrations, models

from privacy.migrations.operations import audit, roles


class Migration(migrations.Migration):
    initial = True

    dependencies = [("crm", "0001_staff")]

    operations = [
        *roles.OPERATIONS,
        migrations.SeparateDatabaseAndState(
            database_operations=[audit.CREATE_TABLES],
            state_operations=[
                migrations.CreateModel(
                    name='AuditCheckpoint',
                    fields=[
                        ('number', models.BigIntegerField(primary_key=True, serialize=False)),
                        ('sealed_at', models.DateTimeField()),
                        ('xid_from', models.BigIntegerField()),
                        ('xid_to', models.BigIntegerField()),
                        ('first_seq', models.BigIntegerField()),
                        ('count', models.BigIntegerField()),
                        ('root', models.BinaryField()),
                        ('previous', models.BinaryField()),
                        ('chain', models.BinaryField()),
                        ('signature', models.BinaryField()),
                    ],
                    options={
                        'ordering': ['number'],
                    },
                ),
                migrations.CreateModel(
                    name='AuditEvent',
                    fields=[
                        ('id', models.UUIDField(default=privacy.records.new_id, editable=False, primary_key=True, serialize=False)),
                        ('at', models.DateTimeField()),
                        ('schema', models.PositiveSmallIntegerField(default=1)),
                        ('kind', models.CharField(max_length=10)),
                        ('action', models.CharField(max_length=60)),
                        ('outcome', models.CharField(max_length=10)),
                        ('actor', models.UUIDField(null=True)),
                        ('role', models.CharField(max_length=20)),
                        ('process', models.CharField(max_length=60)),
                        ('clinic', models.UUIDField(null=True)),
                        ('ip', models.GenericIPAddressField(null=True)),
                        ('agent', models.CharField(max_length=200)),
                        ('session', models.BinaryField(null=True)),
                        ('request', models.UUIDField(null=True)),
                        ('codes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=8), size=None)),
                        ('fields', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=80), size=None)),
                        ('purpose', models.CharField(max_length=60)),
                        ('reason', models.TextField()),
                        ('target', models.CharField(max_length=100)),
                        ('count', models.PositiveIntegerField()),
                        ('detail', models.JSONField()),
                        ('digest', models.BinaryField()),
                        ('mac', models.BinaryField()),
                    ],
                    options={
                        'ordering': ['-at', '-id'],
                    },
                ),
                migrations.CreateModel(
                    name='AuditSeal',
                    fields=[
                        ('seq', models.BigIntegerField(primary_key=True, serialize=False)),
                        ('checkpoint', models.BigIntegerField()),
                        ('event_id', models.UUIDField()),
                        ('event_at', models.DateTimeField()),
                        ('leaf', models.BinaryField()),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('event_id',), name='one_seal_per_event')],
                    },
                ),
            ],
        ),
    ]
