"""Whom an incident touches, as choices; a digest of them at its end; what the notices tell."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0023_more_alerts'),
        ('privacy', '0014_counted_boxes'),
    ]

    operations = [
        migrations.AddField(
            model_name='incident',
            name='affected_sha256',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name='incident',
            name='all_patients',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='incident',
            name='by_trail',
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name='incident',
            name='cause',
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name='incident',
            name='contact',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name='incident',
            name='data_kinds',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=10), blank=True, default=list, size=None),
        ),
        migrations.AddField(
            model_name='incident',
            name='export',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='privacy.export'),
        ),
        migrations.AddField(
            model_name='incident',
            name='harm',
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name='incident',
            name='listed',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=8), blank=True, default=list, size=None),
        ),
        migrations.AddField(
            model_name='incident',
            name='span_person',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='incident',
            name='span_since',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='incident',
            name='span_until',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddConstraint(
            model_name='incident',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('span_person', None), ('span_since', None), ('span_until', None)), models.Q(('span_since__isnull', False), models.Q(('span_until__isnull', True), ('span_until__gt', models.F('span_since')), _connector='OR')), _connector='OR'), name='incident_affected_span_is_upright'),
        ),
        migrations.AddConstraint(
            model_name='incident',
            constraint=models.CheckConstraint(condition=models.Q(('affected_sha256', ''), ('closed_at__isnull', False), _connector='OR'), name='incident_digest_comes_with_the_end'),
        ),
    ]
