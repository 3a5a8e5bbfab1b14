"""What the clinic itself may do (S10), and of which edition of a course a test was."""

import django.db.models.deletion
import privacy.records
from django.conf import settings
from django.db import migrations, models

from crm.migrations.operations import clinic_licences
from privacy.migrations.operations import row_changes


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0028_separation_fences'),
    ]

    operations = [
        migrations.CreateModel(
            name='ClinicLicence',
            fields=[
                ('id', models.UUIDField(default=privacy.records.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('kind', models.CharField(choices=[('institution', 'Medical institution practice licence'), ('internet', 'Permit for internet diagnosis and treatment')], max_length=12)),
                ('number', models.CharField(max_length=60)),
                ('issuer', models.CharField(max_length=80)),
                ('valid_from', models.DateField()),
                ('valid_until', models.DateField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='sitting',
            name='sitting_course_is_known',
        ),
        migrations.AddField(
            model_name='sitting',
            name='edition',
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AlterField(
            model_name='sitting',
            name='course',
            field=models.CharField(choices=[('privacy', 'Privacy law'), ('sensitive', 'Recognising sensitive data'), ('wording', 'Boundaries of a talk'), ('consent', 'Consent and fees')], max_length=10),
        ),
        migrations.AddConstraint(
            model_name='sitting',
            constraint=models.CheckConstraint(condition=models.Q(('course__in', ['privacy', 'sensitive', 'wording', 'consent'])), name='sitting_course_is_known'),
        ),
        migrations.AddField(
            model_name='cliniclicence',
            name='clinic',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='licences', to='crm.clinic'),
        ),
        migrations.AddField(
            model_name='cliniclicence',
            name='recorded_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='cliniclicence',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['institution', 'internet'])), name='clinic_licence_kind_is_known'),
        ),
        migrations.AddConstraint(
            model_name='cliniclicence',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('number', ''), _negated=True), models.Q(('issuer', ''), _negated=True)), name='clinic_licence_says_what_it_is'),
        ),
        migrations.AddConstraint(
            model_name='cliniclicence',
            constraint=models.CheckConstraint(condition=models.Q(('valid_until__gte', models.F('valid_from'))), name='clinic_licence_ends_after_it_begins'),
        ),
        migrations.AddConstraint(
            model_name='cliniclicence',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at', None)), fields=('clinic', 'kind', 'number', 'valid_from'), name='one_clinic_licence_at_a_time'),
        ),
        *clinic_licences.OPERATIONS,
        row_changes.watch("crm_cliniclicence"),
    ]
