"""Promised call-backs are found by their day."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('consult', '0007_asks_before'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='consultation',
            index=models.Index(condition=models.Q(('next_contact_at__isnull', False), ('status', 'submitted')), fields=['next_contact_at'], name='consultations_call_back'),
        ),
    ]
