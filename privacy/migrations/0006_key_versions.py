"""Versions of the keys that wrap data keys, with their fences."""

import privacy.records
from django.db import migrations, models

from privacy.migrations.operations import key_versions, resealing, row_changes


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0005_row_changes'),
    ]

    operations = [
        migrations.CreateModel(
            name='KeyVersion',
            fields=[
                ('id', models.UUIDField(default=privacy.records.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('zone', models.CharField(choices=[('contact', 'Contact'), ('clinical', 'Clinical')], max_length=8)),
                ('version', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('active', 'wraps and opens'), ('decrypt_only', 'opens only'), ('retired', 'no data key uses it'), ('destroyed', 'given up')], default='active', max_length=12)),
            ],
        ),
        migrations.AddField(
            model_name='subjectkey',
            name='superseded_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='subjectkey',
            name='kek_version',
            field=models.PositiveIntegerField(),
        ),
        migrations.AddIndex(
            model_name='subjectkey',
            index=models.Index(fields=['zone', 'kek_version', 'id'], name='data_keys_by_version'),
        ),
        migrations.AddConstraint(
            model_name='keyversion',
            constraint=models.UniqueConstraint(fields=('zone', 'version'), name='one_row_per_key_version'),
        ),
        migrations.AddConstraint(
            model_name='keyversion',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'active')), fields=('zone',), name='one_active_key_version_per_zone'),
        ),
        *key_versions.OPERATIONS,
        *resealing.OPERATIONS,
        row_changes.watch("privacy_keyversion"),
    ]
