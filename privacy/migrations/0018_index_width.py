"""The width of fingerprints, as planned for so many patients."""

import privacy.records
from django.db import migrations, models

from privacy.migrations.operations import index_width, row_changes


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0017_reveal_reasons'),
    ]

    operations = [
        migrations.CreateModel(
            name='IndexWidth',
            fields=[
                ('id', models.UUIDField(default=privacy.records.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('bits', models.PositiveSmallIntegerField()),
                ('patients', models.PositiveIntegerField()),
            ],
            options={
                'indexes': [models.Index(fields=['-created_at'], name='newest_index_width')],
                'constraints': [models.CheckConstraint(condition=models.Q(('bits__lte', 16)), name='index_width_is_known')],
            },
        ),
        *index_width.OPERATIONS,
        row_changes.watch("privacy_indexwidth"),
    ]
