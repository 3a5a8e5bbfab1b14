import django.contrib.postgres.fields
from django.db import migrations, models

from privacy.migrations.operations import row_changes


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0004_consent_texts'),
    ]

    operations = [
        migrations.CreateModel(
            name='RowChange',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('relation', models.CharField(max_length=63)),
                ('operation', models.CharField(max_length=1)),
                ('row_key', models.CharField(max_length=60)),
                ('columns', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=63), size=None)),
                ('boxes', models.JSONField()),
                ('context', models.CharField(max_length=40)),
                ('db_role', models.CharField(max_length=63)),
            ],
            options={
                'indexes': [models.Index(fields=['relation', 'row_key', '-id'], name='row_changes_of_row')],
                'constraints': [models.CheckConstraint(condition=models.Q(('operation__in', ['I', 'U', 'D', 'T'])), name='row_change_operation_known')],
            },
        ),
        migrations.CreateModel(
            name='RowSeal',
            fields=[
                ('number', models.BigIntegerField(primary_key=True, serialize=False)),
                ('sealed_at', models.DateTimeField()),
                ('xid_from', models.BigIntegerField()),
                ('xid_to', models.BigIntegerField()),
                ('count', models.BigIntegerField()),
                ('digest', models.BinaryField()),
                ('event_id', models.UUIDField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('xid_to__gt', models.F('xid_from'))), name='row_seal_moves_forward')],
            },
        ),
        *row_changes.OPERATIONS,
        row_changes.watch(
            "privacy_sealerkey",
            "privacy_subjectkey",
            "privacy_keycanary",
            "privacy_subject",
            "privacy_visitcode",
            "privacy_consenttext",
            "privacy_consentstate",
            "privacy_consententry",
        ),
    ]
