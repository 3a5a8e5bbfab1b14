"""A record that is kept and not used: begun by one, lifted by two (R15, ADR 0040)."""

import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
import privacy.records
from django.conf import settings
from django.db import migrations, models

from crm.migrations.operations import restrictions
from privacy.migrations.operations import row_changes


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0036_rests_given_back'),
    ]

    operations = [
        migrations.CreateModel(
            name='Restriction',
            fields=[
                ('id', models.UUIDField(default=privacy.records.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('ground', models.CharField(choices=[('kept', 'Erasure asked for, and the law keeps the record'), ('wish', 'The patient asks that its use stops'), ('dispute', 'Whether the data are right or lawful is in dispute')], max_length=7)),
                ('wish', models.CharField(max_length=300)),
                ('status_before', models.CharField(max_length=12)),
                ('restricted_at', models.DateTimeField()),
                ('lift_why', models.CharField(blank=True, max_length=300)),
                ('lift_asked_at', models.DateTimeField(null=True)),
                ('lifted_at', models.DateTimeField(null=True)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crm.clinic')),
                ('lift_asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('lifted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='restrictions', to='crm.patient')),
                ('restricted_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-restricted_at', '-pk'],
                'indexes': [models.Index(fields=['clinic', '-restricted_at'], name='restrictions_of_clinic')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('lifted_at__isnull', True)), fields=('patient',), name='restricted_once'), models.CheckConstraint(condition=models.Q(django.db.models.lookups.GreaterThanOrEqual(django.db.models.functions.text.Length('wish'), 10), models.Q(models.Q(('lift_asked_at', None), ('lift_asked_by', None), ('lift_why', '')), models.Q(('lift_asked_at__isnull', False), ('lift_asked_by__isnull', False), django.db.models.lookups.GreaterThanOrEqual(django.db.models.functions.text.Length('lift_why'), 10)), _connector='OR')), name='restriction_has_its_words'), models.CheckConstraint(condition=models.Q(models.Q(('lifted_at', None), ('lifted_by', None)), models.Q(('lift_asked_by__isnull', False), ('lifted_at__isnull', False), ('lifted_by__isnull', False), models.Q(('lifted_by', models.F('lift_asked_by')), _negated=True)), _connector='OR'), name='restriction_lifted_by_two')],
            },
        ),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(condition=models.Q(('status', 'restricted')), fields=['id'], name='patients_restricted'),
        ),
        *restrictions.OPERATIONS,
        row_changes.watch("crm_restriction"),
    ]
