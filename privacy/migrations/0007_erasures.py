"""The ledger of what was erased, and its fences."""

import privacy.records
from django.db import migrations, models

from privacy.migrations.operations import erasures, row_changes


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0006_key_versions'),
    ]

    operations = [
        migrations.CreateModel(
            name='Erasure',
            fields=[
                ('id', models.UUIDField(default=privacy.records.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('subject_id', models.UUIDField()),
                ('code', models.CharField(max_length=8)),
                ('zone', models.CharField(choices=[('contact', 'Contact'), ('clinical', 'Clinical')], max_length=8)),
                ('reason', models.CharField(choices=[('requested', 'The patient asked for it'), ('withdrawn', 'The patient withdrew the consent it was held by'), ('period_over', 'The period of keeping is over'), ('not_needed', 'It is not needed any more'), ('unlawful', 'It should never have been taken down')], max_length=12)),
                ('erased_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('subject_id', 'zone'), name='one_erasure_per_zone')],
            },
        ),
        *erasures.OPERATIONS,
        row_changes.watch("privacy_erasure"),
    ]
