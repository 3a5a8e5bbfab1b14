"""What letters to patients tell of an incident, in words written for them."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0034_team_since'),
    ]

    operations = [
        migrations.AddField(
            model_name='incident',
            name='told_done',
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name='incident',
            name='told_happened',
            field=models.CharField(blank=True, max_length=500),
        ),
    ]
