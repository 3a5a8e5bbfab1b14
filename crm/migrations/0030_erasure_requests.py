"""A patient's keys are destroyed on the word of two people of two offices."""

import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
import privacy.records
from django.conf import settings
from django.db import migrations, models

from crm.migrations.operations import erasures
from privacy.migrations.operations import row_changes


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0029_clinic_licences'),
    ]

    operations = [
        migrations.CreateModel(
            name='ErasureRequest',
            fields=[
                ('id', models.UUIDField(default=privacy.records.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('zone', models.CharField(choices=[('contact', 'Contact'), ('clinical', 'Clinical')], max_length=8)),
                ('reason', models.CharField(choices=[('requested', 'The patient asked for it'), ('withdrawn', 'The patient withdrew the consent it was held by'), ('period_over', 'The period of keeping is over'), ('not_needed', 'It is not needed any more'), ('unlawful', 'It should never have been taken down')], max_length=12)),
                ('wish', models.CharField(max_length=300)),
                ('state', models.CharField(choices=[('asked', 'Waiting for the second person'), ('confirmed', 'Confirmed, keys not destroyed yet'), ('erased', 'Erased'), ('called_off', 'Called off')], default='asked', max_length=10)),
                ('asked_at', models.DateTimeField()),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('why_not', models.CharField(blank=True, max_length=300)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crm.clinic')),
                ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='erasures', to='crm.patient')),
            ],
            options={
                'ordering': ['-asked_at', '-pk'],
                'indexes': [models.Index(fields=['clinic', '-asked_at'], name='erasures_of_clinic')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['asked', 'confirmed'])), fields=('patient', 'zone'), name='one_open_erasure_per_zone'), models.CheckConstraint(condition=models.Q(('confirmed_by', None), models.Q(('confirmed_by', models.F('asked_by')), _negated=True), _connector='OR'), name='erasure_by_two_people'), models.CheckConstraint(condition=models.Q(models.Q(('confirmed_at', None), ('confirmed_by', None), ('state__in', ['asked', 'called_off'])), models.Q(('confirmed_at__isnull', False), ('confirmed_by__isnull', False), models.Q(('state', 'asked'), _negated=True)), _connector='OR'), name='erasure_confirmed_before_done'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('closed_by', None), ('state__in', ['asked', 'confirmed'])), models.Q(('closed_at__isnull', False), ('closed_by__isnull', False), ('state__in', ['erased', 'called_off'])), _connector='OR'), name='erasure_closed_by_somebody'), models.CheckConstraint(condition=models.Q(django.db.models.lookups.GreaterThanOrEqual(django.db.models.functions.text.Length('wish'), 10), models.Q(models.Q(('state', 'called_off'), django.db.models.lookups.GreaterThanOrEqual(django.db.models.functions.text.Length('why_not'), 10)), models.Q(models.Q(('state', 'called_off'), _negated=True), ('why_not', '')), _connector='OR')), name='erasure_has_its_words')],
            },
        ),
        *erasures.OPERATIONS,
        row_changes.watch("crm_erasurerequest"),
    ]
